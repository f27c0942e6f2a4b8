// Runs the conformance vectors of the core through the package.
//
// `elementary` and `special` are mathematics below the concepts and have no name here; the core's own tests run them.
// The adapters in the folder of this name, one a concept, lead from a case to a call, and from its answer to named results.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { refused } from './cases.mjs'
import { casesOf, countOf, difference, errorFailure, failure, vectorFiles } from './conformance/cases.mjs'

const CONCEPTS = ['churn', 'clv', 'customers', 'kmeans', 'metrics', 'rfm', 'scaling', 'score', 'scorecard']
const BELOW_THE_CONCEPTS = ['elementary', 'special']

/** How a fitted model is had. */
const WAYS = {
  'fitSync': (Model, ...args) => Model.fitSync(...args),
  'fit': (Model, ...args) => Model.fit(...args),
}

for (const concept of CONCEPTS) {
  test(concept, async (t) => {
    const adapter = await import(`./conformance/${concept}.mjs`)
    const cases = casesOf(concept)
    const failures = []
    let compared = 0
    for (const of of cases) {
      const [module, name] = of.call.split('.')
      assert.equal(module, concept)
      // Where nothing is fitted, one way is all.
      const ways = adapter.call.length > 2 ? Object.entries(WAYS) : [['', undefined]]
      for (const [way, fit] of ways) {
        const why = await outcome(adapter, name, of, fit)
        if (why) failures.push(`${of.name} ${way}: ${why}`)
        else compared += 1
      }
    }
    t.diagnostic(`${concept}: ${cases.length} cases, ${compared} answers as expected`)
    assert.equal(cases.length, countOf(concept))
    assert.ok(failures.length === 0, `${failures.length} answers of ${cases.length} cases fail:\n${failures.join('\n')}`)
    assert.ok(compared >= cases.length)
  })
}

/** Why a case fails, if it does. */
async function outcome(adapter, name, of, fit) {
  let answer
  try {
    answer = await adapter.call(name, of, fit)
  } catch (error) {
    if (of.error === undefined || error.code === undefined) return `failed: ${error.stack}`
    return errorFailure(of, error) ?? faultOf(error)
  }
  return answer === undefined ? `no call ${name}` : failure(of, answer, adapter.NO_RESULT)
}

/** Why an error is none that this package should have, if so. */
function faultOf(error) {
  try {
    refused(error, error.argument, error.code)
  } catch (fault) {
    return `${error.constructor.name}: ${fault.message}`
  }
}

test('every vector file is run', () => {
  assert.deepEqual(vectorFiles().sort(), [...CONCEPTS, ...BELOW_THE_CONCEPTS].sort())
})

test('the comparison can fail', () => {
  const differs = (expected, actual, rtol = 0, atol = 0) => difference(expected, actual, rtol, atol, 'it') !== undefined
  assert.ok(differs(1, 1.1, 0.01) && !differs(1, 1.1, 0.2) && differs(1, 1.1, 0, 0.01) && !differs(1, 1.1, 0, 0.2))
  assert.ok(differs(1, 1 + Number.EPSILON) && !differs(0, -0))
  assert.ok(differs([1, 2], [1], 1) && differs([1, 2], [1, 3]) && !differs([1, 2], Float64Array.of(1, 2)))
  assert.ok(differs('a', 'b', 1) && differs('1', 2) && !differs('42', '42') && !differs('42', 42n))
  assert.ok(differs('NaN', 1, 1) && differs(1, NaN, 1) && !differs('NaN', NaN))
  assert.ok(differs('Infinity', -Infinity, 1) && differs('Infinity', 1e308, 1) && !differs('Infinity', Infinity))
  assert.ok(differs(true, null, 1) && differs(true, 1) && differs(null, 0) && differs(null, undefined))
  assert.ok(differs(1, undefined, 1) && differs(1, '1', 1) && differs(9007199254740993n, 9007199254740992n, 1))
  assert.ok(differs({ a_b: 1 }, { aB: 2 }) && differs({ a_b: 1 }, { a_b: 1 }) && !differs({ a_b: 1 }, { aB: 1, c: 2 }))
  const matrix = { data: Float64Array.of(1, 2, 3, 4), rows: 2, cols: 2 }
  assert.ok(differs([[1, 2], [3, 5]], matrix) && differs([1, 2, 3, 4], matrix) && !differs([[1, 2], [3, 4]], matrix))

  const wrong = { error: 'BAD_MODEL', argument: 'n_bins', rtol: 0, atol: 0 }
  assert.ok(failure(wrong, {}))
  assert.ok(errorFailure(wrong, { code: 'BAD_MODEL', argument: 'n_bins' }))
  assert.ok(errorFailure(wrong, { code: 'BAD_MODEL' }))
  assert.ok(errorFailure(wrong, { code: 'DEGENERATE', argument: 'nBins' }))
  assert.equal(errorFailure(wrong, { code: 'BAD_MODEL', argument: 'nBins' }), undefined)
  assert.equal(failure({ expected: { a: 1 }, rtol: 0, atol: 0 }, {}), 'no result a')
  assert.ok(failure({ expected: { a: 1, b: 2 }, rtol: { a: 1, '*': 0 }, atol: 0 }, { a: 1.5, b: 2.5 }).startsWith('b:'))
})
