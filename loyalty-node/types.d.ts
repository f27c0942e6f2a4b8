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
  /** Stops the work, within 50 ms, and rejects the promise with an AbortError. */
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

// ---- scaling

// ---- rfm

// ---- score

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

// ---- clv

// ---- metrics

// ---- model

