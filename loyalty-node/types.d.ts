// What the generated declarations below refer to. Options are plain objects; what is left out takes the default of the core.

/** What can be wrong, the same in Rust, Python and Node. */
export type ErrorCode =
  | 'INVALID_PARAMETER'
  | 'INVALID_TYPE'
  | 'INVALID_VALUE'
  | 'SHAPE_MISMATCH'
  | 'NON_FINITE'
  | 'TOO_FEW_ROWS'
  | 'DEGENERATE'
  | 'NO_ESTIMATE'
  | 'CANCELLED'
  | 'BAD_MODEL'
  | 'INTERNAL'

/**
 * What every function throws, or rejects its promise with: a TypeError where a value is of the wrong type, a RangeError where a
 * value or a shape is wrong, an Error otherwise. The name of the error of an aborted fit is `AbortError`, its `cause` the
 * signal's reason.
 */
export interface LoyaltyError extends Error {
  /** What is wrong. */
  code: ErrorCode
  /** The argument at fault, where there is one. */
  argument?: string
  /** Its row, from 0. */
  row?: number
  /** Its column, from 0. */
  column?: number
  /** The features to blame when no estimate exists. */
  features?: string[]
}

/** A column of numbers; `null` is a missing one. Float64Array is read where it is. */
export type NumberColumn =
  | Float64Array
  | Float32Array
  | Int8Array
  | Uint8Array
  | Uint8ClampedArray
  | Int16Array
  | Uint16Array
  | Int32Array
  | Uint32Array
  | readonly (number | null)[]

/** A matrix, one row a customer: its numbers row by row, or an array of rows. */
export type Matrix =
  | { readonly data: NumberColumn; readonly rows: number; readonly cols: number }
  | readonly NumberColumn[]

/** How work that takes its time is followed and stopped. */
export interface TaskOptions {
  /**
   * Rejects the promise with an AbortError at once, and stops the work within a block of rows. Fits of scalers, RFM and
   * loyalty scores, which take a fraction of a second, end by themselves.
   */
  signal?: AbortSignal
  /** Hears of the progress, about every 25 ms. What it throws stops the work and rejects the promise. */
  onProgress?: (progress: Progress) => void
}

/** Options of all that runs on several threads. */
export interface ThreadOptions {
  /** Threads; all cores if left out. The answer does not depend on it. */
  nThreads?: number
}

/** Names of the columns. */
export interface FeatureOptions {
  /** `x0`, `x1`, … if left out. */
  featureNames?: readonly string[]
}

/** Weights of the rows. */
export interface WeightOptions {
  /** One weight a row, 0 or more; all equal if left out. */
  sampleWeight?: NumberColumn
}

/** The text of a model file, its bytes, or the object that `JSON.parse` makes of it. */
export type ModelText = string | Uint8Array | object

// What the generated namespaces below are about.

/** Who churned, by an order log. */
export declare namespace churn {}

/** Customer lifetime value, in money. */
export declare namespace clv {}

/** How good predictions and clusterings are, and splits to judge them by. */
export declare namespace metrics {}

// ---- kmeans

/** Options of {@link KMeans}. */
export interface KMeansOptions extends ThreadOptions, FeatureOptions, WeightOptions {
  /** The number of clusters, at least 1 and at most the number of rows. @default 8 */
  nClusters?: number
  /** Where the centroids start: greedy k-means++, rows drawn at random, or these. @default 'k-means++' */
  init?: 'k-means++' | 'random' | Matrix
  /** Restarts, of which the best counts; given centroids start only once. @default 1 */
  nInit?: number
  /** Iterations of a restart at the most. @default 300 */
  maxIter?: number
  /**
   * A restart has converged if the sum of the squared shifts of all centroids is at most so many times the mean variance of the
   * columns. @default 0.0001
   */
  tol?: number
  /** The seed of the random choices. @default 0 */
  seed?: number | bigint
}

