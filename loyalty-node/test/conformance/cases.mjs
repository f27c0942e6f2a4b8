// Reads the conformance vectors of the core and compares answers with them; their form: the README beside them.

import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { basename } from 'node:path'
import { REPOSITORY } from '../repository.mjs'

const VECTORS = new URL('loyalty-core/tests/vectors/', REPOSITORY)
const NON_FINITE = { NaN, Infinity, '-Infinity': -Infinity }
const FIELDS = ['name', 'call', 'params', 'input', 'expected', 'error', 'argument', 'rtol', 'atol', 'oracle']

/** The concepts that have a vector file. */
export const vectorFiles = () =>
  readdirSync(VECTORS)
    .filter((name) => name.endsWith('.json'))
    .map((name) => basename(name, '.json'))

const fileOf = (concept) => JSON.parse(readFileSync(new URL(`${concept}.json`, VECTORS), 'utf8'))

/** How many cases a vector file has. */
export const countOf = (concept) => fileOf(concept).cases.length

/** One case, texts for data resolved. */
export class Case {
  constructor(given) {
    assert.deepEqual(Object.keys(given).filter((field) => !FIELDS.includes(field)), [], given.name)
    Object.assign(this, { rtol: 0, atol: 0, ...given })
  }

  /** The parameters as options of this package. */
  get options() {
    return camelCased(restored(this.params))
  }

  /** A vector of floats; undefined if it is not given. */
  vector(name) {
    return this.input[name] === undefined || this.input[name] === null
      ? undefined
      : Float64Array.from(this.input[name], number)
  }

  /** A matrix given as a list of rows. */
  matrix(name) {
    return this.input[name].map((row) => row.map(number))
  }

  /** Times as BigInts of microseconds, null where there is none. */
  times(name) {
    return this.input[name].map((time) => (time === null ? null : BigInt(time)))
  }
}

/** All cases of a vector file. */
export function casesOf(concept) {
  const { format, version, concept: of, data, cases } = fileOf(concept)
  assert.deepEqual([format, version, of], ['loyalty-vectors', 1, concept])
  const resolved = (value) => {
    if (typeof value === 'string' && value.startsWith('@')) {
      assert.ok(Object.hasOwn(data, value.slice(1)), `no data named ${value}`)
      return data[value.slice(1)]
    }
    return mapped(value, resolved)
  }
  return cases.map((given) => {
    assert.ok(given.oracle, `${given.name}: no oracle`)
    const parts = { params: resolved(given.params), input: resolved(given.input) }
    if (given.expected) parts.expected = resolved(given.expected)
    return new Case({ ...given, ...parts })
  })
}

/** The value with its parts mapped. */
function mapped(value, to) {
  if (Array.isArray(value)) return value.map(to)
  if (value === null || typeof value !== 'object') return value
  return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, to(part)]))
}

/** A float that may be written as text. */
export const number = (value) => {
  if (typeof value === 'number') return value
  assert.ok(typeof value === 'string' && Object.hasOwn(NON_FINITE, value), `${value} is no number`)
  return NON_FINITE[value]
}

/** The value with numbers in place of the texts that stand for them; whole ones beyond the safe ones are BigInts. */
export function restored(value) {
  if (typeof value !== 'string') return mapped(value, restored)
  if (Object.hasOwn(NON_FINITE, value)) return NON_FINITE[value]
  return /^-?\d+$/.test(value) ? BigInt(value) : value
}

/** A name of the core as it is here. */
export const camelCase = (name) => name.replace(/_(.)/g, (_, letter) => letter.toUpperCase())

/** The value with its names, at every depth, as they are here. */
export function camelCased(value) {
  if (value === null || typeof value !== 'object' || Array.isArray(value)) return mapped(value, camelCased)
  return Object.fromEntries(Object.entries(value).map(([name, part]) => [camelCase(name), camelCased(part)]))
}

/** An answer in the types that JSON has, and BigInts. */
function plain(value) {
  if (value instanceof Float64Array && value.length === 0) return []
  if (ArrayBuffer.isView(value)) return Array.from(value)
  if (isMatrix(value)) {
    return Array.from({ length: value.rows }, (_, i) => plain(value.data.subarray(i * value.cols, (i + 1) * value.cols)))
  }
  return value
}

const isMatrix = (value) =>
  value?.data instanceof Float64Array && value.data.length === value.rows * value.cols && Object.keys(value).length === 3

/** Why an answer is not the expected one, if it is not; results in `but` are not compared. */
export function failure({ expected, error, rtol, atol }, answer, but = {}) {
  if (expected === undefined) return `answered ${shown(answer)}, expected the error ${error}`
  for (const [field, value] of Object.entries(expected)) {
    if (Object.hasOwn(but, field)) continue
    const name = camelCase(field)
    if (!(name in answer)) return `no result ${name}`
    const why = difference(value, answer[name], tolerance(rtol, field), tolerance(atol, field), name)
    if (why) return why
  }
}

/** Why an error is not the expected one, if it is not. */
export function errorFailure({ error: code, argument: of }, error) {
  const argument = of === undefined ? undefined : camelCase(of)
  if (error.code === code && (argument === undefined || argument === error.argument)) return
  return `${error.code} of ${error.argument} (${error.message}), expected ${code} of ${argument}`
}

const tolerance = (given, field) => number(typeof given === 'object' ? (given[field] ?? given['*'] ?? 0) : given)

/** What differs between the two, if anything; `path` says where. */
export function difference(expected, given, rtol, atol, path) {
  const actual = plain(given)
  const numeric = typeof actual === 'number' || typeof actual === 'bigint'
  if (typeof expected === 'string' && numeric) expected = restored(expected)
  if (typeof expected === 'number' && typeof actual === 'number') {
    const same = expected === actual || (Number.isNaN(expected) && Number.isNaN(actual))
    // Of an infinite number every other is within the relative tolerance.
    const near = Number.isFinite(expected) && Math.abs(actual - expected) <= atol + rtol * Math.abs(expected)
    if (same || near) return
    return `${path}: ${actual}, expected ${expected}, relative ${Math.abs(actual - expected) / Math.abs(expected)}`
  }
  if ((typeof expected === 'number' || typeof expected === 'bigint') && numeric) {
    // One of them is a BigInt, which no tolerance is for; JavaScript compares it with a number by value.
    return expected == actual ? undefined : `${path}: ${actual}, expected ${expected}`
  }
  if (Array.isArray(expected) && Array.isArray(actual)) {
    if (expected.length !== actual.length) return `${path}: ${actual.length} items, expected ${expected.length}`
    for (const [i, item] of expected.entries()) {
      const why = difference(item, actual[i], rtol, atol, `${path}[${i}]`)
      if (why) return why
    }
    return
  }
  if (isObject(expected) && isObject(actual)) {
    for (const [key, item] of Object.entries(expected)) {
      const why = difference(item, actual[camelCase(key)], rtol, atol, `${path}.${camelCase(key)}`)
      if (why) return why
    }
    return
  }
  return Object.is(expected, actual) ? undefined : `${path}: ${shown(actual)}, expected ${shown(expected)}`
}

const isObject = (value) => value !== null && typeof value === 'object' && !Array.isArray(value)

const shown = (value) => JSON.stringify(value, (_, part) => (typeof part === 'bigint' ? `${part}n` : plain(part)))
