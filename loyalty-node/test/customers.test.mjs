// Order logs, summaries and accumulators.

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, test } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import { Accumulator, KMeans, summarize, summarizeAsync } from 'loyalty'
import { REPOSITORY } from './repository.mjs'

const vectors = JSON.parse(
  readFileSync(new URL('loyalty-core/tests/vectors/customers.json', REPOSITORY), 'utf8')
)
const camel = (name) => name.replace(/_(.)/g, (_, letter) => letter.toUpperCase())
const DAY = 86_400_000
const june = (day, millis = 0) => Date.UTC(1998, 5, day) + millis

/** Four rows, worked by hand: ann buys on the 1st and the 3rd and gives 2.50 back, bob buys on the 3rd. */
const small = {
  customer: ['ann', 'bob', 'ann', 'ann'],
  time: [june(1), june(3), june(3), june(3, 1)],
  amount: [10, 5, 20, -2.5],
}
const with_ = (columns) => ({ ...small, ...columns })

/** That this throws what an argument like it should. */
const refused = (work, expected, Class) =>
  assert.throws(work, (error) => {
    for (const [key, value] of Object.entries(expected)) {
      if (value instanceof RegExp) assert.match(error[key], value)
      else assert.equal(error[key], value, `${key}: ${error.message}`)
    }
    if (Class !== undefined) assert.ok(error instanceof Class, `${error.name}: ${error.message}`)
    return true
  })

/** The plain value of every column, so that only values are compared. */
const values = (rows) =>
  Object.fromEntries(
    Object.entries(rows).map(([name, column]) => [
      name,
      column?.[Symbol.iterator] ? Array.from(column, (v) => (typeof v === 'bigint' ? Number(v) : v)) : column,
    ])
  )

describe('summarize', () => {
  test('a log worked by hand', () => {
    const rows = summarize(small, { asOf: new Date(june(11)) })
    assert.deepEqual(rows, {
      ids: ['ann', 'bob'],
      nPurchases: new Float64Array([2, 1]),
      totalAmount: new Float64Array([27.5, 5]),
      meanAmount: new Float64Array([13.75, 5]),
      firstTime: new Float64Array([june(1), june(3)]),
      lastTime: new Float64Array([june(3), june(3)]),
      recencyDays: new Float64Array([8, 8]),
      tenureDays: new Float64Array([10, 8]),
      frequency: new Float64Array([1, 0]),
      tX: new Float64Array([2, 0]),
      t: new Float64Array([10, 8]),
      repeatMeanAmount: new Float64Array([17.5, 0]),
      asOf: june(11),
      counts: {
        rows: 4,
        counted: 4,
        nullId: 0,
        nullTime: 0,
        nonFiniteAmount: 0,
        refundIgnored: 0,
        afterAsOf: 0,
        withoutPurchase: 0,
        customersWithoutPurchase: 0,
      },
    })
  })

  test('the latest time is the moment of the summary if none is given', () => {
    assert.equal(summarize(small).asOf, june(3, 1))
    assert.equal(summarize(small, { asOf: undefined }).asOf, june(3, 1))
  })

  test('all forms of a moment are equal', () => {
    const expected = summarize(small, { asOf: june(11, 0.25) })
    assert.equal(expected.asOf, june(11, 0.25))
    assert.deepEqual(summarize(small, { asOf: BigInt(june(11)) * 1000n + 250n }), expected)
    assert.deepEqual(summarize(small, { asOf: june(11) }), summarize(small, { asOf: new Date(june(11)) }))
  })

  test('microseconds are the fraction of milliseconds', () => {
    const micros = [1_700_671_789_601_093n, -1n, -1_000_001n, 0n]
    const customer = [0, 1, 2, 3]
    const rows = summarize({ customer, time: micros, amount: [1, 1, 1, 1] })
    assert.deepEqual([...rows.firstTime], [1_700_671_789_601.093, -0.001, -1000.001, 0])
    // There and back again.
    const again = summarize({ customer, time: rows.firstTime, amount: [1, 1, 1, 1] })
    assert.deepEqual(again, rows)
  })

  for (const one of vectors.cases.filter((one) => one.call === 'customers.summarize')) {
    test(`vector: ${one.name}`, () => {
      const { log, options } = call(one)
      if (one.error !== undefined) {
        refused(() => summarize(log, options), { code: one.error, argument: camel(one.argument) })
      } else {
        agree(summarize(log, options), one)
      }
    })
  }
})

/** The arguments that a vector's call has here: times as microseconds. */
function call({ params, input }) {
  const found = (value) => (typeof value === 'string' && value[0] === '@' ? vectors.data[value.slice(1)] : value)
  const special = (value) => (typeof value === 'string' && /^(NaN|-?Infinity)$/.test(value) ? Number(value) : value)
  const log = {}
  for (const [name, value] of Object.entries(input)) {
    const column = found(value)
    if (name === 'time') log.time = column.map((time) => (time === null ? null : BigInt(time)))
    else if (name === 'amount') log.amount = column.map(special)
    else if (Array.isArray(column)) log[name] = column
  }
  const options = Object.fromEntries(
    Object.entries(params).map(([name, value]) => [camel(name), name === 'as_of' ? BigInt(value) : value])
  )
  return { log, options, moment: (name) => BigInt(input[name]) }
}

