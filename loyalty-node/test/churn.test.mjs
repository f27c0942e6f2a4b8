// Logistic churn, and labels from an order log.

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { LogisticChurn, churn, loadModel } from 'loyalty'
import { agrees, camelCase, camelCased, casesOf, fails, rejects } from './cases.mjs'
import { customers, sleep } from './host/data.mjs'

const cases = casesOf('churn')
const x = [[3], [10], [25], [40], [60], [90]]
const y = [0, 0, 1, 0, 1, 1]
const day = 86_400_000

/** A case's options as they are here. */
function optionsOf({ params, input }) {
  const options = camelCased(params)
  if (options.c === 'infinity') options.c = Infinity
  if (options.classWeight?.given) options.classWeight = options.classWeight.given
  if (input.sample_weight) options.sampleWeight = input.sample_weight
  return options
}

/** A model's figures as the cases name them. */
function figures(model) {
  const { inference } = model
  return {
    coefficients: model.coefficients,
    logLikelihood: model.logLikelihood,
    nullLogLikelihood: model.nullLogLikelihood,
    oddsRatios: model.oddsRatios,
    converged: model.converged,
    ...inference,
    interceptInference: intercept(inference),
    intercept: model.intercept,
  }
}

const intercept = (inference) => {
  const found = inference?.intercept
  return found && [found.standardError, found.z, found.pValue, found.confidenceLow, found.confidenceHigh]
}

const called = (call) => cases.filter((given) => given.call === call)

describe('vectors', () => {
  it('of fits', () => {
    for (const given of called('churn.fit')) {
      const fit = () => LogisticChurn.fitSync(given.input.x, given.input.y, optionsOf(given))
      if (given.expected) agrees(figures(fit()), given, given.name)
      else assert.throws(fit, { code: given.error }, given.name)
    }
  })

  it('of predictions and contributions', () => {
    for (const given of [...called('churn.predict_proba'), ...called('churn.contributions')]) {
      const model = LogisticChurn.fitSync(given.input.x, given.input.y, optionsOf(given))
      const rows = given.input.x_new
      const { data, cols } = model.contributions(rows)
      agrees(
        {
          probabilities: model.predictProba(rows),
          predictions: Array.from(model.predict(rows), Boolean),
          decision: model.decision(rows),
          contributions: rows.map((_, i) => data.subarray(i * cols, (i + 1) * cols)),
          baseValue: model.baseValue,
        },
        given,
        given.name,
      )
    }
  })
})

