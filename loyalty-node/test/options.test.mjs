// The options in the types are those of the core, with the core's defaults.

import assert from 'node:assert/strict'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import vm from 'node:vm'
import ts from 'typescript'
import { camelCase, camelCased } from './cases.mjs'

const require = createRequire(import.meta.url)
const loyalty = require('loyalty')

/** What is read beside the specification, everywhere where it makes sense. */
const COMMON = ['ThreadOptions', 'FeatureOptions', 'WeightOptions', 'TaskOptions']

const X = [
  [1, 2],
  [3, 4],
  [9, 8],
]

// Each interface with the core's specification that it describes. `special` are parameters whose default is no plain value
// and so is told in words; `extra` are options that are no parameters; `nested` are parameters with options of their own;
// `refused` is a call that has no fault but its options.
const SPECIFICATIONS = {
  KMeansOptions: { specification: 'kmeans', refused: (options) => loyalty.KMeans.fitSync(X, options) },
  ChooseKOptions: {
    specification: 'choose_k',
    special: ['kmeans'],
    nested: ['kmeans'],
    refused: (options) => loyalty.ChooseK.fitSync(X, options),
  },
  LogisticChurnOptions: {
    specification: 'churn',
    refused: (options) => loyalty.LogisticChurn.fitSync(X, [true, false, true], options),
  },
  StandardScalerOptions: {
    specification: 'standard_scaler',
    refused: (options) => loyalty.StandardScaler.fitSync(X, options),
  },
  MinMaxScalerOptions: {
    specification: 'min_max_scaler',
    refused: (options) => loyalty.MinMaxScaler.fitSync(X, options),
  },
  RfmOptions: {
    specification: 'rfm',
    special: ['segments'],
    refused: (options) =>
      loyalty.Rfm.fitSync({ recencyDays: [1, 2, 3], nPurchases: [1, 2, 3], totalAmount: [1, 2, 3] }, options),
  },
  LoyaltyScoreOptions: {
    specification: 'score',
    special: ['behaviours'],
    extra: ['preset'],
    refused: (options) => loyalty.LoyaltyScore.fitSync(X, options),
  },
  SummaryOptions: {
    specification: 'customers',
    refused: (options) => loyalty.summarize({ customer: [1], time: [0], amount: [1] }, options),
  },
  ScorecardOptions: {
    specification: 'scorecard',
    special: ['rfm', 'weights', 'churn', 'clusters', 'actions'],
    nested: ['rfm', 'churn', 'clusters'],
    refused: (options) => loyalty.Scorecard.fitSync({ customer: [1], time: [0], amount: [1] }, options),
  },
}

const path = join(dirname(require.resolve('loyalty/package.json')), 'index.d.ts')
const program = ts.createProgram([path], { strict: true, target: ts.ScriptTarget.ES2022, types: ['node'] })
const checker = program.getTypeChecker()
const interfaces = new Map(
  program
    .getSourceFile(path)
    .statements.filter(ts.isInterfaceDeclaration)
    .map((declared) => [declared.name.text, declared]),
)

/** The options of an interface, also the inherited ones: of each its documentation and its `@default`. */
function optionsOf(name) {
  const properties = checker.getTypeAtLocation(interfaces.get(name)).getProperties()
  const own = properties.filter((property) => !COMMON.includes(property.declarations[0].parent.name?.text))
  return new Map(
    own.map((property) => {
      const tags = property.getJsDocTags(checker).filter((tag) => tag.name === 'default')
      const text = tags.map((tag) => ts.displayPartsToString(tag.text).trim())
      const doc = ts.displayPartsToString(property.getDocumentationComment(checker)).trim()
      return [property.name, { doc, tags: text, optional: Boolean(property.flags & ts.SymbolFlags.Optional) }]
    }),
  )
}

const value = (literal) => JSON.parse(JSON.stringify(vm.runInNewContext(`[${literal}]`)))[0]
const core = (specification) => JSON.parse(loyalty.__defaultParams(specification))

test('the types are sound by themselves', () => {
  const problems = ts.getPreEmitDiagnostics(program).map((found) => ts.flattenDiagnosticMessageText(found.messageText, '\n'))
  assert.deepEqual(problems, [])
})

for (const [name, { specification, special = [], extra = [] }] of Object.entries(SPECIFICATIONS)) {
  test(`${name} are the parameters of the core, with its defaults`, { skip: !interfaces.has(name) }, () => {
    const options = optionsOf(name)
    const params = core(specification)
    assert.deepEqual([...options.keys()].sort(), [...Object.keys(params).map(camelCase), ...extra].sort())
    for (const [param, standard] of Object.entries(params)) {
      const { doc, tags, optional } = options.get(camelCase(param))
      const which = `${name}.${camelCase(param)}`
      assert.ok(doc.length > 0 && optional, which)
      if (special.includes(param)) continue
      // A parameter without a value by default may say so in words.
      if (tags.length === 0) assert.equal(standard, null, `${which} has no @default`)
      else assert.deepEqual(tags.map(value), [camelCased(standard)], which)
    }
  })
}

test('each option of each interface has a documentation', () => {
  const names = [...interfaces.keys()].filter((name) => name.endsWith('Options'))
  assert.ok(names.length >= 10)
  for (const name of names) {
    for (const [option, { doc }] of optionsOf(name)) assert.ok(doc.length > 0, `${name}.${option}`)
  }
})

/** What a call says about an option that there is not. */
function refusal(call, options) {
  try {
    call(options)
  } catch (error) {
    assert.equal(error.code, 'INVALID_PARAMETER', error.message)
    assert.match(error.argument, /nonsense$/)
    return error.message
  }
  return assert.fail('not refused')
}

for (const [name, { specification, nested = [], refused }] of Object.entries(SPECIFICATIONS)) {
  test(`errors name the parameters of ${name} as they are here`, { skip: !interfaces.has(name) }, () => {
    const params = core(specification)
    const calls = [[params, { nonsense: 1 }], ...nested.map((part) => [params[part], { [camelCase(part)]: { nonsense: 1 } }])]
    for (const [known, options] of calls) {
      const message = refusal(refused, options)
      assert.doesNotMatch(message, /[a-z0-9]_[a-z]/)
      for (const param of Object.keys(known)) assert.match(message, new RegExp(`\\b${camelCase(param)}\\b`))
    }
  })
}
