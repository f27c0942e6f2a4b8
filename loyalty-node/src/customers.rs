//! Customer rows.
