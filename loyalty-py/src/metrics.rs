//! Evaluation.

use crate::convert::{Matrix, Vector, array, optional, slice, specification};
use crate::error::guarded;
use crate::monitor::{Listener, run};
use loyalty_core::metrics::{self, BinStrategy};
use numpy::{PyArray1, PyArray2};
use pyo3::prelude::*;

type Floats<'py> = Bound<'py, PyArray1<f64>>;
type Counts<'py> = Bound<'py, PyArray1<u64>>;
type Rows<'py> = Bound<'py, PyArray1<u64>>;

/// The classes, and the counts of each pair of true and predicted class.
type Confusion<'py> = (Bound<'py, PyArray1<u32>>, Bound<'py, PyArray2<f64>>);

/// Precision, recall, F1.
type Averages = (f64, f64, f64);

/// Each function of one figure from truth, prediction and weights.
macro_rules! figures {
    ($($name:ident($truth:ty, $predicted:ty);)*) => {$(
        #[pyfunction]
        pub(crate) fn $name(
            py: Python<'_>,
            truth: Vector<'_, $truth>,
            predicted: Vector<'_, $predicted>,
            sample_weight: Option<Vector<'_>>,
        ) -> PyResult<f64> {
            guarded(py, || {
                let (truth, predicted) = (slice(&truth)?, slice(&predicted)?);
                let weights = optional(sample_weight.as_ref())?;
                run(py, None, |_| metrics::$name(truth, predicted, weights))
            })
        }
    )*};
}
figures! {
    accuracy(u32, u32);
    roc_auc(bool, f64);
    average_precision(bool, f64);
    log_loss(bool, f64);
    brier(bool, f64);
}

#[pyfunction]
pub(crate) fn confusion_matrix<'py>(
    py: Python<'py>,
    truth: Vector<'py, u32>,
    predicted: Vector<'py, u32>,
    sample_weight: Option<Vector<'py>>,
) -> PyResult<Confusion<'py>> {
    guarded(py, || {
        let (truth, predicted) = (slice(&truth)?, slice(&predicted)?);
        let weights = optional(sample_weight.as_ref())?;
        let found = run(py, None, |_| metrics::confusion_matrix(truth, predicted, weights))?;
        Ok((array(py, found.labels), crate::convert::matrix(py, found.counts)))
    })
}

/// Label, precision, recall, F1 and support of a class.
type ClassReport = (u32, f64, f64, f64, f64);

#[pyfunction]
pub(crate) fn classification_report(
    py: Python<'_>,
    truth: Vector<'_, u32>,
    predicted: Vector<'_, u32>,
    sample_weight: Option<Vector<'_>>,
) -> PyResult<(Vec<ClassReport>, f64, Averages, Averages)> {
    guarded(py, || {
        let (truth, predicted) = (slice(&truth)?, slice(&predicted)?);
        let weights = optional(sample_weight.as_ref())?;
        let found = run(py, None, |_| metrics::classification_report(truth, predicted, weights))?;
        let classes =
            found.classes.iter().map(|c| (c.label, c.precision, c.recall, c.f1, c.support)).collect();
        let averages = |a: metrics::Averages| (a.precision, a.recall, a.f1);
        Ok((classes, found.accuracy, averages(found.macro_average), averages(found.weighted_average)))
    })
}

/// The four counts of a two-class confusion, then accuracy, precision, recall, specificity and F1.
type BinaryReport = (f64, f64, f64, f64, f64, f64, f64, f64, f64);

#[pyfunction]
pub(crate) fn binary_report(
    py: Python<'_>,
    truth: Vector<'_, bool>,
    predicted: Vector<'_, bool>,
    sample_weight: Option<Vector<'_>>,
) -> PyResult<BinaryReport> {
    guarded(py, || {
        let (truth, predicted) = (slice(&truth)?, slice(&predicted)?);
        let weights = optional(sample_weight.as_ref())?;
        let r = run(py, None, |_| metrics::binary_report(truth, predicted, weights))?;
        Ok((
            r.true_positives,
            r.false_positives,
            r.false_negatives,
            r.true_negatives,
            r.accuracy,
            r.precision,
            r.recall,
            r.specificity,
            r.f1,
        ))
    })
}

