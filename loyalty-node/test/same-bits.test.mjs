// A model fitted in Rust, Python or here answers with the same bits in all three, on CDNOW's order log.
//
// LOYALTY_EXAMPLES names the folder of the core's examples, which are the Rust programs, LOYALTY_PYTHON an interpreter
// that has the package. Without them these tests are skipped, and fail where LOYALTY_REQUIRE_ALL is 1.

import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import {
  KMeans,
  LogisticChurn,
  LoyaltyScore,
  MinMaxScaler,
  Rfm,
  Scorecard,
  StandardScaler,
  loadModel,
  summarize,
} from 'loyalty'
import { cdnow } from './orders.mjs'
import { REPOSITORY } from './repository.mjs'

const { LOYALTY_EXAMPLES, LOYALTY_PYTHON, LOYALTY_REQUIRE_ALL } = process.env
const MISSING = Object.entries({ LOYALTY_EXAMPLES, LOYALTY_PYTHON })
  .filter(([, value]) => !value)
  .map(([name]) => name)
const REQUIRED = LOYALTY_REQUIRE_ALL === '1'
const SKIP = MISSING.length > 0 && !REQUIRED && `${MISSING.join(' and ')} not given`

const CSV = fileURLToPath(new URL('loyalty-core/examples/data/cdnow_sample.csv', REPOSITORY))
const SCRIPT = fileURLToPath(new URL('same-bits/answer.py', import.meta.url))
const LANGUAGES = ['Rust', 'Python', 'Node']

const log = cdnow()
const rows = summarize(log)
const FEATURES = {
  recency_days: rows.recencyDays,
  n_purchases: rows.nPurchases,
  total_amount: rows.totalAmount,
  tenure_days: rows.tenureDays,
}
const featureNames = Object.keys(FEATURES)
// Every fifth is the other way round, so that no feature knows the answer.
const LEFT = Array.from(rows.recencyDays, (days, i) => days > 180 !== (i % 5 === 0))

const matrix = (columns) => Array.from(columns[0], (_, i) => columns.map((column) => column[i]))
const X = matrix(Object.values(FEATURES))

/** The output of a program. */
function run(program, ...args) {
  const { status, stdout, stderr, error } = spawnSync(program, args, { encoding: 'utf8', maxBuffer: 2 ** 28 })
  assert.ifError(error)
  assert.equal(status, 0, stderr)
  return stdout
}

const rust = (name, ...args) => run(join(LOYALTY_EXAMPLES, name), ...args)
const python = (...args) => run(LOYALTY_PYTHON, '-W', 'error', SCRIPT, ...args)

