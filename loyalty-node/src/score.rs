//! The loyalty score.
