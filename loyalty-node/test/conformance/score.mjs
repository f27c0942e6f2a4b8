// `score`: behaviours in, loyalty scores and tiers out.

import { LoyaltyScore } from 'loyalty'
import { camelCase } from './cases.mjs'

export async function call(name, of, fit) {
  const model = await fit(LoyaltyScore, of.matrix('x'), of.options)
  const x = of.matrix(of.input.new_x ? 'new_x' : 'x')
  switch (name) {
    case 'fit':
      return { normalisations: model.normalisations.map(tagged) }
    case 'score':
      return { score: model.score(x) }
    case 'contributions':
      return { contributions: model.contributions(x) }
    case 'tier': {
      const names = model.tier(x)
      return { names, tier: names.map((tier) => model.tierNames.indexOf(tier)) }
    }
  }
}

/** As the core writes it: what was learnt under the normaliser's name, or the name where nothing is. */
function tagged({ normaliser, ...learnt }) {
  return normaliser === 'none' ? normaliser : { [camelCase(normaliser)]: learnt }
}
