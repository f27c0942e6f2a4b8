// K-means: a case worked by hand, forms of matrices, the choice of k, errors.

import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { ChooseK, KMeans } from 'loyalty'
import { fails, rejects } from './cases.mjs'

// Two pairs: their means are (1.5, 21) and (8.5, 72), each row ½ and 1 or ½ and 2 away.
const x = [
  [1, 20],
  [2, 22],
  [9, 70],
  [8, 74],
]
const data = Float64Array.from(x.flat())
const model = KMeans.fitSync(x, { nClusters: 2, seed: 7 })

describe('K-means', () => {
  test('finds two pairs', () => {
    assert.equal(model.inertia, 11)
    const { data, rows, cols } = model.centroids
    assert.deepEqual([rows, cols], [2, 2])
    const first = 2 * model.labels[0]
    assert.deepEqual([...data.subarray(first, first + 2)], [1.5, 21])
    assert.deepEqual([...data.subarray(2 - first, 4 - first)], [8.5, 72])
    assert.ok(model.labels instanceof Uint32Array)
    assert.deepEqual(model.labels, Uint32Array.of(model.labels[0], model.labels[0], 1 - model.labels[0], 1 - model.labels[0]))
    assert.deepEqual(model.clusterWeights, Float64Array.of(2, 2))
    assert.deepEqual([model.converged, model.nUsedClusters, model.featureNames], [true, 2, ['x0', 'x1']])
    assert.ok(model.iterations >= 1)
  })

  test('predicts, measures distances and inertia', () => {
    assert.equal(model.predict([[8.5, 71]])[0], model.labels[2])
    const distances = model.distances([[1.5, 21]], { nThreads: 1 })
    assert.equal(distances.data[model.labels[0]], 0)
    assert.equal(distances.data[1 - model.labels[0]], Math.hypot(7, 51))
    assert.equal(model.inertiaOf(x), 11)
    assert.equal(model.inertiaOf(x, { sampleWeight: [1, 1, 0, 0] }), 2.5)
    assert.deepEqual(model.predict({ data: [], rows: 0, cols: 2 }), new Uint32Array(0))
  })

  test('takes a matrix in every form, with the same bits', async () => {
    const text = model.toJSON()
    const options = { nClusters: 2, seed: 7n }
    const forms = [
      { data, rows: 4, cols: 2 },
      { data: [...data], rows: 4, cols: 2 },
      { data: Int16Array.from(data), rows: 4, cols: 2 },
      { data: Float64Array.from(new Float64Array(new SharedArrayBuffer(64)).map((_, i) => data[i])), rows: 4, cols: 2 },
      x.map((row) => Float32Array.from(row)),
      Object.freeze(x.map(Object.freeze)),
    ]
    for (const form of forms) {
      assert.equal(KMeans.fitSync(form, options).toJSON(), text)
      assert.equal((await KMeans.fit(form, options)).toJSON(), text)
    }
  })

  test('starts from given centroids', () => {
    const init = [
      [0, 0],
      [9, 80],
    ]
    for (const given of [init, { data: init.flat(), rows: 2, cols: 2 }, { data: Float64Array.from(init.flat()), rows: 2, cols: 2 }]) {
      const { labels, centroids } = KMeans.fitSync(x, { nClusters: 2, init: given })
      assert.deepEqual(labels, Uint32Array.of(0, 0, 1, 1))
      assert.deepEqual(centroids.data, Float64Array.of(1.5, 21, 8.5, 72))
    }
  })

  test('knows weights, names, and fewer points than clusters', () => {
    const weighted = KMeans.fitSync(x, { nClusters: 1, sampleWeight: [1, 0, 0, 0], featureNames: ['n', 'amount'] })
    assert.deepEqual([...weighted.centroids.data], [1, 20])
    assert.deepEqual([...weighted.featureNames], ['n', 'amount'])
    const same = KMeans.fitSync([[1], [1], [1]], { nClusters: 2 })
    assert.deepEqual([same.inertia, same.nUsedClusters], [0, 1])
  })

  test('keeps what a getter has made, and no labels in its file', () => {
    assert.equal(model.labels, model.labels)
    const again = KMeans.fromJSON(model.toJSON())
    assert.equal(again.labels.length, 0)
    assert.deepEqual(again.predict(x), model.labels)
  })

  test('names what is wrong', async () => {
    const wrong = [
      [x, { nClusters: 0 }, 'INVALID_PARAMETER', 'nClusters'],
      [x, { nClusters: -1 }, 'INVALID_PARAMETER', 'nClusters'],
      [x, { nClusters: 1.5 }, 'INVALID_TYPE', 'nClusters'],
      [x, { nClusters: 2 ** 53 }, 'INVALID_TYPE', 'nClusters'],
      [x, { nClusters: NaN }, 'INVALID_PARAMETER', 'nClusters'],
      [x, { nClusters: null }, 'INVALID_TYPE', 'nClusters'],
      [x, { nClusters: '2' }, 'INVALID_TYPE', 'nClusters'],
      [x, { nClusters: 5 }, 'TOO_FEW_ROWS', 'x'],
      [x, { nClusters: 2, seed: 2n ** 64n }, 'INVALID_PARAMETER', 'seed'],
      [x, { nClusters: 2, tol: Infinity }, 'INVALID_PARAMETER', 'tol'],
      [x, { nClusters: 2, init: 'best' }, 'INVALID_PARAMETER', 'init'],
      [x, { nClusters: 2, init: [[1, 2]] }, 'SHAPE_MISMATCH', 'init'],
      [x, { nClusters: 2, nThreads: 0 }, 'INVALID_PARAMETER', 'nThreads'],
      [x, { nClusters: 2, nThreads: 0.5 }, 'INVALID_PARAMETER', 'nThreads'],
      [x, { nClusters: 2, sampleWeight: [1] }, 'SHAPE_MISMATCH', 'sampleWeight'],
      [x, { nClusters: 2, sampleWeight: [1, -1, 1, 1] }, 'INVALID_VALUE', 'sampleWeight'],
      [x, { nClusters: 2, featureNames: ['a'] }, 'SHAPE_MISMATCH', 'featureNames'],
      [x, { nonsense: 2 }, 'INVALID_PARAMETER', 'nonsense'],
      [undefined, {}, 'INVALID_TYPE', 'x'],
      [data, {}, 'INVALID_TYPE', 'x'],
      [{ data, rows: 3, cols: 2 }, { nClusters: 1 }, 'SHAPE_MISMATCH', 'x.data'],
      [{ data, rows: -4, cols: 2 }, {}, 'INVALID_PARAMETER', 'x.rows'],
      [{ data, rows: 4 }, {}, 'INVALID_TYPE', 'x.cols'],
      [[[1, 2], [3]], { nClusters: 1 }, 'SHAPE_MISMATCH', 'x'],
      [[[1, 2], [3, '4']], { nClusters: 1 }, 'INVALID_VALUE', 'x'],
      [[[1, 2], [3, NaN]], { nClusters: 1 }, 'NON_FINITE', 'x'],
    ]
    for (const [given, options, code, argument] of wrong) {
      fails(argument, code, () => KMeans.fitSync(given, options))
      await rejects(argument, code, KMeans.fit(given, options))
    }
    assert.throws(() => KMeans.fitSync(x, { n_clusters: 2 }), { code: 'INVALID_PARAMETER', argument: 'nClusters' })
    const { row, column } = fails('x', 'NON_FINITE', () => model.predict([[1, 2], [3, Infinity]]))
    assert.deepEqual([row, column], [1, 1])
    fails('x', 'SHAPE_MISMATCH', () => model.predict([[1]]))
    fails('onProgress', 'INVALID_TYPE', () => KMeans.fitSync(x, { onProgress() {} }))
  })
})

describe('the choice of k', () => {
  const points = [[0], [1], [10], [11], [20], [21]]

  test('finds three pairs, from a promise too', async () => {
    const chosen = ChooseK.fitSync(points, { maxClusters: 5, kmeans: { nInit: 3 } })
    assert.equal(chosen.k, 3)
    assert.equal(chosen.model.inertia, 1.5)
    assert.deepEqual(chosen.candidates.map(({ k }) => k), [2, 3, 4, 5])
    assert.ok(chosen.candidates[1].silhouette > chosen.candidates[0].silhouette)
    const promised = await ChooseK.fit(points, { maxClusters: 5, kmeans: { nInit: 3 }, sampleSize: null })
    assert.equal(promised.model.toJSON(), chosen.model.toJSON())
  })

  test('names what is wrong', () => {
    fails('minClusters', 'INVALID_PARAMETER', () => ChooseK.fitSync(points, { minClusters: 1 }))
    fails('kmeans.nInit', 'INVALID_TYPE', () => ChooseK.fitSync(points, { maxClusters: 3, kmeans: { nInit: 1.5 } }))
    fails('x', 'TOO_FEW_ROWS', () => ChooseK.fitSync(points))
  })
})
