//! Scores against outcomes: how well the order of the scores tells positives from negatives.
//!
//! Rows of equal score have no order among themselves. They are always taken together, so that no figure depends on the
//! order of the rows.

use super::{BINS, check_rows, share};
use crate::check;
use crate::error::{Error, Result};
use crate::numeric::moments::{Sum, Weights};

/// The receiver operating characteristic: one point for each threshold, from the highest down.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct RocCurve {
    /// The share of the negatives with a score at or above the threshold.
    pub fpr: Vec<f64>,
    /// The share of the positives with a score at or above the threshold.
    pub tpr: Vec<f64>,
    /// The thresholds: infinity, then every distinct score, descending.
    pub thresholds: Vec<f64>,
}

/// Precision against recall: one point for each threshold, from the lowest up.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct PrecisionRecallCurve {
    /// The share of positives among the rows with a score at or above the threshold; at last 1.
    pub precision: Vec<f64>,
    /// The share of the positives with a score at or above the threshold; at last 0.
    pub recall: Vec<f64>,
    /// Every distinct score, ascending; one fewer than points.
    pub thresholds: Vec<f64>,
}

/// The gains curve: who is reached by taking customers in order of score, highest first.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct CumulativeGains {
    /// The share of the customers taken, from 0 to 1: one point for each distinct score after the first.
    pub customers: Vec<f64>,
    /// The share of the positives among those taken, from 0 to 1.
    pub positives: Vec<f64>,
}

/// One bin of a lift table.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct LiftBin {
    /// The bin's number, from 1 for the highest scores.
    pub bin: usize,
    /// The number of customers in it.
    pub count: usize,
    /// The number of positives among them.
    pub positives: usize,
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

/// The area under the receiver operating characteristic: the chance that a random positive scores above a random negative,
/// ties counting one half.
///
/// AUC = Σᵢ Σⱼ wᵢ·wⱼ·(\[sᵢ > sⱼ\] + ½·\[sᵢ = sⱼ\]) / (Σᵢ wᵢ · Σⱼ wⱼ), with i over the positives and j over the negatives
///
/// `truth` says which rows are positive; `score` is any finite number, the higher the more likely positive. The answer is 1
/// for a perfect ranking, ½ for one by chance, 0 for an inverted one. Time grows as n·log n.
///
/// # Errors
/// No row; lengths that differ; a score that is not finite; [`Error::Degenerate`] if a class has no weight.
///
/// Source: Hanley and McNeil (1982), Radiology 143(1), 29–36.
///
/// ```
/// use loyalty_core::metrics::roc_auc;
/// assert_eq!(roc_auc(&[false, false, true, true], &[0.1, 0.4, 0.35, 0.8], None)?, 0.75);
/// # Ok::<(), loyalty_core::Error>(())
/// ```
pub fn roc_auc(truth: &[bool], score: &[f64], sample_weight: Option<&[f64]>) -> Result<f64> {
    let steps = checked_steps(truth, score, sample_weight)?;
    let (positives, negatives) = both_classes(&steps)?;
    let mut before = 0.0;
    let mut area = Sum::default();
    for step in &steps {
        area.add(step.own_negatives * (before + 0.5 * step.own_positives));
        before = step.positives;
    }
    Ok((area.value() / (positives * negatives)).min(1.0))
}

/// The receiver operating characteristic, a point for each distinct score.
///
/// fpr(t) = Σ w over negatives with score ≥ t / Σ w over negatives; tpr(t) the same over positives
///
/// `truth` says which rows are positive; `score` is any finite number. The curve runs from (0, 0) at threshold infinity to
/// (1, 1); no point is left out, as with scikit-learn's `drop_intermediate=False`.
///
/// # Errors
/// As [`roc_auc`].
///
/// ```
/// use loyalty_core::metrics::roc_curve;
/// let curve = roc_curve(&[false, true, true], &[0.2, 0.2, 0.9], None)?;
/// assert_eq!(curve.fpr, [0.0, 0.0, 1.0]);
/// assert_eq!(curve.tpr, [0.0, 0.5, 1.0]);
/// assert_eq!(curve.thresholds, [f64::INFINITY, 0.9, 0.2]);
/// # Ok::<(), loyalty_core::Error>(())
/// ```
pub fn roc_curve(truth: &[bool], score: &[f64], sample_weight: Option<&[f64]>) -> Result<RocCurve> {
    let steps = checked_steps(truth, score, sample_weight)?;
    let (positives, negatives) = both_classes(&steps)?;
    let after = |first: f64, point: &dyn Fn(&Step) -> f64| {
        std::iter::once(first).chain(steps.iter().map(point)).collect()
    };
    Ok(RocCurve {
        fpr: after(0.0, &|step| step.negatives / negatives),
        tpr: after(0.0, &|step| step.positives / positives),
        thresholds: after(f64::INFINITY, &|step| step.score),
    })
}

