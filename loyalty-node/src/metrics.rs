//! Evaluation: how good classes, rankings, probabilities and clusters are, and the splits to judge them on.

mod classes;

use crate::convert::{
    DenseMatrix, Floats, Matrix, count, matrix, number, optional_view, sample_weight, whole,
};
use crate::error::{Failure, Fallible, guarded};
use crate::options::Options;
use crate::task::{self, Control, refuse_control};
use classes::{Classes, Column, Label, PosLabel, encoded};
use loyalty_core::metrics::{self, BinStrategy};
use loyalty_core::monitor::Monitor;
use loyalty_core::{Error, Result};
use napi::Env;
use napi::bindgen_prelude::{Float64Array, Object, ObjectFinalize, Uint32Array, Unknown};
use napi_derive::napi;

/// Counts of rows by true and predicted class.
#[napi(object, object_from_js = false)]
pub struct ConfusionMatrix {
    /// The classes that occur among the true or the predicted, ascending, as they were given.
    #[napi(ts_type = "ClassLabel[]")]
    pub labels: Vec<Label>,
    /// In row i and column j the number of rows, or their weight, of true class `labels[i]` and predicted `labels[j]`.
    pub counts: DenseMatrix,
}

/// Precision, recall and F1 of each class and over all.
#[napi(object, object_from_js = false)]
pub struct ClassificationReport {
    /// One entry a class that occurs among the true or the predicted, ascending.
    pub classes: Vec<ClassReport>,
    /// The share of rows predicted right. It is also the micro average of precision, of recall and of F1.
    pub accuracy: f64,
    /// The plain means over the classes.
    pub macro_average: Averages,
    /// The means over the classes, weighted by their support.
    pub weighted_average: Averages,
}

/// One class against all others.
#[napi(object, object_from_js = false)]
pub struct ClassReport {
    /// The class, as it was given.
    #[napi(ts_type = "ClassLabel")]
    pub label: Label,
    /// The share of this class among the rows predicted to be of it; 0 if there are none.
    pub precision: f64,
    /// The share of the rows of this class that were predicted so; 0 if there are none.
    pub recall: f64,
    /// The harmonic mean of precision and recall; 0 if both are.
    pub f1: f64,
    /// The number of rows, or their weight, of this class.
    pub support: f64,
}

/// Means over classes.
#[napi(object, object_from_js = false)]
pub struct Averages {
    /// Mean precision.
    pub precision: f64,
    /// Mean recall.
    pub recall: f64,
    /// Mean F1.
    pub f1: f64,
}

impl From<metrics::Averages> for Averages {
    fn from(averages: metrics::Averages) -> Self {
        Self { precision: averages.precision, recall: averages.recall, f1: averages.f1 }
    }
}

/// The four counts of a yes-or-no prediction and what is made of them.
#[napi(object, object_from_js = false)]
pub struct BinaryReport {
    /// Rows, or their weight, that are positive and were predicted so.
    pub true_positives: f64,
    /// Those that are negative but were predicted positive.
    pub false_positives: f64,
    /// Those that are positive but were predicted negative.
    pub false_negatives: f64,
    /// Those that are negative and were predicted so.
    pub true_negatives: f64,
    /// The share of rows predicted right.
    pub accuracy: f64,
    /// The share of true positives among the predicted positives; 0 if there are none.
    pub precision: f64,
    /// The share of the positives that were predicted so; 0 if there are none.
    pub recall: f64,
    /// The share of the negatives that were predicted so; 0 if there are none.
    pub specificity: f64,
    /// The harmonic mean of precision and recall; 0 if both are.
    pub f1: f64,
}

impl From<metrics::BinaryReport> for BinaryReport {
    fn from(report: metrics::BinaryReport) -> Self {
        Self {
            true_positives: report.true_positives,
            false_positives: report.false_positives,
            false_negatives: report.false_negatives,
            true_negatives: report.true_negatives,
            accuracy: report.accuracy,
            precision: report.precision,
            recall: report.recall,
            specificity: report.specificity,
            f1: report.f1,
        }
    }
}

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