/** The rows of a CSV text, in which a field may be quoted. */
const records = (text) =>
  text
    .trim()
    .split('\n')
    .map((line) => Array.from(`${line},`.matchAll(/(?:"([^"]*)"|([^,]*)),/g), ([, quoted, plain]) => quoted ?? plain))

/** The columns of rows of texts. */
const columns = (rows) => rows[0].map((_, i) => rows.map((row) => row[i]))

/** That columns, maybe of a CSV text, are these: numbers in every bit, texts in every letter. */
function same(actual, expected, where) {
  assert.equal(actual.length, expected.length, where)
  for (const [i, column] of expected.entries()) {
    const whole = typeof column[0] === 'string' ? (values) => [...values] : bits
    assert.deepEqual(whole(actual[i]), whole(column), `${where}, column ${i}`)
  }
}

const bits = (values) => new BigUint64Array(Float64Array.from(values, Number).buffer)

/** Each kind of model, fitted here as the programs of the other languages fit it. */
const FITS = {
  rfm: () => Rfm.fitSync({ recencyDays: rows.recencyDays, frequency: rows.nPurchases, monetary: rows.totalAmount }),
  loyalty_score: () => LoyaltyScore.fitSync(X, { behaviours: featureNames.map((name) => ({ name, weight: 1 })) }),
  logistic_churn: () => LogisticChurn.fitSync(X, LEFT, { featureNames }),
  kmeans: () => KMeans.fitSync(X, { nClusters: 4, seed: 7, featureNames }),
  standard_scaler: () => StandardScaler.fitSync(X, { featureNames }),
  min_max_scaler: () => MinMaxScaler.fitSync(X, { featureNames }),
}

/** The columns of a matrix of the answer. */
const columnsOf = ({ data, cols }) =>
  Array.from({ length: cols }, (_, j) => data.filter((_, i) => i % cols === j))

/** What a model says of each customer, by columns. */
function answers(model) {
  if (model instanceof Rfm) {
    const { r, f, m, rfmScore } = model.score({
      recencyDays: rows.recencyDays,
      frequency: rows.nPurchases,
      monetary: rows.totalAmount,
    })
    return [r, f, m, rfmScore]
  }
  if (model instanceof LoyaltyScore) return [model.score(X)]
  if (model instanceof LogisticChurn) return [model.decision(X), model.predictProba(X)]
  if (model instanceof KMeans) return columnsOf(model.distances(X))
  if (model instanceof Scorecard) {
    const scores = X.map(([recencyDays, nPurchases, totalAmount, tenureDays]) =>
      model.scoreCustomer({ recencyDays, nPurchases, totalAmount, tenureDays }),
    )
    const names = ['r', 'f', 'm', 'rfmScore', 'loyalty', 'churnProbability', 'clv']
    names.push('segment', 'tier', 'risk', 'cluster', 'action')
    return names.map((name) => scores.map((score) => score[name]))
  }
  return columnsOf(model.transform(X))
}

test('the other languages are there', { skip: SKIP }, () => {
  assert.deepEqual(MISSING, [], 'to be given, as LOYALTY_REQUIRE_ALL is 1')
})

describe('same bits', { skip: SKIP || (MISSING.length > 0 && 'see the failure above') }, () => {
  let folder
  let features

  const file = (language, kind) => join(folder, language, `${kind}.json`)
  const text = (language, kind) => readFileSync(file(language, kind), 'utf8')

  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'loyalty-'))
    features = join(folder, 'features.csv')
    const lines = X.map((row, i) => [...row, Number(LEFT[i])].join())
    writeFileSync(features, [[...featureNames, 'left'].join(), ...lines, ''].join('\n'))
    for (const language of LANGUAGES) mkdirSync(join(folder, language))

    rust('model_files', 'fit', features, join(folder, 'Rust'))
    python('fit', features, join(folder, 'Python'))
    for (const [kind, fit] of Object.entries(FITS)) writeFileSync(file('Node', kind), fit().toJSON())

    const plan = ['--seed', '7', '--horizon-days', '150', '--model-out', file('Rust', 'scorecard')]
    rust('score_customers', CSV, ...plan, '--scores-out', join(folder, 'scores.csv'))
    python('plan', CSV, file('Python', 'scorecard'))
    writeFileSync(file('Node', 'scorecard'), Scorecard.fitSync(log, { horizonDays: 150, seed: 7 }).toJSON())
  })

  after(() => rmSync(folder, { recursive: true, force: true }))

  /** The features without the label, of an RFM model the first three. */
  function table(kind) {
    const names = kind === 'rfm' ? featureNames.slice(0, 3) : featureNames
    const path = join(folder, `${kind}.csv`)
    writeFileSync(path, [names, ...X.map((row) => row.slice(0, names.length)), ''].join('\n'))
    return path
  }

  for (const kind of [...Object.keys(FITS), 'scorecard']) {
    test(`${kind}: fitted in each language, it answers in each`, (t) => {
      const input = table(kind)
      const byPython = python('answer', input, ...LANGUAGES.map((fitted) => file(fitted, kind))).split('\n\n')
      let numbers = 0
      const [expected] = LANGUAGES.flatMap((fitted, i) => {
        const found = {
          Rust: columns(records(rust('model_files', 'answer', file(fitted, kind), input))),
          Python: columns(records(byPython[i])),
          Node: answers(loadModel(text(fitted, kind))),
        }
        for (const column of found.Node) assert.equal(column.length, 2357)
        for (const [used, answer] of Object.entries(found)) {
          same(answer, found.Node, `fitted in ${fitted}, used in ${used}`)
          numbers += answer.length * answer[0].length
        }
        return [found.Node]
      })
      // And it does not matter in which it was fitted.
      for (const fitted of LANGUAGES) same(answers(loadModel(text(fitted, kind))), expected, `fitted in ${fitted}`)
      t.diagnostic(`${kind}: 3 fits, 3 uses, ${numbers} values with the same bits`)
    })

    test(`${kind}: a fit is the same in each language, and so is its file`, () => {
      const [inRust, inPython, here] = LANGUAGES.map((fitted) => text(fitted, kind))
      assert.equal(here, inRust)
      assert.equal(JSON.parse(here).kind, kind)
      assert.equal(here, inPython)
      // Read and written again, too.
      assert.equal(loadModel(inRust).toJSON(), inRust)
    })
  }

  test('a scorecard scores the order log as in the other languages', () => {
    const [header, ...inRust] = records(readFileSync(join(folder, 'scores.csv'), 'utf8'))
    const byRust = Object.fromEntries(columns(inRust).map((column, i) => [header[i], column]))
    const paths = LANGUAGES.map((fitted) => file(fitted, 'scorecard'))
    const byPython = python('score', CSV, ...paths).split('\n\n')
    for (const [i, fitted] of LANGUAGES.entries()) {
      const { customers, ...scores } = loadModel(text(fitted, 'scorecard')).score(log)
      assert.deepEqual(customers, rows)
      const ours = { customer: customers.ids, ...customers, ...scores }
      const [names, ...lines] = records(byPython[i])
      assert.equal(names.length, 17)
      for (const [j, column] of columns(lines).entries()) {
        const name = names[j]
        const here = ours[name.replace(/_(.)/g, (_, letter) => letter.toUpperCase())]
        same([column], [here], `${name}, fitted in ${fitted}, in Python`)
        same([byRust[name === 'customer' ? 'customer_id' : name]], [here], `${name}, fitted in ${fitted}, in Rust`)
      }
    }
    assert.equal(inRust.length, 2357)
  })

  test('the comparison can fail', () => {
    const refused = (actual, expected) => assert.throws(() => same(actual, expected, 'it'), assert.AssertionError)
    same([['1', '2.0', 'NaN']], [[1, 2, NaN]], 'it')
    same([['a', '01']], [['a', '01']], 'it')
    refused([[1, 2]], [[1, 2 + Number.EPSILON * 2]])
    refused([[0]], [[-0]])
    refused([['1']], [['01']])
    refused([['']], [['a']])
    refused([[1]], [[1, 1]])
    refused([[1]], [[1], [1]])
  })
})