/** Options of {@link ChooseK}. */
export interface ChooseKOptions extends ThreadOptions, FeatureOptions, WeightOptions {
  /** The least number of clusters, at least 2. @default 2 */
  minClusters?: number
  /** The greatest, below the number of rows. @default 8 */
  maxClusters?: number
  /** How each number is fitted; the sample is drawn by its seed. */
  kmeans?: Pick<KMeansOptions, 'init' | 'nInit' | 'maxIter' | 'tol' | 'seed'>
  /** Rows in the sample for the silhouette, more than `maxClusters`; `null` for all. @default 10000 */
  sampleSize?: number | null
}

// ---- churn

/** A column of yes and no: booleans, or 1 and 0. */
export type FlagColumn =
  | readonly (boolean | number)[]
  | Uint8Array
  | Uint8ClampedArray
  | Int8Array
  | Int16Array
  | Uint16Array
  | Int32Array
  | Uint32Array
  | Float32Array
  | Float64Array

/** Options of {@link LogisticChurn}. */
export interface LogisticChurnOptions extends ThreadOptions, FeatureOptions, WeightOptions {
  /**
   * The weight of the data against the penalty, above 0. Infinity is no penalty, and gives standard errors (`inference`).
   * @default 1
   */
  c?: number
  /** The part of the penalty that is L1, 0 to 1: at 0 ridge, at 1 lasso, between elastic net. @default 0 */
  l1Ratio?: number
  /**
   * The weights of the classes: all rows the same, both classes the same in sum, or as given for who stayed (0) and who churned
   * (1), each above 0. @default 'none'
   */
  classWeight?: 'none' | 'balanced' | { retained: number; churned: number }
  /** Whether to fit an intercept or fix it at 0. @default true */
  fitIntercept?: boolean
  /** Newton steps at the most, at least 1; about 6 are usual. @default 100 */
  maxIter?: number
  /**
   * The largest relative gradient at the end, 0 or more: of any standardised feature, divided by the mean absolute residual.
   * @default 1e-8
   */
  tol?: number
  /** The level of the confidence intervals, between 0 and 1. @default 0.95 */
  confidenceLevel?: number
}

// ---- scaling

/** Options of {@link StandardScaler}. */
export interface StandardScalerOptions extends FeatureOptions, WeightOptions {
  /** Whether to subtract the mean. @default true */
  withMean?: boolean
  /** Whether to divide by the standard deviation. @default true */
  withStd?: boolean
}

/** Options of {@link MinMaxScaler}. */
export interface MinMaxScalerOptions extends FeatureOptions, WeightOptions {
  /** Where the least and the greatest value go, the first below the second. @default [0, 1] */
  featureRange?: readonly [low: number, high: number]
  /** Whether values beyond those of the fit are held at the ends of the range. @default false */
  clip?: boolean
}

// ---- rfm

/** Customer rows by columns; or the answer of {@link summarize}, whose `nPurchases` is the frequency and `totalAmount` the money. */
export type RfmRows =
  | { readonly recencyDays: NumberColumn; readonly frequency: NumberColumn; readonly monetary: NumberColumn }
  | { readonly recencyDays: NumberColumn; readonly nPurchases: NumberColumn; readonly totalAmount: NumberColumn }

/** One customer. */
export interface RfmCustomer {
  /** Days since the last purchase. */
  readonly recencyDays: number
  /** Number of purchases. */
  readonly frequency: number
  /** Amount spent. */
  readonly monetary: number
}

/** Options of {@link Rfm}. */
export interface RfmOptions {
  /** How many scores each of the three has, 2 to 10. @default 5 */
  nBins?: number
  /** Cut points to use in place of learnt ones, `nBins` − 1 of each, ascending; learnt if null. @default null */
  cutPoints?: {
    readonly recencyDays: NumberColumn
    readonly frequency: NumberColumn
    readonly monetary: NumberColumn
  } | null
  /**
   * Whether frequency is cut within each recency score, and monetary value within each cell of recency and frequency, in place
   * of over all customers. @default false
   */
  nested?: boolean
  /** The weights of the combined score: numbers of 0 or more, not all 0. @default { recency: 1, frequency: 1, monetary: 1 } */
  weights?: { readonly recency?: number; readonly frequency?: number; readonly monetary?: number }
  /** The names of the segments: five rows by recency score, from 1, of five by frequency score. */
  segments?: readonly (readonly string[])[]
}

