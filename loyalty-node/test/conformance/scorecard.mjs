// `scorecard`: an order log in, every score of each customer out.

import { Scorecard } from 'loyalty'
import { logisticChurn } from './churn.mjs'

export async function call(name, of, fit) {
  const { customer } = of.input
  const log = { customer, time: of.times('time'), amount: of.vector('amount') }
  for (const known of ['usage', 'feedback']) if (of.input[known]) log[known] = of.vector(known)
  const plan = of.options
  if (plan.asOf !== undefined) plan.asOf = BigInt(plan.asOf)
  if (plan.churn) plan.churn = logisticChurn(plan.churn)
  const card = await fit(Scorecard, log, plan)
  switch (name) {
    case 'fit': {
      const tried = card.clusterCandidates
      return {
        k: card.clusterNames.length,
        inertia: tried.map(({ inertia }) => inertia),
        silhouette: tried.map(({ silhouette }) => silhouette),
      }
    }
    case 'score': {
      const scores = card.score(log, { asOf: plan.asOf })
      return { customer: scores.customers.ids, ...scores }
    }
  }
}
