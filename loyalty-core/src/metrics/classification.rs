//! Predicted classes against true ones.

use super::{check_rows, share};
use crate::error::{Error, Result};
use crate::numeric::moments::{Sum, Weights};
use ndarray::Array2;

/// The classes of a confusion matrix at the most: 4,096² counts take 128 MiB.
const MAX_CLASSES: usize = 4096;

/// Counts of rows by true and predicted class.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct ConfusionMatrix {
    /// The classes that occur among the true or the predicted, ascending.
    pub labels: Vec<u32>,
    /// The number of rows, or their weight, of true class `labels[i]` and predicted class `labels[j]` at `[i, j]`.
    pub counts: Array2<f64>,
}

/// Precision, recall and F1 of each class and over all.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct ClassificationReport {
    /// One entry a class that occurs among the true or the predicted, by ascending label.
    pub classes: Vec<ClassReport>,
    /// The share of rows predicted right. It is also the micro average of precision, of recall and of F1.
    pub accuracy: f64,
    /// The plain means over the classes.
    pub macro_average: Averages,
    /// The means over the classes, weighted by their support.
    pub weighted_average: Averages,
}

/// One class against all others.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct ClassReport {
    /// The class.
    pub label: u32,
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
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct Averages {
    /// Mean precision.
    pub precision: f64,
    /// Mean recall.
    pub recall: f64,
    /// Mean F1.
    pub f1: f64,
}

/// The four counts of a yes-or-no prediction and what is made of them.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
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

/// The share of rows predicted right.
///
/// accuracy = Σ wᵢ·\[truthᵢ = predictedᵢ\] / Σ wᵢ
///
/// `truth` and `predicted` hold one class a row, any number each. The answer lies in [0, 1].
///
/// # Errors
/// No row; lengths that differ; weights that are no weights.
///
/// ```
/// use loyalty_core::metrics::accuracy;
/// assert_eq!(accuracy(&[0, 1, 2, 2], &[0, 1, 1, 2], None)?, 0.75);
/// # Ok::<(), loyalty_core::Error>(())
/// ```
pub fn accuracy(truth: &[u32], predicted: &[u32], sample_weight: Option<&[f64]>) -> Result<f64> {
    check_rows(truth.len(), "predicted", predicted.len())?;
    let weights = Weights::new(sample_weight, truth.len())?;
    let right: Sum = (0..truth.len()).filter(|&i| truth[i] == predicted[i]).map(|i| weights.of(i)).collect();
    let all: Sum = (0..truth.len()).map(|i| weights.of(i)).collect();
    Ok(right.value() / all.value())
}

/// Counts rows by true class (rows of the matrix) and predicted class (columns).
///
/// `truth` and `predicted` hold one class a row, any number each, at most 4,096 different ones.
///
/// # Errors
/// No row; lengths that differ; too many classes; weights that are no weights.
///
/// ```
/// use loyalty_core::{metrics::confusion_matrix, ndarray::array};
/// let matrix = confusion_matrix(&[7, 7, 9], &[7, 9, 9], None)?;
/// assert_eq!(matrix.labels, [7, 9]);
/// assert_eq!(matrix.counts, array![[1.0, 1.0], [0.0, 1.0]]);
/// # Ok::<(), loyalty_core::Error>(())
/// ```
pub fn confusion_matrix(
    truth: &[u32],
    predicted: &[u32],
    sample_weight: Option<&[f64]>,
) -> Result<ConfusionMatrix> {
    check_rows(truth.len(), "predicted", predicted.len())?;
    let weights = Weights::new(sample_weight, truth.len())?;
    let labels = labels(truth, predicted);
    if labels.len() > MAX_CLASSES {
        let reason =
            format!("{} different classes; a confusion matrix holds at most {MAX_CLASSES}", labels.len());
        return Err(Error::Degenerate { name: "truth".into(), reason: reason.into() });
    }
    let mut counts = Array2::from_elem((labels.len(), labels.len()), Sum::default());
    for row in 0..truth.len() {
        counts[[index(&labels, truth[row]), index(&labels, predicted[row])]].add(weights.of(row));
    }
    Ok(ConfusionMatrix { counts: counts.mapv(|count| weights.unscaled(count.value())), labels })
}

