// Reads the conformance vectors of the core and compares answers with them; their form: the README beside them.

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { REPOSITORY } from './repository.mjs'

const VECTORS = new URL('loyalty-core/tests/vectors/', REPOSITORY)
const SPECIAL = { NaN, Infinity, '-Infinity': -Infinity }

/** All cases of a vector file, texts for data and for numbers resolved. */
export function casesOf(concept) {
  const { format, version, data, cases } = JSON.parse(readFileSync(new URL(`${concept}.json`, VECTORS), 'utf8'))
  assert.deepEqual([format, version], ['loyalty-vectors', 1])
  const resolved = (value) => {
    if (typeof value === 'string' && value.startsWith('@')) return data[value.slice(1)]
    if (typeof value === 'string' && Object.hasOwn(SPECIAL, value)) return SPECIAL[value]
    if (Array.isArray(value)) return value.map(resolved)
    if (value === null || typeof value !== 'object') return value
    return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, resolved(part)]))
  }
  return cases.map((given) => ({ input: {}, params: {}, rtol: 0, atol: 0, ...resolved(given) }))
}

/** A name of the core as it is here. */
export const camelCase = (name) => name.replace(/_(.)/g, (_, letter) => letter.toUpperCase())

/** An object with its names, at every depth, as they are here. */
export function camelCased(value) {
  if (Array.isArray(value)) return value.map(camelCased)
  if (value === null || typeof value !== 'object') return value
  return Object.fromEntries(Object.entries(value).map(([name, part]) => [camelCase(name), camelCased(part)]))
}

/** That the answer is the expected one within the case's tolerance; what is not expected by name is not compared. */
export function agrees(answer, { expected, rtol, atol }, name) {
  const of = (tolerance, part) =>
    typeof tolerance === 'object' ? (tolerance[part] ?? tolerance['*'] ?? 0) : tolerance
  for (const [part, value] of Object.entries(expected)) {
    compare(answer[camelCase(part)], value, of(rtol, part), of(atol, part), `${name}: ${part}`)
  }
}

function compare(actual, expected, rtol, atol, where) {
  if (typeof expected === 'number') {
    const near = Object.is(actual, expected) || Math.abs(actual - expected) <= atol + rtol * Math.abs(expected)
    assert.ok(near, `${where} is ${actual}, not ${expected}`)
  } else if (Array.isArray(expected)) {
    assert.equal(actual.length, expected.length, where)
    expected.forEach((item, i) => compare(actual[i], item, rtol, atol, `${where}[${i}]`))
  } else if (expected !== null && typeof expected === 'object') {
    for (const [part, value] of Object.entries(expected)) {
      compare(actual[camelCase(part)], value, rtol, atol, `${where}.${part}`)
    }
  } else {
    assert.equal(actual, expected, where)
  }
}

const CLASSES = {
  INVALID_TYPE: TypeError,
  INVALID_PARAMETER: RangeError,
  INVALID_VALUE: RangeError,
  SHAPE_MISMATCH: RangeError,
  NON_FINITE: RangeError,
  TOO_FEW_ROWS: RangeError,
}

/** That the call throws this, and names no name of another language. Gives the error. */
export function fails(argument, code, call) {
  let caught
  assert.throws(call, (error) => {
    caught = error
    return true
  })
  refused(caught, argument, code)
  return caught
}

/** The same of a promise. */
export async function rejects(argument, code, promise) {
  const error = await promise.then(
    () => assert.fail('not rejected'),
    (reason) => reason,
  )
  refused(error, argument, code)
  return error
}

/** That the error is this one, of the class of its code, and names no name of another language. */
export function refused(error, argument, code) {
  assert.deepEqual([error.code, error.argument], [code, argument], error.message)
  assert.equal(error.constructor, CLASSES[code] ?? Error, error.message)
  // But those of values, and what a model file holds.
  if (code === 'BAD_MODEL') return
  const values = /next_period|min_max|z_score|purchase_usage_feedback|[cd]_score/g
  assert.doesNotMatch(error.message.replaceAll(values, ''), /[a-z0-9]_[a-z]/)
}
