// What must compile: each export in use, as an ES module.

import loyalty, * as everything from 'loyalty'
import {
  Accumulator,
  ChooseK,
  Folds,
  KMeans,
  LogisticChurn,
  LoyaltyScore,
  MinMaxScaler,
  Rfm,
  Scorecard,
  StandardScaler,
  churn,
  clv,
  loadModel,
  metrics,
  summarize,
  summarizeAsync,
} from 'loyalty'
import type {
  AnyModel,
  Averages,
  Behaviour,
  BehaviourWeights,
  BinaryReport,
  BinsInUse,
  Calibration,
  CalibrationBin,
  CalibrationOptions,
  Candidate,
  ChooseKOptions,
  ChurnQuality,
  ClassColumn,
  ClassLabel,
  ClassReport,
  ClassificationReport,
  ConfusionMatrix,
  CostOptions,
  CumulativeGains,
  CustomerIds,
  CustomerInput,
  CustomerScore,
  Customers,
  CutPoints,
  DenseMatrix,
  DiscountedOptions,
  ErrorCode,
  FeatureOptions,
  FlagColumn,
  IdColumn,
  Inference,
  InterceptInference,
  KMeansOptions,
  LiftBin,
  LogisticChurnOptions,
  LoyaltyError,
  LoyaltyScoreOptions,
  Matrix,
  MinMaxScalerOptions,
  ModelText,
  Moment,
  MomentColumn,
  NestedCutPoints,
  NextPurchases,
  Normalisation,
  Normaliser,
  NumberColumn,
  NumberLike,
  NumberOrColumn,
  OrderLog,
  PositiveOptions,
  PrecisionRecallCurve,
  Progress,
  PurchaseTotals,
  RatedOrderLog,
  RetentionOptions,
  RetentionTerms,
  RfmCustomer,
  RfmOptions,
  RfmRows,
  RfmScore,
  RfmScores,
  RocCurve,
  RowCounts,
  Rule,
  ScorecardOptions,
  Scores,
  ScoringOptions,
  Split,
  SplitOptions,
  StandardScalerOptions,
  SummaryOptions,
  TaskOptions,
  ThreadOptions,
  Tiers,
  WeightOptions,
} from 'loyalty'

/** That a value is of this very type. */
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false
function is<Expected>() {
  return <Given,>(_: Given, ..._same: Same<Given, Expected> extends true ? [] : [never]): void => {}
}

// The module itself, and the same by its default.
is<typeof everything.KMeans>()(loyalty.KMeans)

// Columns and matrices.
const numbers: NumberColumn[] = [Float64Array.of(1), [1, null], Int8Array.of(1), Uint8ClampedArray.of(1)]
const matrices: Matrix[] = [
  { data: Float64Array.of(1, 2), rows: 1, cols: 2 },
  [[1, 2]] as const,
  [Float64Array.of(1, 2), [1, null]],
]
const ids: IdColumn[] = [['ann', null], [1, undefined], [1n], BigInt64Array.of(1n), Int32Array.of(1)]
const moments: Moment[] = [new Date(), Date.now(), 0n]
const times: MomentColumn[] = [[new Date(), null], BigInt64Array.of(0n), Float64Array.of(0), [0, 1n]]
const log: OrderLog = { customer: ids[0]!, time: times[0]!, amount: numbers[0]!, order: ids[2]! }

// Customers.
const period: SummaryOptions = {
  period: 'week',
  tz: null,
  refunds: 'net',
  onInvalid: 'drop',
  timeUnit: 'month',
  asOf: moments[0]!,
}
const rows: Customers = summarize(log, period)
const later: Promise<Customers> = summarizeAsync(log, { ...period, signal: AbortSignal.timeout(1), nThreads: 2 })
const counts: RowCounts = rows.counts
const who: CustomerIds = rows.ids
if (who instanceof BigInt64Array) is<bigint | undefined>()(who.at(0))
is<Float64Array>()(rows.recencyDays)
const taken = new Accumulator(period)
taken.update(log)
taken.merge(new Accumulator())
is<number | null>()(taken.latestTime())
const next: NextPurchases = taken.nextPurchase(0)
const spent: PurchaseTotals = taken.purchaseTotals(new Date(0), 1n)
is<Customers>()(taken.finish())