// ---- score

/**
 * How the values of a behaviour come to lie between 0 and 1: (v − min) / (max − min); 1 / (1 + e^−z) of the standard score z; the
 * share of customers below; or the value itself.
 */
export type Normaliser = 'min_max' | 'z_score' | 'percentile' | 'none'

/** One behaviour of a loyalty score. */
export interface Behaviour {
  /** Its name, unlike the others'. */
  readonly name: string
  /** How much it counts, 0 or more; only proportions matter. */
  readonly weight: number
  /** How it comes to lie between 0 and 1. @default 'min_max' */
  readonly normaliser?: Normaliser
  /** Whether less is more loyal, as with days since the last purchase. @default false */
  readonly inverted?: boolean
}

/** Names for stretches of a score, which belongs to the tier whose place is the number of thresholds that it reaches. */
export interface Tiers {
  /** The names, the lowest first: one more than thresholds, all different. */
  readonly names: readonly string[]
  /** The scores at which the next tier begins, ascending. */
  readonly thresholds: NumberColumn
}

/** Options of {@link LoyaltyScore}: `behaviours` or a `preset` must be given. */
export interface LoyaltyScoreOptions {
  /** What the score is made of: the columns of the data, in their order. @default [] */
  behaviours?: readonly Behaviour[]
  /**
   * Behaviours by name: purchase, usage and feedback with weights 0.4, 0.4 and 0.2; or purchase frequency, purchase amount,
   * interaction and feedback with equal weights.
   */
  preset?: 'purchase_usage_feedback' | 'c_score'
  /** The tiers. @default { names: ['low', 'medium', 'high'], thresholds: [30, 60] } */
  tiers?: Tiers
  /** What to do where a customer lacks a behaviour: throw, or divide the weights of the others by their sum. @default 'error' */
  missing?: 'error' | 'renormalise'
}

// ---- customers

/** A moment: a Date, milliseconds since 1970 UTC (microseconds as their fraction), or microseconds as a BigInt. */
export type Moment = Date | number | bigint

/**
 * A column of moments, as Dates, milliseconds since 1970 UTC or microseconds (BigInts), all equal; `null`, NaN and an invalid
 * Date are missing ones. A BigInt64Array of microseconds is read where it is.
 */
export type MomentColumn = BigInt64Array | NumberColumn | readonly (Moment | null)[]

/**
 * A column of ids: texts, or whole numbers, all of one type; `null` is a missing one. Numbers are at most 2^53 - 1, BigInts
 * at most 2^63 - 1. A BigInt64Array is read where it is.
 */
export type IdColumn =
  | readonly (string | null | undefined)[]
  | readonly (number | null | undefined)[]
  | readonly (bigint | null | undefined)[]
  | Int32Array
  | BigInt64Array
  | Float64Array
  | Int8Array
  | Uint8Array
  | Uint8ClampedArray
  | Int16Array
  | Uint16Array
  | Uint32Array
  | BigUint64Array

/** Ids of an answer, of the kind of the log's. */
export type CustomerIds = string[] | number[] | Int32Array | BigInt64Array

/** An order log by columns, one value a row, in any order. */
export interface OrderLog {
  /** Whose row it is. */
  readonly customer: IdColumn
  /** When. */
  readonly time: MomentColumn
  /** How much money, in any one currency; negative for a refund. */
  readonly amount: NumberColumn
  /** Which order of the customer it is a line of; `null` makes the row an order of its own, as does no such column. */
  readonly order?: IdColumn
}

