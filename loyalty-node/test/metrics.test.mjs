import assert from 'node:assert/strict'
import { test } from 'node:test'
import { KMeans, metrics } from 'loyalty'
import { fails, rejects } from './cases.mjs'

const TRUTH = ['low', 'high', 'mid', 'high', 'low', 'mid', 'high']
const PREDICTED = ['low', 'mid', 'mid', 'high', 'high', 'mid', 'high']
const ANSWERS = [false, true, false, true, true, false]
const SCORES = [0.1, 0.4, 0.35, 0.8, 0.35, 0.2]
const X = [
  [0, 1],
  [1, 1],
  [0.5, 0],
  [8, 9],
  [9, 9],
  [20, 1],
]
const LABELS = ['a', 'a', 'a', 'b', 'b', 'c']

/** A fair number of rows without any shape. */
function noise(rows, cols) {
  const data = new Float64Array(rows * cols)
  let state = 7
  for (let i = 0; i < data.length; i++) data[i] = (state = (state * 48271) % 2147483647) / 2147483647
  return { data, rows, cols }
}

test('classes of every kind', () => {
  assert.equal(metrics.accuracy(TRUTH, PREDICTED), 5 / 7)
  const { labels, counts } = metrics.confusionMatrix(TRUTH, PREDICTED)
  assert.deepEqual(labels, ['high', 'low', 'mid'])
  assert.deepEqual(counts, { data: Float64Array.of(2, 0, 1, 1, 1, 0, 0, 0, 2), rows: 3, cols: 3 })
  assert.deepEqual(metrics.confusionMatrix([3, -1, 7], [3, -1, 7]).labels, [-1, 3, 7])
  assert.deepEqual(metrics.confusionMatrix([10, 9, 2 ** 53 - 1], [9, 9, -0]).labels, [0, 9, 10, 2 ** 53 - 1])
  assert.deepEqual(metrics.confusionMatrix([true, false], [false, false]).labels, [false, true])
  assert.deepEqual(metrics.confusionMatrix([true, false], [0, 0]).labels, [0, 1])
  // By code points, as in Rust and Python: the last is beyond U+FFFF.
  assert.deepEqual(metrics.confusionMatrix(['\u{1f600}', 'é', '\uffee', 'z', ''], ['', '', '', '', '']).labels, [
    '',
    'z',
    'é',
    '\uffee',
    '\u{1f600}',
  ])
  assert.equal(metrics.accuracy(['a', 'a\0', 'A'], ['a', 'a', 'a']), 1 / 3)
})

test('classes in typed arrays', () => {
  const types = [Int8Array, Uint8Array, Uint8ClampedArray, Int16Array, Uint16Array, Int32Array, Uint32Array]
  for (const Type of [...types, Float32Array, Float64Array, Array]) {
    assert.equal(metrics.accuracy(Type.of(1, 2, 3), [1, 2, 2]), 2 / 3, Type.name)
  }
  assert.deepEqual(metrics.confusionMatrix(Uint32Array.of(2 ** 32 - 1), [1]).labels, [1, 2 ** 32 - 1])
  const shared = new Int32Array(new SharedArrayBuffer(8))
  assert.equal(metrics.accuracy(shared, [0, 1]), 0.5)
  fails('truth', 'INVALID_TYPE', () => metrics.accuracy(BigInt64Array.of(1n), [1]))
  assert.equal(fails('truth', 'INVALID_VALUE', () => metrics.accuracy(Float64Array.of(1, 0.5), [1, 1])).row, 1)
})

test('what is no class', () => {
  for (const wrong of [null, undefined, NaN, 1.5, Infinity, 2 ** 53, 1n, {}, ['a'], Symbol('a')]) {
    const error = fails('truth', 'INVALID_VALUE', () => metrics.accuracy([1, wrong], [1, 1]))
    assert.equal(error.row, 1)
    fails('labels', 'INVALID_VALUE', () => metrics.silhouette([[1], [2]], [1, wrong]))
  }
  for (const wrong of [undefined, null, 3, 'abc', { 0: 1, length: 1 }, new Set([1]), () => 1]) {
    fails('truth', 'INVALID_TYPE', () => metrics.accuracy(wrong, [1]))
    fails('predicted', 'INVALID_TYPE', () => metrics.binaryReport([1], wrong))
    fails('truth', 'INVALID_TYPE', () => metrics.rocAuc(wrong, [0.1]))
  }
  const error = fails('predicted', 'INVALID_TYPE', () => metrics.accuracy(['1', '2'], [1, 2]))
  assert.match(error.message, /all numbers, all texts or all booleans/)
  fails('truth', 'INVALID_TYPE', () => metrics.accuracy(['1', true], ['1', '1']))
  fails('predicted', 'SHAPE_MISMATCH', () => metrics.accuracy(['a', 'b'], []))
  fails('truth', 'TOO_FEW_ROWS', () => metrics.accuracy([], []))
  const many = Array.from({ length: 5000 }, (_, i) => i)
  fails('truth', 'DEGENERATE', () => metrics.confusionMatrix(many, many))
})

