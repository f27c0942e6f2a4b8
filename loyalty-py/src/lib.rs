//! `loyalty._loyalty`: the core for the Python package `loyalty`, which is in `python/loyalty`.
//!
//! A function here converts its arguments, calls the core and converts the answer. What users see, with its defaults and
//! documentation, is the package.

#![forbid(unsafe_code)]

mod churn;
mod clv;
mod columns;
mod convert;
mod customers;
mod error;
mod kmeans;
mod metrics;
mod model;
mod monitor;
mod rfm;
mod scaling;
mod score;
mod scorecard;

use pyo3::prelude::*;

/// The native part of `loyalty`.
// Not declared safe without the global lock: free-threaded interpreters are not among those tested, and switch it on.
#[pymodule(gil_used = true)]
mod _loyalty {
    #[pymodule_export]
    use crate::{
        churn::{FittedLogisticChurn, churn_labels, log_logistic},
        clv::{
            clv_discounted, clv_historic, clv_lifespan, clv_margin_multiple, clv_retention,
            clv_retention_rate, clv_undiscounted,
        },
        columns::Texts,
        customers::{Accumulator, summarize},
        kmeans::{FittedKMeans, choose_k},
        metrics::{
            accuracy, average_precision, binary_report, brier, calibration, calinski_harabasz,
            classification_report, confusion_matrix, cumulative_gains, davies_bouldin, k_folds, lift,
            log_loss, precision_recall_curve, roc_auc, roc_curve, silhouette, silhouette_samples,
            train_test_split,
        },
        model::{default_params, load_model},
        provoke_panic,
        rfm::FittedRfm,
        scaling::{FittedMinMaxScaler, FittedStandardScaler},
        score::{FittedLoyaltyScore, loyalty_score_preset},
        scorecard::{CustomerScore, FittedScorecard},
    };
}

/// Panics, with the interpreter's lock or without: for the tests, which prove that no panic reaches the caller.
#[pyfunction]
fn provoke_panic(py: Python<'_>, detached: bool) -> PyResult<()> {
    #[expect(clippy::panic, reason = "it is the point")]
    fn fall() -> loyalty_core::Result<()> {
        panic!("provoked by a test")
    }
    error::guarded(
        py,
        || {
            if detached { monitor::run(py, None, |_| fall()) } else { convert::core(py, fall()) }
        },
    )
}