/// Precision and recall for each distinct score as threshold.
///
/// precision(t) = TP / (TP + FP) and recall(t) = TP / P over the rows with score ≥ t
///
/// `truth` says which rows are positive; `score` is any finite number. The points follow the ascending thresholds and end
/// with (precision 1, recall 0), as scikit-learn's.
///
/// # Errors
/// No row; lengths that differ; a score that is not finite; [`Error::Degenerate`] if no positive has weight.
///
/// ```
/// use loyalty_core::metrics::precision_recall_curve;
/// let curve = precision_recall_curve(&[false, true, true], &[0.2, 0.5, 0.9], None)?;
/// assert_eq!(curve.recall, [1.0, 1.0, 0.5, 0.0]);
/// assert_eq!(curve.precision[1..], [1.0, 1.0, 1.0]);
/// # Ok::<(), loyalty_core::Error>(())
/// ```
pub fn precision_recall_curve(
    truth: &[bool],
    score: &[f64],
    sample_weight: Option<&[f64]>,
) -> Result<PrecisionRecallCurve> {
    let steps = checked_steps(truth, score, sample_weight)?;
    let positives = all_positives(&steps)?;
    let ascending = || steps.iter().rev();
    Ok(PrecisionRecallCurve {
        precision: ascending().map(Step::precision).chain([1.0]).collect(),
        recall: ascending().map(|step| step.positives / positives).chain([0.0]).collect(),
        thresholds: ascending().map(|step| step.score).collect(),
    })
}

/// The average precision: the area of the steps under the precision–recall curve.
///
/// AP = Σₖ (Rₖ − Rₖ₋₁)·Pₖ over the distinct scores, descending, with recall R and precision P
///
/// `truth` says which rows are positive; `score` is any finite number. The answer is 1 for a perfect ranking and near the
/// share of positives for one by chance.
///
/// # Errors
/// As [`precision_recall_curve`].
///
/// ```
/// use loyalty_core::metrics::average_precision;
/// let precision = average_precision(&[false, false, true, true], &[0.1, 0.4, 0.35, 0.8], None)?;
/// assert!((precision - 5.0 / 6.0).abs() < 1e-15);
/// # Ok::<(), loyalty_core::Error>(())
/// ```
pub fn average_precision(truth: &[bool], score: &[f64], sample_weight: Option<&[f64]>) -> Result<f64> {
    let steps = checked_steps(truth, score, sample_weight)?;
    let positives = all_positives(&steps)?;
    let area: Sum = steps.iter().map(|step| step.own_positives * step.precision()).collect();
    Ok((area.value() / positives).min(1.0))
}

/// The share of positives reached against the share of customers taken, highest score first.
///
/// `truth` says which customers are positive; `score` is any finite number. The points run from (0, 0) to (1, 1), one for
/// each distinct score; customers of equal score are taken together, and the straight line between two points is what
/// taking them in random order gives on average.
///
/// # Errors
/// No row; lengths that differ; a score that is not finite; [`Error::Degenerate`] if there is no positive.
///
/// ```
/// use loyalty_core::metrics::cumulative_gains;
/// let gains = cumulative_gains(&[true, true, false, false], &[0.9, 0.4, 0.4, 0.1])?;
/// assert_eq!(gains.customers, [0.0, 0.25, 0.75, 1.0]);
/// assert_eq!(gains.positives, [0.0, 0.5, 1.0, 1.0]);
/// # Ok::<(), loyalty_core::Error>(())
/// ```
pub fn cumulative_gains(truth: &[bool], score: &[f64]) -> Result<CumulativeGains> {
    let steps = checked_steps(truth, score, None)?;
    let positives = all_positives(&steps)?;
    let customers = truth.len() as f64;
    Ok(CumulativeGains {
        customers: std::iter::once(0.0).chain(steps.iter().map(|s| s.rows() / customers)).collect(),
        positives: std::iter::once(0.0).chain(steps.iter().map(|s| s.positives / positives)).collect(),
    })
}

