//! Scores against outcomes: how well the order of the scores tells positives from negatives.

use super::{counted, only_pos_label, weighed};
use crate::convert::count;
use crate::error::guarded;
use loyalty_core::metrics;
use napi::Env;
use napi::bindgen_prelude::{Float64Array, Unknown};
use napi_derive::napi;

/// The receiver operating characteristic: one point for each threshold, from the highest down.
#[napi(object, object_from_js = false)]
pub struct RocCurve {
    /// The share of the negatives with a score at or above the threshold.
    pub fpr: Float64Array,
    /// The share of the positives with a score at or above the threshold.
    pub tpr: Float64Array,
    /// Infinity, then every distinct score, descending.
    pub thresholds: Float64Array,
}

/// Precision against recall: one point for each threshold, from the lowest up.
#[napi(object, object_from_js = false)]
pub struct PrecisionRecallCurve {
    /// The share of positives among the rows with a score at or above the threshold; at last 1.
    pub precision: Float64Array,
    /// The share of the positives with a score at or above the threshold; at last 0.
    pub recall: Float64Array,
    /// Every distinct score, ascending; one fewer than points.
    pub thresholds: Float64Array,
}

/// The gains curve: who is reached by taking customers in order of score, highest first.
#[napi(object, object_from_js = false)]
pub struct CumulativeGains {
    /// The share of the customers taken, from 0 to 1: one point for each distinct score after the first.
    pub customers: Float64Array,
    /// The share of the positives among those taken, from 0 to 1.
    pub positives: Float64Array,
}

/// One bin of a lift table.
#[napi(object, object_from_js = false)]
pub struct LiftBin {
    /// The bin's number, from 1 for the highest scores.
    pub bin: f64,
    /// The number of customers in it.
    pub count: f64,
    /// The number of positives among them.
    pub positives: f64,
    /// Their lowest score.
    pub lowest_score: f64,
    /// Their highest score.
    pub highest_score: f64,
    /// The share of positives among them.
    pub rate: f64,
    /// `rate` over the share of positives among all customers.
    pub lift: f64,
    /// The share of all customers in this bin or a higher one.
    pub cumulative_customers: f64,
    /// The share of all positives in this bin or a higher one.
    pub cumulative_positives: f64,
    /// The rate of this and all higher bins together over the share of positives among all customers.
    pub cumulative_lift: f64,
}

impl From<&metrics::LiftBin> for LiftBin {
    fn from(bin: &metrics::LiftBin) -> Self {
        Self {
            bin: bin.bin as f64,
            count: bin.count as f64,
            positives: bin.positives as f64,
            lowest_score: bin.lowest_score,
            highest_score: bin.highest_score,
            rate: bin.rate,
            lift: bin.lift,
            cumulative_customers: bin.cumulative_customers,
            cumulative_positives: bin.cumulative_positives,
            cumulative_lift: bin.cumulative_lift,
        }
    }
}

/// The area under the receiver operating characteristic: 1 for a perfect ranking, ½ for one by chance, 0 for an inverted one.
///
/// It is the chance that a random positive scores above a random negative, ties counting one half:
/// AUC = Σᵢ Σⱼ wᵢ·wⱼ·([sᵢ > sⱼ] + ½·[sᵢ = sⱼ]) / (Σᵢ wᵢ · Σⱼ wⱼ), with i over the positives and j over the negatives. Time
/// grows as n·log n.
///
/// Source: Hanley and McNeil (1982), Radiology 143(1), 29–36.
///
/// @param truth Which rows are positive: booleans, 0/1, or any two classes with `posLabel`.
/// @param score Any finite numbers, the higher the more likely positive.
/// @throws {LoyaltyError} no row; lengths that differ; more than two classes, or what is none; a score that is not finite;
/// DEGENERATE if a class has no weight
/// @example
/// ```js
/// metrics.rocAuc([false, false, true, true], [0.1, 0.4, 0.35, 0.8]) // 0.75
/// metrics.rocAuc(['stays', 'stays', 'left', 'left'], [0.1, 0.4, 0.35, 0.8], { posLabel: 'left' }) // 0.75
/// ```
#[napi(
    namespace = "metrics",
    ts_args_type = "truth: ClassColumn, score: NumberColumn, options?: WeightOptions & PositiveOptions"
)]
pub fn roc_auc(env: &Env, truth: Unknown<'_>, score: Unknown<'_>, options: Unknown<'_>) -> napi::Result<f64> {
    weighed(env, truth, ("score", score), options, metrics::roc_auc)
}

/// The receiver operating characteristic, a point for each distinct score.
///
/// fpr(t) = Σ w over negatives with score ≥ t / Σ w over negatives; tpr(t) the same over positives. The curve runs from
/// (0, 0) at threshold infinity to (1, 1); no point is left out, as with scikit-learn's `drop_intermediate=False`.
///
/// @param truth Which rows are positive: booleans, 0/1, or any two classes with `posLabel`.
/// @param score Any finite numbers, the higher the more likely positive.
/// @throws {LoyaltyError} as {@link rocAuc}
/// @example
/// ```js
/// const { fpr, tpr, thresholds } = metrics.rocCurve([false, true, true], [0.2, 0.2, 0.9])
/// tpr // Float64Array [ 0, 0.5, 1 ]
/// ```
#[napi(
    namespace = "metrics",
    ts_args_type = "truth: ClassColumn, score: NumberColumn, options?: WeightOptions & PositiveOptions"
)]
pub fn roc_curve(
    env: &Env,
    truth: Unknown<'_>,
    score: Unknown<'_>,
    options: Unknown<'_>,
) -> napi::Result<RocCurve> {
    let curve = weighed(env, truth, ("score", score), options, metrics::roc_curve)?;
    Ok(RocCurve { fpr: curve.fpr.into(), tpr: curve.tpr.into(), thresholds: curve.thresholds.into() })
}