/// How predicted probabilities agree with observed rates, by bins of the probability.
#[napi(object, object_from_js = false)]
pub struct Calibration {
    /// The bins that hold a row, ascending.
    pub bins: Vec<CalibrationBin>,
    /// The mean over all rows of their bin's distance between mean probability and observed rate.
    pub expected_calibration_error: f64,
}

/// The rows whose probability lies above `lower` and not above `upper`; the lowest bin includes its lower edge.
#[napi(object, object_from_js = false)]
pub struct CalibrationBin {
    /// The lower edge.
    pub lower: f64,
    /// The upper edge.
    pub upper: f64,
    /// The number of rows.
    pub count: f64,
    /// The mean of their probabilities.
    pub mean_predicted: f64,
    /// The share of positives among them.
    pub observed_rate: f64,
}

impl From<&metrics::Calibration> for Calibration {
    fn from(calibration: &metrics::Calibration) -> Self {
        let bin = |bin: &metrics::CalibrationBin| CalibrationBin {
            lower: bin.lower,
            upper: bin.upper,
            count: bin.count as f64,
            mean_predicted: bin.mean_predicted,
            observed_rate: bin.observed_rate,
        };
        Self {
            bins: calibration.bins.iter().map(bin).collect(),
            expected_calibration_error: calibration.expected_calibration_error,
        }
    }
}

/// Row numbers to train on and to test on, each ascending; every row is in one of the two.
#[napi(object, object_from_js = false)]
pub struct Split {
    /// The rows to fit to.
    pub train: Uint32Array,
    /// The rows to judge by.
    pub test: Uint32Array,
}

impl From<metrics::Split> for Split {
    fn from(split: metrics::Split) -> Self {
        let rows = |rows: Vec<usize>| rows.into_iter().map(|row| row as u32).collect::<Vec<_>>().into();
        Self { train: rows(split.train), test: rows(split.test) }
    }
}

/// Folds of rows, to be iterated: for each the split that tests on it and trains on the others, made when it is asked for.
///
/// @example
/// ```js
/// for (const { train, test } of metrics.kFolds(10, 3, { seed: 7 })) console.log(train.length, test.length)
/// ```
#[napi(custom_finalize)]
pub struct Folds(metrics::Folds);

impl Folds {
    /// The folds of the rows, which are the bulk of it, are made known to the garbage collector.
    fn new(env: &Env, folds: metrics::Folds) -> Fallible<Self> {
        env.adjust_external_memory(size_of_val(folds.fold_of_row()) as i64)?;
        Ok(Self(folds))
    }
}

impl ObjectFinalize for Folds {
    fn finalize(self, env: Env) -> napi::Result<()> {
        env.adjust_external_memory(-(size_of_val(self.0.fold_of_row()) as i64)).map(drop)
    }
}

#[napi]
impl Folds {
    /// How many folds there are.
    #[napi(getter)]
    pub fn n_splits(&self) -> f64 {
        self.0.n_splits() as f64
    }

    /// The fold of each row, below `nSplits`: the one split whose test part it is in.
    #[napi(getter)]
    pub fn fold_of_row(&self) -> Uint32Array {
        self.0.fold_of_row().to_vec().into()
    }

    /// The split that tests on the fold of this index, from 0.
    ///
    /// @throws {LoyaltyError} INVALID_PARAMETER for an index past the last fold
    #[napi(ts_args_type = "index: number")]
    pub fn split(&self, env: &Env, index: Unknown<'_>) -> napi::Result<Split> {
        guarded(env, || Ok(self.0.split(count("index", index)?)?.into()))
    }
}

/// True and predicted classes.
struct Classified<'env> {
    classes: Classes,
    truth: Vec<u32>,
    predicted: Vec<u32>,
    weights: Option<Floats<'env>>,
}

impl<'env> Classified<'env> {
    fn new(truth: Unknown<'_>, predicted: Unknown<'_>, options: Unknown<'env>) -> Fallible<Self> {
        let mut options = Options::new("options", options)?;
        let weights = sample_weight(options.take("sampleWeight"))?;
        options.finish()?;
        let (truth, predicted) = (Column::new("truth", truth)?, Column::new("predicted", predicted)?);
        let (classes, [truth, predicted]) = encoded([&truth, &predicted])?;
        Ok(Self { classes, truth, predicted, weights })
    }

