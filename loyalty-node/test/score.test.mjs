// The loyalty score: cases worked by hand, missing behaviours, memory to fill, errors.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { LoyaltyScore } from 'loyalty'
import { fails, rejects } from './cases.mjs'

const behaviours = [
  { name: 'purchases', weight: 0.6 },
  { name: 'days', weight: 0.4, inverted: true },
]
const x = [
  [1, 90],
  [5, 30],
  [9, 0],
]
const model = LoyaltyScore.fitSync(x, { behaviours })
const near = (actual, expected) => assert.ok(Math.abs(actual - expected) < 1e-12, `${actual} is not ${expected}`)

test('scores by ranges worked by hand', () => {
  // (5 − 1)/8 = 1/2 and 1 − 45/90 = 1/2; 1 and 0.
  assert.deepEqual([...model.score([[5, 45], [9, 90], [1, 0]])], [50, 60, 40])
  const [purchases, days] = model.contributions([[5, 30]]).data
  near(purchases, 30)
  near(days, (40 * 2) / 3)
  assert.deepEqual(model.tier([[5, 45], [9, 0], [1, 90]]), ['medium', 'high', 'low'])
  assert.deepEqual([model.tierOf(0), model.tierOf(30), model.tierOf(60)], ['low', 'medium', 'high'])
  assert.deepEqual(
    [...model.normalisations],
    [
      { normaliser: 'min_max', min: 1, max: 9 },
      { normaliser: 'min_max', min: 0, max: 90 },
    ],
  )
  assert.deepEqual([...model.featureNames], ['purchases', 'days'])
  assert.deepEqual([...model.tierNames], ['low', 'medium', 'high'])
})

test('normalises by every rule', () => {
  const by = (normaliser) => LoyaltyScore.fitSync([[0], [1]], { behaviours: [{ name: 'b', weight: 1, normaliser }] })
  // Mean 1/2, deviation 1/2: z = 1.
  near(by('z_score').score([[1]])[0], 100 / (1 + Math.exp(-1)))
  assert.equal(by('none').score([[0.25]])[0], 25)
  assert.equal(by('percentile').score([[0.5]])[0], 50)
  assert.deepEqual(
    [...by('percentile').normalisations[0].quantiles],
    Array.from({ length: 101 }, (_, i) => i / 100),
  )
  const { mean, standardDeviation } = by('z_score').normalisations[0]
  assert.deepEqual([mean, standardDeviation], [0.5, 0.5])
})

test('knows presets', () => {
  const rows = [
    [1, 2, 3, 4],
    [2, 3, 4, 5],
  ]
  const names = (preset, cols) =>
    [...LoyaltyScore.fitSync(rows.map((row) => row.slice(0, cols)), { preset }).featureNames]
  assert.deepEqual(names('purchase_usage_feedback', 3), ['purchase', 'usage', 'feedback'])
  assert.equal(names('c_score', 4).length, 4)
  fails('preset', 'INVALID_PARAMETER', () => names('d_score', 4))
  fails('preset', 'INVALID_TYPE', () => names(4, 4))
  fails('behaviours', 'INVALID_PARAMETER', () => LoyaltyScore.fitSync(rows, { preset: 'c_score', behaviours }))
})

test('leaves out what is missing, if that is the choice', () => {
  const lenient = LoyaltyScore.fitSync(x, { behaviours, missing: 'renormalise' })
  assert.deepEqual([...lenient.score([[5, null], [NaN, 0], [undefined, 90]])], [50, 100, 0])
  fails('x', 'INVALID_VALUE', () => lenient.score([[null, null]]))
  fails('x', 'NON_FINITE', () => model.score([[5, null]]))
})

test('fills memory that is there', () => {
  const rows = 100
  const data = Float64Array.from({ length: 2 * rows }, (_, i) => (i * 37) % 91)
  const scores = new Float64Array(rows)
  model.scoreInto(data, scores)
  assert.deepEqual(scores, model.score({ data, rows, cols: 2 }))
  fails('x', 'SHAPE_MISMATCH', () => model.scoreInto(data.subarray(1), scores))
  fails('scores', 'SHAPE_MISMATCH', () => model.scoreInto(data, scores.subarray(1)))
  fails('scores', 'INVALID_TYPE', () => model.scoreInto(data, [...scores]))
  fails('scores', 'INVALID_PARAMETER', () => model.scoreInto(data.subarray(0, 100), data.subarray(50, 100)))
  model.scoreInto(data.subarray(0, 100), data.subarray(100, 150))
  assert.deepEqual(data.subarray(100, 150), scores.subarray(0, 50))
  model.scoreInto(new Float64Array(0), new Float64Array(0))
})

test('is the same from a promise and of its text', async () => {
  const text = model.toJSON()
  assert.equal((await LoyaltyScore.fit(x, { behaviours })).toJSON(), text)
  assert.equal(LoyaltyScore.fromJSON(text).toJSON(), text)
  assert.deepEqual(LoyaltyScore.fromJSON(text).score(x), model.score(x))
})

test('names what is wrong', async () => {
  const one = (behaviour) => ({ behaviours: [{ name: 'b', weight: 1, ...behaviour }] })
  const wrong = [
    [x, {}, 'INVALID_PARAMETER', 'behaviours'],
    [x, one({}), 'SHAPE_MISMATCH', 'x'],
    [[[1]], one({ weight: -1 }), 'INVALID_PARAMETER', 'weight'],
    [[[1]], one({ weight: NaN }), 'INVALID_PARAMETER', 'behaviours[0].weight'],
    [[[1]], one({ weight: '1' }), 'INVALID_TYPE', 'behaviours[0].weight'],
    [[[1]], one({ normaliser: 'rank' }), 'INVALID_PARAMETER', 'behaviours[0].normaliser'],
    [[[1]], one({ nonsense: 1 }), 'INVALID_PARAMETER', 'behaviours[0].nonsense'],
    [[[2]], one({ normaliser: 'none' }), 'INVALID_VALUE', 'b'],
    [[], one({}), 'TOO_FEW_ROWS', 'x'],
    [x, { behaviours, tiers: { names: ['a'], thresholds: [1] } }, 'INVALID_PARAMETER', 'tiers'],
    [x, null, 'INVALID_TYPE', 'options'],
  ]
  for (const [given, options, code, argument] of wrong) {
    fails(argument, code, () => LoyaltyScore.fitSync(given, options))
    await rejects(argument, code, LoyaltyScore.fit(given, options))
  }
  fails('score', 'INVALID_PARAMETER', () => model.tierOf(101))
  fails('score', 'INVALID_TYPE', () => model.tierOf('high'))
})