/// Precision against recall, a point for each distinct score.
///
/// precision(t) = Σ w over positives with score ≥ t / Σ w over all rows with score ≥ t; recall(t) = the same sum over the
/// weight of all positives. The curve ends with precision 1 at recall 0, as scikit-learn's.
///
/// @param truth Which rows are positive: booleans, 0/1, or any two classes with `posLabel`.
/// @param score Any finite numbers, the higher the more likely positive.
/// @throws {LoyaltyError} no row; lengths that differ; more than two classes, or what is none; a score that is not finite;
/// DEGENERATE if no positive has weight
/// @example
/// ```js
/// metrics.precisionRecallCurve([false, true, true], [0.2, 0.5, 0.9]).recall // Float64Array [ 1, 1, 0.5, 0 ]
/// ```
#[napi(
    namespace = "metrics",
    ts_args_type = "truth: ClassColumn, score: NumberColumn, options?: WeightOptions & PositiveOptions"
)]
pub fn precision_recall_curve(
    env: &Env,
    truth: Unknown<'_>,
    score: Unknown<'_>,
    options: Unknown<'_>,
) -> napi::Result<PrecisionRecallCurve> {
    let curve = weighed(env, truth, ("score", score), options, metrics::precision_recall_curve)?;
    let (precision, recall) = (curve.precision.into(), curve.recall.into());
    Ok(PrecisionRecallCurve { precision, recall, thresholds: curve.thresholds.into() })
}

/// The average precision, the area of the steps under the precision–recall curve: 1 for a perfect ranking, near the share of
/// positives for one by chance.
///
/// AP = Σₖ (Rₖ − Rₖ₋₁)·Pₖ over the distinct scores, descending, with recall R and precision P.
///
/// @param truth Which rows are positive: booleans, 0/1, or any two classes with `posLabel`.
/// @param score Any finite numbers, the higher the more likely positive.
/// @throws {LoyaltyError} as {@link precisionRecallCurve}
/// @example
/// ```js
/// metrics.averagePrecision([false, false, true, true], [0.1, 0.4, 0.35, 0.8]) // 0.8333…
/// ```
#[napi(
    namespace = "metrics",
    ts_args_type = "truth: ClassColumn, score: NumberColumn, options?: WeightOptions & PositiveOptions"
)]
pub fn average_precision(
    env: &Env,
    truth: Unknown<'_>,
    score: Unknown<'_>,
    options: Unknown<'_>,
) -> napi::Result<f64> {
    weighed(env, truth, ("score", score), options, metrics::average_precision)
}

/// The share of positives reached against the share of customers taken, highest score first.
///
/// The points run from (0, 0) to (1, 1), one for each distinct score; customers of equal score are taken together, and the
/// straight line between two points is what taking them in random order gives on average.
///
/// @param truth Which rows are positive: booleans, 0/1, or any two classes with `posLabel`.
/// @param score Any finite numbers, the higher the more likely positive.
/// @throws {LoyaltyError} no row; lengths that differ; more than two classes, or what is none; a score that is not finite;
/// DEGENERATE if there is no positive
/// @example
/// ```js
/// metrics.cumulativeGains([true, true, false, false], [0.9, 0.4, 0.4, 0.1]).positives // Float64Array [ 0, 0.5, 1, 1 ]
/// ```
#[napi(
    namespace = "metrics",
    ts_args_type = "truth: ClassColumn, score: NumberColumn, options?: PositiveOptions"
)]
pub fn cumulative_gains(
    env: &Env,
    truth: Unknown<'_>,
    score: Unknown<'_>,
    options: Unknown<'_>,
) -> napi::Result<CumulativeGains> {
    guarded(env, || {
        let positive = only_pos_label(options)?;
        let gains = counted(truth, ("score", score), &positive, metrics::cumulative_gains)?;
        Ok(CumulativeGains { customers: gains.customers.into(), positives: gains.positives.into() })
    })
}

/// The lift table: customers in `nBins` bins by descending score, and how rich in positives each bin is.
///
/// bin = 1 + ⌊nBins · (customers with a higher score) / n⌋; lift = rate of the bin / rate of all. Customers of equal score
/// share a bin, that of the best placed among them; bins that stay empty are left out. Without ties the bins' sizes differ by
/// one at most.
///
/// @param truth Which rows are positive: booleans, 0/1, or any two classes with `posLabel`.
/// @param score Any finite numbers, the higher the more likely positive.
/// @param nBins The number of bins, 1 to 10,000; 10 for deciles.
/// @throws {LoyaltyError} as {@link cumulativeGains}; INVALID_PARAMETER for `nBins` out of range
/// @example
/// ```js
/// metrics.lift([true, true, false, false], [0.9, 0.8, 0.4, 0.1], 2).map((bin) => bin.lift) // [ 2, 0 ]
/// ```
#[napi(
    namespace = "metrics",
    ts_args_type = "truth: ClassColumn, score: NumberColumn, nBins: number, options?: PositiveOptions"
)]
pub fn lift(
    env: &Env,
    truth: Unknown<'_>,
    score: Unknown<'_>,
    n_bins: Unknown<'_>,
    options: Unknown<'_>,
) -> napi::Result<Vec<LiftBin>> {
    guarded(env, || {
        let (positive, n_bins) = (only_pos_label(options)?, count("nBins", n_bins)?);
        let judge = |truth: &[bool], score: &[f64]| metrics::lift(truth, score, n_bins);
        Ok(counted(truth, ("score", score), &positive, judge)?.iter().map(LiftBin::from).collect())
    })
}