test('report', () => {
  const report = metrics.classificationReport(TRUTH, PREDICTED, { sampleWeight: new Float64Array(7).fill(2) })
  assert.deepEqual(
    report.classes.map(({ label, support }) => [label, support]),
    [
      ['high', 6],
      ['low', 4],
      ['mid', 4],
    ],
  )
  const [high] = report.classes
  assert.deepEqual([high.precision, high.recall, high.f1], [2 / 3, 2 / 3, 2 / 3])
  assert.equal(report.accuracy, 5 / 7)
  assert.deepEqual(Object.keys(report.macroAverage), ['precision', 'recall', 'f1'])
})

test('yes and no of every kind', () => {
  const auc = metrics.rocAuc(ANSWERS, SCORES)
  const numbers = ANSWERS.map(Number)
  for (const truth of [numbers, Uint8Array.from(numbers), Float64Array.from(numbers), Int32Array.from(numbers)]) {
    assert.equal(metrics.rocAuc(truth, SCORES), auc)
    assert.equal(metrics.binaryReport(truth, ANSWERS).accuracy, 1)
  }
  assert.equal(metrics.rocAuc([true, 0, 1, false], [4, 3, 2, 1]), 0.75)
  const texts = ANSWERS.map((answer) => (answer ? 'left' : 'stayed'))
  assert.equal(metrics.rocAuc(texts, SCORES, { posLabel: 'left' }), auc)
  assert.ok(Math.abs(metrics.rocAuc(texts, SCORES, { posLabel: 'stayed' }) - (1 - auc)) < 1e-15)
  const signs = ANSWERS.map((answer) => (answer ? 1 : -1))
  assert.equal(metrics.brier(signs, SCORES, { posLabel: 1 }), metrics.brier(ANSWERS, SCORES))
  const turned = metrics.brier(
    ANSWERS.map((answer) => !answer),
    SCORES,
  )
  for (const posLabel of [false, 0, -0]) {
    assert.equal(metrics.brier(ANSWERS, SCORES, { posLabel }), turned)
    assert.equal(metrics.brier(numbers, SCORES, { posLabel }), turned)
  }
  for (const name of ['rocCurve', 'precisionRecallCurve', 'averagePrecision', 'logLoss', 'cumulativeGains']) {
    assert.deepEqual(metrics[name](texts, SCORES, { posLabel: 'left' }), metrics[name](ANSWERS, SCORES), name)
  }
  for (const name of ['lift', 'calibration']) {
    assert.deepEqual(metrics[name](texts, SCORES, 3, { posLabel: 'left' }), metrics[name](ANSWERS, SCORES, 3), name)
  }
})

test('which class is positive', () => {
  assert.ok(Math.abs(metrics.logLoss(['no', 'no'], [0.5, 0.5], { posLabel: 'yes' }) - Math.LN2) < 1e-15)
  fails('truth', 'DEGENERATE', () => metrics.rocAuc(['no', 'no'], [0.1, 0.2], { posLabel: 'yes' }))
  fails('truth', 'DEGENERATE', () => metrics.rocAuc([1, 1], [0.1, 0.2]))
  for (const truth of [['no', 'yes'], [1, 2], [-1, 1], ['yes', 'yes']]) {
    const error = fails('posLabel', 'INVALID_PARAMETER', () => metrics.rocAuc(truth, [0.1, 0.2]))
    assert.ok(error.message.includes(JSON.stringify(truth[0])))
  }
  const of = (posLabel) => metrics.rocAuc(['n_bins', 'b'], [0.1, 0.2], { posLabel })
  // What a user has named is no name of ours.
  assert.throws(() => of('c'), /posLabel is "c", where truth has "b" and "n_bins"; it must be one of them/)
  for (const wrong of ['B', 1, NaN, true]) assert.throws(() => of(wrong), { code: 'INVALID_PARAMETER' })
  for (const wrong of [null, {}, 1n]) fails('posLabel', 'INVALID_TYPE', () => of(wrong))
  const third = fails('truth', 'INVALID_VALUE', () => metrics.rocAuc([0, 1, 1, 2], SCORES.slice(0, 4)))
  assert.equal(third.row, 3)
  assert.match(third.message, /2, a third class beside 0 and 1/)
  const call = () => metrics.binaryReport(['a', 'b'], ['a', 'c'], { posLabel: 'a' })
  assert.equal(fails('predicted', 'INVALID_VALUE', call).row, 1)
})

