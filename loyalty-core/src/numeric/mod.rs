//! Mathematics without one customer word: what the concepts stand on.
//!
//! Everything here gives the same bits on every platform and at any thread count.

pub mod blocks;
pub(crate) mod double_double;
pub mod elementary;
pub(crate) mod error_free;
pub(crate) mod frame;
pub mod linalg;
pub mod moments;
pub mod quantile;
pub mod rng;
pub mod silhouette;
pub mod special;
pub mod sum;
pub(crate) mod tiles;
