// The types: that what should compile does and what should not does not, that all of it is documented, and that they tell
// of what is there.

import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { REPOSITORY } from './repository.mjs'

const require = createRequire(import.meta.url)
const loyalty = require('loyalty')
const MODULES = fileURLToPath(new URL('loyalty-node/node_modules/', REPOSITORY))
const ts = require(join(MODULES, 'typescript'))
const TYPES = fileURLToPath(new URL('types/', import.meta.url))
const DECLARATIONS = join(dirname(require.resolve('loyalty/package.json')), 'index.d.ts')

const source = (name) => readFileSync(join(TYPES, name), 'utf8')

test('what should compile does, and what should not does not', (t) => {
  const tsc = join(MODULES, 'typescript/bin/tsc')
  const given = ['-p', TYPES, '--typeRoots', join(MODULES, '@types'), '--listFilesOnly']
  const run = (args) => spawnSync(process.execPath, [tsc, ...args], { encoding: 'utf8' })
  const files = run(given).stdout
  for (const name of ['example.mts', 'example.cts', 'refused.mts']) assert.ok(files.includes(join(TYPES, name)), name)
  assert.ok(files.includes(DECLARATIONS), 'another index.d.ts is checked')
  const { status, stdout, stderr } = run(given.slice(0, -1))
  assert.equal(status, 0, stdout + stderr)
  t.diagnostic(`${source('refused.mts').match(/^\/\/ @ts-expect-error$/gm).length} lines that must not compile`)
})

const program = ts.createProgram([DECLARATIONS], {
  strict: true,
  target: ts.ScriptTarget.ES2022,
  module: ts.ModuleKind.NodeNext,
  moduleResolution: ts.ModuleResolutionKind.NodeNext,
  typeRoots: [join(MODULES, '@types')],
  types: ['node'],
})
const checker = program.getTypeChecker()
const file = program.getSourceFile(DECLARATIONS)
const exported = checker.getExportsOfModule(checker.getSymbolAtLocation(file))
const named = (name) => exported.find((symbol) => symbol.name === name)
const { SymbolFlags } = ts
const hasValue = (symbol) => (symbol.flags & SymbolFlags.Value) !== 0

/** The members of an export, static ones among them. */
function membersOf(symbol) {
  const members = [...(symbol.exports?.values() ?? []), ...(symbol.members?.values() ?? [])]
  return members.filter(({ name, flags }) => name !== 'prototype' && !(flags & SymbolFlags.TypeParameter))
}

const isDocumented = (symbol) =>
  symbol.name === '__constructor'
    ? symbol.declarations.every((declaration) => ts.getJSDocCommentsAndTags(declaration).length > 0)
    : symbol.getDocumentationComment(checker).length > 0

test('every export and every member is documented', (t) => {
  let count = 0
  const bare = []
  for (const symbol of exported) {
    for (const [of, one] of [['', symbol], ...membersOf(symbol).map((member) => [`${symbol.name}.`, member])]) {
      count += 1
      if (!isDocumented(one)) bare.push(of + one.name)
    }
  }
  assert.deepEqual(bare, [])
  assert.ok(count > 500, `${count}`)
  t.diagnostic(`${exported.length} exports, with their members ${count} names`)
})

/** The own names of an object. */
const names = (object, but = []) => Object.getOwnPropertyNames(object).filter((name) => !but.includes(name)).sort()

/** What every function may have. */
const OF_FUNCTIONS = ['arguments', 'caller', 'length', 'name', 'prototype']

test('what is declared is there, and what is there is declared', () => {
  const values = exported.filter(hasValue)
  // What is for tests only is there but hidden.
  const hidden = names(loyalty).filter((name) => name.startsWith('__') && name !== '__napiBindingTarget')
  assert.deepEqual(names(loyalty, hidden), values.map(({ name }) => name).sort())
  for (const symbol of values) {
    const value = loyalty[symbol.name]
    const inside = membersOf(symbol)
    const declared = (of) => of.map(({ name }) => name).sort()
    if (symbol.flags & SymbolFlags.Class) {
      const isStatic = (member) => symbol.exports.has(member.name)
      const own = inside.filter((member) => !isStatic(member) && member.name !== '__constructor')
      assert.deepEqual(names(value.prototype, ['constructor']), declared(own), symbol.name)
      assert.deepEqual(names(value, OF_FUNCTIONS), declared(inside.filter(isStatic)), symbol.name)
    } else if (symbol.flags & SymbolFlags.NamespaceModule) {
      assert.deepEqual(names(value), declared(inside), symbol.name)
      for (const name of names(value)) assert.equal(typeof value[name], 'function', name)
    } else if (symbol.flags & SymbolFlags.Function) {
      assert.equal(typeof value, 'function', symbol.name)
    } else {
      assert.equal(symbol.name, '__napiBindingTarget')
    }
  }
})

test('the examples use every export', () => {
  const example = ts.createSourceFile('example.mts', source('example.mts'), ts.ScriptTarget.ES2022)
  const used = new Set()
  const visit = (node) => {
    if (ts.isImportSpecifier(node)) used.add((node.propertyName ?? node.name).text)
    ts.forEachChild(node, visit)
  }
  visit(example)
  // What imports a name that is no export does not compile.
  const unused = exported.filter(({ name }) => !used.has(name) && name !== '__napiBindingTarget')
  assert.deepEqual(unused.map(({ name }) => name), [])
  // Imported is not used: each name is there once more.
  for (const name of used) assert.ok(source('example.mts').match(new RegExp(`\\b${name}\\b`, 'g')).length > 1, name)
})

test('the codes of errors are those of the core, and INTERNAL', () => {
  const core = readFileSync(new URL('loyalty-core/src/error.rs', REPOSITORY), 'utf8')
  const codes = Array.from(core.matchAll(/^\s*Error::\w+(?: \{ \.\. \})? => "([A-Z_]+)",$/gm), ([, code]) => code)
  assert.ok(codes.length >= 10)
  const { types } = checker.getDeclaredTypeOfSymbol(named('ErrorCode'))
  assert.deepEqual(types.map(({ value }) => value).sort(), [...codes, 'INTERNAL'].sort())
})

test('no type is `any`', () => {
  const found = []
  const visit = (node) => {
    if (node.kind === ts.SyntaxKind.AnyKeyword) found.push(node.parent.getText(file))
    ts.forEachChild(node, visit)
  }
  visit(file)
  assert.deepEqual(found, [])
})