test('weights', () => {
  const doubled = metrics.accuracy([...TRUTH, TRUTH[0]], [...PREDICTED, PREDICTED[0]])
  assert.equal(metrics.accuracy(TRUTH, PREDICTED, { sampleWeight: [2, 1, 1, 1, 1, 1, 1] }), doubled)
  const half = { sampleWeight: Float32Array.of(1, 0) }
  assert.equal(metrics.brier([1, 0], [0.5, 1], half), 0.25)
  assert.equal(metrics.binaryReport([1, 0], [1, 1], half).precision, 1)
  fails('sampleWeight', 'SHAPE_MISMATCH', () => metrics.accuracy(TRUTH, PREDICTED, { sampleWeight: [1] }))
  fails('sampleWeight', 'INVALID_TYPE', () => metrics.accuracy(TRUTH, PREDICTED, { sampleWeight: 1 }))
  const negative = { sampleWeight: [1, 1, -1, 1, 1, 1] }
  assert.equal(fails('sampleWeight', 'INVALID_VALUE', () => metrics.rocAuc(ANSWERS, SCORES, negative)).row, 2)
  fails('sampleWeight', 'DEGENERATE', () => metrics.brier([1], [0.5], { sampleWeight: [0] }))
})

test('scores and probabilities', () => {
  const exact = [0.125, 0.5, 0.375, 0.75, 0.375, 0.25]
  assert.equal(metrics.rocAuc(ANSWERS, Float32Array.from(exact)), metrics.rocAuc(ANSWERS, exact))
  for (const wrong of [undefined, null, 0.5, 'x', {}]) {
    fails('score', 'INVALID_TYPE', () => metrics.rocAuc(ANSWERS, wrong))
    fails('probability', 'INVALID_TYPE', () => metrics.logLoss(ANSWERS, wrong))
    fails('probability', 'INVALID_TYPE', () => metrics.calibration(ANSWERS, wrong, 2))
  }
  assert.equal(fails('score', 'NON_FINITE', () => metrics.rocAuc([0, 1], [0.5, null])).row, 1)
  assert.equal(fails('score', 'INVALID_VALUE', () => metrics.rocAuc([0, 1], [0.5, '1'])).row, 1)
  assert.equal(fails('probability', 'INVALID_VALUE', () => metrics.brier([0, 1], [0.5, 1.5])).row, 1)
})

test('bins', () => {
  assert.deepEqual(
    metrics.lift([1, 1, 0, 0], [0.9, 0.8, 0.4, 0.1], 2).map(({ bin, count, lift }) => [bin, count, lift]),
    [
      [1, 2, 2],
      [2, 2, 0],
    ],
  )
  const uniform = metrics.calibration(ANSWERS, SCORES, 3)
  assert.deepEqual(metrics.calibration(ANSWERS, SCORES, 3, { strategy: 'uniform' }), uniform)
  assert.notDeepEqual(metrics.calibration(ANSWERS, SCORES, 3, { strategy: 'quantile' }), uniform)
  for (const wrong of [0, -1, 2.5, 2 ** 53, NaN, 10_001]) {
    fails('nBins', 'INVALID_PARAMETER', () => metrics.lift(ANSWERS, SCORES, wrong))
    fails('nBins', 'INVALID_PARAMETER', () => metrics.calibration(ANSWERS, SCORES, wrong))
  }
  for (const wrong of [undefined, null, '3', {}]) fails('nBins', 'INVALID_TYPE', () => metrics.lift(ANSWERS, SCORES, wrong))
  const call = (strategy) => () => metrics.calibration(ANSWERS, SCORES, 3, { strategy })
  fails('strategy', 'INVALID_PARAMETER', call('equal'))
  fails('strategy', 'INVALID_TYPE', call(1))
})

