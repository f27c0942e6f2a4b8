import assert from 'node:assert/strict'
import { test } from 'node:test'
import { clv } from 'loyalty'
import { fails } from './cases.mjs'

const REVENUE = [
  [1000, 800, 600],
  [200, 200, 200],
]
const COST = [
  [10, 20, 30],
  [1, 2, 3],
]
const flat = (rows) => ({ data: Float64Array.from(rows.flat()), rows: rows.length, cols: rows[0].length })

test('worked figures', () => {
  assert.equal(clv.discounted([[1000, 800, 600]], { discountRate: 0.1 })[0].toFixed(4), '2021.0368')
  const later = { discountRate: 0.1, acquisitionCost: 50, timing: 2 }
  assert.equal(clv.discounted([[1000, 1000, 1000, 1000, 1000]], later)[0].toFixed(2), '3396.17')
  assert.equal(clv.retentionRate(1000, 900, 100), 0.8)
})

test('timing', () => {
  const at = (timing) => clv.discounted(REVENUE, { discountRate: 0.21, timing })
  assert.deepEqual(at('end'), at(1))
  assert.deepEqual(at(undefined), at(1))
  assert.deepEqual(at('mid'), at(0.5))
  assert.deepEqual(at('start'), at(0))
  assert.notDeepEqual(at('mid'), at('end'))
  for (const timing of ['late', 'offset', 1e9, NaN, -Infinity]) fails('timing', 'INVALID_PARAMETER', () => at(timing))
  for (const timing of [null, {}, true, 1n, { offset: 1 }]) fails('timing', 'INVALID_TYPE', () => at(timing))
})

test('flows and costs in every form', () => {
  const plain = clv.discounted(REVENUE, { discountRate: 0.1, cost: COST, acquisitionCost: [5, 6] })
  assert.ok(plain instanceof Float64Array)
  const options = { discountRate: 0.1, cost: flat(COST), acquisitionCost: Float32Array.of(5, 6) }
  assert.deepEqual(clv.discounted(flat(REVENUE), options), plain)
  const rows = REVENUE.map((row) => Float64Array.from(row))
  assert.deepEqual(clv.discounted(rows, { ...options, cost: COST.map((row) => Int32Array.from(row)) }), plain)
  assert.deepEqual([...clv.undiscounted(REVENUE)], [2400, 600])
  assert.deepEqual([...clv.undiscounted(REVENUE, { cost: 100 })], [2100, 300])
  assert.deepEqual([...clv.undiscounted(REVENUE, { cost: COST, acquisitionCost: 4 })], [2336, 590])
  assert.deepEqual([...clv.undiscounted(REVENUE, { acquisitionCost: [0, 100] })], [2400, 500])
  assert.deepEqual([...clv.undiscounted({ data: [], rows: 2, cols: 0 }, { acquisitionCost: [5, 0] })], [-5, 0])
  assert.equal(clv.undiscounted([]).length, 0)
})

test('single numbers give a number, and stand for all', () => {
  assert.equal(clv.historic(50, 4, 3), 600)
  assert.deepEqual(clv.historic([50, 80], 4, [3, 2]), Float64Array.of(600, 640))
  assert.deepEqual(clv.historic(50, 4, []), new Float64Array(0))
  assert.deepEqual(clv.historic([50], 4, 3), Float64Array.of(600))
  assert.equal(clv.lifespan(0.25), 4)
  assert.deepEqual(clv.lifespan(Float64Array.of(0.25, 1)), Float64Array.of(4, 1))
  const terms = { discountRate: 0.25 }
  assert.equal(clv.retention(100, 0.75, { ...terms, acquisitionCost: 30 }), 120)
  assert.deepEqual([...clv.retention(100, [0.75, 0.5], terms)], [150, (100 * 2) / 3])
  assert.deepEqual([...clv.retention(100, 0.75, { ...terms, acquisitionCost: [0, 30] })], [150, 120])
  assert.deepEqual([...clv.retention([100, 200], 0.75, { ...terms, acquisitionCost: 30 })], [120, 270])
  assert.equal(clv.retention([], 0.5, terms).length, 0)
})

test('horizon and first margin', () => {
  const of = (options) => clv.marginMultiple(0.75, { discountRate: 0.25, ...options })
  assert.equal(of({}), 1.5)
  assert.equal(of({ horizon: Infinity }), 1.5)
  assert.equal(of({ horizon: 2 }), 0.6 + 0.36)
  assert.equal(of({ horizon: 2n }), 0.6 + 0.36)
  assert.equal(of({ firstMargin: 'now' }), 2.5)
  assert.equal(clv.retention(100, 0.75, { discountRate: 0.25, acquisitionCost: 30, horizon: 2 }), 66)
  for (const horizon of [0, -1, 2.5, 2 ** 32, 2 ** 53, NaN, -Infinity]) {
    fails('horizon', 'INVALID_PARAMETER', () => of({ horizon }))
  }
  for (const horizon of [null, 'infinite', { finite: 2 }, true]) fails('horizon', 'INVALID_TYPE', () => of({ horizon }))
  fails('firstMargin', 'INVALID_PARAMETER', () => of({ firstMargin: 'later' }))
  fails('firstMargin', 'INVALID_TYPE', () => of({ firstMargin: 1 }))
})

