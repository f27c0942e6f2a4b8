//! Guards for arguments. A public function calls these first; below them every value is valid.

use crate::error::{Error, Result, Text};
use ndarray::ArrayView2;
use serde::de::{Deserialize, Deserializer, Error as _, SeqAccess, Visitor};
use std::fmt::{self, Display};
use std::marker::PhantomData;
use std::num::NonZero;
use std::ops::RangeInclusive;
use std::sync::OnceLock;
use std::thread;

pub(crate) fn invalid<T>(name: impl Into<Text>, value: impl Display, must: impl Into<Text>) -> Result<T> {
    Err(Error::InvalidParameter { name: name.into(), value: value.to_string(), must: must.into() })
}

/// One value of the data that cannot be used.
pub(crate) fn invalid_value<T>(
    name: impl Into<Text>,
    row: usize,
    value: impl Display,
    must: impl Into<Text>,
) -> Result<T> {
    Err(Error::InvalidValue { name: name.into(), row, value: value.to_string(), must: must.into() })
}

/// What a model file must fulfil to be usable.
pub(crate) fn model(holds: bool, reason: &str) -> Result<()> {
    if holds { Ok(()) } else { Err(Error::BadModel { reason: reason.to_owned() }) }
}

/// A check of parameters that came out of a model file.
pub(crate) fn model_params(checked: Result<()>) -> Result<()> {
    checked.map_err(|error| Error::BadModel { reason: error.to_string() })
}

/// A float for an error message: without the three hundred digits of a huge one.
pub(crate) fn number(value: f64) -> String {
    if value == 0.0 || !value.is_finite() || (1e-5..1e16).contains(&value.abs()) {
        value.to_string()
    } else {
        format!("{value:e}")
    }
}

pub(crate) fn finite(name: impl Into<Text>, value: f64) -> Result<()> {
    if value.is_finite() { Ok(()) } else { invalid(name, number(value), "a finite number") }
}

pub(crate) fn positive(name: impl Into<Text>, value: f64) -> Result<()> {
    if value.is_finite() && value > 0.0 {
        Ok(())
    } else {
        invalid(name, number(value), "a finite number above 0")
    }
}

pub(crate) fn non_negative(name: impl Into<Text>, value: f64) -> Result<()> {
    if value.is_finite() && value >= 0.0 {
        Ok(())
    } else {
        invalid(name, number(value), "a finite number, 0 or more")
    }
}

pub(crate) fn within(name: impl Into<Text>, value: f64, range: RangeInclusive<f64>) -> Result<()> {
    if range.contains(&value) {
        Ok(())
    } else {
        invalid(name, number(value), format!("between {} and {}", range.start(), range.end()))
    }
}

pub(crate) fn count_within(name: impl Into<Text>, value: usize, range: RangeInclusive<usize>) -> Result<()> {
    if range.contains(&value) {
        Ok(())
    } else if *range.end() == usize::MAX {
        invalid(name, value, format!("at least {}", range.start()))
    } else {
        invalid(name, value, format!("between {} and {}", range.start(), range.end()))
    }
}

pub(crate) fn at_least_rows(name: impl Into<Text>, rows: usize, need: usize) -> Result<()> {
    if rows >= need { Ok(()) } else { Err(Error::TooFewRows { name: name.into(), rows, need }) }
}

pub(crate) fn same_rows(name: impl Into<Text>, got: usize, expected: usize) -> Result<()> {
    shape(name, got, expected, "row(s)")
}

pub(crate) fn same_columns(name: impl Into<Text>, got: usize, expected: usize) -> Result<()> {
    shape(name, got, expected, "column(s)")
}

fn shape(name: impl Into<Text>, got: usize, expected: usize, unit: &str) -> Result<()> {
    if got == expected {
        return Ok(());
    }
    Err(Error::ShapeMismatch {
        name: name.into(),
        got: format!("{got} {unit}"),
        expected: format!("{expected} {unit}"),
    })
}

pub(crate) fn finite_vector(name: impl Into<Text>, values: &[f64]) -> Result<()> {
    match values.iter().position(|v| !v.is_finite()) {
        None => Ok(()),
        Some(row) => Err(Error::NonFinite { name: name.into(), row, column: 0, value: values[row] }),
    }
}