describe('arguments', () => {
  const expected = LogisticChurn.fitSync(x, y).toJSON()

  it('of every form give the same model', async () => {
    const data = x.flat()
    for (const matrix of [
      x.map((row) => Float64Array.from(row)),
      { data, rows: 6, cols: 1 },
      { data: Float64Array.from(data), rows: 6, cols: 1 },
      { data: Uint8Array.from(data), rows: 6, cols: 1 },
    ]) {
      for (const flags of [y, y.map(Boolean), Uint8Array.from(y), Float64Array.from(y), Int32Array.from(y)]) {
        assert.equal(LogisticChurn.fitSync(matrix, flags).toJSON(), expected)
        assert.equal((await LogisticChurn.fit(matrix, flags)).toJSON(), expected)
      }
    }
  })

  it('that are wrong', async () => {
    for (const [code, argument, wrong] of [
      ['INVALID_TYPE', 'x', ['text', y]],
      ['INVALID_VALUE', 'x', [[['a'], ...x.slice(1)], y]],
      ['NON_FINITE', 'x', [[[NaN], ...x.slice(1)], y]],
      ['SHAPE_MISMATCH', 'x', [[[1, 2], ...x.slice(1)], y]],
      ['INVALID_TYPE', 'y', [x, undefined]],
      ['INVALID_VALUE', 'y', [x, [0, 0, 1, 0, 1, 2]]],
      ['INVALID_VALUE', 'y', [x, [0, 0, 1, 0, 1, null]]],
      ['INVALID_VALUE', 'y', [x, Uint8Array.of(0, 0, 1, 0, 1, 3)]],
      ['SHAPE_MISMATCH', 'y', [x, [0, 1]]],
      ['DEGENERATE', 'y', [x, [0, 0, 0, 0, 0, 0]]],
      ['INVALID_TYPE', 'options', [x, y, 5]],
      ['INVALID_PARAMETER', 'colour', [x, y, { colour: 1 }]],
      ['INVALID_PARAMETER', 'c', [x, y, { c: 0 }]],
      ['INVALID_PARAMETER', 'c', [x, y, { c: -Infinity }]],
      ['INVALID_PARAMETER', 'l1Ratio', [x, y, { l1Ratio: 1.5 }]],
      ['INVALID_PARAMETER', 'confidenceLevel', [x, y, { confidenceLevel: 1 }]],
      ['INVALID_TYPE', 'fitIntercept', [x, y, { fitIntercept: 1 }]],
      ['INVALID_PARAMETER', 'classWeight', [x, y, { classWeight: 'heavy' }]],
      ['INVALID_PARAMETER', 'classWeight', [x, y, { classWeight: { retained: 1, churned: 0 } }]],
      ['INVALID_PARAMETER', 'classWeight.churned', [x, y, { classWeight: { retained: 1 } }]],
      ['INVALID_TYPE', 'classWeight.retained', [x, y, { classWeight: { retained: 'a', churned: 1 } }]],
      ['INVALID_VALUE', 'sampleWeight', [x, y, { sampleWeight: [1, 1, 1, 1, 1, -1] }]],
      ['SHAPE_MISMATCH', 'sampleWeight', [x, y, { sampleWeight: [1] }]],
      ['SHAPE_MISMATCH', 'featureNames', [x, y, { featureNames: ['a', 'b'] }]],
      ['INVALID_PARAMETER', 'nThreads', [x, y, { nThreads: 0 }]],
    ]) {
      fails(argument, code, () => LogisticChurn.fitSync(...wrong))
      await rejects(argument, code, LogisticChurn.fit(...wrong))
    }
    fails('signal', 'INVALID_TYPE', () => LogisticChurn.fitSync(x, y, { signal: AbortSignal.abort() }))
  })

  it('of a model', () => {
    const model = LogisticChurn.fitSync(x, y)
    for (const method of ['decision', 'predictProba', 'predict']) {
      fails('x', 'SHAPE_MISMATCH', () => model[method]([[1, 2]]))
      fails('x', 'NON_FINITE', () => model[method]([[Infinity]]))
      fails('c', 'INVALID_PARAMETER', () => model[method](x, { c: 1 }))
      assert.deepEqual(model[method](x, { nThreads: 1 }), model[method](x))
    }
    fails('x', 'SHAPE_MISMATCH', () => model.contributions([[1, 2]]))
    fails('x', 'INVALID_TYPE', () => model.contributions())
  })
})