#[pyfunction]
pub(crate) fn roc_curve<'py>(
    py: Python<'py>,
    truth: Vector<'py, bool>,
    score: Vector<'py>,
    sample_weight: Option<Vector<'py>>,
) -> PyResult<(Floats<'py>, Floats<'py>, Floats<'py>)> {
    guarded(py, || {
        let (truth, score, weights) = (slice(&truth)?, slice(&score)?, optional(sample_weight.as_ref())?);
        let curve = run(py, None, |_| metrics::roc_curve(truth, score, weights))?;
        Ok((array(py, curve.fpr), array(py, curve.tpr), array(py, curve.thresholds)))
    })
}

#[pyfunction]
pub(crate) fn precision_recall_curve<'py>(
    py: Python<'py>,
    truth: Vector<'py, bool>,
    score: Vector<'py>,
    sample_weight: Option<Vector<'py>>,
) -> PyResult<(Floats<'py>, Floats<'py>, Floats<'py>)> {
    guarded(py, || {
        let (truth, score, weights) = (slice(&truth)?, slice(&score)?, optional(sample_weight.as_ref())?);
        let curve = run(py, None, |_| metrics::precision_recall_curve(truth, score, weights))?;
        Ok((array(py, curve.precision), array(py, curve.recall), array(py, curve.thresholds)))
    })
}

#[pyfunction]
pub(crate) fn cumulative_gains<'py>(
    py: Python<'py>,
    truth: Vector<'py, bool>,
    score: Vector<'py>,
) -> PyResult<(Floats<'py>, Floats<'py>)> {
    guarded(py, || {
        let (truth, score) = (slice(&truth)?, slice(&score)?);
        let gains = run(py, None, |_| metrics::cumulative_gains(truth, score))?;
        Ok((array(py, gains.customers), array(py, gains.positives)))
    })
}

/// The columns of a lift table: bin, count, positives, lowest and highest score, rate, lift, and the cumulative shares and lift.
type Lift<'py> = (
    Counts<'py>,
    Counts<'py>,
    Counts<'py>,
    Floats<'py>,
    Floats<'py>,
    Floats<'py>,
    Floats<'py>,
    Floats<'py>,
    Floats<'py>,
    Floats<'py>,
);

#[pyfunction]
pub(crate) fn lift<'py>(
    py: Python<'py>,
    truth: Vector<'py, bool>,
    score: Vector<'py>,
    n_bins: usize,
) -> PyResult<Lift<'py>> {
    guarded(py, || {
        let (truth, score) = (slice(&truth)?, slice(&score)?);
        let bins = run(py, None, |_| metrics::lift(truth, score, n_bins))?;
        let counts = |value: fn(&metrics::LiftBin) -> usize| {
            array(py, bins.iter().map(|bin| value(bin) as u64).collect())
        };
        let floats = |value: fn(&metrics::LiftBin) -> f64| array(py, bins.iter().map(value).collect());
        Ok((
            counts(|b| b.bin),
            counts(|b| b.count),
            counts(|b| b.positives),
            floats(|b| b.lowest_score),
            floats(|b| b.highest_score),
            floats(|b| b.rate),
            floats(|b| b.lift),
            floats(|b| b.cumulative_customers),
            floats(|b| b.cumulative_positives),
            floats(|b| b.cumulative_lift),
        ))
    })
}

/// The columns of a calibration table: lower, upper, count, mean predicted, observed rate; and the expected error.
pub(crate) type Calibration<'py> = (Floats<'py>, Floats<'py>, Counts<'py>, Floats<'py>, Floats<'py>, f64);

