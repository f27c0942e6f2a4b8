// Workers terminated during their fits, at times that a seed draws, while the main thread uses the package.

import { Worker } from 'node:worker_threads'
import { KMeans } from 'loyalty'
import { customers, sleep } from './data.mjs'

const url = new URL('./worker.mjs', import.meta.url)
const x = customers(100)
const moments = customers(50, 1, 5).data
let slowest = 0
for (const [i, moment] of moments.entries()) {
  const worker = new Worker(url, { workerData: { endless: true, exits: i % 5 === 4 } })
  const ended = new Promise((resolve) => worker.once('exit', resolve))
  worker.once('error', (error) => {
    throw error
  })
  // Some are stopped while they load, most while they fit.
  if (i % 10 === 9) await sleep(moment * 40)
  else await new Promise((resolve) => worker.once('message', resolve))
  await sleep(moment * 15)
  const start = performance.now()
  if (i % 5 !== 4) await worker.terminate()
  await ended
  slowest = Math.max(slowest, performance.now() - start)
  if ((await KMeans.fit(x, { nClusters: 3 })).toJSON() !== KMeans.fitSync(x, { nClusters: 3 }).toJSON()) {
    throw new Error('a fit of the main thread was disturbed')
  }
}
console.log(JSON.stringify({ workers: moments.length, slowest }))
