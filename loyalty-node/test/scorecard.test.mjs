// The scorecard: figures against a log worked by hand and against its own parts, forms of arguments, errors.

import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { KMeans, LogisticChurn, LoyaltyScore, Rfm, Scorecard, clv, loadModel, summarize } from 'loyalty'
import { cdnow } from './orders.mjs'

const log = cdnow()
const card = Scorecard.fitSync(log, { seed: 7 })
const ann = { recencyDays: 12, nPurchases: 8, totalAmount: 530.5, tenureDays: 400 }

/** Customers of three habits, with use and ratings. */
function rated() {
  const columns = { customer: [], time: [], amount: [], usage: [], feedback: [] }
  for (let customer = 0; customer < 60; customer++) {
    for (let order = 0; order < [1, 4, 12][customer % 3]; order++) {
      columns.customer.push(customer)
      columns.time.push((customer + 30 * order) * 86_400_000)
      columns.amount.push(20 + customer)
      columns.usage.push(customer % 5 === 0 ? null : order + 1)
      columns.feedback.push(customer % 7 === 0 ? null : 1 + (customer % 5))
    }
  }
  return columns
}

/** That `call` throws such an error. */
function refuses(call, expected) {
  assert.throws(call, (error) => {
    for (const [name, value] of Object.entries(expected)) assert.equal(error[name], value, `${name} of ${error.message}`)
    return true
  })
}

