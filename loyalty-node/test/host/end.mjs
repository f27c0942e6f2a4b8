// A script whose last line starts a fit: it ends when the fit does.

import { KMeans } from 'loyalty'
import { customers } from './data.mjs'

const [how] = process.argv.slice(2)
const control = { nothing: {}, control: { signal: new AbortController().signal, onProgress() {} } }[how]
KMeans.fit(customers(200_000), { nClusters: 8, maxIter: 30, tol: 0, ...control }).then((model) =>
  console.log(model.iterations),
)