    /// What the core's function makes of them.
    fn judged<T>(&self, judge: impl FnOnce(&[u32], &[u32], Option<&[f64]>) -> Result<T>) -> Fallible<T> {
        let weights = optional_view(self.weights.as_ref())?;
        Ok(judge(&self.truth, &self.predicted, weights.as_deref())?)
    }
}

/// What the core's function makes of outcomes and of the scores or probabilities in the argument `name`, with weights.
fn weighed<T>(
    env: &Env,
    truth: Unknown<'_>,
    (name, predicted): (&str, Unknown<'_>),
    options: Unknown<'_>,
    judge: impl FnOnce(&[bool], &[f64], Option<&[f64]>) -> Result<T>,
) -> napi::Result<T> {
    guarded(env, || {
        let mut options = Options::new("options", options)?;
        let weights = sample_weight(options.take("sampleWeight"))?;
        let positive = PosLabel::new(options.take("posLabel"))?;
        options.finish()?;
        let [truth] = positive.answers([&Column::new("truth", truth)?])?;
        let predicted = Floats::new(name, predicted)?;
        let (predicted, weights) = (predicted.view()?, optional_view(weights.as_ref())?);
        Ok(judge(&truth, &predicted, weights.as_deref())?)
    })
}

/// The same without weights, the rest of the options being read already.
fn counted<T>(
    truth: Unknown<'_>,
    (name, predicted): (&str, Unknown<'_>),
    positive: &PosLabel,
    judge: impl FnOnce(&[bool], &[f64]) -> Result<T>,
) -> Fallible<T> {
    let [truth] = positive.answers([&Column::new("truth", truth)?])?;
    let predicted = Floats::new(name, predicted)?;
    Ok(judge(&truth, &predicted.view()?)?)
}

/// The positive class, where that is the only option.
fn only_pos_label(options: Unknown<'_>) -> Fallible<PosLabel> {
    let mut options = Options::new("options", options)?;
    let positive = PosLabel::new(options.take("posLabel"))?;
    options.finish()?;
    Ok(positive)
}

/// The share of rows predicted right, within [0, 1].
///
/// accuracy = Σ wᵢ·[truthᵢ = predictedᵢ] / Σ wᵢ
///
/// @param truth The class of each row, of any kind.
/// @param predicted The predicted ones.
/// @throws {LoyaltyError} no row; lengths that differ; what is no class; weights that are no weights
/// @example
/// ```js
/// metrics.accuracy(['low', 'mid', 'high', 'high'], ['low', 'mid', 'mid', 'high']) // 0.75
/// ```
#[napi(
    namespace = "metrics",
    ts_args_type = "truth: ClassColumn, predicted: ClassColumn, options?: WeightOptions"
)]
pub fn accuracy(
    env: &Env,
    truth: Unknown<'_>,
    predicted: Unknown<'_>,
    options: Unknown<'_>,
) -> napi::Result<f64> {
    guarded(env, || Classified::new(truth, predicted, options)?.judged(metrics::accuracy))
}

/// Counts rows by true class (rows of the matrix) and predicted class (columns).
///
/// @param truth The class of each row, of any kind; at most 4,096 different ones.
/// @param predicted The predicted ones.
/// @throws {LoyaltyError} no row; lengths that differ; what is no class; too many classes; weights that are no weights
/// @example
/// ```js
/// const { labels, counts } = metrics.confusionMatrix([7, 7, 9], [7, 9, 9])
/// labels // [ 7, 9 ]
/// counts.data // Float64Array [ 1, 1, 0, 1 ]
/// ```
#[napi(
    namespace = "metrics",
    ts_args_type = "truth: ClassColumn, predicted: ClassColumn, options?: WeightOptions"
)]
pub fn confusion_matrix(
    env: &Env,
    truth: Unknown<'_>,
    predicted: Unknown<'_>,
    options: Unknown<'_>,
) -> napi::Result<ConfusionMatrix> {
    guarded(env, || {
        let given = Classified::new(truth, predicted, options)?;
        let found = given.judged(metrics::confusion_matrix)?;
        let labels = found.labels.iter().map(|&code| given.classes.label(code)).collect();
        Ok(ConfusionMatrix { labels, counts: found.counts.into() })
    })
}