test('options that are none', () => {
  const calls = [
    (options) => metrics.accuracy([1], [1], options),
    (options) => metrics.binaryReport([1], [1], options),
    (options) => metrics.rocAuc([1, 0], [1, 0], options),
    (options) => metrics.cumulativeGains([1], [1], options),
    (options) => metrics.calibration([1], [1], 1, options),
    (options) => metrics.silhouette(X, LABELS, options),
    (options) => metrics.kFolds(4, 2, options),
  ]
  for (const call of calls) {
    fails('weights', 'INVALID_PARAMETER', () => call({ weights: [1] }))
    fails('options', 'INVALID_TYPE', () => call([1]))
    call({ weights: undefined })
    call({})
  }
  // Without weights in the core.
  fails('sampleWeight', 'INVALID_PARAMETER', () => metrics.lift([1], [1], 1, { sampleWeight: [1] }))
})

test('clusterings', async () => {
  const each = metrics.silhouetteSamples(X, LABELS)
  assert.ok(each instanceof Float64Array)
  assert.deepEqual(metrics.silhouetteSamples({ data: X.flat(), rows: 6, cols: 2 }, [-1, -1, -1, 4, 4, 5]), each)
  assert.deepEqual([...metrics.silhouetteSamples([[0], [1], [5]], [0, 0, 1])], [0.8, 0.75, 0])
  assert.equal(metrics.calinskiHarabasz([[0], [2], [10], [12]], [false, false, true, true]), 50)
  const model = KMeans.fitSync(X, { nClusters: 3, nInit: 5 })
  assert.equal(metrics.silhouette(X, model.labels), metrics.silhouette(X, LABELS))
  assert.equal(await metrics.silhouetteAsync(X, LABELS), metrics.silhouette(X, LABELS))
  assert.deepEqual(await metrics.silhouetteSamplesAsync(X, LABELS), each)
  fails('labels', 'DEGENERATE', () => metrics.silhouette(X, ['a', 'a', 'a', 'a', 'a', 'a']))
  fails('labels', 'SHAPE_MISMATCH', () => metrics.daviesBouldin(X, ['a', 'b']))
  fails('x', 'NON_FINITE', () => metrics.calinskiHarabasz([[0], [NaN], [2]], [0, 0, 1]))
  fails('x', 'INVALID_TYPE', () => metrics.daviesBouldin('x', [0, 0, 1]))
  fails('signal', 'INVALID_TYPE', () => metrics.silhouette(X, LABELS, { signal: AbortSignal.abort() }))
  fails('nThreads', 'INVALID_PARAMETER', () => metrics.silhouette(X, LABELS, { nThreads: 0 }))
  await rejects('nThreads', 'INVALID_PARAMETER', metrics.silhouetteAsync(X, LABELS, { nThreads: 0 }))
  await rejects('labels', 'INVALID_TYPE', metrics.silhouetteAsync(X))
  await rejects('x', 'INVALID_TYPE', metrics.silhouetteSamplesAsync(undefined, LABELS))
  await rejects('samples', 'INVALID_PARAMETER', metrics.silhouetteSamplesAsync(X, LABELS, { samples: 3 }))
})

test('threads change no bit, and what comes later changes nothing', async () => {
  const x = noise(700, 3)
  const labels = Uint8Array.from({ length: 700 }, (_, i) => i % 4)
  const one = metrics.silhouetteSamples(x, labels, { nThreads: 1 })
  assert.deepEqual(metrics.silhouetteSamples(x, labels, { nThreads: 3 }), one)
  const promise = metrics.silhouetteSamplesAsync(x, labels, { nThreads: 2 })
  x.data.fill(0)
  labels.fill(0)
  assert.deepEqual(await promise, one)
})

test('a silhouette is followed and stopped', async () => {
  const x = noise(60_000, 4)
  const labels = Uint32Array.from({ length: 60_000 }, (_, i) => i % 3)
  const control = new AbortController()
  const stages = []
  let aborted
  const onProgress = ({ stage, iteration, total }) => {
    assert.ok(iteration <= total)
    stages.push(stage)
    aborted = performance.now()
    control.abort('enough')
  }
  const promise = metrics.silhouetteAsync(x, labels, { signal: control.signal, onProgress })
  const error = await rejects(undefined, 'CANCELLED', promise)
  const took = performance.now() - aborted
  assert.ok(took < 500, `${took} ms`)
  assert.equal(error.name, 'AbortError')
  assert.equal(error.cause, 'enough')
  assert.deepEqual([...new Set(stages)], ['silhouette'])
  const signal = AbortSignal.abort('never')
  assert.equal((await rejects(undefined, 'CANCELLED', metrics.silhouetteSamplesAsync(x, labels, { signal }))).cause, 'never')
})

