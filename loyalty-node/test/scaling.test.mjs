// Scalers.

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { MinMaxScaler, StandardScaler, loadModel } from 'loyalty'
import { agrees, camelCase, camelCased, casesOf, fails, rejects } from './cases.mjs'

const CLASSES = { 'scaling.standard_scaler': StandardScaler, 'scaling.min_max_scaler': MinMaxScaler }
const x = [[1, 5], [3, 5], [4, 5]]

const rowsOf = ({ data, rows, cols }) =>
  Array.from({ length: rows }, (_, i) => data.subarray(i * cols, (i + 1) * cols))

it('gives the values of the vectors', () => {
  for (const given of casesOf('scaling')) {
    const { call, input, params, expected, error, argument, name } = given
    const options = { ...camelCased(params), sampleWeight: input.sample_weight }
    const rows = input.rows ?? input.x
    const answer = () => {
      const scaler = CLASSES[call].fitSync(input.x, options)
      const transformed = scaler.transform(rows)
      const { mean, scale, dataMin, dataMax, constantColumns } = scaler
      const inverse = expected?.inverse && rowsOf(scaler.inverseTransform(transformed))
      return { transformed: rowsOf(transformed), inverse, mean, scale, dataMin, dataMax, constantColumns }
    }
    if (expected) agrees(answer(), given, name)
    else fails(camelCase(argument), error, answer)
  }
})

for (const Scaler of [StandardScaler, MinMaxScaler]) {
  describe(Scaler.name, () => {
    it('takes arguments of every form', async () => {
      const expected = Scaler.fitSync(x).toJSON()
      const data = x.flat()
      for (const matrix of [
        x.map((row) => Float64Array.from(row)),
        { data, rows: 3, cols: 2 },
        { data: Float64Array.from(data), rows: 3, cols: 2 },
        { data: Int16Array.from(data), rows: 3, cols: 2 },
      ]) {
        const scaler = Scaler.fitSync(matrix)
        assert.equal(scaler.toJSON(), expected)
        assert.equal((await Scaler.fit(matrix)).toJSON(), expected)
        assert.deepEqual(scaler.transform(matrix), scaler.transform(x))
      }
      // A row of weight 0 is none.
      for (const sampleWeight of [[1, 1, 0], Float64Array.of(1, 1, 0), Uint8Array.of(1, 1, 0)]) {
        const weighted = await Scaler.fit(x, { sampleWeight })
        assert.equal(weighted.toJSON(), Scaler.fitSync(x.slice(0, 2)).toJSON())
      }
    })

    it('refuses wrong arguments', async () => {
      for (const [code, argument, wrong] of [
        ['INVALID_TYPE', 'x', [5]],
        ['INVALID_VALUE', 'x', [[[1, 'a']]]],
        ['NON_FINITE', 'x', [[[1, null]]]],
        ['TOO_FEW_ROWS', 'x', [[]]],
        ['SHAPE_MISMATCH', 'x', [[[1], [1, 2]]]],
        ['INVALID_TYPE', 'options', [x, []]],
        ['INVALID_PARAMETER', 'nThreads', [x, { nThreads: 1 }]],
        ['INVALID_TYPE', 'sampleWeight', [x, { sampleWeight: 1 }]],
        ['SHAPE_MISMATCH', 'sampleWeight', [x, { sampleWeight: [1] }]],
        ['INVALID_VALUE', 'sampleWeight', [x, { sampleWeight: [1, 1, -1] }]],
        ['DEGENERATE', 'sampleWeight', [x, { sampleWeight: [0, 0, 0] }]],
        ['SHAPE_MISMATCH', 'featureNames', [x, { featureNames: ['a'] }]],
      ]) {
        fails(argument, code, () => Scaler.fitSync(...wrong))
        await rejects(argument, code, Scaler.fit(...wrong))
      }
      const scaler = Scaler.fitSync(x)
      for (const method of ['transform', 'inverseTransform']) {
        fails('x', 'SHAPE_MISMATCH', () => scaler[method]([[1]]))
        fails('x', 'NON_FINITE', () => scaler[method]([[1, NaN]]))
        fails('x', 'INVALID_TYPE', () => scaler[method]())
      }
      fails('onProgress', 'INVALID_TYPE', () => Scaler.fitSync(x, { onProgress() {} }))
    })

    it('is the same after a journey through its file', () => {
      const scaler = Scaler.fitSync(x, { featureNames: ['orders', 'five'] })
      for (const copy of [Scaler.fromJSON(scaler.toJSON()), loadModel(scaler.toJSON())]) {
        assert.ok(copy instanceof Scaler)
        assert.equal(copy.toJSON(), scaler.toJSON())
        assert.deepEqual(copy.transform(x), scaler.transform(x))
        assert.deepEqual(copy.featureNames, ['orders', 'five'])
        assert.deepEqual(copy.constantColumns, [1])
      }
      fails(undefined, 'BAD_MODEL', () => Scaler.fromJSON('{}'))
    })

    it('hears a signal that has been aborted', async () => {
      const signal = AbortSignal.abort()
      await assert.rejects(Scaler.fit(x, { signal }), { name: 'AbortError', code: 'CANCELLED' })
    })
  })
}

it('refuses ranges that are none', () => {
  for (const [code, argument, featureRange] of [
    ['INVALID_PARAMETER', 'featureRange', [1, 0]],
    ['INVALID_PARAMETER', 'featureRange', [1]],
    ['INVALID_TYPE', 'featureRange', 'wide'],
    ['INVALID_TYPE', 'featureRange[1]', [0, 'a']],
  ]) {
    fails(argument, code, () => MinMaxScaler.fitSync(x, { featureRange }))
  }
  const scaler = MinMaxScaler.fitSync([[10], [30]], { featureRange: Float64Array.of(0, 100), clip: true })
  assert.deepEqual(scaler.transform([[15], [40]]).data, Float64Array.of(25, 100))
})
