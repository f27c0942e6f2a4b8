//! Hostile input to every public function: a typed error or a right answer, never a panic; one module a concept.

// A test that cannot go on panics.
#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used)]

mod churn;
mod clv;
mod customers;
mod kmeans;
mod metrics;
mod model;
mod numeric;
mod rfm;
mod scaling;
mod score;
mod scorecard;
mod silhouette;
