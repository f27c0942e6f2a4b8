// The package in worker threads.

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { Worker } from 'node:worker_threads'
import { KMeans } from 'loyalty'
import { customers } from './host/data.mjs'
import { run } from './host/run.mjs'

const url = new URL('./host/worker.mjs', import.meta.url)

const answer = (workerData) =>
  new Promise((resolve, reject) => {
    let message
    const worker = new Worker(url, { workerData })
    worker.on('message', (value) => (message = value))
    worker.on('error', reject)
    worker.on('exit', (code) => resolve({ code, message }))
  })

describe('workers', () => {
  it('load the package side by side and find what the main thread finds', async () => {
    for (let round = 0; round < 3; round++) {
      const seeds = [1, 2, 3, 4]
      const answers = await Promise.all(seeds.map((seed) => answer({ seed })))
      for (const [i, { code, message }] of answers.entries()) {
        const x = customers(2_000, 3, seeds[i])
        const model = KMeans.fitSync(x, { nClusters: 5, seed: 7 })
        assert.equal(code, 0)
        assert.equal(message.json, model.toJSON())
        assert.deepEqual(message.labels, model.labels)
        assert.deepEqual(message.predicted, model.predict(x))
      }
    }
  })

  it('are terminated during a fit, fifty times', async () => {
    const { code, signal, stdout, stderr } = await run('terminate.mjs')
    assert.deepEqual({ code, signal, stderr }, { code: 0, signal: null, stderr: '' })
    const { workers, slowest } = JSON.parse(stdout)
    assert.equal(workers, 50)
    console.log(`from terminate() to the end of a worker: ${Math.round(slowest)} ms at the most`)
    assert.ok(slowest < 1_000)
  })
})