/// Precision, recall, F1 and support of each class, their averages, and the accuracy.
///
/// precision = TP / (TP + FP), recall = TP / (TP + FN), F1 = 2·TP / (2·TP + FP + FN), each 0 where it would be 0/0, as is
/// scikit-learn's default.
///
/// @param truth The class of each row, of any kind.
/// @param predicted The predicted ones.
/// @throws {LoyaltyError} as {@link accuracy}
/// @example
/// ```js
/// const { classes } = metrics.classificationReport(['no', 'no', 'yes', 'yes'], ['no', 'yes', 'yes', 'yes'])
/// classes[0].label // 'no'
/// classes[0].recall // 0.5
/// ```
#[napi(
    namespace = "metrics",
    ts_args_type = "truth: ClassColumn, predicted: ClassColumn, options?: WeightOptions"
)]
pub fn classification_report(
    env: &Env,
    truth: Unknown<'_>,
    predicted: Unknown<'_>,
    options: Unknown<'_>,
) -> napi::Result<ClassificationReport> {
    guarded(env, || {
        let given = Classified::new(truth, predicted, options)?;
        let found = given.judged(metrics::classification_report)?;
        let class = |class: &metrics::ClassReport| ClassReport {
            label: given.classes.label(class.label),
            precision: class.precision,
            recall: class.recall,
            f1: class.f1,
            support: class.support,
        };
        Ok(ClassificationReport {
            classes: found.classes.iter().map(class).collect(),
            accuracy: found.accuracy,
            macro_average: found.macro_average.into(),
            weighted_average: found.weighted_average.into(),
        })
    })
}

/// The four counts of a yes-or-no prediction, with accuracy, precision, recall, specificity and F1.
///
/// The formulas are those of {@link classificationReport} for the positive class; specificity = TN / (TN + FP).
///
/// @param truth Which rows are positive: booleans, 0/1, or any two classes with `posLabel`.
/// @param predicted Which were predicted so, in the same classes.
/// @throws {LoyaltyError} no row; lengths that differ; more than two classes, or what is none; weights that are no weights
/// @example
/// ```js
/// const { precision, recall } = metrics.binaryReport([true, true, false, false], [true, false, false, false]) // 1, 0.5
/// ```
#[napi(
    namespace = "metrics",
    ts_args_type = "truth: ClassColumn, predicted: ClassColumn, options?: WeightOptions & PositiveOptions"
)]
pub fn binary_report(
    env: &Env,
    truth: Unknown<'_>,
    predicted: Unknown<'_>,
    options: Unknown<'_>,
) -> napi::Result<BinaryReport> {
    guarded(env, || {
        let mut options = Options::new("options", options)?;
        let weights = sample_weight(options.take("sampleWeight"))?;
        let positive = PosLabel::new(options.take("posLabel"))?;
        options.finish()?;
        let (truth, predicted) = (Column::new("truth", truth)?, Column::new("predicted", predicted)?);
        let [truth, predicted] = positive.answers([&truth, &predicted])?;
        let weights = optional_view(weights.as_ref())?;
        Ok(metrics::binary_report(&truth, &predicted, weights.as_deref())?.into())
    })
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

/// The mean negative log-likelihood of the outcomes: 0 or more, in nats, the lower the better.
///
/// −Σ wᵢ·ln qᵢ / Σ wᵢ, where qᵢ is the probability given to what happened, clipped to [ε, 1 − ε] with ε = 2⁻⁵² as scikit-learn
/// does: a sure and wrong prediction costs 36.04, not infinity. Outcomes of one class are no error.
///
/// @param truth What happened: booleans, 0/1, or any two classes with `posLabel`.
/// @param probability The predicted probability of the positive class, within [0, 1].
/// @throws {LoyaltyError} no row; lengths that differ; more than two classes, or what is none; a probability outside [0, 1];
/// weights that are no weights
/// @example
/// ```js
/// metrics.logLoss([true, false], [0.8, 0.5]) // 0.458145…
/// ```
#[napi(
    namespace = "metrics",
    ts_args_type = "truth: ClassColumn, probability: NumberColumn, options?: WeightOptions & PositiveOptions"
)]
pub fn log_loss(
    env: &Env,
    truth: Unknown<'_>,
    probability: Unknown<'_>,
    options: Unknown<'_>,
) -> napi::Result<f64> {
    weighed(env, truth, ("probability", probability), options, metrics::log_loss)
}

