// Arguments that lie, run code, or ask for more than there is: each is an error or rightly answered, and quickly.

import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { inspect } from 'node:util'
import { KMeans, LoyaltyScore, Rfm, Scorecard, StandardScaler, churn, clv, loadModel, summarize } from 'loyalty'
import { fails } from './cases.mjs'
import { cdnow } from './orders.mjs'

const behaviours = ['a', 'b'].map((name) => ({ name, weight: 1 }))
const score = LoyaltyScore.fitSync([[0, 1], [1, 0]], { behaviours })
const card = Scorecard.fitSync(cdnow(), { seed: 7 })
const x = [[1, 2], [2, 1], [9, 8], [8, 9]]

/** Gives the memory of an array to nobody. */
const detach = (array) => structuredClone(array.buffer, { transfer: [array.buffer] })

describe('memory', () => {
  test('is not read after it was given away', () => {
    const input = new Float64Array(2e5).fill(2)
    const output = new Float64Array(1e5)
    let asked = 0
    Object.defineProperty(output, 'buffer', {
      get() {
        asked += 1
        detach(input)
        return new ArrayBuffer(8)
      },
    })
    score.scoreInto(input, output)
    assert.equal(asked, 0)
    assert.ok(output.every((value) => value === 100))
  })

  test('of other threads is not written to, whatever its properties say', () => {
    const shared = new Float64Array(new SharedArrayBuffer(16))
    Object.defineProperty(shared, 'buffer', { value: new ArrayBuffer(16) })
    fails('scores', 'INVALID_TYPE', () => score.scoreInto(new Float64Array(4), shared))
  })

  test('that is gone is no empty column', () => {
    const gone = new Float64Array(4)
    const times = new BigInt64Array(4)
    detach(gone)
    detach(times)
    fails('x', 'INVALID_TYPE', () => score.scoreInto(gone, new Float64Array(0)))
    fails('margin', 'INVALID_TYPE', () => clv.retention(gone, 0.8, { discountRate: 0.1 }))
    fails('time', 'INVALID_TYPE', () => summarize({ customer: [], time: times, amount: [] }))
    fails('x.data', 'INVALID_TYPE', () => KMeans.fitSync({ data: gone, rows: 0, cols: 2 }))
  })

  test('is not asked for without bounds', () => {
    const nothing = (rows, cols) => ({ data: new Float64Array(0), rows, cols })
    fails('x.data', 'SHAPE_MISMATCH', () => score.score(nothing(2 ** 45, 0)))
    fails('x.data', 'SHAPE_MISMATCH', () => score.contributions(nothing(2 ** 45, 0)))
    fails('revenue.data', 'SHAPE_MISMATCH', () => clv.discounted(nothing(2 ** 40, 0), { discountRate: 0.1 }))
    fails('revenue.data', 'SHAPE_MISMATCH', () => clv.undiscounted(nothing(2 ** 34, 0)))
    fails('revenue.data', 'SHAPE_MISMATCH', () => clv.discounted(nothing(0, 2 ** 50), { discountRate: 0.1 }))
  })
})

describe('an object', () => {
  test('whose parts are in many places is bounded', () => {
    let shared = 1
    for (let depth = 0; depth < 12; depth++) shared = Array(100).fill(shared)
    assert.throws(() => KMeans.fitSync(x, { init: shared }), { code: 'INVALID_TYPE' })
    assert.throws(() => loadModel({ format: shared }), { code: 'BAD_MODEL' })
  })

  test('that changes while it is read gives an error or what it was', () => {
    for (const length of [0, 80]) {
      const rows = Array.from({ length: 40 }, (_, i) => [i, 2 * i])
      const last = [39, 78]
      Object.defineProperty(last, 0, {
        get() {
          rows.length = length
          return 39
        },
      })
      rows[39] = last
      assert.throws(() => StandardScaler.fitSync(rows), (error) => error.code !== undefined && error.code !== 'INTERNAL')
    }
  })

  test('that is none of options is refused', () => {
    for (const wrong of [Promise.resolve({}), new Date(), new Error('no'), new ArrayBuffer(8), [], 5, null]) {
      fails('options', 'INVALID_TYPE', () => KMeans.fitSync(x, wrong))
    }
  })

  test('of times of too few digits is refused', () => {
    const log = { customer: [1], time: new Float32Array([1.7e12]), amount: [1] }
    fails('time', 'INVALID_TYPE', () => summarize(log))
    fails('nextPurchase', 'INVALID_TYPE', () => churn.labels(new Float32Array([1.7e12]), 0, 30))
  })
})

test('an abort rejects work that does not hear it, at once', async () => {
  const data = new Float64Array(4e6).map((_, i) => (i * 7919) % 1000)
  const fits = [
    (signal) => StandardScaler.fit({ data, rows: 1e6, cols: 4 }, { signal }),
    (signal) => LoyaltyScore.fit({ data, rows: 2e6, cols: 2 }, { behaviours, signal }),
    (signal) => Rfm.fit({ recencyDays: data, frequency: data, monetary: data }, { signal }),
  ]
  for (const fit of fits) {
    const controller = new AbortController()
    const promise = fit(controller.signal)
    controller.abort(new Error('enough'))
    const aborted = performance.now()
    await assert.rejects(promise, (error) => error.name === 'AbortError' && error.cause.message === 'enough')
    assert.ok(performance.now() - aborted < 50)
  }
})

test('an empty batch has an empty answer', () => {
  const model = KMeans.fitSync(x, { nClusters: 2, seed: 1 })
  assert.deepEqual(model.predict([]), new Uint32Array(0))
  assert.deepEqual(model.distances([]), { data: new Float64Array(0), rows: 0, cols: 2 })
  assert.deepEqual(score.score([]), new Float64Array(0))
  assert.deepEqual(score.tier([]), [])
  assert.equal(StandardScaler.fitSync(x).transform([]).rows, 0)
  fails('x', 'SHAPE_MISMATCH', () => model.predict([[]]))
})

test('what is frozen still answers, and models show what they hold', () => {
  const frozen = Object.freeze(KMeans.fitSync(x, { nClusters: 2, seed: 1 }))
  assert.equal(frozen.inertia, 2)
  assert.deepEqual(frozen.centroids, frozen.centroids)
  assert.match(inspect(frozen), /^KMeans \{.*inertia: 2/s)
  const ann = { recencyDays: 12, nPurchases: 8, totalAmount: 530.5, tenureDays: 400 }
  const one = card.scoreCustomer(ann)
  assert.deepEqual(Object.freeze(Scorecard.fromJSON(card.toJSON())).scoreCustomer(ann), one)
  const scores = Object.freeze(card.score(cdnow()))
  assert.ok(card.tierNames.includes(scores.tier[0]))
  assert.match(inspect(scores), /segment: \[\s*'/)
})