describe('a model', () => {
  it('says whom it cannot tell apart', () => {
    const separated = [0, 0, 0, 1, 1, 1]
    const options = { c: Infinity, featureNames: ['recency'] }
    const error = fails('recency', 'NO_ESTIMATE', () => LogisticChurn.fitSync(x, separated, options))
    assert.deepEqual(error.features, ['recency'])
    const model = LogisticChurn.fitSync(x, separated)
    assert.equal(model.separationRisk, true)
    assert.equal(model.inference, null)
    assert.equal(LogisticChurn.fitSync(x, y).separationRisk, false)
  })

  it('has its figures', () => {
    const rows = x.map(([value]) => [value, 7])
    const model = LogisticChurn.fitSync(rows, y, { featureNames: ['recency', 'seven'] })
    assert.deepEqual(model.featureNames, ['recency', 'seven'])
    assert.deepEqual(model.constantFeatures, ['seven'])
    assert.deepEqual(model.means, Float64Array.of(38, 7))
    assert.ok(model.relativeGradient <= 1e-8 && model.iterations >= 1)
    assert.equal(LogisticChurn.fitSync(x, y, { maxIter: 1 }).converged, false)
    const bare = LogisticChurn.fitSync(x, y, { c: Infinity, fitIntercept: false })
    assert.equal(bare.intercept, 0)
    assert.equal(bare.inference.intercept, null)
  })

  it('is the same after a journey through its file', () => {
    const model = LogisticChurn.fitSync(x, y, { c: Infinity, classWeight: 'none' })
    for (const copy of [LogisticChurn.fromJSON(model.toJSON()), loadModel(model.toJSON())]) {
      assert.ok(copy instanceof LogisticChurn)
      assert.equal(copy.toJSON(), model.toJSON())
      assert.deepEqual(copy.predictProba(x), model.predictProba(x))
      assert.deepEqual(copy.inference, model.inference)
    }
    fails(undefined, 'BAD_MODEL', () => LogisticChurn.fromJSON('{}'))
  })

  it('ends its fit when the signal says so', async () => {
    const large = customers(100_000, 20)
    const flags = customers(100_000, 1, 9).data.map(Math.round)
    const controller = new AbortController()
    const options = { tol: 0, maxIter: 1e9, signal: controller.signal }
    const fit = assert.rejects(LogisticChurn.fit(large, flags, options), { name: 'AbortError', code: 'CANCELLED' })
    await sleep(200)
    controller.abort()
    await fit
  })
})

describe('labels', () => {
  it('of the vectors', () => {
    for (const { name, input, expected, error, argument } of called('churn.labels')) {
      const moments = input.next_purchase.map((micros) => micros && BigInt(micros))
      const call = () => churn.labels(moments, BigInt(input.cutoff), input.horizon_days)
      if (expected) assert.deepEqual(Array.from(call(), Boolean), expected.labels, name)
      else fails(camelCase(argument), error, call)
    }
  })

  it('of moments of every form', () => {
    const expected = Uint8Array.of(0, 1, 1)
    const never = -(2n ** 63n)
    const micros = (days) => BigInt(days) * 86_400_000_000n
    for (const bought of [
      [new Date(6 * day), new Date(41 * day), null],
      [new Date(6 * day), new Date(41 * day), new Date(NaN)],
      [6 * day, 41 * day, NaN],
      [6 * day, 41 * day, undefined],
      Float64Array.of(6 * day, 41 * day, NaN),
      [micros(6), micros(41), null],
      BigInt64Array.of(micros(6), micros(41), never),
    ]) {
      for (const cutoff of [new Date(day), day, micros(1)]) {
        assert.deepEqual(churn.labels(bought, cutoff, 30), expected)
      }
    }
    assert.equal(LogisticChurn.fitSync([[1], [2], [3]], churn.labels([6 * day, 41 * day, NaN], day, 30)).converged, true)
  })

  it('of wrong arguments', () => {
    const bought = [new Date(5 * day)]
    fails('nextPurchase', 'INVALID_TYPE', () => churn.labels('2024', 0, 30))
    fails('nextPurchase', 'INVALID_VALUE', () => churn.labels(['2024'], 0, 30))
    fails('nextPurchase', 'INVALID_VALUE', () => churn.labels(bought, 5 * day, 30))
    fails('cutoff', 'INVALID_TYPE', () => churn.labels(bought, null, 30))
    fails('cutoff', 'INVALID_PARAMETER', () => churn.labels(bought, new Date(NaN), 30))
    fails('horizonDays', 'INVALID_TYPE', () => churn.labels(bought, 0))
    fails('horizonDays', 'INVALID_PARAMETER', () => churn.labels(bought, 0, Infinity))
  })
})