describe('a scorecard', () => {
  test('scores a log as its parts do', () => {
    const scores = card.score(log)
    const rows = summarize(log)
    assert.equal(scores.customers.ids.length, 2357)
    assert.deepEqual(scores.customers, rows)
    const rfm = card.rfm.score(rows)
    assert.deepEqual([...scores.r], [...rfm.r])
    assert.deepEqual(scores.segment, [...rfm.segment])
    for (const name of ['segment', 'tier', 'risk', 'cluster', 'action']) {
      assert.ok(scores[name].every((text) => card[`${name}Names`].includes(text)), name)
    }
    assert.ok(card.rfm instanceof Rfm && card.loyalty instanceof LoyaltyScore)
    assert.ok(card.churn instanceof LogisticChurn && card.clusters instanceof KMeans)
  })

  test('gives a customer the value that the retention formula has', () => {
    // h = 180 days are n = 6 months of 30 days; e = total a month of tenure; rho = (1 - p)^(1/6).
    const { churnProbability, clv: value } = card.scoreCustomer(ann)
    const retentionRate = (1 - churnProbability) ** (1 / 6)
    const discountRate = 1.1 ** (30 / 365.25) - 1
    const margin = ann.totalAmount / (ann.tenureDays / 30)
    const expected = clv.retention([margin], retentionRate, { discountRate, horizon: 6 })[0]
    assert.ok(Math.abs(value / expected - 1) < 1e-9, `${value} is not ${expected}`)
  })

  test('scores one customer as it scores the log, and as it fills memory', () => {
    const scores = card.score(log)
    const { customers } = scores
    const figures = new Float64Array(6 * customers.ids.length)
    const filled = new Float64Array(12 * customers.ids.length)
    customers.ids.forEach((_, i) => {
      const customer = [customers.recencyDays, customers.nPurchases, customers.totalAmount, customers.tenureDays]
      figures.set([...customer.map((column) => column[i]), NaN, NaN], 6 * i)
    })
    card.scoreInto(figures, filled)
    customers.ids.forEach((_, i) => {
      const [recencyDays, nPurchases, totalAmount, tenureDays] = figures.subarray(6 * i)
      const one = card.scoreCustomer({ recencyDays, nPurchases, totalAmount, tenureDays })
      for (const [name, value] of Object.entries(one)) assert.equal(value, scores[name][i], `${name} of row ${i}`)
      const row = filled.subarray(12 * i, 12 * i + 12)
      assert.deepEqual(
        [row[0], row[1], row[2], row[3], row[5], row[7], row[10]],
        [one.r, one.f, one.m, one.rfmScore, one.loyalty, one.churnProbability, one.clv],
      )
      assert.deepEqual(
        [
          card.segmentNames[row[4]],
          card.tierNames[row[6]],
          card.riskNames[row[8]],
          card.clusterNames[row[9]],
          card.actionNames[row[11]],
        ],
        [one.segment, one.tier, one.risk, one.cluster, one.action],
      )
    })
  })

  test('explains a score', () => {
    const { loyalty, churnProbability: p } = card.scoreCustomer(ann)
    const sum = (shares) => Object.values(shares).reduce((a, b) => a + b, 0)
    assert.ok(Math.abs(sum(card.loyaltyContributions(ann)) - loyalty) < 1e-9)
    const logOdds = card.churn.baseValue + sum(card.churnContributions(ann))
    assert.ok(Math.abs(logOdds - Math.log(p / (1 - p))) < 1e-9)
    assert.deepEqual(Object.keys(card.loyaltyContributions(ann)), [...card.featureNames])
  })

  test('says how its churn model did', () => {
    assert.equal(card.churnQuality.nTrain + card.churnQuality.nHoldout, 2357)
    assert.ok(card.churnQuality.rocAuc > 0.5 && card.churnQuality.rocAuc <= 1)
    const counted = card.churnQuality.calibration.bins.reduce((all, bin) => all + bin.count, 0)
    assert.equal(counted, card.churnQuality.nHoldout)
    assert.equal(Scorecard.fitSync(log, { holdoutShare: 0 }).churnQuality, null)
  })

  test('is the same from a promise, of any form of the log, and on any number of threads', async () => {
    const text = card.toJSON()
    assert.equal((await Scorecard.fit(log, { seed: 7, nThreads: 1 })).toJSON(), text)
    const forms = {
      ...log,
      time: BigInt64Array.from(log.time, (ms) => BigInt(ms) * 1000n),
      amount: Float64Array.from(log.amount),
    }
    assert.equal(Scorecard.fitSync(forms, { seed: 7n, nThreads: 3 }).toJSON(), text)
    const dates = { ...log, time: log.time.map((ms) => new Date(ms)) }
    assert.deepEqual(await card.scoreAsync(dates, { nThreads: 2 }), card.score(log))
  })

  test('travels as text, bytes and object', () => {
    const text = card.toJSON()
    for (const form of [text, Buffer.from(text), JSON.parse(text), JSON.stringify(card)]) {
      const again = Scorecard.fromJSON(form)
      assert.equal(again.toJSON(), text)
      assert.deepEqual(again.scoreCustomer(ann), card.scoreCustomer(ann))
    }
    assert.ok(loadModel(text) instanceof Scorecard)
    refuses(() => Scorecard.fromJSON(text.slice(0, -1)), { code: 'BAD_MODEL' })
    refuses(() => KMeans.fromJSON(text), { code: 'BAD_MODEL' })
  })

  test('takes use and ratings where they are known', () => {
    const plan = { horizonDays: 90, seed: 7 }
    const known = Scorecard.fitSync(rated(), plan)
    assert.deepEqual([...known.featureNames], ['recency_days', 'n_purchases', 'total_amount', 'usage', 'feedback'])
    const { usage, feedback, ...unrated } = rated()
    assert.equal(Scorecard.fitSync(unrated, plan).featureNames.length, 3)
    const low = known.scoreCustomer({ ...ann, usage: 1, feedback: 1 }).loyalty
    assert.ok(known.scoreCustomer({ ...ann, usage: 12, feedback: 5 }).loyalty > low)
    assert.deepEqual(known.scoreCustomer({ ...ann, usage: null }), known.scoreCustomer(ann))
  })

  test('takes every choice of the plan', () => {
    const chosen = Scorecard.fitSync(log, {
      horizonDays: 90,
      asOf: new Date('1998-06-01T00:00:00Z'),
      period: 'week',
      tz: 'Europe/Berlin',
      rfm: { nBins: 4, weights: { recency: 2, frequency: 1, monetary: 1 } },
      monetary: 'mean',
      normaliser: 'min_max',
      weights: { recencyDays: 1, nPurchases: 1, totalAmount: 1 },
      tiers: { names: ['bronze', 'gold'], thresholds: [50] },
      churn: { c: Infinity, classWeight: { retained: 1, churned: 2 } },
      risks: { names: ['stays', 'leaves'], thresholds: [0.5] },
      clusters: { minClusters: 3, maxClusters: 3, kmeans: { nInit: 2 } },
      discountRate: 0.2,
      margin: 0.3,
      actions: [{ risk: 'leaves', action: 'call' }, { action: 'thank' }],
    })
    const { params } = JSON.parse(chosen.toJSON())
    assert.equal(params.rfm.n_bins, 4)
    assert.deepEqual(params.churn.class_weight, { given: { retained: 1, churned: 2 } })
    assert.equal(params.as_of, Date.UTC(1998, 5, 1) * 1000)
    assert.deepEqual([...chosen.tierNames], ['bronze', 'gold'])
    assert.deepEqual([...chosen.actionNames], ['call', 'thank'])
    assert.equal(chosen.clusterNames.length, 3)
    assert.equal(chosen.clusterCandidates.length, 1)
    assert.ok(['call', 'thank'].includes(chosen.scoreCustomer(ann).action))
  })

  test('names what is wrong with a customer', () => {
    const of = (figures) => () => card.scoreCustomer({ ...ann, ...figures })
    refuses(of({ nPurchases: 1.5 }), { code: 'INVALID_PARAMETER', argument: 'nPurchases', name: 'RangeError' })
    refuses(of({ nPurchases: -1 }), { code: 'INVALID_PARAMETER', argument: 'nPurchases' })
    refuses(of({ nPurchases: 2 ** 53 }), { code: 'INVALID_PARAMETER', argument: 'nPurchases' })
    refuses(of({ nPurchases: NaN }), { code: 'INVALID_PARAMETER', argument: 'nPurchases' })
    refuses(of({ nPurchases: 0 }), { code: 'INVALID_PARAMETER', argument: 'nPurchases' })
    refuses(of({ nPurchases: undefined }), { code: 'INVALID_TYPE', argument: 'nPurchases', name: 'TypeError' })
    refuses(of({ nPurchases: null }), { code: 'INVALID_TYPE', argument: 'nPurchases' })
    refuses(of({ nPurchases: '8' }), { code: 'INVALID_TYPE', argument: 'nPurchases' })
    refuses(of({ recencyDays: 401 }), { code: 'INVALID_PARAMETER', argument: 'recencyDays' })
    refuses(of({ totalAmount: Infinity }), { code: 'INVALID_PARAMETER', argument: 'totalAmount' })
    refuses(of({ usage: NaN }), { code: 'INVALID_PARAMETER', argument: 'usage' })
    for (const nobody of [undefined, null, 5, 'ann']) {
      refuses(() => card.scoreCustomer(nobody), { code: 'INVALID_TYPE', argument: 'customer', name: 'TypeError' })
    }
    refuses(() => card.scoreCustomer({}), { code: 'INVALID_TYPE', argument: 'recencyDays' })
    refuses(() => card.churnContributions(null), { code: 'INVALID_TYPE', argument: 'customer' })
  })

  test('names what is wrong with memory to fill', () => {
    const figures = (...rows) => Float64Array.from(rows.flat())
    const good = [12, 8, 530.5, 400, NaN, NaN]
    const two = new Float64Array(24)
    refuses(() => card.scoreInto(figures(good), two), { code: 'SHAPE_MISMATCH', argument: 'scores' })
    refuses(() => card.scoreInto(figures(good, [1]), two), { code: 'SHAPE_MISMATCH', argument: 'customers' })
    const bad = [12, 8.5, 530.5, 400, NaN, NaN]
    refuses(() => card.scoreInto(figures(good, bad), two), { code: 'INVALID_VALUE', argument: 'nPurchases', row: 1 })
    refuses(() => card.scoreInto(figures(good, [-1, ...good.slice(1)]), two), {
      code: 'INVALID_VALUE',
      argument: 'recencyDays',
      row: 1,
    })
    refuses(() => card.scoreInto(figures(good), [0]), { code: 'INVALID_TYPE', argument: 'scores' })
    refuses(() => card.scoreInto(figures(good), new Float32Array(12)), { code: 'INVALID_TYPE', argument: 'scores' })
    const shared = new Float64Array(new SharedArrayBuffer(96))
    refuses(() => card.scoreInto(figures(good), shared), { code: 'INVALID_TYPE', argument: 'scores' })
    const memory = new Float64Array(18)
    memory.set(good, 12)
    const overlapping = memory.subarray(1, 13)
    refuses(() => card.scoreInto(memory.subarray(12), overlapping), { code: 'INVALID_PARAMETER', argument: 'scores' })
    card.scoreInto(memory.subarray(12), memory.subarray(0, 12))
    assert.equal(memory[5], card.scoreCustomer(ann).loyalty)
  })

  test('names what is wrong with a plan or a log', async () => {
    const wrong = [
      [{ horizonDays: -1 }, { code: 'INVALID_PARAMETER', argument: 'horizonDays' }],
      [{ horizonDays: 3000 }, { code: 'DEGENERATE', argument: 'horizonDays' }],
      [{ rfm: { nBins: 1 } }, { code: 'INVALID_PARAMETER', argument: 'nBins' }],
      [{ rfm: { nBins: 1.5 } }, { code: 'INVALID_TYPE', argument: 'rfm.nBins' }],
      [{ clusters: { kmeans: { nInits: 3 } } }, { code: 'INVALID_PARAMETER', argument: 'clusters.kmeans.nInits' }],
      [{ tiers: { names: ['a'], thresholds: [50] } }, { code: 'INVALID_PARAMETER', argument: 'tiers' }],
      [{ tz: 'Mars/Olympus' }, { code: 'INVALID_PARAMETER', argument: 'tz' }],
      [{ seed: -1 }, { code: 'INVALID_PARAMETER', argument: 'seed' }],
      [{ onProgress() {} }, { code: 'INVALID_TYPE', argument: 'onProgress' }],
    ]
    for (const [options, expected] of wrong) {
      refuses(() => Scorecard.fitSync(log, options), expected)
      if (options.onProgress) continue
      const { code } = expected
      await assert.rejects(Scorecard.fit(log, options), { code })
    }
    refuses(() => Scorecard.fitSync({ ...log, amount: log.amount.slice(1) }), { code: 'SHAPE_MISMATCH', argument: 'amount' })
    refuses(() => Scorecard.fitSync({ ...log, feedback: [1] }), { code: 'SHAPE_MISMATCH', argument: 'feedback' })
    refuses(() => card.score(log, { asOf: 'today' }), { code: 'INVALID_TYPE', argument: 'asOf' })
    refuses(() => card.score(log, { horizonDays: 3 }), { code: 'INVALID_PARAMETER', argument: 'horizonDays' })
  })

  test('stops when its signal says so', async () => {
    const many = { customer: [], time: [], amount: [] }
    for (let i = 0; i < 40; i++) {
      many.customer.push(...log.customer.map((id) => `${id}-${i}`))
      many.time.push(...log.time)
      many.amount.push(...log.amount.map((amount) => amount + i / 100))
    }
    const controller = new AbortController()
    const fit = Scorecard.fit(many, { signal: controller.signal })
    setTimeout(() => controller.abort(new Error('enough')), 200)
    await assert.rejects(fit, { name: 'AbortError', code: 'CANCELLED' })
  })
})
