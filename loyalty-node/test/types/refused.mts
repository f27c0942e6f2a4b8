// What must not compile: `@ts-expect-error` is itself an error where the next line has none.

import { Accumulator, KMeans, LogisticChurn, LoyaltyScore, MinMaxScaler, Rfm, Scorecard } from 'loyalty'
import { churn, clv, metrics, summarize } from 'loyalty'
import type { ErrorCode, KMeansOptions } from 'loyalty'

const x = [[1, 2]]
const log = { customer: ['ann'], time: [0], amount: [1] }
declare const card: Scorecard
declare const model: KMeans

// Names that are not there.
// @ts-expect-error
import { Kmeans } from 'loyalty'
// @ts-expect-error
import { __panic } from 'loyalty'
// @ts-expect-error
KMeans.train(x)
// @ts-expect-error
model.centers

// Only a fit makes a model, and it does not change.
// @ts-expect-error
new KMeans({ nClusters: 3 }).fit(x)
// @ts-expect-error
model.inertia = 0

// Options that are misspelt, of another type, or of another function.
// @ts-expect-error
KMeans.fitSync(x, { clusters: 3 })
// @ts-expect-error
KMeans.fitSync(x, { n_clusters: 3 })
// @ts-expect-error
KMeans.fitSync(x, { nClusters: '3' })
// @ts-expect-error
KMeans.fitSync(x, { init: 'kmeans++' })
// @ts-expect-error
KMeans.fitSync(x, { seed: null })
// @ts-expect-error
KMeans.fitSync(x, 3)
// @ts-expect-error
model.predict(x, { seed: 7 })
// @ts-expect-error
const options: KMeansOptions = { nClusters: 3n }

// What blocks cannot be followed or stopped.
// @ts-expect-error
KMeans.fitSync(x, { signal: AbortSignal.abort() })
// @ts-expect-error
summarize(log, { onProgress: () => {} })
// @ts-expect-error
KMeans.fit(x, { onProgress: (progress: string) => {} })

// A promise is no model.
// @ts-expect-error
KMeans.fit(x).labels

// Matrices and columns of another shape or type.
// @ts-expect-error
KMeans.fitSync([1, 2])
// @ts-expect-error
KMeans.fitSync({ data: [1, 2], rows: 1 })
// @ts-expect-error
KMeans.fitSync([['1', '2']])
// @ts-expect-error
KMeans.fitSync(BigInt64Array.of(1n))
// @ts-expect-error
KMeans.fitSync(x, { sampleWeight: 1 })
// @ts-expect-error
KMeans.fitSync()

// Order logs.
// @ts-expect-error
summarize({ customer: ['ann'], time: [0] })
// @ts-expect-error
summarize({ ...log, time: ['1998-06-30'] })
// @ts-expect-error
summarize({ ...log, customer: ['ann', 1] })
// @ts-expect-error
summarize(log, { period: 'year' })
// @ts-expect-error
summarize(log, { asOf: '1998-06-30' })
// @ts-expect-error
new Accumulator().update(log.customer)

// Churn and scales.
// @ts-expect-error
LogisticChurn.fitSync(x)
// @ts-expect-error
LogisticChurn.fitSync(x, ['yes'])
// @ts-expect-error
LogisticChurn.fitSync(x, [true], { C: 1 })
// @ts-expect-error
LogisticChurn.fitSync(x, [true], { classWeight: { given: { retained: 1, churned: 2 } } })
// @ts-expect-error
churn.labels([0], 0)
// @ts-expect-error
MinMaxScaler.fitSync(x, { featureRange: [0] })

// RFM and loyalty scores.
// @ts-expect-error
Rfm.fitSync({ recencyDays: [1], frequency: [1] })
// @ts-expect-error
Rfm.fitSync(x)
// @ts-expect-error
Rfm.fitSync(summarize(log), { nBins: '5' })
// @ts-expect-error
Rfm.fitSync(summarize(log), { sampleWeight: [1] })
// @ts-expect-error
LoyaltyScore.fitSync(x)
// @ts-expect-error
LoyaltyScore.fitSync(x, { behaviours: ['recency'] })
// @ts-expect-error
LoyaltyScore.fitSync(x, { behaviours: [{ name: 'recency', weight: 1, normaliser: 'minMax' }] })
// @ts-expect-error
LoyaltyScore.fitSync(x, { preset: 'cScore' })

// Scorecards.
// @ts-expect-error
Scorecard.fitSync(log, { churn: { sampleWeight: [1] } })
// @ts-expect-error
Scorecard.fitSync(log, { actions: [{ tier: 'low' }] })
// @ts-expect-error
card.score(log).ids
// @ts-expect-error
card.score(log, { signal: AbortSignal.abort() })

// Scores of one customer.
// @ts-expect-error
card.scoreCustomer({ recencyDays: 12, nPurchases: 8, totalAmount: 530.5 })
// @ts-expect-error
card.scoreCustomer({ recency_days: 12, n_purchases: 8, total_amount: 530.5, tenure_days: 400 })
// @ts-expect-error
card.scoreInto([1], [1])

// Value and metrics.
// @ts-expect-error
clv.discounted(x)
// @ts-expect-error
clv.discounted(x, { discountRate: 0.1, timing: 'late' })
// @ts-expect-error
clv.historic(50, 4, 3).length
// @ts-expect-error
clv.historic([50], 4, 3).toFixed()
// @ts-expect-error
metrics.rocAuc([true, false])
// @ts-expect-error
metrics.accuracy(['a'], ['a'], { posLabel: 'a' })

// Codes that do not exist.
// @ts-expect-error
const code: ErrorCode = 'NOT_FOUND'
