//! Evaluation: how good classes, rankings, probabilities and clusters are, and the splits to judge them on.
//!
//! Every function takes slices of one value a row and answers without changing them. Where scikit-learn has the figure,
//! the definition is scikit-learn's; where that library answers NaN and warns, the answer here is an error. Sums are
//! compensated, so that the order of the rows does not matter beyond the last digit.
//!
//! `sample_weight` is one weight a row, 0 or more, not all 0; `None` counts each row once. A whole weight is the same as
//! so many copies of the row.

mod classification;
mod clustering;
mod probability;
mod ranking;
mod splits;

pub use crate::numeric::silhouette::{silhouette, silhouette_samples};
pub use classification::{
    Averages, BinaryReport, ClassReport, ClassificationReport, ConfusionMatrix, accuracy, binary_report,
    classification_report, confusion_matrix,
};
pub use clustering::{calinski_harabasz, davies_bouldin};
pub use probability::{BinStrategy, Calibration, CalibrationBin, brier, calibration, log_loss};
pub use ranking::{
    CumulativeGains, LiftBin, PrecisionRecallCurve, RocCurve, average_precision, cumulative_gains, lift,
    precision_recall_curve, roc_auc, roc_curve,
};
pub use splits::{Folds, Split, k_folds, train_test_split};

use crate::check;
use crate::error::Result;
use std::ops::RangeInclusive;

/// How many bins a table may have.
const BINS: RangeInclusive<usize> = 1..=10_000;

/// At least one row, and as many of `name` as of `truth`.
fn check_rows(truth: usize, name: &'static str, rows: usize) -> Result<()> {
    check::at_least_rows("truth", truth, 1)?;
    check::same_rows(name, rows, truth)
}

/// `numerator / denominator`; 0 where that is 0/0.
fn share(numerator: f64, denominator: f64) -> f64 {
    if denominator > 0.0 { numerator / denominator } else { 0.0 }
}