test('what is wrong is named', () => {
  const rate = { discountRate: 0.1 }
  fails('discountRate', 'INVALID_PARAMETER', () => clv.discounted(REVENUE, { discountRate: -1 }))
  fails('discountRate', 'INVALID_PARAMETER', () => clv.discounted(REVENUE, {}))
  fails('discountRate', 'INVALID_PARAMETER', () => clv.discounted(REVENUE))
  fails('discountRate', 'INVALID_PARAMETER', () => clv.retention(1, 0.5))
  for (const discountRate of ['10 %', null, [0.1]]) {
    fails('discountRate', 'INVALID_TYPE', () => clv.discounted(REVENUE, { discountRate }))
  }
  fails('discountRates', 'INVALID_PARAMETER', () => clv.discounted(REVENUE, { ...rate, discountRates: 1 }))
  fails('discountRate', 'INVALID_PARAMETER', () => clv.undiscounted(REVENUE, rate))
  for (const options of [null, 0.1, 'x', [0.1]]) fails('options', 'INVALID_TYPE', () => clv.discounted(REVENUE, options))
  for (const revenue of [undefined, null, 3, 'x', new Float64Array(3)]) {
    fails('revenue', 'INVALID_TYPE', () => clv.discounted(revenue, rate))
  }
  fails('revenue', 'INVALID_VALUE', () => clv.undiscounted([1000, 800]))
  fails('revenue', 'SHAPE_MISMATCH', () => clv.undiscounted([[1, 2], [3]]))
  const missing = fails('revenue', 'NON_FINITE', () => clv.undiscounted([[1, 2], [3, null]]))
  assert.deepEqual([missing.row, missing.column], [1, 1])
  fails('cost', 'INVALID_PARAMETER', () => clv.undiscounted(REVENUE, { cost: Infinity }))
  for (const cost of ['much', null, true]) fails('cost', 'INVALID_TYPE', () => clv.undiscounted(REVENUE, { cost }))
  fails('cost', 'INVALID_VALUE', () => clv.undiscounted(REVENUE, { cost: [1, 2] }))
  fails('cost', 'SHAPE_MISMATCH', () => clv.undiscounted(REVENUE, { cost: [[1, 2, 3]] }))
  fails('acquisitionCost', 'SHAPE_MISMATCH', () => clv.undiscounted(REVENUE, { acquisitionCost: [1] }))
  fails('acquisitionCost', 'NON_FINITE', () => clv.undiscounted(REVENUE, { acquisitionCost: [1, null] }))
  fails('acquisitionCost', 'INVALID_TYPE', () => clv.undiscounted(REVENUE, { acquisitionCost: '1' }))
  const far = fails('revenue', 'INVALID_VALUE', () => clv.undiscounted([[1], [1.7e308]], { cost: -1.7e308 }))
  assert.equal(far.row, 1)
  for (const value of [undefined, null, '1', true, {}]) {
    fails('averageOrderValue', 'INVALID_TYPE', () => clv.historic(value, 1, 1))
    fails('lifespanPeriods', 'INVALID_TYPE', () => clv.historic(1, 1, value))
    fails('churnRate', 'INVALID_TYPE', () => clv.lifespan(value))
    fails('margin', 'INVALID_TYPE', () => clv.retention(value, 0.5, rate))
    fails('retentionRate', 'INVALID_TYPE', () => clv.retention(1, value, rate))
    fails('retentionRate', 'INVALID_TYPE', () => clv.marginMultiple(value, rate))
  }
  fails('purchasesPerPeriod', 'SHAPE_MISMATCH', () => clv.historic([1, 2], [1], 1))
  assert.equal(fails('churnRate', 'INVALID_VALUE', () => clv.lifespan([0.5, 0])).row, 1)
  fails('retentionRate', 'INVALID_PARAMETER', () => clv.retention([1, 1], 1.5, rate))
  assert.equal(fails('retentionRate', 'INVALID_VALUE', () => clv.retention([1, 1], [0.5, 1.5], rate)).row, 1)
  const endless = fails('retentionRate', 'INVALID_PARAMETER', () => clv.retention(1, 1, { discountRate: 0 }))
  assert.match(endless.message, /below 1 \+ discountRate/)
})

test('counts of customers', () => {
  assert.equal(clv.retentionRate(10n, 9n, 1n), 0.8)
  for (const wrong of [-1, 1.5, NaN, Infinity, 2 ** 53, -1n, 2n ** 64n]) {
    fails('customersAtStart', 'INVALID_PARAMETER', () => clv.retentionRate(wrong, 1, 1))
  }
  for (const wrong of [undefined, null, '1', [1]]) {
    fails('customersAtEnd', 'INVALID_TYPE', () => clv.retentionRate(1, wrong, 1))
    fails('newCustomers', 'INVALID_TYPE', () => clv.retentionRate(1, 1, wrong))
  }
  fails('newCustomers', 'INVALID_PARAMETER', () => clv.retentionRate(10, 3, 4))
})

test('code that runs while arguments are read cannot move what is read later', () => {
  const revenue = { data: Float64Array.of(1, 2), rows: 1, cols: 2 }
  const options = {
    get cost() {
      revenue.data.buffer.transfer?.()
      return 0
    },
    get acquisitionCost() {
      revenue.data = Float64Array.of(5, 6)
      return 1
    },
  }
  assert.deepEqual([...clv.undiscounted(revenue, options)], [10])
})
