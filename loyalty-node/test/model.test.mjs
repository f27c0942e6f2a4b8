import assert from 'node:assert/strict'
import { createRequire } from 'node:module'
import { Worker } from 'node:worker_threads'
import { test } from 'node:test'
import * as loyalty from 'loyalty'
import { fails } from './cases.mjs'
import { cdnow } from './orders.mjs'

const { KMeans, loadModel } = loyalty

const X = [
  [1, 20.125],
  [2, 22],
  [9, 70.3],
  [8, 74],
]

// One model of each class that there is.
const MODELS = {
  KMeans: () => KMeans.fitSync(X, { nClusters: 2, nInit: 3, seed: 7, featureNames: ['n', 'ø "amount"'] }),
  LogisticChurn: () => loyalty.LogisticChurn.fitSync(X, [false, true, false, true], { c: 0.3 }),
  StandardScaler: () => loyalty.StandardScaler.fitSync(X),
  MinMaxScaler: () => loyalty.MinMaxScaler.fitSync(X, { featureRange: [-1, 1] }),
  Rfm: () => loyalty.Rfm.fitSync({ recencyDays: [1, 5, 9], frequency: [7, 2, 1], monetary: [80.5, 20, 10] }, { nBins: 3 }),
  LoyaltyScore: () =>
    loyalty.LoyaltyScore.fitSync(X, {
      behaviours: [
        { name: 'n', weight: 0.7, normaliser: 'percentile' },
        { name: 'm', weight: 0.3, normaliser: 'z_score', inverted: true },
      ],
    }),
  Scorecard: () => loyalty.Scorecard.fitSync(cdnow(), { seed: 7 }),
}
const models = Object.entries(MODELS).map(([name, fitted]) => [loyalty[name], fitted()])

const readers = (Class) => [loadModel, (text) => Class.fromJSON(text)]

test('every form of a text is read by the class and by loadModel', () => {
  for (const [Class, model] of models) {
    const text = model.toJSON()
    const shared = new Uint8Array(new SharedArrayBuffer(Buffer.byteLength(text)))
    shared.set(Buffer.from(text))
    const forms = {
      text,
      'with spaces': JSON.stringify(JSON.parse(text), null, 2).replace(/^/, ' \n'),
      bytes: new TextEncoder().encode(text),
      buffer: Buffer.from(text),
      'part of a buffer': Buffer.from(`<${text}>`).subarray(1, -1),
      'shared bytes': shared,
      parsed: JSON.parse(text),
      'parsed into objects without a prototype': JSON.parse(text, (_, value) =>
        value !== null && typeof value === 'object' && !Array.isArray(value)
          ? Object.assign(Object.create(null), value)
          : value,
      ),
      'what JSON.stringify makes of the model': JSON.stringify(model),
      'that in bytes': Buffer.from(JSON.stringify(model)),
      'what is inside of a larger JSON': JSON.parse(JSON.stringify({ model })).model,
      'a clone': structuredClone(JSON.parse(text)),
      frozen: Object.freeze(JSON.parse(text)),
    }
    for (const [form, value] of Object.entries(forms)) {
      for (const read of readers(Class)) {
        const loaded = read(value)
        assert.ok(loaded instanceof Class, form)
        assert.equal(loaded.toJSON(), text, form)
      }
    }
  }
})

test('a loaded model answers with the same bits', () => {
  const [[, model]] = models
  const loaded = loadModel(JSON.parse(model.toJSON()))
  assert.deepEqual(loaded.predict(X), model.predict(X))
  assert.deepEqual(loaded.distances(X), model.distances(X))
  assert.deepEqual(loaded.featureNames, ['n', 'ø "amount"'])
  assert.equal(loaded.labels.length, 0)
})

test('floats keep their bits in a parsed object', () => {
  const whole = JSON.parse(models[0][1].toJSON())
  const centres = [-0, 5e-324, 1e300, -1e21, 2 ** 53 + 2, 2 ** 63, 2 ** 64, 0.1 + 0.2, 1 / 3, 123456789012345680000]
  for (let i = 0; i < centres.length; i += 2) {
    whole.fitted.centroids = [centres[i], centres[i + 1], 7, 7.5]
    const { data } = KMeans.fromJSON(whole).centroids
    assert.ok(Object.is(data[0], centres[i]) && Object.is(data[1], centres[i + 1]), `${centres[i]}, ${centres[i + 1]}`)
  }
})

test('a seed that JSON.parse has rounded is refused, that of the text is kept', () => {
  const seed = 2n ** 63n + 1n
  const text = KMeans.fitSync(X, { nClusters: 2, seed }).toJSON()
  assert.match(KMeans.fromJSON(text).toJSON(), /"seed":9223372036854775809\b/)
  const error = fails(undefined, 'BAD_MODEL', () => KMeans.fromJSON(JSON.parse(text)))
  assert.match(error.message, /seed is beyond 2\^53 - 1/)
  const revived = JSON.parse(text, (name, value) => (name === 'seed' ? seed : value))
  assert.equal(KMeans.fromJSON(revived).toJSON(), text)
})

test('what is no text', () => {
  const wrong = [
    undefined,
    null,
    3,
    true,
    1n,
    Symbol('a'),
    () => '',
    [],
    [1],
    Float64Array.of(1),
    new Uint16Array(3),
    new ArrayBuffer(3),
    new DataView(new ArrayBuffer(3)),
    new Date(),
    new Error('x'),
    Promise.resolve(models[0][1].toJSON()),
  ]
  for (const value of wrong) {
    for (const read of readers(KMeans)) fails('text', 'INVALID_TYPE', () => read(value))
  }
  assert.match(fails('text', 'INVALID_TYPE', () => loadModel(Promise.resolve(''))).message, /a promise/)
})