/** That the columns are as the vector says. */
function agree(rows, { expected, rtol = 0, atol = 0 }) {
  const number = (value) => (typeof value === 'string' ? Number(value) : value)
  for (const [name, wanted] of Object.entries(expected)) {
    const got = rows[camel(name)]
    if (name === 'counts') {
      for (const [reason, count] of Object.entries(wanted)) assert.equal(got[camel(reason)], count, reason)
    } else if (name === 'ids') {
      assert.deepEqual(got, wanted)
    } else if (/_time$|^as_of$/.test(name)) {
      const millis = [wanted].flat().map((micros) => Number(micros) / 1000)
      assert.deepEqual(typeof got === 'number' ? [got] : [...got], millis, name)
    } else {
      const tolerance = (of) => (typeof of === 'object' ? (of[name] ?? of['*'] ?? 0) : of)
      assert.equal(got.length, wanted.length, name)
      wanted.forEach((value, i) => {
        const bound = tolerance(atol) + tolerance(rtol) * Math.abs(number(value))
        assert.ok(Math.abs(got[i] - number(value)) <= bound, `${name}[${i}] is ${got[i]}, not ${value}`)
      })
    }
  }
}

describe('forms of ids', () => {
  const numbers = [3, 1, 3, 2]
  const log = { time: small.time, amount: small.amount }
  const expected = values(summarize({ customer: numbers, ...log }))

  const forms = {
    'number[]': [numbers, Array],
    'bigint[]': [numbers.map(BigInt), BigInt64Array],
    BigInt64Array: [BigInt64Array.from(numbers, BigInt), BigInt64Array],
    BigUint64Array: [BigUint64Array.from(numbers, BigInt), BigInt64Array],
    Float64Array: [Float64Array.from(numbers), Array],
    Uint32Array: [Uint32Array.from(numbers), Array],
    Int32Array: [Int32Array.from(numbers), Int32Array],
    Int16Array: [Int16Array.from(numbers), Int32Array],
    Uint16Array: [Uint16Array.from(numbers), Int32Array],
    Int8Array: [Int8Array.from(numbers), Int32Array],
    Uint8Array: [Uint8Array.from(numbers), Int32Array],
    Uint8ClampedArray: [Uint8ClampedArray.from(numbers), Int32Array],
    Buffer: [Buffer.from(numbers), Int32Array],
    'a subarray': [Int32Array.from([9, 9, ...numbers, 9]).subarray(2, 6), Int32Array],
    'a subclass of Array': [class Column extends Array {}.from(numbers), Array],
    'a subclass of Int32Array': [class Column extends Int32Array {}.from(numbers), Int32Array],
    'a subclass of BigInt64Array': [class Column extends BigInt64Array {}.from(numbers.map(BigInt)), BigInt64Array],
  }
  for (const [name, [customer, Kind]] of Object.entries(forms)) {
    test(`${name} comes back as ${Kind.name}`, async () => {
      const rows = summarize({ customer, ...log })
      assert.ok(rows.ids instanceof Kind)
      assert.deepEqual(values(rows), expected)
      assert.deepEqual(await summarizeAsync({ customer, ...log }), rows)
      // As the ids of orders they make two orders of one customer, the refund without a purchase being none.
      const orders = summarize({ customer: [1, 1, 1, 1], order: customer, ...log }, { period: 'none' })
      assert.deepEqual([...orders.nPurchases], [2])
    })
  }

  test('shared memory is read as any other', async () => {
    for (const Typed of [Int32Array, BigInt64Array, Float64Array, BigUint64Array]) {
      const shared = (of) => new of(new SharedArrayBuffer(4 * of.BYTES_PER_ELEMENT))
      const customer = shared(Typed)
      numbers.forEach((id, i) => (customer[i] = typeof customer[0] === 'bigint' ? BigInt(id) : id))
      const time = shared(BigInt64Array)
      small.time.forEach((t, i) => (time[i] = BigInt(t) * 1000n))
      const amount = shared(Float64Array)
      amount.set(small.amount)
      assert.deepEqual(values(summarize({ customer, time, amount })), expected, Typed.name)
      assert.deepEqual(values(await summarizeAsync({ customer, time, amount })), expected, Typed.name)
    }
  })

  test('texts: the empty one is an id, order is that of their bytes, and all letters survive', () => {
    const customer = ['zoë', '', '😀', 'Ann', '\u0000', 'ﬀ', 'ann', '\ufffd']
    const rows = summarize({ customer, time: customer.map(() => 0), amount: customer.map((_, i) => i) })
    const sorted = customer.slice().sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)))
    assert.deepEqual(rows.ids, sorted)
    assert.deepEqual([...rows.totalAmount], sorted.map((id) => customer.indexOf(id)))
  })

  test('the largest of each kind', () => {
    const one = (id) => summarize({ customer: [id], time: [0], amount: [1] }).ids[0]
    for (const id of [2 ** 53 - 1, 1 - 2 ** 53, 2n ** 63n - 1n, -(2n ** 63n)]) assert.equal(one(id), id)
    assert.equal(one(-0), 0)
    const ids = new BigUint64Array([2n ** 63n - 1n])
    assert.deepEqual(summarize({ customer: ids, time: [0], amount: [1] }).ids, new BigInt64Array([2n ** 63n - 1n]))
    const int32 = new Int32Array([2 ** 31 - 1, -(2 ** 31)])
    assert.deepEqual(summarize({ customer: int32, time: [0, 0], amount: [1, 1] }).ids, int32.slice().reverse())
    const uint32 = new Uint32Array([2 ** 32 - 1])
    assert.deepEqual(summarize({ customer: uint32, time: [0], amount: [1] }).ids, [2 ** 32 - 1])
  })

  test('ids that are none', () => {
    const row = { code: 'INVALID_VALUE', argument: 'customer', row: 2 }
    const with2 = (id, first = 1) => with_({ customer: [first, first, id, first] })
    for (const id of [1.5, NaN, Infinity, 2 ** 53, -(2 ** 53), '3', 3n, true, {}, [], Symbol('s'), () => 1, new Date()]) {
      refused(() => summarize(with2(id)), row, RangeError)
    }
    for (const id of [3, 3n, false, new String('3')]) refused(() => summarize(with2(id, 'a')), row, RangeError)
    for (const id of [3, '3', 2n ** 63n, -(2n ** 63n) - 1n]) refused(() => summarize(with2(id, 1n)), row, RangeError)
    refused(() => summarize(with2(2 ** 53)), { message: /row 2.*9007199254740992.*2\^53/ })
    refused(() => summarize(with2(3, 'a')), { message: /row 2.* 3.*a text/ })
    // Halves of characters would all become the same.
    for (const id of ['\ud83d', 'a\udc00b\ufffd', '\udc00\ud83d']) refused(() => summarize(with2(id, 'a')), row, RangeError)

    const typed = [Float64Array.of(1, 1, 1.5, 1), Float64Array.of(1, 1, NaN, 1), BigUint64Array.of(1n, 1n, 2n ** 63n, 1n)]
    for (const customer of typed) refused(() => summarize(with_({ customer })), row, RangeError)
  })

  test('null ids', () => {
    for (const customer of [[1, null, 2, 1], ['a', undefined, 'b', 'a'], [1n, null, 2n, 1n], [1, , 2, 1]]) {
      refused(() => summarize(with_({ customer })), { code: 'INVALID_VALUE', argument: 'customer', row: 1 }, RangeError)
      const rows = summarize(with_({ customer }), { onInvalid: 'drop' })
      assert.deepEqual([...rows.ids].map(String), [customer[0], customer[2]].map(String))
      assert.deepEqual([rows.counts.rows, rows.counts.counted, rows.counts.nullId], [4, 3, 1])
    }
    for (const customer of [[null, 'a', null, null], [null, null, 7, null]]) {
      const rows = summarize(with_({ customer }), { onInvalid: 'drop' })
      assert.deepEqual([rows.ids, rows.counts.nullId], [customer.filter((id) => id !== null), 3])
    }
    const none = summarize(with_({ customer: [null, null, null, null] }), { onInvalid: 'drop', asOf: 0 })
    assert.deepEqual([none.ids, none.counts.nullId], [[], 4])
  })

  test('rows without an order id are orders of their own', () => {
    const log = { customer: [1, 1, 1, 1], time: [0, 1, 2, 3], amount: [1, 1, 1, 1] }
    const n = (order) => summarize({ ...log, order }, { period: 'none' }).nPurchases[0]
    assert.equal(n(undefined), 4)
    assert.equal(n(['x', 'x', 'x', 'x']), 1)
    assert.equal(n(['x', null, 'x', null]), 3)
    assert.equal(n([null, 5, 5, undefined]), 3)
    assert.equal(n([null, null, null, null]), 4)
    const mismatch = { code: 'SHAPE_MISMATCH', argument: 'order' }
    for (const order of [[], [null], [1, 2, 3], ['a']]) refused(() => n(order), mismatch, RangeError)
    refused(() => n([1, 1, 'x', 1]), { code: 'INVALID_VALUE', argument: 'order', row: 2 }, RangeError)
  })
})