// Models.
const followed: TaskOptions = {
  signal: new AbortController().signal,
  onProgress: ({ stage, iteration, total }: Progress) => console.log(stage, iteration, total ?? 'of some'),
}
const features: FeatureOptions = { featureNames: ['recency', 'frequency'] }
const weights: WeightOptions = { sampleWeight: Float32Array.of(1) }
const threads: ThreadOptions = { nThreads: 1 }
const common = { ...features, ...weights, ...threads }
const plan: KMeansOptions = { nClusters: 5, init: matrices[0]!, nInit: 3, maxIter: 10, tol: 0, seed: 7n, ...common }
const model: KMeans = await KMeans.fit(matrices[0]!, { ...plan, ...followed })
is<KMeans>()(KMeans.fitSync(matrices[1]!))
is<Uint32Array>()(model.labels)
const centroids: DenseMatrix = model.centroids
model.predict(centroids)
const range: ChooseKOptions = { minClusters: 2, maxClusters: 4, kmeans: { nInit: 2, init: 'random' }, sampleSize: null }
const choice: ChooseK = await ChooseK.fit(matrices[0]!, range)
const tried: readonly Candidate[] = choice.candidates
is<KMeans>()(choice.model)

const stays: FlagColumn[] = [[true, false], [1, 0], Uint8Array.of(1, 0)]
const balance = { retained: 1, churned: 2 }
const penalty: LogisticChurnOptions = { c: Infinity, l1Ratio: 0, classWeight: balance, tol: 1e-9, ...common }
const leaver: LogisticChurn = await LogisticChurn.fit(matrices[0]!, stays[0]!, { ...penalty, ...followed })
is<Float64Array>()(leaver.predictProba(matrices[0]!, threads))
is<DenseMatrix>()(LogisticChurn.fromJSON(leaver.toJSON()).contributions(matrices[0]!))
const inference: Inference | null = leaver.inference
const ofIntercept: InterceptInference | null | undefined = inference?.intercept
const churned = churn.labels(times[0]!, new Date(), 180)
LogisticChurn.fitSync(matrices[0]!, churned, { classWeight: 'balanced', fitIntercept: false, confidenceLevel: 0.9 })

const standard: StandardScalerOptions = { withMean: true, withStd: false, ...weights }
const scaled: DenseMatrix = StandardScaler.fitSync(matrices[0]!, standard).transform(matrices[0]!)
const bounded: MinMaxScalerOptions = { featureRange: [-1, 1], clip: true, ...features }
const bounds: Promise<MinMaxScaler> = MinMaxScaler.fit(scaled, bounded)
is<DenseMatrix>()((await bounds).inverseTransform(scaled))

const customers: RfmRows[] = [rows, { recencyDays: [12], frequency: [8], monetary: [530.5] }]
const cuts = { recencyDays: [30], frequency: [2], monetary: [50] }
const quintiles: RfmOptions = { nBins: 2, cutPoints: cuts, nested: false, weights: { recency: 2 } }
const rfm: Rfm = await Rfm.fit(customers[0]!, { ...quintiles, ...followed })
const learnt: CutPoints = rfm.cutPoints
const within: NestedCutPoints | null = rfm.nestedCutPoints
const inUse: BinsInUse = rfm.binsInUse
const graded: RfmScores = rfm.score(customers[1]!)
is<string[]>()(graded.segment)
const someone: RfmCustomer = { recencyDays: 12, frequency: 8, monetary: 530.5 }
const grade: RfmScore = rfm.scoreCustomer(someone)
is<number>()(grade.rfmScore)

const spread: Normaliser = 'percentile'
const recency: Behaviour = { name: 'recency', weight: 1, normaliser: spread, inverted: true }
const tiers: Tiers = { names: ['low', 'medium', 'high'], thresholds: [30, 60] }
const parts: LoyaltyScoreOptions = { behaviours: [recency, { name: 'use', weight: 2 }], tiers, missing: 'renormalise' }
const loyal: LoyaltyScore = LoyaltyScore.fitSync(matrices[2]!, parts)
const normalisation: Normalisation | undefined = loyal.normalisations[0]
is<string[]>()(loyal.tier([[1, null]]))
is<Promise<LoyaltyScore>>()(LoyaltyScore.fit(matrices[0]!, { preset: 'c_score', ...followed }))

const texts: ModelText[] = ['{}', new Uint8Array(), JSON.parse('{}')]
const found: AnyModel = loadModel(texts[0]!)
if (found instanceof KMeans) found.inertia
else if (found instanceof LogisticChurn) found.intercept
else if (found instanceof Scorecard) found.actionNames

