// The package loaded anew, as watchers do; both work, side by side, until the process exits during a fit.

const load = () => {
  for (const path of Object.keys(require.cache)) if (path !== __filename) delete require.cache[path]
  return require('loyalty')
}
const [first, second] = [load(), load()]
const four = [[1, 20], [2, 22], [9, 70], [8, 74]]
const fit = ({ KMeans }) => KMeans.fit(four, { nClusters: 2, signal: new AbortController().signal, onProgress() {} })
if (first.KMeans === second.KMeans) throw new Error('loaded once')
Promise.all([fit(first), fit(second), fit(first)]).then(async (models) => {
  if (models.some((model) => model.inertia !== 11 || model.predict(four).length !== 4)) throw new Error('wrong')
  const { customers, endless } = await import('./data.mjs')
  first.KMeans.fit(customers(20_000), endless)
  second.KMeans.fit(customers(20_000), endless)
  setTimeout(() => process.exit(), 20)
})
