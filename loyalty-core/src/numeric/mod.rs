//! Mathematics without one customer word: what the concepts stand on.
//!
//! Everything here gives the same bits on every platform and at any thread count, and every public function has an answer
//! for every input.

pub(crate) mod blocks;
pub(crate) mod dispatch;
pub(crate) mod double_double;
pub mod elementary;
pub(crate) mod error_free;
pub(crate) mod frame;
pub(crate) mod linalg;
pub(crate) mod moments;
pub mod quantile;
pub mod rng;
pub(crate) mod silhouette;
pub mod special;
pub mod sum;