describe('forms of times', () => {
  const expected = summarize(small)
  const micros = small.time.map((t) => BigInt(t) * 1000n)
  const forms = {
    'Date[]': small.time.map((t) => new Date(t)),
    'bigint[] of microseconds': micros,
    'BigInt64Array of microseconds': BigInt64Array.from(micros),
    Float64Array: Float64Array.from(small.time),
    'all of them': [new Date(small.time[0]), small.time[1], micros[2], new Date(small.time[3])],
  }
  for (const [name, time] of Object.entries(forms)) {
    test(name, async () => {
      assert.deepEqual(summarize(with_({ time })), expected)
      assert.deepEqual(await summarizeAsync(with_({ time })), expected)
    })
  }

  test('moments that are none', () => {
    const row = { code: 'INVALID_VALUE', argument: 'time', row: 1 }
    for (const moment of ['1998-06-01', true, {}, Infinity, 1e300, 2n ** 63n]) {
      refused(() => summarize(with_({ time: [0, moment, 0, 0] })), row, RangeError)
    }
    for (const moment of [null, undefined, NaN, new Date(NaN), -(2n ** 63n)]) {
      const time = [0, moment, 0, 0]
      refused(() => summarize(with_({ time })), row, RangeError)
      assert.equal(summarize(with_({ time }), { onInvalid: 'drop' }).counts.nullTime, 1)
    }
  })
})