/** Options of {@link summarize} and {@link Accumulator}. */
export interface SummaryOptions extends ThreadOptions {
  /** In what period of the calendar several orders of a customer are one purchase; weeks begin on Monday. @default 'day' */
  period?: 'none' | 'day' | 'week' | 'month'
  /** The time zone whose calendar bounds days, weeks and months, such as 'Europe/Berlin'; UTC if null. @default null */
  tz?: string | null
  /** What negative amounts do: lower the total without being a purchase, nothing, or throw. @default 'net' */
  refunds?: 'net' | 'ignore' | 'refuse'
  /** What rows with a null id, a null time or an amount that is not finite do: throw, or not count. @default 'error' */
  onInvalid?: 'error' | 'drop'
  /** The unit of `tX` and `t`; a month is 365.25/12 days. @default 'day' */
  timeUnit?: 'hour' | 'day' | 'week' | 'month' | 'year'
  /** The moment of the summary; the latest time of the log if left out. */
  asOf?: Moment
}

// ---- scorecard

/** An order log with, where the caller has them, how much was used and how it was liked. */
export interface RatedOrderLog extends OrderLog {
  /** Amount of use (visits, minutes, points collected), summed over a customer's rows; `null` where unknown. */
  readonly usage?: NumberColumn
  /** Rating, averaged over the rows of a customer that have one; higher is better, `null` where unknown. */
  readonly feedback?: NumberColumn
}

/** Options of {@link Scorecard}: every choice between an order log and its scores. */
export interface ScorecardOptions extends ThreadOptions {
  /** How far ahead churn and value look, in days: a customer churns who buys nothing for so long. @default 180 */
  horizonDays?: number
  /** The moment of the fit; the latest order of the log if left out. */
  asOf?: Moment
  /** Which purchases of one customer merge into one. @default 'day' */
  period?: 'none' | 'day' | 'week' | 'month'
  /** The time zone whose calendar bounds these periods; UTC if null. @default null */
  tz?: string | null
  /** What negative amounts do: lower the total without being a purchase, nothing, or throw. @default 'net' */
  refunds?: 'net' | 'ignore' | 'refuse'
  /** What rows with a null id, a null time or an amount that is not finite do: throw, or not count. @default 'error' */
  onInvalid?: 'error' | 'drop'
  /** The RFM score. */
  rfm?: RfmOptions
  /** What stands for money in it: the sum of a customer's amounts, or their mean a purchase. @default 'total' */
  monetary?: 'total' | 'mean'
  /** How behaviours become comparable in the loyalty score. @default 'percentile' */
  normaliser?: Normaliser
  /** How much each behaviour counts; what is unknown of a customer leaves its weight to the others. */
  weights?: BehaviourWeights
  /** Tiers of the loyalty score. @default { names: ['low', 'medium', 'high'], thresholds: [30, 60] } */
  tiers?: Tiers
  /** The churn model. */
  churn?: Omit<LogisticChurnOptions, 'sampleWeight' | 'featureNames' | 'nThreads'>
  /** The share of customers held out to check the churn model before it is fitted to all; 0 for no check. @default 0.25 */
  holdoutShare?: number
  /** Levels of churn risk by probability. @default { names: ['low', 'medium', 'high'], thresholds: [1 / 3, 2 / 3] } */
  risks?: Tiers
  /** How the number of clusters is chosen; seed and threads are those of the plan. */
  clusters?: Omit<ChooseKOptions, 'sampleWeight' | 'featureNames' | 'nThreads'>
  /** Discount rate a year, above −1. @default 0.1 */
  discountRate?: number
  /** The share of the amounts that is profit. @default 1 */
  margin?: number
  /** The rule table: the first rule that matches tier and risk gives the action. Every pair must have a rule. */
  actions?: readonly Rule[]
  /** Seed of the holdout, the clusters and the silhouette's sample. @default 0 */
  seed?: number | bigint
}

/** How much each behaviour counts in a scorecard's loyalty score. */
export interface BehaviourWeights {
  /** Days since the last purchase, fewer is better. @default 0.4 / 3 */
  recencyDays?: number
  /** Number of purchases. @default 0.4 / 3 */
  nPurchases?: number
  /** Sum of amounts. @default 0.4 / 3 */
  totalAmount?: number
  /** Amount of use. @default 0.4 */
  usage?: number
  /** Mean rating. @default 0.2 */
  feedback?: number
}

