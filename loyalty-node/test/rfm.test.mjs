// RFM: a case worked by hand, forms of rows, errors.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Rfm, summarize } from 'loyalty'
import { fails, rejects } from './cases.mjs'
import { cdnow } from './orders.mjs'

// Medians: recency 65, frequency 2, monetary 92.5.
const rows = { recencyDays: [5, 40, 200, 90], frequency: [9, 3, 1, 1], monetary: [700, 150, 20, 35] }
const model = Rfm.fitSync(rows, { nBins: 2 })

test('scores by medians worked by hand', () => {
  assert.deepEqual([...model.cutPoints.recencyDays], [65])
  assert.deepEqual([...model.cutPoints.frequency], [2])
  assert.deepEqual([...model.cutPoints.monetary], [92.5])
  const scores = model.score(rows)
  assert.deepEqual(scores, {
    r: Uint8Array.of(2, 2, 1, 1),
    f: Uint8Array.of(2, 2, 1, 1),
    m: Uint8Array.of(2, 2, 1, 1),
    rfmScore: Float64Array.of(2, 2, 1, 1),
    rfm: ['222', '222', '111', '111'],
    // Of two bins, score 1 is row or column 3 of the grid of five (⌈5 · 1 / 2⌉), score 2 the last.
    segment: ['Champion', 'Champion', 'Need Attention', 'Need Attention'],
  })
  assert.deepEqual(model.binsInUse, { recencyDays: 2, frequency: 2, monetary: 2 })
  assert.equal(model.nestedCutPoints, null)
  assert.deepEqual([...model.featureNames], ['recency_days', 'frequency', 'monetary'])
})

test('scores one customer as it scores many', () => {
  const one = model.scoreCustomer({ recencyDays: 65, frequency: 2.5, monetary: 92.5 })
  // A value equal to a cut point is not above it; of recency fewer days are better.
  assert.deepEqual(one, { r: 2, f: 2, m: 1, rfmScore: 5 / 3, rfm: '221', segment: 'Champion' })
  fails('monetary', 'INVALID_TYPE', () => model.scoreCustomer({ recencyDays: 1, frequency: 2 }))
  fails('customer', 'INVALID_TYPE', () => model.scoreCustomer(null))
  fails('recencyDays', 'NON_FINITE', () => model.scoreCustomer({ recencyDays: NaN, frequency: 2, monetary: 1 }))
})

test('takes columns of any form, and the answer of summarize', async () => {
  const text = model.toJSON()
  const typed = {
    recencyDays: Float64Array.from(rows.recencyDays),
    frequency: Int32Array.from(rows.frequency),
    monetary: Float32Array.from(rows.monetary),
  }
  assert.equal(Rfm.fitSync(typed, { nBins: 2 }).toJSON(), text)
  assert.equal((await Rfm.fit(rows, { nBins: 2 })).toJSON(), text)
  const customers = summarize(cdnow())
  const { recencyDays, nPurchases, totalAmount } = customers
  const named = { recencyDays, frequency: nPurchases, monetary: totalAmount }
  assert.equal(Rfm.fitSync(customers).toJSON(), Rfm.fitSync(named).toJSON())
  assert.deepEqual(Rfm.fitSync(customers).score(customers), Rfm.fitSync(named).score(named))
})

test('takes every choice', () => {
  const segments = Array.from({ length: 5 }, (_, r) => Array.from({ length: 5 }, (_, f) => `${r + 1}${f + 1}`))
  const chosen = Rfm.fitSync(rows, {
    nBins: 3,
    cutPoints: { recencyDays: Float64Array.of(30, 60), frequency: [1, 5], monetary: [50, 100] },
    weights: { recency: 2, frequency: 1, monetary: 1 },
    segments,
  })
  const scores = chosen.score(rows)
  assert.deepEqual([...scores.r], [3, 2, 1, 1])
  assert.deepEqual([...scores.f], [3, 2, 1, 1])
  assert.deepEqual([...scores.m], [3, 3, 1, 1])
  assert.deepEqual([...scores.rfmScore], [3, 9 / 4, 1, 1])
  // ⌈5 · score / 3⌉
  assert.deepEqual(scores.segment, ['55', '44', '22', '22'])
  assert.equal(chosen.segmentNames.length, 25)
  const nested = Rfm.fitSync(rows, { nBins: 2, nested: true })
  assert.equal(nested.nestedCutPoints.frequency.length, 2)
  assert.equal(nested.nestedCutPoints.monetary.length, 4)
})

test('a model of its text is the same', () => {
  const again = Rfm.fromJSON(model.toJSON())
  assert.equal(again.toJSON(), model.toJSON())
  assert.deepEqual(again.score(rows), model.score(rows))
})

test('names what is wrong', async () => {
  const wrong = [
    [rows, { nBins: 1 }, 'INVALID_PARAMETER', 'nBins'],
    [rows, { nBins: 2.5 }, 'INVALID_TYPE', 'nBins'],
    [rows, { nBins: NaN }, 'INVALID_PARAMETER', 'nBins'],
    [rows, { nBins: null }, 'INVALID_TYPE', 'nBins'],
    [rows, { weights: { recency: -1 } }, 'INVALID_PARAMETER', 'weights'],
    [rows, { cutPoints: { recencyDays: [1], frequency: [1], monetary: [1] } }, 'INVALID_PARAMETER', 'cutPoints'],
    [{ ...rows, frequency: [1] }, {}, 'SHAPE_MISMATCH', 'frequency'],
    [{ ...rows, monetary: [1, 2, 3, null] }, {}, 'NON_FINITE', 'monetary'],
    [{ ...rows, monetary: [1, 2, 3, '4'] }, {}, 'INVALID_VALUE', 'monetary'],
    [{ recencyDays: [], frequency: [], monetary: [] }, {}, 'TOO_FEW_ROWS', 'recencyDays'],
    [[1, 2, 3], {}, 'INVALID_TYPE', 'recencyDays'],
    [undefined, {}, 'INVALID_TYPE', 'rows'],
  ]
  for (const [given, options, code, argument] of wrong) {
    fails(argument, code, () => Rfm.fitSync(given, options))
    await rejects(argument, code, Rfm.fit(given, options))
  }
  await assert.rejects(Rfm.fit(rows, { signal: AbortSignal.abort() }), { name: 'AbortError' })
})