describe('long arrays, which are read in another way', () => {
  const n = 1000
  const long = (of) => Array.from({ length: n }, (_, i) => of(i))
  const log = { customer: long((i) => i % 7), time: long((i) => i * DAY), amount: long((i) => i / 4) }
  const typed = {
    customer: Int32Array.from(log.customer),
    time: BigInt64Array.from(log.time, (t) => BigInt(t) * 1000n),
    amount: Float64Array.from(log.amount),
  }
  const expected = values(summarize(typed))
  const changed = (name, row, value) => ({ ...log, [name]: Object.assign([...log[name]], { [row]: value }) })

  test('of every form', () => {
    const times = { time: log.time.map((t) => new Date(t)), micros: log.time.map((t) => BigInt(t) * 1000n) }
    const mixed = [
      [log.time[0], ...times.time.slice(1)],
      [...times.time.slice(0, -1), log.time[n - 1]],
    ]
    for (const time of [log.time, times.time, times.micros, ...mixed]) {
      const rows = summarize({ ...log, time })
      assert.ok(Array.isArray(rows.ids))
      assert.deepEqual(values(rows), expected)
    }
    assert.deepEqual(values(summarize({ ...log, customer: log.customer.map(BigInt) })), expected)
    const texts = summarize({ ...log, customer: log.customer.map(String) })
    assert.deepEqual(values(texts), { ...expected, ids: expected.ids.map(String) })
  })

  test('a value that is none is named', () => {
    for (const row of [0, 1, 500, n - 1]) {
      const wrong = (name) => ({ code: 'INVALID_VALUE', argument: name, row })
      const none = { customer: [1.5, NaN, 2 ** 53, true, {}], time: ['now', Infinity, {}, true], amount: ['1', 1n, {}, new Date()] }
      for (const [name, values] of Object.entries(none)) {
        for (const value of values) refused(() => summarize(changed(name, row, value)), wrong(name), RangeError)
      }
      refused(() => summarize({ ...log, time: long((i) => (i === row ? 'now' : new Date(i))) }), wrong('time'), RangeError)
    }
    refused(() => summarize(changed('customer', 500, '5')), { row: 500, message: /a number, as the ids before/ })
  })

  test('nulls', () => {
    const dates = (row, value) => ({ ...log, time: long((i) => (i === row ? value : new Date(i))) })
    for (const row of [0, 500]) {
      for (const none of [null, undefined]) {
        const counts = (log) => summarize(log, { onInvalid: 'drop' }).counts
        assert.equal(counts(changed('customer', row, none)).nullId, 1)
        assert.equal(counts(changed('customer', row, none)).counted, n - 1)
        assert.equal(counts(changed('time', row, none)).nullTime, 1)
        assert.equal(counts(dates(row, none)).nullTime, 1)
        assert.equal(counts(changed('amount', row, none)).nonFiniteAmount, 1)
        refused(() => summarize(changed('customer', row, none)), { code: 'INVALID_VALUE', argument: 'customer', row })
        refused(() => summarize(dates(row, none)), { code: 'INVALID_VALUE', argument: 'time', row })
      }
      assert.equal(summarize(dates(row, new Date(NaN)), { onInvalid: 'drop' }).counts.nullTime, 1)
    }
  })

  test('getters', () => {
    const thrown = new Error('from a getter')
    for (const name of ['customer', 'time', 'amount']) {
      for (const row of [0, 500]) {
        const throwing = changed(name, 0, log[name][0])
        Object.defineProperty(throwing[name], row, { get: () => { throw thrown } })
        assert.throws(() => summarize(throwing), (error) => error === thrown)
      }
      const within = changed(name, 0, log[name][0])
      Object.defineProperty(within[name], 500, { get: () => (summarize(log), log[name][500]) })
      assert.deepEqual(values(summarize(within)), expected)
    }
    const order = long((i) => i)
    const columns = Object.fromEntries(Object.entries(typed).map(([name, column]) => [name, column.slice()]))
    const { buffer } = columns.amount
    Object.defineProperty(order, 500, {
      get: () => (buffer.byteLength > 0 && structuredClone(buffer, { transfer: [buffer] }), 500),
    })
    refused(() => summarize({ ...columns, order }), { code: 'SHAPE_MISMATCH', argument: 'amount' }, RangeError)
    const shrinking = changed('customer', 0, 0)
    Object.defineProperty(shrinking.customer, 500, { get: () => ((shrinking.customer.length = 501), 5) })
    refused(() => summarize(shrinking), { code: 'SHAPE_MISMATCH' }, RangeError)
  })

  test('whatever a caller has done to what all objects share', () => {
    const saved = [globalThis.Float64Array, Date.prototype.getTime, Function.prototype.call]
    try {
      globalThis.Float64Array = class {}
      Date.prototype.getTime = () => 5
      Function.prototype.call = () => 6
      const rows = summarize({ ...log, time: log.time.map((t) => new Date(t)) })
      globalThis.Float64Array = saved[0]
      assert.equal(rows.lastTime[6], expected.lastTime[6])
    } finally {
      globalThis.Float64Array = saved[0]
      Date.prototype.getTime = saved[1]
      Function.prototype.call = saved[2]
    }
  })
})