/** A row of the rule table; without a tier it is for all of them, without a risk likewise. */
export interface Rule {
  /** The loyalty tier it is for. */
  tier?: string | null
  /** The churn risk it is for. */
  risk?: string | null
  /** What to do. */
  action: string
}

/** Options of {@link Scorecard.score}. */
export interface ScoringOptions extends ThreadOptions {
  /** The moment of scoring; the latest order of the log if left out. */
  asOf?: Moment
}

// ---- clv

/** One number for all customers, or one a customer. */
export type NumberOrColumn = number | NumberColumn

/** A number if every argument is one number, which stands for all customers; else a column with one a customer. */
export type NumberLike<A, B = number, C = number> = A extends number
  ? B extends number
    ? C extends number
      ? number
      : Float64Array
    : Float64Array
  : Float64Array

/** What customers cost. */
export interface CostOptions {
  /** Money to serve the customer in each period: for all, or one row a customer and one column a period. @default 0 */
  cost?: number | Matrix
  /** Money to win the customer, today and once: for all, or one a customer. @default 0 */
  acquisitionCost?: NumberOrColumn
}

/** Options of {@link clv.discounted}. */
export interface DiscountedOptions extends CostOptions {
  /** The rate r per period, above −1: 0.1 for 10 %. */
  discountRate: number
  /**
   * When in its period a flow falls due: t, t − ½ or t − 1 periods away. A number says how many periods the first flow is away,
   * between −10⁶ and 10⁶, and each further one a period more: `'end'` is 1. @default 'end'
   */
  timing?: 'end' | 'mid' | 'start' | number
}

/** The terms of {@link clv.marginMultiple}. */
export interface RetentionTerms {
  /** The rate d per period, above −1: 0.1 for 10 %. */
  discountRate: number
  /** How many margins a customer may bring, at least 1; Infinity is no limit. @default Infinity */
  horizon?: number
  /**
   * When the first margin comes: after one period, if the customer is still there, or now, for certain.
   * @default 'next_period'
   */
  firstMargin?: 'next_period' | 'now'
}

/** Options of {@link clv.retention}. */
export interface RetentionOptions<C extends NumberOrColumn = NumberOrColumn> extends RetentionTerms {
  /** Money to win the customer, today and once: for all, or one a customer. @default 0 */
  acquisitionCost?: C
}

// ---- metrics

/** A class of rows. */
export type ClassLabel = string | number | boolean

/** One class a row: whole numbers, as an array or a typed array such as `KMeans#labels`, texts or booleans. */
export type ClassColumn =
  | readonly string[]
  | readonly (number | boolean)[]
  | Int8Array
  | Uint8Array
  | Uint8ClampedArray
  | Int16Array
  | Uint16Array
  | Int32Array
  | Uint32Array
  | Float32Array
  | Float64Array

/** Which class is the positive one. */
export interface PositiveOptions {
  /** The positive class, of any two; if left out it is `true` or 1, and the other one must be `false` or 0. */
  posLabel?: ClassLabel
}

/** Options of {@link metrics.calibration}. */
export interface CalibrationOptions extends PositiveOptions {
  /**
   * Bins of equal width over [0, 1], or with about the same number of rows: the edges are quantiles of the probabilities.
   * @default 'uniform'
   */
  strategy?: 'uniform' | 'quantile'
}

/** Options of {@link metrics.trainTestSplit} and {@link metrics.kFolds}. */
export interface SplitOptions {
  /** The class of each row, of any kind, if each class is to be split in the same proportion. */
  stratify?: ClassColumn
  /** The seed of the random choices. @default 0 */
  seed?: number | bigint
}

export interface Folds extends Iterable<Split> {}

// ---- model

/** A fitted model of any kind. */
export type AnyModel =
  | Rfm
  | LoyaltyScore
  | LogisticChurn
  | KMeans
  | StandardScaler
  | MinMaxScaler
  | Scorecard

