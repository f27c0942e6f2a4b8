// A scorecard's formulas as a backend would write them by hand: what Scorecard.scoreCustomer is measured against.

/** From a model file's content, for the default choices, a function from one customer's figures to all its scores. */
export function plainScorer({ feature_names: behaviours, params, fitted }) {
  const { rfm, loyalty, churn_scaler: churnScaler, churn, clusters } = fitted
  const cuts = rfm.fitted.cut_points
  const quantiles = loyalty.fitted.normalisations.map((each) => each.percentile.quantiles)
  const weights = behaviours.map((name) => params.weights[name])
  const weightSum = weights.reduce((a, b) => a + b)
  const { coefficients, intercept } = churn.fitted
  const k = clusters.names.length
  const flat = clusters.model.fitted.centroids
  const centroids = Array.from({ length: k }, (_, i) => flat.slice(3 * i, 3 * i + 3))
  const months = Math.max(1, Math.round(params.horizon_days / (365.25 / 12)))
  const monthDays = params.horizon_days / months
  const discount = (1 + params.discount_rate) ** (monthDays / 365.25)

  return ({ recencyDays, nPurchases, totalAmount, tenureDays }) => {
    const r = 5 - below(cuts.recency_days, recencyDays)
    const f = 1 + below(cuts.frequency, nPurchases)
    const m = 1 + below(cuts.monetary, totalAmount)

    const figures = [recencyDays, nPurchases, totalAmount]
    let points = 0
    for (let i = 0; i < 3; i++) {
      const share = percentile(quantiles[i], figures[i])
      points += weights[i] * (i === 0 ? 1 - share : share)
    }
    const score = (100 * points) / weightSum
    const tier = params.tiers.names[atLeast(params.tiers.thresholds, score)]

    const meanAmount = Math.max(0, totalAmount / nPurchases)
    const silence = tenureDays > 0 ? recencyDays / tenureDays : 1
    const features = [Math.log1p(recencyDays), Math.log(nPurchases), Math.log1p(meanAmount), silence]
    let odds = intercept
    for (let i = 0; i < 4; i++) odds += coefficients[i] * scaled(churnScaler, features[i], i)
    const churnProbability = 1 / (1 + Math.exp(-odds))
    const risk = params.risks.names[atLeast(params.risks.thresholds, churnProbability)]

    const place = [features[0], features[1], Math.log1p(Math.max(0, totalAmount))]
    for (let i = 0; i < 3; i++) place[i] = scaled(clusters.scaler, place[i], i)
    const cluster = clusters.names[clusters.places[nearest(centroids, place)]]

    const kept = (1 - churnProbability) ** (1 / months) / discount
    let worth = 0
    for (let t = 1, factor = kept; t <= months; t++, factor *= kept) worth += factor
    const clv = (params.margin * Math.max(0, totalAmount) * monthDays * worth) / Math.max(tenureDays, monthDays)

    const rule = params.actions.find(
      (each) => (each.tier === null || each.tier === tier) && (each.risk === null || each.risk === risk),
    )
    return {
      r,
      f,
      m,
      rfmScore: (r + f + m) / 3,
      segment: params.rfm.segments[r - 1][f - 1],
      loyalty: score,
      tier,
      churnProbability,
      risk,
      cluster,
      clv,
      action: rule.action,
    }
  }
}

/** How many cut points are below a value. */
function below(cuts, value) {
  let n = 0
  for (const cut of cuts) n += cut < value
  return n
}

/** How many thresholds a value has reached. */
function atLeast(thresholds, value) {
  let n = 0
  for (const threshold of thresholds) n += threshold <= value
  return n
}

/** The place of a value among a hundred and one quantiles, from 0 to 1; of equal ones the middle. */
function percentile(quantiles, value) {
  const last = quantiles.length - 1
  if (value < quantiles[0]) return 0
  if (value > quantiles[last]) return 1
  const low = firstWhere(quantiles, (each) => each >= value)
  const high = firstWhere(quantiles, (each) => each > value)
  if (high > low) return (low + high - 1) / 2 / last
  return (low - 1 + (value - quantiles[low - 1]) / (quantiles[low] - quantiles[low - 1])) / last
}

/** The first place in an ascending array from which on a condition holds. */
function firstWhere(values, holds) {
  let [from, to] = [0, values.length]
  while (from < to) {
    const middle = (from + to) >> 1
    if (holds(values[middle])) to = middle
    else from = middle + 1
  }
  return from
}

const scaled = ({ fitted }, value, i) => (value - fitted.mean[i]) / fitted.scale[i]

/** The first of the nearest centroids. */
function nearest(centroids, point) {
  let [best, least] = [0, Infinity]
  for (let c = 0; c < centroids.length; c++) {
    let distance = 0
    for (let i = 0; i < point.length; i++) distance += (point[i] - centroids[c][i]) ** 2
    if (distance < least) [best, least] = [c, distance]
  }
  return best
}