/// One row of a matrix.
pub(crate) fn finite_row(name: impl Into<Text>, values: &[f64]) -> Result<()> {
    match values.iter().position(|v| !v.is_finite()) {
        None => Ok(()),
        Some(column) => Err(Error::NonFinite { name: name.into(), row: 0, column, value: values[column] }),
    }
}

pub(crate) fn finite_matrix(name: impl Into<Text>, x: ArrayView2<'_, f64>) -> Result<()> {
    // To look at all values and remember none takes a fraction of the time of a search.
    let all_finite = |values: &[f64]| values.iter().fold(true, |all, v| all & v.is_finite());
    if x.as_slice_memory_order().is_some_and(all_finite) {
        return Ok(());
    }
    match x.indexed_iter().find(|(_, v)| !v.is_finite()) {
        None => Ok(()),
        Some(((row, column), &value)) => Err(Error::NonFinite { name: name.into(), row, column, value }),
    }
}

/// At least one row, one column, and finite everywhere.
pub(crate) fn matrix(name: &'static str, x: ArrayView2<'_, f64>) -> Result<()> {
    filled(name, x)?;
    finite_matrix(name, x)
}

/// At least one row and one column.
pub(crate) fn filled(name: &'static str, x: ArrayView2<'_, f64>) -> Result<()> {
    at_least_rows(name, x.nrows(), 1)?;
    if x.ncols() == 0 {
        return Err(Error::ShapeMismatch {
            name: name.into(),
            got: "0 column(s)".to_owned(),
            expected: "at least 1 column".to_owned(),
        });
    }
    Ok(())
}

/// One weight a row: finite, none negative, not all zero.
pub(crate) fn sample_weight(weights: &[f64], rows: usize) -> Result<()> {
    let name = "sample_weight";
    same_rows(name, weights.len(), rows)?;
    finite_vector(name, weights)?;
    if let Some(row) = weights.iter().position(|&w| w < 0.0) {
        return invalid_value(name, row, weights[row], "0 or more");
    }
    if weights.iter().all(|&w| w == 0.0) {
        return Err(Error::Degenerate {
            name: name.into(),
            reason: "all weights are zero; at least one must be above".into(),
        });
    }
    Ok(())
}

/// The names of `columns` features: as given, or `x0, x1, …`.
pub(crate) fn feature_names(given: &[String], columns: usize) -> Result<Vec<String>> {
    if given.is_empty() {
        return Ok((0..columns).map(|j| format!("x{j}")).collect());
    }
    same_columns("feature_names", given.len(), columns)?;
    if let Some(j) = (1..given.len()).find(|&j| given[..j].contains(&given[j])) {
        return invalid("feature_names", format!("{:?} twice", given[j]), "distinct names");
    }
    Ok(given.to_vec())
}

/// The number of threads to use: as asked, or one for each core.
pub(crate) fn n_threads(asked: Option<usize>) -> Result<usize> {
    /// The operating system takes longer to tell than a small fit takes.
    static CORES: OnceLock<usize> = OnceLock::new();
    match asked {
        None => Ok(*CORES.get_or_init(|| thread::available_parallelism().map_or(1, NonZero::get))),
        Some(0) => invalid("n_threads", 0, "at least 1"),
        Some(n) => Ok(n),
    }
}

/// A list read from a model file, refused before it takes more memory than any honest one needs.
pub(crate) fn bounded<'de, D, T>(deserializer: D) -> std::result::Result<Vec<T>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    const MOST: usize = 100_000;

    struct Bounded<T>(PhantomData<T>);
    impl<'de, T: Deserialize<'de>> Visitor<'de> for Bounded<T> {
        type Value = Vec<T>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            write!(f, "a list of at most {MOST} items")
        }

        fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> std::result::Result<Self::Value, A::Error> {
            let mut items = Vec::new();
            while let Some(item) = list.next_element()? {
                if items.len() == MOST {
                    return Err(A::Error::invalid_length(MOST + 1, &self));
                }
                items.push(item);
            }
            Ok(items)
        }
    }
    deserializer.deserialize_seq(Bounded(PhantomData))
}
