//! Ids of customers and orders.

use super::deal::worthwhile;
use crate::error::Result;
use crate::monitor::Monitor;
use crate::numeric::blocks::{self, Blocks, STEP};
use std::ops::Range;

/// A column of ids: of customers or of orders. A null is `None`; the empty text is an id like any other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Ids<'a> {
    /// Integers.
    Int(&'a [i64]),
    /// Texts.
    Str(&'a [&'a str]),
    /// Integers, some of them null.
    NullableInt(&'a [Option<i64>]),
    /// Texts, some of them null.
    NullableStr(&'a [Option<&'a str>]),
}

impl<'a> Ids<'a> {
    /// Some of the rows.
    pub(super) fn rows(&self, rows: Range<usize>) -> Self {
        match self {
            Ids::Int(ids) => Ids::Int(&ids[rows]),
            Ids::Str(ids) => Ids::Str(&ids[rows]),
            Ids::NullableInt(ids) => Ids::NullableInt(&ids[rows]),
            Ids::NullableStr(ids) => Ids::NullableStr(&ids[rows]),
        }
    }

    /// If they are integers without a null and no further apart than `most` in all: the least, and how many there are from
    /// it to the greatest.
    pub(super) fn close(
        self,
        most: usize,
        n_threads: usize,
        monitor: &mut Monitor<'_>,
    ) -> Result<Option<(&'a [i64], i64, usize)>> {
        let Ids::Int(ids) = self else { return Ok(None) };
        let blocks = Blocks::new(ids.len(), STEP);
        let n_threads = n_threads.min(worthwhile(ids.len()));
        let extents =
            blocks::map(blocks.count(), n_threads, monitor, |block| extent(&ids[blocks.range(block)]))?;
        let (low, high) = extents.into_iter().fold(EMPTY, united);
        let width = u64::try_from(i128::from(high) - i128::from(low)).unwrap_or(u64::MAX);
        Ok((width < most as u64).then(|| (ids, low, width as usize + 1)))
    }

    /// How many rows the column has.
    pub fn len(&self) -> usize {
        match self {
            Ids::Int(ids) => ids.len(),
            Ids::Str(ids) => ids.len(),
            Ids::NullableInt(ids) => ids.len(),
            Ids::NullableStr(ids) => ids.len(),
        }
    }

    /// Whether it has none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether any id is null.
    pub(super) fn has_null(&self) -> bool {
        (0..self.len()).any(|row| self.is_null(row))
    }

    /// Whether the id of this row is null.
    pub(super) fn is_null(&self, row: usize) -> bool {
        match self {
            Ids::Int(_) | Ids::Str(_) => false,
            Ids::NullableInt(ids) => ids[row].is_none(),
            Ids::NullableStr(ids) => ids[row].is_none(),
        }
    }
}

macro_rules! from_columns {
    ($($variant:ident: $item:ty),*) => {$(
        impl<'a> From<&'a [$item]> for Ids<'a> {
            fn from(ids: &'a [$item]) -> Self {
                Ids::$variant(ids)
            }
        }
        impl<'a> From<&'a Vec<$item>> for Ids<'a> {
            fn from(ids: &'a Vec<$item>) -> Self {
                Ids::$variant(ids)
            }
        }
        impl<'a, const N: usize> From<&'a [$item; N]> for Ids<'a> {
            fn from(ids: &'a [$item; N]) -> Self {
                Ids::$variant(ids)
            }
        }
    )*};
}
from_columns!(Int: i64, Str: &'a str, NullableInt: Option<i64>, NullableStr: Option<&'a str>);

/// Ids of customers, ascending; texts in the order of their bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum CustomerIds {
    /// Integers.
    Int(Vec<i64>),
    /// Texts.
    Str(Vec<String>),
}

impl CustomerIds {
    /// How many there are.
    pub fn len(&self) -> usize {
        match self {
            CustomerIds::Int(ids) => ids.len(),
            CustomerIds::Str(ids) => ids.len(),
        }
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The id of customer `index` as text; empty past the last.
    pub fn label(&self, index: usize) -> String {
        match self {
            CustomerIds::Int(ids) => ids.get(index).map(i64::to_string),
            CustomerIds::Str(ids) => ids.get(index).cloned(),
        }
        .unwrap_or_default()
    }
}

/// The least and the greatest of no values.
pub(super) const EMPTY: (i64, i64) = (i64::MAX, i64::MIN);

/// The least and the greatest.
pub(super) fn extent(values: &[i64]) -> (i64, i64) {
    values.iter().fold(EMPTY, |extent, &value| united(extent, (value, value)))
}

pub(super) fn united(a: (i64, i64), b: (i64, i64)) -> (i64, i64) {
    (a.0.min(b.0), a.1.max(b.1))
}
