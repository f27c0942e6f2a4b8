// A worker: fits and sends what came out, or fits until it is stopped.

import { parentPort, workerData } from 'node:worker_threads'
import { KMeans } from 'loyalty'
import { customers, endless } from './data.mjs'

if (workerData.endless) {
  const signal = new AbortController().signal
  KMeans.fit(customers(50_000), { ...endless, signal, onProgress() {} })
  KMeans.fit(customers(5_000), endless)
  parentPort.postMessage('fits')
  if (workerData.exits) setTimeout(() => process.exit(), 10)
} else {
  const x = customers(2_000, 3, workerData.seed)
  const model = await KMeans.fit(x, { nClusters: 5, seed: 7, onProgress() {} })
  parentPort.postMessage({ json: model.toJSON(), labels: model.labels, predicted: model.predict(x) })
}