/// The Brier score, the mean squared distance between probability and outcome: within [0, 1], the lower the better.
///
/// Σ wᵢ·(pᵢ − yᵢ)² / Σ wᵢ, with y = 1 for a positive and 0 for a negative row.
///
/// Source: Brier (1950), Monthly Weather Review 78(1), 1–3, in its usual form for two classes, half of Brier's own.
///
/// @param truth What happened: booleans, 0/1, or any two classes with `posLabel`.
/// @param probability The predicted probability of the positive class, within [0, 1].
/// @throws {LoyaltyError} as {@link logLoss}
/// @example
/// ```js
/// metrics.brier([true, false], [0.5, 0.25]) // 0.15625
/// ```
#[napi(
    namespace = "metrics",
    ts_args_type = "truth: ClassColumn, probability: NumberColumn, options?: WeightOptions & PositiveOptions"
)]
pub fn brier(
    env: &Env,
    truth: Unknown<'_>,
    probability: Unknown<'_>,
    options: Unknown<'_>,
) -> napi::Result<f64> {
    weighed(env, truth, ("probability", probability), options, metrics::brier)
}

/// The parameters of [`calibration`].
#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Binning {
    #[serde(default)]
    strategy: BinStrategy,
}

/// Mean probability against observed rate, bin by bin, and the expected calibration error.
///
/// ECE = Σ_b (n_b / n) · |mean probability_b − observed rate_b|. The edges and the rows of each bin are those of
/// scikit-learn's `calibration_curve`: a probability on an edge belongs to the bin below it. Bins without rows are left out;
/// with quantiles, many equal probabilities make fewer bins.
///
/// Source: Naeini, Cooper and Hauskrecht (2015), AAAI 29, 2901–2907, equation 3, with the mean over all rows.
///
/// @param truth What happened: booleans, 0/1, or any two classes with `posLabel`.
/// @param probability The predicted probability of the positive class, within [0, 1].
/// @param nBins The number of bins, 1 to 10,000.
/// @throws {LoyaltyError} as {@link logLoss}; INVALID_PARAMETER for `nBins` out of range
/// @example
/// ```js
/// const { bins } = metrics.calibration([false, true, true], [0.2, 0.6, 0.8], 2)
/// bins.map((bin) => bin.observedRate) // [ 0, 1 ]
/// ```
#[napi(
    namespace = "metrics",
    ts_args_type = "truth: ClassColumn, probability: NumberColumn, nBins: number, options?: CalibrationOptions"
)]
pub fn calibration(
    env: &Env,
    truth: Unknown<'_>,
    probability: Unknown<'_>,
    n_bins: Unknown<'_>,
    options: Unknown<'_>,
) -> napi::Result<Calibration> {
    guarded(env, || {
        let mut options = Options::new("options", options)?;
        let positive = PosLabel::new(options.take("posLabel"))?;
        let (Binning { strategy }, n_bins) = (options.specification()?, count("nBins", n_bins)?);
        let judge = |truth: &[bool], chance: &[f64]| metrics::calibration(truth, chance, n_bins, strategy);
        Ok(Calibration::from(&counted(truth, ("probability", probability), &positive, judge)?))
    })
}

/// Rows and the cluster of each.
fn clustering<'env>(x: Unknown<'env>, labels: Unknown<'env>) -> Fallible<(Matrix<'env>, Vec<u32>)> {
    let (_, [labels]) = encoded([&Column::new("labels", labels)?])?;
    Ok((matrix("x", x)?, labels))
}

