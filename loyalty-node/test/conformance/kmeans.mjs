// `kmeans`: rows in, clusters out.

import { ChooseK, KMeans } from 'loyalty'

export async function call(name, of, fit) {
  const options = { ...of.options, sampleWeight: of.vector('sample_weight') }
  if (name === 'choose_k') {
    const { k, candidates } = await fit(ChooseK, of.matrix('x'), options)
    return { k, candidates }
  }
  const model = await fit(KMeans, of.matrix('x'), options)
  switch (name) {
    case 'predict':
      return { labels: model.predict(of.matrix('new_x')) }
    case 'distances':
      return { distances: model.distances(of.matrix('new_x')) }
    case 'fit':
      return model
  }
}