describe('options', () => {
  test('periods of a time zone', () => {
    // Half past ten and half past eleven at night UTC are two days in Berlin, whose clocks are two hours ahead in June.
    const log = { customer: [1, 1], time: [june(1, 21.5 * 3.6e6), june(1, 22.5 * 3.6e6)], amount: [1, 1] }
    const n = (options) => summarize(log, options).nPurchases[0]
    assert.equal(n({}), 1)
    assert.equal(n({ tz: null }), 1)
    assert.equal(n({ tz: 'Europe/Berlin' }), 2)
    assert.equal(n({ tz: 'europe/berlin', period: 'month' }), 1)
    assert.equal(n({ period: 'none' }), 2)
    refused(() => n({ tz: 'Europe/Atlantis' }), { code: 'INVALID_PARAMETER', argument: 'tz' }, RangeError)
    refused(() => n({ tz: 1 }), { code: 'INVALID_TYPE', argument: 'tz' }, TypeError)
  })

  test('refunds', () => {
    const total = (refunds) => summarize(small, { refunds }).totalAmount[0]
    assert.equal(total(undefined), 27.5)
    assert.equal(total('net'), 27.5)
    assert.equal(total('ignore'), 30)
    assert.equal(summarize(small, { refunds: 'ignore' }).counts.refundIgnored, 1)
    refused(() => total('refuse'), { code: 'INVALID_VALUE', argument: 'amount', row: 3 }, RangeError)
  })

  test('amounts that are no numbers', () => {
    for (const amount of [[1, NaN, 1, 1], [1, null, 1, 1], new Float64Array([1, Infinity, 1, 1])]) {
      refused(() => summarize(with_({ amount })), { code: 'NON_FINITE', argument: 'amount', row: 1 }, RangeError)
      assert.equal(summarize(with_({ amount }), { onInvalid: 'drop' }).counts.nonFiniteAmount, 1)
    }
    const wrong = { code: 'INVALID_VALUE', argument: 'amount', row: 1 }
    for (const amount of ['1', 1n, true]) refused(() => summarize(with_({ amount: [1, amount, 1, 1] })), wrong, RangeError)
  })

  test('the unit of time', () => {
    assert.equal(summarize(small, { timeUnit: 'hour' }).tX[0], 48)
    assert.equal(summarize(small, { timeUnit: 'week' }).tX[0], 2 / 7)
  })

  test('the number of threads changes nothing', () => {
    assert.deepEqual(summarize(small, { nThreads: 1 }), summarize(small, { nThreads: 3 }))
    for (const nThreads of [0, -1, 1.5, 2 ** 53, NaN]) {
      refused(() => summarize(small, { nThreads }), { code: 'INVALID_PARAMETER', argument: 'nThreads' }, RangeError)
    }
    for (const nThreads of [null, '2', {}]) {
      refused(() => summarize(small, { nThreads }), { code: 'INVALID_TYPE', argument: 'nThreads' }, TypeError)
    }
  })

  test('wrong options', () => {
    for (const options of [null, 1, 'day', [], () => 1]) {
      refused(() => summarize(small, options), { code: 'INVALID_TYPE', argument: 'options' }, TypeError)
    }
    const invalid = { period: 'year', refunds: 'no', onInvalid: 'ignore', timeUnit: 'days', periods: 'day' }
    for (const [name, value] of Object.entries(invalid)) {
      refused(() => summarize(small, { [name]: value }), { code: 'INVALID_PARAMETER', argument: name }, RangeError)
    }
    refused(() => summarize(small, { period: 1 }), { argument: 'period' })
    const snake = { argument: 'onInvalid', message: /given as on_invalid.*given as onInvalid/ }
    refused(() => summarize(small, { on_invalid: 'drop' }), snake, RangeError)
    for (const asOf of [null, '1998-06-30', true]) {
      refused(() => summarize(small, { asOf }), { code: 'INVALID_TYPE', argument: 'asOf' }, TypeError)
    }
    for (const asOf of [NaN, Infinity, new Date(NaN), 2n ** 63n, -(2n ** 63n), {}, []]) {
      refused(() => summarize(small, { asOf }), { code: 'INVALID_PARAMETER', argument: 'asOf' }, RangeError)
    }
    for (const options of [{ signal: new AbortController().signal }, { onProgress: () => {} }]) {
      const argument = Object.keys(options)[0]
      refused(() => summarize(small, options), { code: 'INVALID_TYPE', argument }, TypeError)
    }
  })
})

describe('wrong logs', () => {
  test('what is no object of columns', () => {
    for (const log of [undefined, null, 1, 'log', [], [small], new Float64Array(3), () => 1, Symbol('s'), 1n]) {
      refused(() => summarize(log), { code: 'INVALID_TYPE', argument: 'log' }, TypeError)
    }
  })

  test('columns that are missing, unknown, or no columns', () => {
    for (const name of ['customer', 'time', 'amount']) {
      const missing = { code: 'INVALID_TYPE', argument: name }
      const { [name]: _, ...log } = small
      refused(() => summarize(log), missing, TypeError)
      const buffer = new ArrayBuffer(8)
      for (const column of [undefined, null, 5, 'abc', {}, { length: 4 }, new Map(), new DataView(buffer), buffer]) {
        refused(() => summarize(with_({ [name]: column })), missing, TypeError)
      }
    }
    refused(() => summarize({}), { argument: 'customer' }, TypeError)
    refused(() => summarize(with_({ order: null })), { code: 'INVALID_TYPE', argument: 'order' }, TypeError)
    for (const name of ['Customer', 'usage', 'feedback', 'orders']) {
      const unknown = { code: 'INVALID_PARAMETER', argument: name, message: /no column/ }
      refused(() => summarize(with_({ [name]: [1, 2, 3, 4] })), unknown, RangeError)
    }
    const typed = { customer: [new Float32Array(4)], time: [new BigUint64Array(4)], amount: [new BigInt64Array(4)] }
    for (const [name, columns] of Object.entries(typed)) {
      for (const column of columns) {
        refused(() => summarize(with_({ [name]: column })), { code: 'INVALID_TYPE', argument: name }, TypeError)
      }
    }
  })

  test('proxies are no arrays', () => {
    const customer = new Proxy(small.customer, {})
    refused(() => summarize(with_({ customer })), { code: 'INVALID_TYPE', argument: 'customer' }, TypeError)
    // An object may be one.
    assert.deepEqual(summarize(new Proxy(small, {})), summarize(small))
  })

  test('what a getter throws is thrown', () => {
    const thrown = new Error('from a getter')
    const throwing = (name) => Object.defineProperty(with_({}), name, { enumerable: true, get: () => { throw thrown } })
    for (const name of ['customer', 'time', 'amount']) {
      assert.throws(() => summarize(throwing(name)), (error) => error === thrown)
      assert.throws(() => new Accumulator().update(throwing(name)), (error) => error === thrown)
    }
    const customer = Object.defineProperty([1, 2, 3, 4], 2, { get: () => { throw thrown } })
    assert.throws(() => summarize(with_({ customer })), (error) => error === thrown)
  })

  test('memory that a getter takes away is not read', async () => {
    const columns = () => ({
      customer: BigInt64Array.from([1n, 2n, 1n, 1n]),
      time: BigInt64Array.from(small.time, (t) => BigInt(t) * 1000n),
      amount: Float64Array.from(small.amount),
    })
    const expected = summarize(columns())
    for (const taken of ['customer', 'time', 'amount']) {
      for (const [reading, place] of [['order', 0], ['order', 3], ['options', 0]]) {
        const log = columns()
        let n = 0
        const take = () => {
          n += 1
          structuredClone(log[taken].buffer, { transfer: [log[taken].buffer] })
        }
        let options = {}
        if (reading === 'order') {
          // An element of an array, read after the typed arrays were seen.
          log.order = [1, 2, 3, 4]
          Object.defineProperty(log.order, place, { get: () => (take(), 9) })
        } else {
          options = Object.defineProperty({}, 'nThreads', { enumerable: true, get: () => (take(), 1) })
        }
        // Of what is gone when it is read that is said, and what goes later no longer fits.
        const [code, Class] = reading === 'order' ? ['SHAPE_MISMATCH', RangeError] : ['INVALID_TYPE', TypeError]
        refused(() => summarize(log, options), { code }, Class)
        assert.equal(n, 1)
      }
      // A property of the log itself: all of them are read before any column.
      const log = columns()
      const { [taken]: column } = log
      const tricky = {}
      for (const name of Object.keys(log)) tricky[name] = log[name]
      Object.defineProperty(tricky, 'order', {
        enumerable: true,
        get: () => (structuredClone(column.buffer, { transfer: [column.buffer] }), undefined),
      })
      refused(() => summarize(tricky), { code: 'INVALID_TYPE', argument: taken }, TypeError)
    }
    // After the call the caller may do what it likes.
    const log = columns()
    const promise = summarizeAsync(log)
    for (const column of Object.values(log)) structuredClone(column.buffer, { transfer: [column.buffer] })
    assert.deepEqual(await promise, expected)
  })

  test('an array that shrinks or grows while it is read', () => {
    const customer = [1, 2, 3, 4]
    Object.defineProperty(customer, 1, { get: () => ((customer.length = 2), 2) })
    refused(() => summarize(with_({ customer })), { code: 'INVALID_VALUE', argument: 'customer', row: 2 })
    const amount = [1, 2, 3, 4]
    Object.defineProperty(amount, 1, { get: () => (amount.push(5), 2) })
    assert.deepEqual([...summarize(with_({ customer: [1, 2, 3, 4], amount })).totalAmount], [1, 2, 3, 4])
  })

  test('columns of different length', () => {
    for (const name of ['time', 'amount']) {
      const log = with_({ [name]: small[name].slice(1) })
      refused(() => summarize(log), { code: 'SHAPE_MISMATCH', argument: name }, RangeError)
    }
  })

  test('no rows', () => {
    const empty = { customer: [], time: [], amount: [] }
    refused(() => summarize(empty), { code: 'TOO_FEW_ROWS', argument: 'time' }, RangeError)
    const rows = summarize({ ...empty, customer: new Int32Array(0) }, { asOf: 0 })
    assert.deepEqual([rows.ids, rows.nPurchases, rows.asOf], [new Int32Array(0), new Float64Array(0), 0])
  })
})