/// The mean silhouette of all rows, the silhouette score of a clustering: within [−1, 1], the higher the better.
///
/// Source: Rousseeuw (1987), Journal of Computational and Applied Mathematics 20, 53–65.
///
/// @param x Finite numbers, one row a customer.
/// @param labels The cluster of each row, of any kind; at least 2 and at most n − 1 different ones.
/// @throws {LoyaltyError} SHAPE_MISMATCH if the lengths differ; NON_FINITE; DEGENERATE for too few or too many clusters
/// @example
/// ```js
/// metrics.silhouette([[0], [1], [5], [6]], ['a', 'a', 'b', 'b']) // 0.798…
/// ```
#[napi(namespace = "metrics", ts_args_type = "x: Matrix, labels: ClassColumn, options?: ThreadOptions")]
pub fn silhouette(env: &Env, x: Unknown<'_>, labels: Unknown<'_>, options: Unknown<'_>) -> napi::Result<f64> {
    guarded(env, || {
        let mut options = Options::new("options", options)?;
        refuse_control(&mut options)?;
        let n_threads = options.take_n_threads()?;
        options.finish()?;
        let (x, labels) = clustering(x, labels)?;
        let x = x.view()?;
        Ok(metrics::silhouette(x.array()?, &labels, n_threads, &mut Monitor::silent())?)
    })
}

/// As {@link silhouette}, on threads of its own.
///
/// @param x Finite numbers, one row a customer.
/// @param labels The cluster of each row, of any kind; at least 2 and at most n − 1 different ones.
/// @throws {LoyaltyError} SHAPE_MISMATCH if the lengths differ; NON_FINITE; DEGENERATE for too few or too many clusters
#[napi(
    namespace = "metrics",
    ts_args_type = "x: Matrix, labels: ClassColumn, options?: ThreadOptions & TaskOptions",
    ts_return_type = "Promise<number>"
)]
pub fn silhouette_async<'env>(
    env: &'env Env,
    x: Unknown<'env>,
    labels: Unknown<'env>,
    options: Unknown<'env>,
) -> napi::Result<Object<'env>> {
    task::start(env, || {
        let mut options = Options::new("options", options)?;
        let control = Control::take(&mut options)?;
        let n_threads = options.take_n_threads()?;
        options.finish()?;
        let (x, labels) = clustering(x, labels)?;
        let x = x.copied()?;
        let work =
            move |monitor: &mut Monitor<'_>| metrics::silhouette(x.view(), &labels, n_threads, monitor);
        Ok((control, work, |_: &Env, found| Ok(found)))
    })
}

/// The silhouette of each row, within [−1, 1]: how much nearer it is to its own cluster than to the next one.
///
/// s = (b − a) / max(a, b), where a is the mean Euclidean distance to the other rows of the row's own cluster and b the mean
/// distance to the rows of that other cluster where it is least. A row alone in its cluster has s = 0, as has one with
/// a = b = 0. The time is proportional to n²·d; no more than the rows themselves is held in memory.
///
/// Source: Rousseeuw (1987), Journal of Computational and Applied Mathematics 20, 53–65, equations 1 and 2.
///
/// @param x Finite numbers, one row a customer.
/// @param labels The cluster of each row, of any kind; at least 2 and at most n − 1 different ones.
/// @throws {LoyaltyError} SHAPE_MISMATCH if the lengths differ; NON_FINITE; DEGENERATE for too few or too many clusters
/// @example
/// ```js
/// metrics.silhouetteSamples([[0], [1], [5]], [0, 0, 1]) // Float64Array [ 0.8, 0.75, 0 ]
/// ```
#[napi(namespace = "metrics", ts_args_type = "x: Matrix, labels: ClassColumn, options?: ThreadOptions")]
pub fn silhouette_samples(
    env: &Env,
    x: Unknown<'_>,
    labels: Unknown<'_>,
    options: Unknown<'_>,
) -> napi::Result<Float64Array> {
    guarded(env, || {
        let mut options = Options::new("options", options)?;
        refuse_control(&mut options)?;
        let n_threads = options.take_n_threads()?;
        options.finish()?;
        let (x, labels) = clustering(x, labels)?;
        let x = x.view()?;
        Ok(metrics::silhouette_samples(x.array()?, &labels, n_threads, &mut Monitor::silent())?.into())
    })
}

