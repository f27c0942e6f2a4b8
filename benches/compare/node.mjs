// What Node users pay, beside what they would write or install instead, in the same run on the same data.
//
// Needs the package and its development dependencies: make node. Then node benches/compare/node.mjs [--json] [--rounds N]

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { pathToFileURL } from 'node:url'
import { parseArgs } from 'node:util'

import { plainScorer } from './plain_scorer.mjs'

const { values: args } = parseArgs({ options: { json: { type: 'boolean' }, rounds: { type: 'string' } } })

const require = createRequire(new URL('../../loyalty-node/package.json', import.meta.url))
const { KMeans, LoyaltyScore, Scorecard, summarize } = require('loyalty')
const { kmeans } = await import(pathToFileURL(require.resolve('ml-kmeans')))

const CDNOW = new URL('../../loyalty-core/examples/data/cdnow_sample.csv', import.meta.url)

/** Seeded uniform numbers: mulberry32. */
function uniform(seed) {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

/** Milliseconds of one call. */
function milliseconds(call) {
  const start = performance.now()
  call()
  return performance.now() - start
}

const median = (values) => values.toSorted((a, b) => a - b)[values.length >> 1]

/** Medians of both, and of their ratios, in turns so that whatever else the machine does meets both alike. */
function inTurns(pairs, ours, peer) {
  ours()
  peer()
  const times = Array.from({ length: Math.min(pairs, args.rounds ?? pairs) }, () => [milliseconds(ours), milliseconds(peer)])
  return {
    ours: median(times.map(([ours]) => ours)),
    peer: median(times.map(([, peer]) => peer)),
    ratio: median(times.map(([ours, peer]) => peer / ours)),
  }
}

const repeated = (times, call) => () => {
  for (let i = 0; i < times; i++) call()
}

const table = []
const row = (work, peerName, ours, peer, ratio, asked) => table.push({ work, ours, peerName, peer, ratio, asked })

/** One customer: an object in and one out; and many at once, numbers in and out. */
function customers() {
  const lines = readFileSync(CDNOW, 'utf8').trim().split('\n').slice(1).map((line) => line.trim().split(','))
  const log = {
    customer: lines.map(([customer]) => customer),
    time: lines.map(([, day]) => new Date(day)),
    amount: lines.map((line) => Number(line[3])),
  }
  const text = Scorecard.fitSync(log, { seed: 7 }).toJSON()
  const card = Scorecard.fromJSON(text)
  const plain = plainScorer(JSON.parse(text))
  const random = uniform(17)
  const many = Array.from({ length: 10_000 }, () => {
    const tenureDays = 30 + Math.floor(500 * random())
    const nPurchases = 1 + Math.floor(10 * random() ** 3)
    const recencyDays = Math.floor(tenureDays * random())
    return { tenureDays, recencyDays, nPurchases, totalAmount: 60 * nPurchases * random() }
  })
  for (const customer of many.slice(0, 500)) {
    const [ours, theirs] = [card.scoreCustomer(customer), plain(customer)]
    for (const [name, value] of Object.entries(ours)) {
      if (typeof value === 'number') assert.ok(Math.abs(value - theirs[name]) <= 1e-9 * Math.abs(value), name)
      else assert.equal(theirs[name], value)
    }
  }
  const figures = Float64Array.from(
    many.flatMap((each) => [each.recencyDays, each.nPurchases, each.totalAmount, each.tenureDays, NaN, NaN]),
  )
  const scores = new Float64Array(12 * many.length)
  const loop = (score) => () => {
    for (const customer of many) score(customer)
  }
  const micros = (time) => `${((1000 * time) / many.length).toFixed(2)} µs`
  const one = inTurns(41, loop((customer) => card.scoreCustomer(customer)), loop(plain))
  const formula = 'the same formula in JavaScript'
  row('Scorecard.scoreCustomer, an object in and one out', formula, micros(one.ours), micros(one.peer), one.ratio, 0.3)
  const all = inTurns(41, () => card.scoreInto(figures, scores), loop(plain))
  row('Scorecard.scoreInto, one of 10,000', formula, micros(all.ours), micros(all.peer), all.ratio)
}

/** The loyalty score of a million customers on one thread, beside a loop over the same formula. */
function manyScores() {
  const [rows, weights] = [1_000_000, [0.5, 0.3, 0.2]]
  const random = uniform(7)
  const x = Float64Array.from({ length: 3 * rows }, () => 100 * random())
  const model = LoyaltyScore.fitSync(
    { data: x, rows, cols: 3 },
    { behaviours: weights.map((weight, i) => ({ name: `behaviour ${i}`, weight, normaliser: 'min_max' })) },
  )
  const [ours, theirs] = [new Float64Array(rows), new Float64Array(rows)]
  const low = [Infinity, Infinity, Infinity]
  const high = [-Infinity, -Infinity, -Infinity]
  for (let i = 0; i < x.length; i++) {
    low[i % 3] = Math.min(low[i % 3], x[i])
    high[i % 3] = Math.max(high[i % 3], x[i])
  }
  const loop = () => {
    for (let i = 0; i < rows; i++) {
      let score = 0
      for (let j = 0; j < 3; j++) {
        const share = (x[3 * i + j] - low[j]) / (high[j] - low[j])
        score += weights[j] * Math.min(1, Math.max(0, share))
      }
      theirs[i] = 100 * score
    }
  }
  const times = inTurns(15, () => model.scoreInto(x, ours), loop)
  ours.forEach((score, i) => assert.ok(Math.abs(score - theirs[i]) < 1e-9))
  const speed = (time) => `${(rows / time / 1000).toFixed(1)} million/s`
  row('LoyaltyScore.scoreInto, 1e6 customers, 3 behaviours', 'a JavaScript loop', speed(times.ours), speed(times.peer), times.ratio)
}

/** K-means from the same centroids to the end; the groups overlap the more, the less apart they are. */
function clusters(apart) {
  const [rows, cols, nClusters] = [100_000, 3, 5]
  const random = uniform(11)
  const x = Array.from({ length: rows }, (_, i) =>
    Array.from({ length: cols }, (_, j) => ((i * (j + 2)) % nClusters) * apart + random() + random() + random()),
  )
  const centroids = [1, 20, 333, 4444, 55555].map((row) => x[row])
  const data = Float64Array.from(x.flat())
  let ours, theirs
  const times = inTurns(
    7,
    () => (ours = KMeans.fitSync({ data, rows, cols }, { nClusters, init: centroids, tol: 0, maxIter: 1000 })),
    () => (theirs = kmeans(x, nClusters, { initialization: centroids, tolerance: 0, maxIterations: 1000 })),
  )
  assert.deepEqual([...ours.labels], theirs.clusters)
  theirs.centroids.flat().forEach((value, i) => assert.ok(Math.abs(value - ours.centroids.data[i]) < 1e-9))
  const ms = (time) => `${time.toFixed(1)} ms`
  const work = `KMeans.fitSync, 1e5×3, k = 5, ${ours.iterations} iterations to the same labels`
  row(work, 'ml-kmeans', ms(times.ours), ms(times.peer), times.ratio)
}

/** Number, sum, first and last of each customer: what summarize without periods knows, and more. */
function mapLoop({ customer, time, amount }) {
  const customers = new Map()
  for (let i = 0; i < customer.length; i++) {
    const known = customers.get(customer[i])
    if (known === undefined) {
      customers.set(customer[i], { n: 1, total: amount[i], first: time[i], last: time[i] })
    } else {
      known.n += 1
      known.total += amount[i]
      if (time[i] < known.first) known.first = time[i]
      if (time[i] > known.last) known.last = time[i]
    }
  }
  return customers
}

/** A million orders of a hundred thousand customers. */
function customerRows(Ids, period) {
  const rows = 1_000_000
  const random = uniform(13)
  const log = {
    customer: Ids.from({ length: rows }, () => Math.floor(100_000 * random())),
    time: Float64Array.from({ length: rows }, () => Math.floor(1.5e12 + 6e10 * random())),
    amount: Float64Array.from({ length: rows }, () => Math.round(10_000 * random()) / 100),
  }
  let ours, theirs
  const times = inTurns(
    15,
    () => (ours = summarize(log, { period })),
    () => (theirs = mapLoop(log)),
  )
  ours.ids.forEach((id, i) => {
    const { n, total, first, last } = theirs.get(id)
    if (period === 'none') assert.equal(ours.nPurchases[i], n)
    assert.ok(Math.abs(ours.totalAmount[i] - total) < 1e-6)
    assert.deepEqual([ours.firstTime[i], ours.lastTime[i]], [first, last])
  })
  const ms = (time) => `${time.toFixed(1)} ms`
  const work = `summarize, 1e6 orders, 1e5 customers, ${Ids.name} of ids, period ${period}`
  row(work, 'a loop over a Map', ms(times.ours), ms(times.peer), times.ratio)
}

customers()
manyScores()
for (const apart of [0, 0.8]) clusters(apart)
for (const Ids of [Int32Array, Array]) {
  customerRows(Ids, 'none')
  customerRows(Ids, 'day')
}
if (args.json) console.log(JSON.stringify(table))
else console.table(table)
