//! Bringing columns to a common scale, learnt once and applied to any later row.
//!
//! [`StandardScaler`] gives each column mean 0 and standard deviation 1, [`MinMaxScaler`] a given range. Both are fitted to
//! rows and then applied to others, one or many, and back.

mod min_max;
mod standard;

pub use min_max::{FittedMinMaxScaler, MinMaxScaler};
pub use standard::{FittedStandardScaler, StandardScaler};

use crate::check;
use crate::error::Result;
use ndarray::{Array2, ArrayView2};

/// A new matrix of `value(column, x)` for every x of a matrix of so many columns.
fn map_matrix(
    x: ArrayView2<'_, f64>,
    columns: usize,
    value: impl Fn(usize, f64) -> f64,
) -> Result<Array2<f64>> {
    check::same_columns("x", x.ncols(), columns)?;
    check::finite_matrix("x", x)?;
    let mut out = Array2::zeros(x.dim());
    for (out, row) in out.rows_mut().into_iter().zip(x.rows()) {
        for (column, (out, &x)) in out.into_iter().zip(row).enumerate() {
            *out = value(column, x);
        }
    }
    Ok(out)
}

/// Likewise for one row, into `out`.
fn map_row(x: &[f64], out: &mut [f64], columns: usize, value: impl Fn(usize, f64) -> f64) -> Result<()> {
    check::same_columns("x", x.len(), columns)?;
    check::same_columns("out", out.len(), columns)?;
    check::finite_row("x", x)?;
    for (column, (out, &x)) in out.iter_mut().zip(x).enumerate() {
        *out = value(column, x);
    }
    Ok(())
}
