// `churn`: features and labels in, a logistic model out.

import { LogisticChurn, churn } from 'loyalty'

/** The core's parameters as options. */
export function logisticChurn({ c, classWeight, ...options }) {
  if (c !== undefined) options.c = c === 'infinity' ? Infinity : c
  if (classWeight !== undefined) options.classWeight = classWeight.given ?? classWeight
  return options
}

/** The booleans of ones and zeros. */
const yesAndNo = (values) => Array.from(values, (value) => [false, true][value])

export async function call(name, of, fit) {
  if (name === 'labels') {
    const { cutoff, horizon_days } = of.input
    const labels = churn.labels(of.times('next_purchase'), BigInt(cutoff), horizon_days)
    return { labels: yesAndNo(labels) }
  }
  const options = { ...logisticChurn(of.options), sampleWeight: of.vector('sample_weight') }
  const model = await fit(LogisticChurn, of.matrix('x'), of.input.y, options)
  switch (name) {
    case 'predict_proba': {
      const x = of.matrix('x_new')
      const predictions = yesAndNo(model.predict(x))
      return { probabilities: model.predictProba(x), predictions, decision: model.decision(x) }
    }
    case 'contributions':
      return { contributions: model.contributions(of.matrix('x_new')), baseValue: model.baseValue }
    case 'fit': {
      const { intercept, inference } = model
      const { intercept: i, ...ofFeatures } = inference ?? {}
      const interceptInference = i ? [i.standardError, i.z, i.pValue, i.confidenceLow, i.confidenceHigh] : null
      const names = ['coefficients', 'oddsRatios', 'logLikelihood', 'nullLogLikelihood', 'converged', 'separationRisk']
      const fitted = Object.fromEntries(names.map((name) => [name, model[name]]))
      return { ...fitted, ...ofFeatures, interceptInference, intercept }
    }
  }
}
