//! Properties that hold for every input, checked on random ones; one module a concept.

// A test that cannot go on panics, and its slow twins may use what the core may not.
#![allow(clippy::disallowed_methods)]
#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used)]

mod churn;
mod clv;
mod customers;
mod elementary;
mod kmeans;
mod metrics;
mod rfm;
mod scaling;
mod score;
mod scorecard;
mod silhouette;
mod special;
