//! Scalers.