/// As {@link silhouetteSamples}, on threads of its own.
///
/// @param x Finite numbers, one row a customer.
/// @param labels The cluster of each row, of any kind; at least 2 and at most n − 1 different ones.
/// @throws {LoyaltyError} SHAPE_MISMATCH if the lengths differ; NON_FINITE; DEGENERATE for too few or too many clusters
#[napi(
    namespace = "metrics",
    ts_args_type = "x: Matrix, labels: ClassColumn, options?: ThreadOptions & TaskOptions",
    ts_return_type = "Promise<Float64Array>"
)]
pub fn silhouette_samples_async<'env>(
    env: &'env Env,
    x: Unknown<'env>,
    labels: Unknown<'env>,
    options: Unknown<'env>,
) -> napi::Result<Object<'env>> {
    task::start(env, || {
        let mut options = Options::new("options", options)?;
        let control = Control::take(&mut options)?;
        let n_threads = options.take_n_threads()?;
        options.finish()?;
        let (x, labels) = clustering(x, labels)?;
        let x = x.copied()?;
        let work = move |monitor: &mut Monitor<'_>| {
            metrics::silhouette_samples(x.view(), &labels, n_threads, monitor)
        };
        Ok((control, work, |_: &Env, found| Ok(Float64Array::from(found))))
    })
}

/// The Davies–Bouldin index, how wide clusters are for the distance between them, each at its worst neighbour: 0 or more, the
/// lower the better.
///
/// (1/k)·Σᵢ max_{j≠i} (sᵢ + sⱼ) / dᵢⱼ, with s the mean distance of a cluster's rows to their centroid and d the distance of two
/// centroids. It does not change if all data are shifted or multiplied. Clusters whose centroids coincide do not count against
/// each other, as in scikit-learn.
///
/// Source: Davies and Bouldin (1979), IEEE Transactions on Pattern Analysis and Machine Intelligence 1(2), 224–227.
///
/// @param x Finite numbers, one row a customer.
/// @param labels The cluster of each row, of any kind; at least 2 and at most n − 1 different ones.
/// @throws {LoyaltyError} SHAPE_MISMATCH if the lengths differ; NON_FINITE; DEGENERATE for too few or too many clusters
/// @example
/// ```js
/// metrics.daviesBouldin([[0, 1], [1, 1], [3, 4]], [0, 0, 1]) // 0.128036…
/// ```
#[napi(namespace = "metrics", ts_args_type = "x: Matrix, labels: ClassColumn")]
pub fn davies_bouldin(env: &Env, x: Unknown<'_>, labels: Unknown<'_>) -> napi::Result<f64> {
    guarded(env, || {
        let (x, labels) = clustering(x, labels)?;
        Ok(metrics::davies_bouldin(x.view()?.array()?, &labels)?)
    })
}

/// The Caliński–Harabasz index or variance ratio, how far apart clusters are for their width: 0 or more, the higher the better;
/// 1 if no cluster has any width, as in scikit-learn.
///
/// (Σₖ nₖ·‖cₖ − c‖² / (k − 1)) / (Σᵢ ‖xᵢ − c_{label i}‖² / (n − k)), with cₖ the centroids and c the mean of all rows.
/// It does not change if all data are shifted or multiplied.
///
/// Source: Caliński and Harabasz (1974), Communications in Statistics 3(1), 1–27.
///
/// @param x Finite numbers, one row a customer.
/// @param labels The cluster of each row, of any kind; at least 2 and at most n − 1 different ones.
/// @throws {LoyaltyError} SHAPE_MISMATCH if the lengths differ; NON_FINITE; DEGENERATE for too few or too many clusters
/// @example
/// ```js
/// metrics.calinskiHarabasz([[0], [2], [10], [12]], [0, 0, 1, 1]) // 50
/// ```
#[napi(namespace = "metrics", ts_args_type = "x: Matrix, labels: ClassColumn")]
pub fn calinski_harabasz(env: &Env, x: Unknown<'_>, labels: Unknown<'_>) -> napi::Result<f64> {
    guarded(env, || {
        let (x, labels) = clustering(x, labels)?;
        Ok(metrics::calinski_harabasz(x.view()?.array()?, &labels)?)
    })
}

/// The options of a split, and its classes as the core takes them.
struct Splitting {
    stratify: Option<(Classes, Vec<u32>)>,
    seed: u64,
}