test('hostile texts are refused quickly', () => {
  const text = models[0][1].toJSON()
  const whole = JSON.parse(text)
  const started = performance.now()
  const bad = {
    empty: '',
    spaces: '  ',
    'of an array': '[]',
    null: 'null',
    number: '3',
    'a text in quotes': '"x"',
    'an open quote': '"',
    'quoted twice': JSON.stringify(JSON.stringify(text)),
    'two of them': text + text,
    'with a byte order mark': `\ufeff${text}`,
    'of a later version': JSON.stringify({ ...whole, version: 2 }),
    'of no version': JSON.stringify({ ...whole, version: undefined }),
    'of another kind': JSON.stringify({ ...whole, kind: 'tree' }),
    'of another format': JSON.stringify({ ...whole, format: 'x' }),
    'a part more': JSON.stringify({ ...whole, more: 1 }),
    'a key twice': text.replace('{', '{"kind":"kmeans",'),
    'a fitted key twice': text.replace('"inertia":', '"inertia":1,"inertia":'),
    'nested deeply': '['.repeat(1_000_000),
    'nested deeply as a part': text.replace('"fitted":', `"more":${'{"a":'.repeat(100_000)}1${'}'.repeat(100_000)},"fitted":`),
    'a number beyond floats': text.replace(/"inertia":[^,]+/, '"inertia":1e400'),
    NaN: text.replace(/"inertia":[^,]+/, '"inertia":NaN'),
    'a null': text.replace(/"inertia":[^,]+/, '"inertia":null'),
    'a negative count': text.replace(/"iterations":\d+/, '"iterations":-1'),
    'absurdly many names': JSON.stringify({ ...whole, feature_names: new Array(200_000).fill('x') }),
    'a lone surrogate': text.replace('"n"', '"\\ud800"'),
  }
  for (const [name, value] of Object.entries(bad)) {
    for (const read of readers(KMeans)) {
      const error = fails(undefined, 'BAD_MODEL', () => read(value))
      assert.ok(error.message.length < 500, name)
      fails(undefined, 'BAD_MODEL', () => read(Buffer.from(value)))
    }
  }
  for (let end = 0; end < text.length; end++) {
    fails(undefined, 'BAD_MODEL', () => loadModel(text.slice(0, end)))
  }
  // A flipped bit is refused, or changes a number that may be another; it never crashes.
  const bytes = Buffer.from(text)
  let refused = 0
  for (let i = 0; i < bytes.length * 8; i++) {
    const flipped = Buffer.from(bytes)
    flipped[i >> 3] ^= 1 << (i & 7)
    try {
      loadModel(flipped)
    } catch (error) {
      assert.equal(error.code, 'BAD_MODEL', error.message)
      refused += 1
    }
  }
  assert.ok(refused > bytes.length * 4)
  for (const invalid of [[0xff], [0xc0, 0x80], [0xed, 0xa0, 0x80], [...bytes.subarray(0, -1), 0xe2]]) {
    fails(undefined, 'BAD_MODEL', () => loadModel(Uint8Array.from(invalid)))
  }
  assert.ok(performance.now() - started < 10_000)
})

test('hostile objects are refused quickly', () => {
  const parsed = () => JSON.parse(models[0][1].toJSON())
  const started = performance.now()
  const refused = (value) => {
    for (const read of readers(KMeans)) fails(undefined, 'BAD_MODEL', () => read(value))
  }
  const cyclic = parsed()
  cyclic.fitted.self = cyclic
  refused(cyclic)
  const ring = parsed()
  ring.fitted.centroids = [ring.fitted.centroids]
  ring.fitted.centroids[0].push(ring.fitted.centroids)
  refused(ring)
  let deep = {}
  for (let i = 0; i < 100_000; i++) deep = { deep }
  refused({ ...parsed(), deep })
  refused({})
  refused(new Map())
  refused({ ...parsed(), version: 2 })
  refused({ ...parsed(), kind: 'tree' })
  refused({ ...parsed(), 'a\0b': 1 })
  for (const inertia of [NaN, Infinity, undefined, null, '4', 2n ** 70n, () => 4, Symbol('4')]) {
    const model = parsed()
    refused({ ...model, fitted: { ...model.fitted, inertia } })
  }
  assert.ok(performance.now() - started < 5000)
  // A parsed model stays one while others have put something into all objects.
  Object.prototype.polluted = 1
  try {
    assert.ok(loadModel(parsed()) instanceof KMeans)
  } finally {
    delete Object.prototype.polluted
  }
})

test('small objects that look huge are refused in time', () => {
  let many = [1, 1, 1, 1, 1, 1, 1, 1]
  for (let i = 0; i < 12; i++) many = [many, many, many, many]
  const long = new Array(2000).fill('x'.repeat(1 << 20))
  const started = performance.now()
  for (const huge of [many, long]) fails(undefined, 'BAD_MODEL', () => loadModel({ huge }))
  const took = performance.now() - started
  assert.ok(took < 20_000, `${took} ms`)
})

test('what a getter throws is thrown', () => {
  const thrown = new Error('mine')
  const model = {
    get format() {
      throw thrown
    },
  }
  assert.throws(
    () => loadModel(model),
    (error) => error === thrown,
  )
})

test('models are read in a worker', async () => {
  const code = `
    const { parentPort, workerData } = require('node:worker_threads')
    const { loadModel } = require(workerData.path)
    parentPort.postMessage(loadModel(workerData.text).toJSON())`
  const text = models[0][1].toJSON()
  const path = createRequire(import.meta.url).resolve('loyalty')
  const worker = new Worker(code, { eval: true, workerData: { path, text } })
  const answer = await new Promise((resolve, reject) => worker.once('message', resolve).once('error', reject))
  assert.equal(answer, text)
})