describe('summarizeAsync', () => {
  const big = 300_000
  const log = {
    customer: Int32Array.from({ length: big }, (_, i) => (i * 7919) % 50_021),
    time: Float64Array.from({ length: big }, (_, i) => (i * 104_729) % (1000 * DAY)),
    amount: Float64Array.from({ length: big }, (_, i) => (i % 1000) / 100),
  }

  test('is summarize', async () => {
    assert.deepEqual(await summarizeAsync(small, { asOf: june(11) }), summarize(small, { asOf: june(11) }))
    assert.deepEqual(await summarizeAsync(log), summarize(log))
  })

  test('reports its progress', async () => {
    const heard = []
    await summarizeAsync(log, { onProgress: (progress) => heard.push(progress.stage) })
    assert.equal(heard[0], 'customers')
  })

  test('is stopped by a signal', async () => {
    const controller = new AbortController()
    const promise = summarizeAsync(log, { signal: controller.signal })
    controller.abort('enough')
    await assert.rejects(promise, { name: 'AbortError', code: 'CANCELLED', cause: 'enough' })
    await assert.rejects(summarizeAsync(log, { signal: AbortSignal.abort() }), { name: 'AbortError' })
  })

  test('rejects what summarize refuses', async () => {
    await assert.rejects(summarizeAsync(), { name: 'TypeError', code: 'INVALID_TYPE', argument: 'log' })
    await assert.rejects(summarizeAsync(with_({ usage: [] })), { name: 'RangeError', argument: 'usage' })
    await assert.rejects(summarizeAsync(small, { period: 'year' }), { name: 'RangeError', argument: 'period' })
    await assert.rejects(summarizeAsync(small, { signal: 1 }), { name: 'TypeError', argument: 'signal' })
    await assert.rejects(summarizeAsync(small, { refunds: 'refuse' }), { name: 'RangeError', argument: 'amount', row: 3 })
  })
})