impl Splitting {
    fn new(options: Unknown<'_>) -> Fallible<Self> {
        let mut options = Options::new("options", options)?;
        let (stratify, seed) = (options.take("stratify"), options.take("seed"));
        options.finish()?;
        let stratify = stratify.map(|classes| {
            let (classes, [codes]) = encoded([&Column::new("stratify", classes)?])?;
            Ok::<_, Failure>((classes, codes))
        });
        // The core has no seed of its own here; 0 is that of its specifications.
        let seed = seed.map_or(Ok(0), |seed| whole("seed", seed))?;
        Ok(Self { stratify: stratify.transpose()?, seed })
    }

    /// What the core's function makes of it; its errors name the classes as the caller has them.
    fn made<T>(&self, make: impl FnOnce(Option<&[u32]>, u64) -> Result<T>) -> Fallible<T> {
        let codes = self.stratify.as_ref().map(|(_, codes)| codes.as_slice());
        Ok(make(codes, self.seed).map_err(|mut error| {
            if let (Error::Degenerate { reason, .. }, Some((classes, _))) = (&mut error, &self.stratify)
                && let Some((code, rest)) =
                    reason.strip_prefix("class ").and_then(|rest| rest.split_once(' '))
                && let Ok(code) = code.parse()
            {
                *reason = format!("class {} {rest}", classes.text(code)).into();
            }
            error
        })?)
    }
}

/// Splits rows at random into a training and a test part.
///
/// The test part has ⌈testShare · nRows⌉ rows. With `stratify` each class is split in the same proportion: the parts of a row
/// that the classes are owed go to those with the largest remainders (ties to the lower label). The same seed gives the same
/// split on every machine, in Rust and in Python.
///
/// @param nRows The number of rows, 2 to 10⁹.
/// @param testShare The share of the test part, above 0 and below 1.
/// @throws {LoyaltyError} fewer than 2 rows, or more than there is memory for; a share that is out of range or leaves no row to
/// train; with `stratify`: a length other than `nRows`, DEGENERATE for a class of a single row, or fewer rows in a part than
/// there are classes
/// @example
/// ```js
/// const churned = [true, false, false, false, true, false, false, false]
/// const { train, test } = metrics.trainTestSplit(8, 0.25, { stratify: churned, seed: 7 })
/// test.length // 2
/// ```
#[napi(namespace = "metrics", ts_args_type = "nRows: number, testShare: number, options?: SplitOptions")]
pub fn train_test_split(
    env: &Env,
    n_rows: Unknown<'_>,
    test_share: Unknown<'_>,
    options: Unknown<'_>,
) -> napi::Result<Split> {
    guarded(env, || {
        let (n_rows, test_share) = (count("nRows", n_rows)?, number("testShare", test_share)?);
        let split =
            |classes: Option<&[u32]>, seed| metrics::train_test_split(n_rows, test_share, classes, seed);
        Ok(Splitting::new(options)?.made(split)?.into())
    })
}

/// Splits rows at random into `nSplits` folds, to test on each in turn and train on the others.
///
/// The folds' sizes differ by one at most. With `stratify` so do the numbers of each class in the folds; a class with fewer
/// rows than folds is missing from some. The same seed gives the same folds on every machine, in Rust and in Python.
///
/// @param nRows The number of rows, 2 to 10⁹.
/// @param nSplits The number of folds, at least 2 and at most `nRows`.
/// @throws {LoyaltyError} fewer than 2 rows, or more than there is memory for; `nSplits` out of range; with `stratify`: a
/// length other than `nRows`, or DEGENERATE if every class has fewer than `nSplits` rows, as in scikit-learn
/// @example
/// ```js
/// for (const { train, test } of metrics.kFolds(10, 3, { seed: 7 })) console.log(train.length, test.length) // 6 4, 7 3, 7 3
/// ```
#[napi(namespace = "metrics", ts_args_type = "nRows: number, nSplits: number, options?: SplitOptions")]
pub fn k_folds(
    env: &Env,
    n_rows: Unknown<'_>,
    n_splits: Unknown<'_>,
    options: Unknown<'_>,
) -> napi::Result<Folds> {
    guarded(env, || {
        let (n_rows, n_splits) = (count("nRows", n_rows)?, count("nSplits", n_splits)?);
        let folds = |classes: Option<&[u32]>, seed| metrics::k_folds(n_rows, n_splits, classes, seed);
        Folds::new(env, Splitting::new(options)?.made(folds)?)
    })
}