/// The lift table: customers in `n_bins` bins by descending score, and how rich in positives each bin is.
///
/// bin = 1 + ⌊n_bins · (customers with a higher score) / n⌋; lift = rate of the bin / rate of all
///
/// `truth` says which customers are positive; `score` is any finite number; `n_bins` is 1 to 10,000, 10 for deciles.
/// Customers of equal score share a bin, that of the best placed among them; bins that stay empty are left out. Without ties
/// the bins' sizes differ by one at most.
///
/// # Errors
/// As [`cumulative_gains`]; `n_bins` out of range.
///
/// ```
/// use loyalty_core::metrics::lift;
/// let table = lift(&[true, true, false, false], &[0.9, 0.8, 0.4, 0.1], 2)?;
/// assert_eq!((table[0].lift, table[1].lift), (2.0, 0.0));
/// # Ok::<(), loyalty_core::Error>(())
/// ```
pub fn lift(truth: &[bool], score: &[f64], n_bins: usize) -> Result<Vec<LiftBin>> {
    check::count_within("n_bins", n_bins, BINS)?;
    let steps = checked_steps(truth, score, None)?;
    let positives = all_positives(&steps)?;
    let customers = truth.len() as f64;

    let bin_of = |step: &Step| {
        let above = (step.rows() - step.own_positives - step.own_negatives) as u128;
        (above * n_bins as u128 / truth.len() as u128) as usize
    };
    let mut table = Vec::new();
    let (mut rows_before, mut positives_before) = (0.0, 0.0);
    for bin in steps.chunk_by(|a, b| bin_of(a) == bin_of(b)) {
        let (Some(first), Some(last)) = (bin.first(), bin.last()) else { continue };
        let (count, own) = (last.rows() - rows_before, last.positives - positives_before);
        let (cumulative_customers, cumulative_positives) =
            (last.rows() / customers, last.positives / positives);
        table.push(LiftBin {
            bin: bin_of(first) + 1,
            count: count as usize,
            positives: own as usize,
            lowest_score: last.score,
            highest_score: first.score,
            rate: own / count,
            lift: (own / positives) / (count / customers),
            cumulative_customers,
            cumulative_positives,
            cumulative_lift: cumulative_positives / cumulative_customers,
        });
        (rows_before, positives_before) = (last.rows(), last.positives);
    }
    Ok(table)
}

/// What one distinct score adds, and what has a score at or above it.
struct Step {
    score: f64,
    own_positives: f64,
    own_negatives: f64,
    positives: f64,
    negatives: f64,
}

impl Step {
    fn rows(&self) -> f64 {
        self.positives + self.negatives
    }

    fn precision(&self) -> f64 {
        share(self.positives, self.rows())
    }
}

/// The steps of all distinct scores, descending; rows without weight are left out, as in scikit-learn.
fn checked_steps(truth: &[bool], score: &[f64], sample_weight: Option<&[f64]>) -> Result<Vec<Step>> {
    check_rows(truth.len(), "score", score.len())?;
    check::finite_vector("score", score)?;
    let weights = Weights::new(sample_weight, truth.len())?;

    let mut order: Vec<usize> = (0..truth.len()).filter(|&row| weights.of(row) > 0.0).collect();
    // Equal scores in row order: the bits of their sums are then not a matter of how the sort works.
    order.sort_unstable_by(|&a, &b| score[b].total_cmp(&score[a]).then(a.cmp(&b)));
    let weight_of = |rows: &[usize], class: bool| -> f64 {
        rows.iter().filter(|&&row| truth[row] == class).map(|&row| weights.of(row)).collect::<Sum>().value()
    };
    let (mut positives, mut negatives) = (Sum::default(), Sum::default());
    let steps = order.chunk_by(|&a, &b| score[a] == score[b]).map(|rows| {
        let (own_positives, own_negatives) = (weight_of(rows, true), weight_of(rows, false));
        positives.add(own_positives);
        negatives.add(own_negatives);
        Step {
            score: score[rows[0]],
            own_positives,
            own_negatives,
            positives: positives.value(),
            negatives: negatives.value(),
        }
    });
    Ok(steps.collect())
}

fn all_positives(steps: &[Step]) -> Result<f64> {
    match steps.last() {
        Some(last) if last.positives > 0.0 => Ok(last.positives),
        _ => one_class("no positive row"),
    }
}

fn both_classes(steps: &[Step]) -> Result<(f64, f64)> {
    let positives = all_positives(steps)?;
    match steps.last() {
        Some(last) if last.negatives > 0.0 => Ok((positives, last.negatives)),
        _ => one_class("no negative row"),
    }
}

fn one_class<T>(lacking: &str) -> Result<T> {
    let reason =
        format!("there is {lacking} (of weight above 0); the figure compares positive and negative rows");
    Err(Error::Degenerate { name: "truth".into(), reason: reason.into() })
}