describe('Accumulator', () => {
  const rowsOf = (log, from, to) =>
    Object.fromEntries(Object.entries(log).map(([name, column]) => [name, column.slice(from, to)]))

  test('its result is that of all rows at once', () => {
    for (const customer of [small.customer, [1, 2, 1, 1], [1n, 2n, 1n, 1n], Int32Array.of(1, 2, 1, 1)]) {
      for (const options of [{}, { period: 'none', asOf: june(3) }, { refunds: 'ignore', timeUnit: 'week' }]) {
        const log = with_({ customer, order: ['x', 'y', 'z', 'z'] })
        const expected = summarize(log, options)
        const accumulator = new Accumulator(options)
        for (const row of [2, 0, 3, 1]) accumulator.update(rowsOf(log, row, row + 1))
        assert.deepEqual(accumulator.finish(), expected)

        const [left, right] = [new Accumulator(options), new Accumulator(options)]
        left.update(rowsOf(log, 0, 2))
        right.update(rowsOf(log, 2, 4))
        const theirs = right.finish()
        assert.equal(left.merge(right), undefined)
        assert.deepEqual(left.finish(), expected)
        assert.deepEqual(right.finish(), theirs)
      }
    }
  })

  test('at any moment', () => {
    const accumulator = new Accumulator()
    accumulator.update(small)
    assert.deepEqual(accumulator.finish(new Date(june(11))), summarize(small, { asOf: june(11) }))
    assert.deepEqual(accumulator.finish(BigInt(june(2)) * 1000n).ids, ['ann'])
    assert.deepEqual(accumulator.finish(undefined), summarize(small))
    for (const asOf of [null, '1998', true]) {
      refused(() => accumulator.finish(asOf), { code: 'INVALID_TYPE', argument: 'asOf' }, TypeError)
    }
    refused(() => accumulator.finish(NaN), { code: 'INVALID_PARAMETER', argument: 'asOf' }, RangeError)
    refused(() => new Accumulator().finish(), { code: 'TOO_FEW_ROWS', argument: 'time' }, RangeError)
    assert.deepEqual(new Accumulator().finish(0).ids, [])
  })

  test('earliest and latest time', () => {
    const accumulator = new Accumulator()
    assert.deepEqual([accumulator.earliestTime(), accumulator.latestTime()], [null, null])
    accumulator.update({ customer: [1, 1], time: [5n, -2500n], amount: [1, 1] })
    assert.deepEqual([accumulator.earliestTime(), accumulator.latestTime()], [-2.5, 0.005])
    // It is asked anew, not remembered.
    accumulator.update({ customer: [1], time: [7], amount: [1] })
    assert.equal(accumulator.latestTime(), 7)
  })

  test('a batch that fails leaves nothing behind', () => {
    const accumulator = new Accumulator({ refunds: 'refuse' })
    const log = { customer: ['ann', 'bob'], time: [0, DAY], amount: [1, 2] }
    accumulator.update(log)
    const before = accumulator.finish()
    const failing = [
      { customer: ['eve', 'ann'], time: [0, 9 * DAY], amount: [1, -1] },
      { customer: ['eve', null], time: [0, 9 * DAY], amount: [1, 1] },
      { customer: ['eve', 5], time: [0, 9 * DAY], amount: [1, 1] },
      { customer: ['eve'], time: [0, 9 * DAY], amount: [1] },
      { customer: ['eve'], time: [9 * DAY], amount: [1], order: [1.5] },
      { customer: [1, 2], time: [0, 9 * DAY], amount: [1, 1] },
      { customer: [1n], time: [9 * DAY], amount: [1] },
      { customer: ['eve'], time: [9 * DAY], amount: [1], usage: [1] },
      { customer: [], time: [9 * DAY], amount: [] },
      {},
      null,
    ]
    for (const batch of failing) {
      assert.throws(() => accumulator.update(batch), { code: /^(INVALID_(VALUE|TYPE|PARAMETER)|SHAPE_MISMATCH)$/ })
      assert.deepEqual(accumulator.finish(), before)
      assert.equal(accumulator.latestTime(), DAY)
    }
    refused(() => accumulator.update(failing[0]), { code: 'INVALID_VALUE', argument: 'amount', row: 1 }, RangeError)
    refused(() => accumulator.update(failing[5]), { code: 'SHAPE_MISMATCH', argument: 'customer' }, RangeError)
    accumulator.update(log)
    assert.deepEqual([...accumulator.finish().totalAmount], [2, 4])
  })

  test('the kind of the ids is the widest of those taken', () => {
    const batch = (id) => ({ customer: id, time: [0], amount: [1] })
    const kinds = (...ids) => {
      const accumulator = new Accumulator()
      for (const id of ids) accumulator.update(batch(id))
      return accumulator.finish().ids
    }
    assert.deepEqual(kinds(Int32Array.of(1)), Int32Array.of(1))
    assert.deepEqual(kinds(Int32Array.of(1), [2 ** 40]), [1, 2 ** 40])
    assert.deepEqual(kinds([2 ** 40], Int32Array.of(1)), [1, 2 ** 40])
    assert.deepEqual(kinds([1], [2n ** 60n], Int32Array.of(3)), BigInt64Array.of(1n, 3n, 2n ** 60n))
    const [left, right] = [new Accumulator(), new Accumulator()]
    left.update(batch(Int32Array.of(1)))
    right.update(batch(BigInt64Array.of(2n ** 60n)))
    left.merge(right)
    assert.deepEqual(left.finish().ids, BigInt64Array.of(1n, 2n ** 60n))
  })

  test('batches without ids are of any kind', () => {
    const empty = { customer: [], time: [], amount: [], order: [] }
    const nulls = { customer: [null], time: [0], amount: [1] }
    const accumulator = new Accumulator({ onInvalid: 'drop' })
    accumulator.update(empty)
    accumulator.update(small)
    accumulator.update(empty)
    accumulator.update(nulls)
    accumulator.update({ ...small, order: [null, null, null, null] })
    accumulator.update({ ...small, order: ['x', 'y', 'z', null] })
    const rows = accumulator.finish()
    assert.deepEqual(rows.ids, ['ann', 'bob'])
    assert.deepEqual([...rows.totalAmount], [3 * 27.5, 15])
    assert.deepEqual([rows.counts.rows, rows.counts.nullId], [13, 1])
    refused(() => new Accumulator().update({ ...empty, time: [1] }), { code: 'SHAPE_MISMATCH', argument: 'time' })
  })

  test('merging', () => {
    const accumulator = new Accumulator()
    accumulator.update(small)
    accumulator.merge(accumulator)
    assert.deepEqual([...accumulator.finish().totalAmount], [55, 10])

    const spoofed = Object.setPrototypeOf(KMeans.fitSync([[1], [2]], { nClusters: 1 }), Accumulator.prototype)
    for (const other of [undefined, null, {}, 1, Object.create(Accumulator.prototype), spoofed]) {
      refused(() => accumulator.merge(other), { code: 'INVALID_TYPE', argument: 'other' }, TypeError)
    }
    assert.throws(() => Accumulator.prototype.update.call(spoofed, small))
    assert.throws(() => Accumulator.prototype.update.call({}, small))
    const differing = { period: 'week', refunds: 'ignore', tz: 'Asia/Tokyo', onInvalid: 'drop', timeUnit: 'week', asOf: 0 }
    for (const [name, value] of Object.entries(differing)) {
      const other = new Accumulator({ [name]: value })
      refused(() => accumulator.merge(other), { code: 'INVALID_PARAMETER', argument: name }, RangeError)
    }
    const numbers = new Accumulator()
    numbers.update({ customer: [1], time: [0], amount: [1] })
    refused(() => accumulator.merge(numbers), { code: 'SHAPE_MISMATCH', argument: 'customer' }, RangeError)
    assert.deepEqual([...accumulator.finish().totalAmount], [55, 10])
    accumulator.merge(new Accumulator({ nThreads: 1 }))
    assert.deepEqual([...accumulator.finish().totalAmount], [55, 10])
  })

  test('the example: who bought next', () => {
    const [january, february] = [new Accumulator(), new Accumulator()]
    january.update({ customer: [1, 2], time: [Date.UTC(1998, 0, 1), Date.UTC(1998, 0, 5)], amount: [9, 4] })
    february.update({ customer: [1], time: [Date.UTC(1998, 1, 10)], amount: [3] })
    january.merge(february)
    assert.deepEqual(january.finish().totalAmount, new Float64Array([12, 4]))
    const { customers, nextPurchase } = january.nextPurchase(new Date(Date.UTC(1998, 1, 1)))
    assert.deepEqual(nextPurchase, new Float64Array([Date.UTC(1998, 1, 10), NaN]))
    assert.deepEqual(customers, january.finish(Date.UTC(1998, 1, 1)))
    const spent = january.purchaseTotals(Date.UTC(1998, 1, 1), Date.UTC(1998, 1, 10))
    assert.deepEqual(spent.purchaseTotal, new Float64Array([3, 0]))
    assert.deepEqual(spent.customers, customers)
  })

  for (const one of vectors.cases.filter((one) => /next_purchase|purchase_totals/.test(one.call))) {
    test(`vector: ${one.name}`, () => {
      const { log, options, moment } = call(one)
      const accumulator = new Accumulator(options)
      accumulator.update(log)
      const { expected } = one
      if (one.call === 'customers.next_purchase') {
        const { customers, nextPurchase } = accumulator.nextPurchase(moment('after'))
        assert.deepEqual(customers.ids, expected.ids)
        const millis = expected.next_purchase.map((micros) => (typeof micros === 'number' ? micros / 1000 : NaN))
        assert.deepEqual([...nextPurchase], millis)
      } else {
        const { customers, purchaseTotal } = accumulator.purchaseTotals(moment('from'), moment('to'))
        assert.deepEqual(customers.ids, expected.ids)
        assert.deepEqual([...purchaseTotal], expected.purchase_totals)
      }
    })
  }

  test('wrong moments', () => {
    const accumulator = new Accumulator()
    accumulator.update(small)
    for (const moment of [undefined, null, '1998', true]) {
      refused(() => accumulator.nextPurchase(moment), { code: 'INVALID_TYPE', argument: 'after' }, TypeError)
      refused(() => accumulator.purchaseTotals(moment, 0), { code: 'INVALID_TYPE', argument: 'start' }, TypeError)
      refused(() => accumulator.purchaseTotals(0, moment), { code: 'INVALID_TYPE', argument: 'end' }, TypeError)
    }
    refused(() => accumulator.nextPurchase(NaN), { code: 'INVALID_PARAMETER', argument: 'after' }, RangeError)
  })

  test('wrong options', () => {
    for (const options of [null, 1, []]) {
      refused(() => new Accumulator(options), { code: 'INVALID_TYPE', argument: 'options' }, TypeError)
    }
    const invalid = { period: 'year', tz: 'Mars', nThreads: 0, when: 1 }
    for (const [name, value] of Object.entries(invalid)) {
      refused(() => new Accumulator({ [name]: value }), { code: 'INVALID_PARAMETER', argument: name }, RangeError)
    }
    const { signal } = new AbortController()
    refused(() => new Accumulator({ signal }), { code: 'INVALID_TYPE', argument: 'signal' }, TypeError)
    refused(() => Accumulator(), { code: 'INVALID_TYPE', message: /new Accumulator/ }, TypeError)
    class Batches extends Accumulator {}
    const batches = new Batches()
    batches.update(small)
    assert.deepEqual(batches.finish(), summarize(small))
  })

  test('a getter of a batch may use the accumulator', () => {
    const accumulator = new Accumulator()
    const batch = { time: small.time, amount: small.amount }
    Object.defineProperty(batch, 'customer', {
      enumerable: true,
      get: () => (accumulator.update(small), accumulator.finish(), small.customer),
    })
    accumulator.update(batch)
    assert.deepEqual([...accumulator.finish().totalAmount], [55, 10])
  })

  test('its rows are made known to the garbage collector', async () => {
    const n = 500_000
    const log = { customer: new Int32Array(n), time: new BigInt64Array(n), amount: new Float64Array(n) }
    const before = process.memoryUsage().rss
    let most = 0
    for (let i = 0; i < 80; i++) {
      new Accumulator().update(log)
      await setImmediate()
      most = Math.max(most, process.memoryUsage().rss - before)
    }
    // Together they would hold 800 MB.
    assert.ok(most < 400e6, `${most / 1e6} MB`)
  })
})
