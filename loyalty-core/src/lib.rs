//! Customer scoring: RFM, loyalty score, lifetime value, churn and segments, with the same bits on every machine.

pub mod churn;
pub mod clv;
pub mod customers;
pub mod error;
pub mod kmeans;
pub mod metrics;
pub mod monitor;
pub mod numeric;
pub mod rfm;
pub mod scaling;
pub mod score;

mod check;

pub use error::{Error, Result};
pub use ndarray;
