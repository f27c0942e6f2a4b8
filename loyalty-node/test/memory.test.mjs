// What the package holds, what V8 knows of it, and that it is given back.

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { setFlagsFromString } from 'node:v8'
import vm from 'node:vm'
import { KMeans } from 'loyalty'
import { customers } from './host/data.mjs'
import { run } from './host/run.mjs'

setFlagsFromString('--expose-gc')
const gc = vm.runInNewContext('gc')
const MiB = 2 ** 20

/** Bytes outside of V8's heap that it knows of. */
const external = async () => {
  // Finalizers run between turns of the loop, and may free what other finalizers wait for.
  for (let i = 0; i < 5; i++) {
    gc()
    await new Promise(setImmediate)
  }
  return process.memoryUsage().external
}

describe('memory', () => {
  const x = customers(100_000)
  const options = { nClusters: 4, maxIter: 2 }
  const long = customers(500_000, 1)
  const once = { nClusters: 1, init: 'random', maxIter: 1 }

  for (const [what, bytes, make] of [
    ['the labels of a prediction', 4, (model) => model.predict(x)],
    ['a matrix of distances', 4 * 8, (model) => model.distances(x)],
  ]) {
    it(`of ${what} is known to the garbage collector, and freed`, async () => {
      const model = KMeans.fitSync(x, options)
      const before = await external()
      let held = []
      for (let i = 0; i < 20; i++) held.push(await make(model))
      const grown = (await external()) - before
      const expected = 20 * bytes * x.rows
      assert.ok(grown > 0.95 * expected && grown < 1.05 * expected, `${grown} of ${expected}`)
      assert.equal(held.length, 20)
      held = undefined
      const left = (await external()) - before
      assert.ok(Math.abs(left) < 0.05 * expected, `${left} of ${expected} left`)
    })
  }

  for (const [what, make] of [
    ['fitted', () => KMeans.fitSync(long, once)],
    ['that promises gave', () => KMeans.fit(long, once)],
  ]) {
    // Not among the bytes that Node reports, but a reason to collect: without it, nothing would be for long.
    it(`of the labels of models ${what} is a reason to collect garbage`, async () => {
      await external()
      const before = process.memoryUsage.rss()
      let most = 0
      for (let i = 0; i < 150; i++) {
        await make()
        await new Promise(setImmediate)
        most = Math.max(most, process.memoryUsage.rss() - before)
      }
      const made = 150 * 4 * long.rows
      assert.ok(most < made / 2, `${Math.round(most / MiB)} of ${Math.round(made / MiB)} MiB`)
    })
  }

  it('of results outlives the model', async () => {
    let model = KMeans.fitSync(x, options)
    const { labels, centroids } = model
    const copy = [labels.slice(), centroids.data.slice()]
    model = undefined
    await external()
    customers(1_000_000)
    assert.deepEqual([labels, centroids.data], copy)
  })

  it('is flat over a million calls and thousands of fits, right and wrong', async () => {
    const fits = 6_000
    const flat = await run('flat.mjs', { args: [1_000_000, fits], flags: ['--expose-gc'], timeout: 120_000 })
    assert.equal(flat.code, 0, flat.stderr)
    const { measures, outcomes } = JSON.parse(flat.stdout)
    const each = fits / 10 / 6
    assert.deepEqual(outcomes, {
      'fulfilled: fulfilled': each,
      'refused: TOO_FEW_ROWS': each,
      'misspelt: INVALID_PARAMETER': each,
      'abortedBefore: CANCELLED': each,
      'abortedDuring: CANCELLED': each,
      'thrown: of the listener': each,
    })
    const least = (part, from, to) => Math.min(...measures.slice(from, to).map((measure) => measure[part]))
    const grown = (part) => least(part, 7, 10) - least(part, 3, 6)
    console.log(
      `after 300,000 to 600,000 calls ${Math.round(least('rss', 3, 6) / MiB)} MiB, ` +
        `after 700,000 to a million ${Math.round(least('rss', 7, 10) / MiB)} MiB`,
    )
    assert.ok(grown('rss') < 8 * MiB, JSON.stringify(measures))
    assert.ok(grown('heapUsed') < 0.2 * MiB, JSON.stringify(measures))
    assert.ok(grown('external') < 0.01 * MiB, JSON.stringify(measures))
  })
})