// A scorecard.
const rated: RatedOrderLog = { ...log, usage: [1, null], feedback: Float64Array.of(5) }
const behaviours: BehaviourWeights = { recencyDays: 1, usage: 0.4, feedback: 0 }
const rule: Rule = { tier: null, risk: 'high', action: 'win back' }
const whole: ScorecardOptions = {
  horizonDays: 90,
  asOf: 0n,
  rfm: quintiles,
  normaliser: 'z_score',
  weights: behaviours,
  tiers,
  risks: { names: ['low', 'high'], thresholds: [0.5] },
  churn: { c: 2 },
  clusters: range,
  actions: [rule],
  seed: 7,
}
is<Promise<Scorecard>>()(Scorecard.fit(rated, { ...whole, ...followed }))
const card = Scorecard.fromJSON(texts[1]!)
const quality: ChurnQuality | null = card.churnQuality
const today: ScoringOptions = { asOf: new Date(), ...threads }
const scores: Scores = card.score(rated, today)
is<Customers>()(scores.customers)
is<Promise<Scores>>()(card.scoreAsync(rated, { ...today, ...followed }))
const customer: CustomerInput = { recencyDays: 12, nPurchases: 8, totalAmount: 530.5, tenureDays: 400, usage: null }
const score: CustomerScore = card.scoreCustomer(customer)
is<string>()(score.segment)
is<Record<string, number>>()(card.loyaltyContributions(customer))
card.scoreInto(new Float64Array(6), new Float64Array(12))

// Value.
const costs: CostOptions = { cost: [[1]], acquisitionCost: [5] }
const discounted: DiscountedOptions = { discountRate: 0.1, timing: 'mid', ...costs }
is<Float64Array>()(clv.discounted(matrices[0]!, discounted))
is<Float64Array>()(clv.undiscounted(matrices[0]!))
const terms: RetentionTerms = { discountRate: 0.1, horizon: Infinity, firstMargin: 'now' }
is<number>()(clv.marginMultiple(0.8, terms))
const retained: RetentionOptions<number[]> = { ...terms, acquisitionCost: [1, 2] }
is<Float64Array>()(clv.retention(100, 0.8, retained))
is<number>()(clv.retention(100, 0.8, terms))
is<number>()(clv.historic(50, 4, 3))
is<Float64Array>()(clv.historic([50], 4, 3))
is<number>()(clv.lifespan(0.25))
is<number>()(clv.retentionRate(1000, 900, 100))
const either: NumberOrColumn = Math.random() < 0.5 ? 1 : [1]
const worth: NumberLike<typeof either> = clv.lifespan(either)

// Metrics.
const labels: ClassColumn[] = [['a', 'b'], [0, 1], [true, false], model.labels]
const positive: PositiveOptions = { posLabel: 'b' }
const confusion: ConfusionMatrix = metrics.confusionMatrix(labels[0]!, labels[0]!, weights)
const label: ClassLabel | undefined = confusion.labels[0]
const report: ClassificationReport = metrics.classificationReport([1, 2], Int8Array.of(1, 2))
const each: ClassReport[] = report.classes
const averages: Averages = report.macroAverage
const binary: BinaryReport = metrics.binaryReport(labels[0]!, labels[0]!, { ...positive, ...weights })
const roc: RocCurve = metrics.rocCurve([true, false], [0.1, 0.2])
const recall: PrecisionRecallCurve = metrics.precisionRecallCurve([true, false], [0.1, 0.2])
const gains: CumulativeGains = metrics.cumulativeGains([true, false], [0.1, 0.2])
const lift: LiftBin[] = metrics.lift([true, false], [0.1, 0.2], 10)
const bins: CalibrationOptions = { strategy: 'quantile', ...positive }
const calibration: Calibration = metrics.calibration(labels[0]!, [0.1, 0.2], 5, bins)
const bin: CalibrationBin | undefined = calibration.bins[0]
is<number>()(metrics.rocAuc([1, 0], [0.1, 0.2]))
is<Promise<number>>()(metrics.silhouetteAsync(matrices[0]!, labels[1]!, { ...threads, ...followed }))
const splits: SplitOptions = { stratify: labels[2]!, seed: 7 }
const halves: Split = metrics.trainTestSplit(10, 0.5, splits)
const folds: Folds = metrics.kFolds(10, 3)
for (const { train, test } of folds) is<Uint32Array>()(train), is<Uint32Array>()(test)

// Errors.
try {
  KMeans.fitSync([])
} catch (error) {
  const { code, argument, row, column, features, message } = error as LoyaltyError
  const texts: Record<ErrorCode, string> = {
    INVALID_PARAMETER: `${argument}: ${message}`,
    INVALID_TYPE: 'a value of another type',
    INVALID_VALUE: `row ${row}`,
    SHAPE_MISMATCH: 'lengths',
    NON_FINITE: `column ${column}`,
    TOO_FEW_ROWS: 'rows',
    DEGENERATE: 'no spread',
    NO_ESTIMATE: `${features?.join()}`,
    CANCELLED: 'aborted',
    BAD_MODEL: 'a damaged file',
    INTERNAL: 'please report',
  }
  console.log(texts[code])
}
