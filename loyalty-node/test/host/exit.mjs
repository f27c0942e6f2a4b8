// process.exit() during a fit: at a moment, in a listener, or with fits in several workers.

import { writeSync } from 'node:fs'
import { Worker } from 'node:worker_threads'
import { KMeans } from 'loyalty'
import { customers, endless } from './data.mjs'

const [how, delay] = process.argv.slice(2)
const exit = () => {
  writeSync(1, 'exits\n')
  process.exit()
}
const onProgress = how === 'listener' ? exit : undefined
if (how === 'workers') {
  const url = new URL('./worker.mjs', import.meta.url)
  const workers = [1, 2, 3].map(() => new Worker(url, { workerData: { endless: true } }))
  await Promise.all(workers.map((worker) => new Promise((resolve) => worker.once('message', resolve))))
}
KMeans.fit(customers(200_000), { ...endless, onProgress })
KMeans.fit(customers(20_000), endless)
if (how !== 'listener') setTimeout(exit, Number(delay))