/// Precision, recall, F1 and support of each class, their averages, and the accuracy.
///
/// precision = TP / (TP + FP), recall = TP / (TP + FN), F1 = 2·TP / (2·TP + FP + FN), each 0 where it would be 0/0, as
/// is scikit-learn's default.
///
/// `truth` and `predicted` hold one class a row, any number each.
///
/// # Errors
/// No row; lengths that differ; weights that are no weights.
///
/// ```
/// use loyalty_core::metrics::classification_report;
/// let report = classification_report(&[0, 0, 1, 1], &[0, 1, 1, 1], None)?;
/// assert_eq!(report.classes[0].recall, 0.5);
/// assert_eq!(report.macro_average.recall, 0.75);
/// # Ok::<(), loyalty_core::Error>(())
/// ```
pub fn classification_report(
    truth: &[u32],
    predicted: &[u32],
    sample_weight: Option<&[f64]>,
) -> Result<ClassificationReport> {
    check_rows(truth.len(), "predicted", predicted.len())?;
    let weights = Weights::new(sample_weight, truth.len())?;
    let labels = labels(truth, predicted);
    // Of each class: rows predicted right, rows predicted to be of it, rows of it.
    let mut counts = vec![[Sum::default(); 3]; labels.len()];
    for row in 0..truth.len() {
        let (of_truth, of_prediction) = (index(&labels, truth[row]), index(&labels, predicted[row]));
        if of_truth == of_prediction {
            counts[of_truth][0].add(weights.of(row));
        }
        counts[of_prediction][1].add(weights.of(row));
        counts[of_truth][2].add(weights.of(row));
    }

    let classes: Vec<ClassReport> = labels
        .iter()
        .zip(&counts)
        .map(|(&label, counts)| {
            let [right, predicted, support] = counts.map(Sum::value);
            ClassReport {
                label,
                precision: share(right, predicted),
                recall: share(right, support),
                f1: share(2.0 * right, predicted + support),
                support: weights.unscaled(support),
            }
        })
        .collect();
    let sum = |which: usize| counts.iter().map(|counts| counts[which].value()).collect::<Sum>().value();
    Ok(ClassificationReport {
        accuracy: sum(0) / sum(2),
        macro_average: averages(&classes, |_| 1.0),
        weighted_average: averages(&classes, |class| counts[class][2].value()),
        classes,
    })
}

/// The four counts of a yes-or-no prediction, with accuracy, precision, recall, specificity and F1.
///
/// The formulas are those of [`classification_report`] for the class `true`; specificity = TN / (TN + FP).
///
/// `truth` and `predicted` hold one answer a row.
///
/// # Errors
/// No row; lengths that differ; weights that are no weights.
///
/// ```
/// use loyalty_core::metrics::binary_report;
/// let report = binary_report(&[true, true, false, false], &[true, false, false, false], None)?;
/// assert_eq!((report.precision, report.recall, report.specificity), (1.0, 0.5, 1.0));
/// # Ok::<(), loyalty_core::Error>(())
/// ```
pub fn binary_report(
    truth: &[bool],
    predicted: &[bool],
    sample_weight: Option<&[f64]>,
) -> Result<BinaryReport> {
    check_rows(truth.len(), "predicted", predicted.len())?;
    let weights = Weights::new(sample_weight, truth.len())?;
    let count = |t: bool, p: bool| {
        let rows = (0..truth.len()).filter(|&i| (truth[i], predicted[i]) == (t, p));
        rows.map(|i| weights.of(i)).collect::<Sum>().value()
    };
    let (tp, fp, missed, tn) =
        (count(true, true), count(false, true), count(true, false), count(false, false));
    Ok(BinaryReport {
        true_positives: weights.unscaled(tp),
        false_positives: weights.unscaled(fp),
        false_negatives: weights.unscaled(missed),
        true_negatives: weights.unscaled(tn),
        accuracy: share(tp + tn, tp + fp + missed + tn),
        precision: share(tp, tp + fp),
        recall: share(tp, tp + missed),
        specificity: share(tn, tn + fp),
        f1: share(2.0 * tp, 2.0 * tp + fp + missed),
    })
}

/// The classes that occur, ascending.
fn labels(truth: &[u32], predicted: &[u32]) -> Vec<u32> {
    let mut labels = [truth, predicted].concat();
    labels.sort_unstable();
    labels.dedup();
    labels
}

/// Where `label`, which is among them, stands.
fn index(labels: &[u32], label: u32) -> usize {
    labels.partition_point(|&other| other < label)
}

fn averages(classes: &[ClassReport], weight: impl Fn(usize) -> f64) -> Averages {
    let total: Sum = (0..classes.len()).map(&weight).collect();
    let mean = |figure: fn(&ClassReport) -> f64| {
        let sum: Sum = classes.iter().enumerate().map(|(i, class)| weight(i) * figure(class)).collect();
        sum.value() / total.value()
    };
    Averages { precision: mean(|c| c.precision), recall: mean(|c| c.recall), f1: mean(|c| c.f1) }
}
