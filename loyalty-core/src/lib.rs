//! Customer scoring: RFM, loyalty score, lifetime value, churn and segments, with the same bits on every machine.
//!
//! Specification → fitted model: `KMeans::new(5).seed(7).fit(x)?` gives a [`FittedKMeans`](kmeans::FittedKMeans), which
//! predicts. Matrices are [`ndarray`] views with one row a customer. Every failure is an [`Error`] that names the argument,
//! the value and the row. Fitted models are written and read as JSON by [`model`]. Long fits have a `fit_with` form that
//! reports to a [`Monitor`](monitor::Monitor), which may cancel them.
//!
//! | from | to | module |
//! |---|---|---|
//! | an order log | one row a customer | [`customers`] |
//! | customer rows | scores and named segments | [`rfm`] |
//! | behaviours | a weighted loyalty score and tiers | [`score`] |
//! | cash flows, margins, retention | lifetime value | [`clv`] |
//! | features and who churned | churn probabilities | [`churn`] |
//! | features | clusters | [`kmeans`] |
//! | columns | a common scale | [`scaling`] |
//! | truth and predictions | quality | [`metrics`] |
//! | an order log | all of these at once | [`scorecard`] |

#![forbid(unsafe_code)]

pub mod churn;
pub mod clv;
pub mod customers;
pub mod error;
pub mod kmeans;
pub mod metrics;
pub mod model;
pub mod monitor;
pub mod numeric;
pub mod rfm;
pub mod scaling;
pub mod score;
pub mod scorecard;

mod check;

pub use error::{Error, Result};
pub use ndarray;

/// The README's example, compiled and run as a test.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
