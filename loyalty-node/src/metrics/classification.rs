//! Predicted classes against true ones.

use super::classes::{Classes, Column, Label, PosLabel, encoded};
use crate::convert::{DenseMatrix, Floats, optional_view, sample_weight};
use crate::error::{Fallible, guarded};
use crate::options::Options;
use loyalty_core::Result;
use loyalty_core::metrics;
use napi::Env;
use napi::bindgen_prelude::Unknown;
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