pub(crate) fn calibration_table<'py>(py: Python<'py>, found: &metrics::Calibration) -> Calibration<'py> {
    let floats =
        |value: fn(&metrics::CalibrationBin) -> f64| array(py, found.bins.iter().map(value).collect());
    (
        floats(|b| b.lower),
        floats(|b| b.upper),
        array(py, found.bins.iter().map(|b| b.count as u64).collect()),
        floats(|b| b.mean_predicted),
        floats(|b| b.observed_rate),
        found.expected_calibration_error,
    )
}

/// The parameters of [`calibration`].
#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Binning {
    #[serde(default)]
    strategy: BinStrategy,
}

#[pyfunction]
pub(crate) fn calibration<'py>(
    py: Python<'py>,
    truth: Vector<'py, bool>,
    probability: Vector<'py>,
    n_bins: usize,
    params: &str,
) -> PyResult<Calibration<'py>> {
    guarded(py, || {
        let (truth, probability) = (slice(&truth)?, slice(&probability)?);
        let Binning { strategy } = specification(py, params)?;
        let found = run(py, None, |_| metrics::calibration(truth, probability, n_bins, strategy))?;
        Ok(calibration_table(py, &found))
    })
}

#[pyfunction]
pub(crate) fn silhouette(
    py: Python<'_>,
    x: Matrix<'_>,
    labels: Vector<'_, u32>,
    n_threads: Option<usize>,
    listener: Listener,
) -> PyResult<f64> {
    guarded(py, || {
        let (x, labels) = (x.as_array(), slice(&labels)?);
        run(py, listener, |monitor| metrics::silhouette(x, labels, n_threads, monitor))
    })
}

#[pyfunction]
pub(crate) fn silhouette_samples<'py>(
    py: Python<'py>,
    x: Matrix<'py>,
    labels: Vector<'py, u32>,
    n_threads: Option<usize>,
    listener: Listener,
) -> PyResult<Floats<'py>> {
    guarded(py, || {
        let (x, labels) = (x.as_array(), slice(&labels)?);
        let each = run(py, listener, |monitor| metrics::silhouette_samples(x, labels, n_threads, monitor))?;
        Ok(array(py, each))
    })
}

#[pyfunction]
pub(crate) fn davies_bouldin(py: Python<'_>, x: Matrix<'_>, labels: Vector<'_, u32>) -> PyResult<f64> {
    guarded(py, || {
        let (x, labels) = (x.as_array(), slice(&labels)?);
        run(py, None, |_| metrics::davies_bouldin(x, labels))
    })
}

#[pyfunction]
pub(crate) fn calinski_harabasz(py: Python<'_>, x: Matrix<'_>, labels: Vector<'_, u32>) -> PyResult<f64> {
    guarded(py, || {
        let (x, labels) = (x.as_array(), slice(&labels)?);
        run(py, None, |_| metrics::calinski_harabasz(x, labels))
    })
}

fn rows(py: Python<'_>, rows: Vec<usize>) -> Rows<'_> {
    array(py, rows.into_iter().map(|row| row as u64).collect())
}

#[pyfunction]
pub(crate) fn train_test_split<'py>(
    py: Python<'py>,
    n_rows: usize,
    test_share: f64,
    stratify: Option<Vector<'py, u32>>,
    seed: u64,
) -> PyResult<(Rows<'py>, Rows<'py>)> {
    guarded(py, || {
        let classes = optional(stratify.as_ref())?;
        let split = run(py, None, |_| metrics::train_test_split(n_rows, test_share, classes, seed))?;
        Ok((rows(py, split.train), rows(py, split.test)))
    })
}

#[pyfunction]
pub(crate) fn k_folds<'py>(
    py: Python<'py>,
    n_rows: usize,
    n_splits: usize,
    stratify: Option<Vector<'py, u32>>,
    seed: u64,
) -> PyResult<Bound<'py, PyArray1<u32>>> {
    guarded(py, || {
        let classes = optional(stratify.as_ref())?;
        let folds = run(py, None, |_| metrics::k_folds(n_rows, n_splits, classes, seed))?;
        Ok(array(py, folds.fold_of_row().to_vec()))
    })
}
