// `rfm`: recency, frequency and monetary value in, scores and segments out.

import { Rfm } from 'loyalty'
import { camelCase } from './cases.mjs'

const FEATURES = ['recency_days', 'frequency', 'monetary']

export async function call(name, of, fit) {
  const columns = (prefix) =>
    Object.fromEntries(
      FEATURES.map((feature) => [camelCase(feature), of.vector(prefix + feature) ?? of.vector(feature)]),
    )
  const model = await fit(Rfm, columns(''), of.options)
  switch (name) {
    case 'fit':
      return model
    case 'score': {
      const { rfmScore: combined, rfm: codes, ...scores } = model.score(columns('new_'))
      return { ...scores, combined, codes }
    }
  }
}