test('splits', () => {
  const { train, test: held } = metrics.trainTestSplit(10, 0.25, { seed: 7 })
  assert.ok(train instanceof Uint32Array && held instanceof Uint32Array)
  assert.deepEqual([...train, ...held].sort((a, b) => a - b), [0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
  assert.deepEqual(metrics.trainTestSplit(10, 0.25, { seed: 7n }), { train, test: held })
  assert.deepEqual(metrics.trainTestSplit(10, 0.25), metrics.trainTestSplit(10, 0.25, { seed: 0 }))
  const rows = 1000
  assert.notDeepEqual(metrics.trainTestSplit(rows, 0.5, { seed: 1 }), metrics.trainTestSplit(rows, 0.5, { seed: 2 }))
  metrics.trainTestSplit(10, 0.25, { seed: 2n ** 64n - 1n })

  const classes = ['no', 'no', 'yes', 'no', 'yes', 'no', 'no', 'no']
  const found = metrics.trainTestSplit(8, 0.5, { stratify: classes, seed: 1 })
  assert.equal([...found.test].filter((row) => classes[row] === 'yes').length, 1)
  const codes = classes.map((label) => label === 'yes')
  assert.deepEqual(metrics.trainTestSplit(8, 0.5, { stratify: codes, seed: 1 }), found)

  const alone = fails('stratify', 'DEGENERATE', () => metrics.trainTestSplit(4, 0.5, { stratify: ['a', 'a', 'a', 'b'] }))
  assert.match(alone.message, /class "b" has a single row/)
  fails('stratify', 'SHAPE_MISMATCH', () => metrics.kFolds(4, 2, { stratify: ['a'] }))
  fails('stratify', 'INVALID_TYPE', () => metrics.kFolds(4, 2, { stratify: null }))
  for (const wrong of [-1, 0.5, 2 ** 53, NaN, -1n, 2n ** 64n]) {
    fails('seed', 'INVALID_PARAMETER', () => metrics.kFolds(4, 2, { seed: wrong }))
    fails('nRows', 'INVALID_PARAMETER', () => metrics.trainTestSplit(wrong, 0.5))
  }
  for (const wrong of [null, '7']) fails('seed', 'INVALID_TYPE', () => metrics.kFolds(4, 2, { seed: wrong }))
  for (const wrong of [undefined, null, 'half', 1n]) {
    fails('testShare', 'INVALID_TYPE', () => metrics.trainTestSplit(10, wrong))
  }
  fails('testShare', 'INVALID_PARAMETER', () => metrics.trainTestSplit(10, NaN))
  fails('nRows', 'INVALID_PARAMETER', () => metrics.kFolds(2 ** 40, 2))
  fails('nSplits', 'INVALID_PARAMETER', () => metrics.kFolds(10, 11))
  fails('nSplits', 'INVALID_TYPE', () => metrics.kFolds(10))
})

test('folds', () => {
  const folds = metrics.kFolds(10, 3, { seed: 7 })
  assert.equal(folds.nSplits, 3)
  const splits = [...folds]
  assert.deepEqual(splits.map(({ train, test: held }) => [train.length, held.length]), [[6, 4], [7, 3], [7, 3]])
  assert.deepEqual([...folds], splits)
  splits.forEach((split, index) => {
    assert.deepEqual(folds.split(index), split)
    assert.deepEqual([...split.train, ...split.test].sort((a, b) => a - b), [0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
    assert.ok(split.test.every((row) => folds.foldOfRow[row] === index))
  })
  for (const wrong of [3, -1, 0.5, NaN]) fails('index', 'INVALID_PARAMETER', () => folds.split(wrong))
  fails('index', 'INVALID_TYPE', () => folds.split())
  // All of them at once would be 40 GB.
  assert.equal(metrics.kFolds(100_000, 100_000).split(5).test.length, 1)
})

test('nothing that is read is changed', () => {
  const scores = Float64Array.from(SCORES)
  const truth = Object.freeze([...ANSWERS])
  metrics.rocAuc(truth, scores, Object.freeze({ sampleWeight: scores }))
  metrics.calibration(truth, scores, 3, { strategy: 'quantile' })
  assert.deepEqual([...scores], SCORES)
})
