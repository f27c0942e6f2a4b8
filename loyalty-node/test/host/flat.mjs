// A million calls, one in ten of them wrong, and fits of all fates; then whether memory has grown. Needs --expose-gc.

import { KMeans } from 'loyalty'
import { customers, endless } from './data.mjs'

const calls = Number(process.argv[2])
const fits = Number(process.argv[3])
const x = customers(4, 2)
const larger = customers(500)
const model = KMeans.fitSync(x, { nClusters: 2, seed: 3 })
const json = model.toJSON()
const { signal: longLived } = new AbortController()

const wrong = [
  () => model.predict([[1, NaN]]),
  () => model.predict([[1, 2], [3]]),
  () => model.predict([[1, 'two']]),
  () => model.predict({ data: new Float64Array(3), rows: 2, cols: 2 }),
  () => model.predict(undefined),
  () => model.predict(x, { nThreads: -1 }),
  () => KMeans.fitSync(x, { nClusters: 9 }),
  () => KMeans.fitSync(x, { unknown: 'option' }),
  () => KMeans.fromJSON('{"format":'),
  () =>
    KMeans.fitSync(x, {
      get seed() {
        throw new Error('of the caller')
      },
    }),
]
const one = { nThreads: 1 }
const right = [
  () => model.predict(x, one),
  () => model.predict([[1, 2], [3, 4]], one),
  () => model.distances(x, one),
  () => model.inertiaOf(x, one),
  () => KMeans.fitSync(x, { nClusters: 2, sampleWeight: [1, 2, 3, 4], featureNames: ['a', 'b'], ...one }).labels,
  () => KMeans.fromJSON(json).centroids,
  () => model.toJSON(),
]

const call = (count) => {
  let failed = 0
  for (let i = 0; i < count; i++) {
    if (i % 10 !== 0) {
      right[i % right.length]()
      continue
    }
    try {
      wrong[(i / 10) % wrong.length]()
    } catch {
      failed++
    }
  }
  if (failed !== count / 10) throw new Error(`${failed} of ${count / 10} wrong calls failed`)
}

const thrower = () => {
  throw new Error('of the listener')
}
const fates = {
  fulfilled: () => KMeans.fit(larger, { nClusters: 3, signal: longLived, onProgress() {} }),
  refused: () => KMeans.fit(larger, { nClusters: 501, signal: longLived }),
  misspelt: () => KMeans.fit(larger, { clusters: 3, signal: longLived, onProgress() {} }),
  abortedBefore: () => KMeans.fit(larger, { ...endless, signal: AbortSignal.abort() }),
  abortedDuring() {
    const controller = new AbortController()
    setImmediate(() => controller.abort())
    return KMeans.fit(larger, { ...endless, signal: controller.signal, onProgress() {} })
  },
  thrown: () => KMeans.fit(larger, { ...endless, signal: longLived, onProgress: thrower }),
}
const fit = async (count) => {
  const outcomes = {}
  for (let i = 0; i < count; i += 6) {
    const promises = Object.values(fates).map((fate) => fate())
    for (const [i, { status, reason }] of (await Promise.allSettled(promises)).entries()) {
      const outcome = `${Object.keys(fates)[i]}: ${reason ? (reason.code ?? reason.message) : status}`
      outcomes[outcome] = (outcomes[outcome] ?? 0) + 1
    }
  }
  return outcomes
}

const measure = async () => {
  // Finalizers run between turns of the loop.
  for (let i = 0; i < 5; i++) {
    globalThis.gc()
    await new Promise(setImmediate)
  }
  const { rss, heapUsed, external } = process.memoryUsage()
  return { rss, heapUsed, external }
}

const tenth = calls / 10
const measures = []
let outcomes
for (let i = 0; i < 10; i++) {
  call(tenth)
  outcomes = await fit(fits / 10)
  measures.push(await measure())
}
console.log(JSON.stringify({ measures, outcomes }))
