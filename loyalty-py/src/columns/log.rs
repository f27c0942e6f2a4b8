//! An order log in parts, each within one chunk of every column.

use super::{Column, Role};
use crate::convert::slice;
use arrow_array::cast::AsArray;
use arrow_array::types::{ArrowPrimitiveType, Float64Type, Int64Type, TimestampMicrosecondType};
use arrow_array::{Array, ArrayRef, PrimitiveArray};
use arrow_cast::{CastOptions, cast_with_options};
use arrow_schema::DataType;
use loyalty_core::customers::{Ids, NULL_TIME, Transactions};
use loyalty_core::scorecard::OrderLog;
use loyalty_core::{Error, Result};
use pyo3::prelude::*;
use std::borrow::Cow;
use std::ops::Range;

/// A [`Column`] for a thread without the interpreter.
#[derive(Clone, Copy)]
enum View<'a> {
    Arrow(&'a [ArrayRef]),
    Ints(&'a [i64]),
    Floats(&'a [f64]),
}

/// Values in chunks, each with the row where it starts.
struct Chunks<'a, T: Clone>(Vec<(usize, Cow<'a, [T]>)>);

impl<'a, T: Clone> Chunks<'a, T> {
    fn one(values: &'a [T]) -> Self {
        Self(vec![(0, Cow::Borrowed(values))])
    }

    /// Of Arrow's chunks, which `values` turns into slices.
    fn of(chunks: &'a [ArrayRef], values: impl Fn(&'a ArrayRef) -> Cow<'a, [T]>) -> Self {
        let starts = chunks.iter().scan(0, |next, chunk| Some(std::mem::replace(next, *next + chunk.len())));
        Self(starts.zip(chunks).map(|(start, chunk)| (start, values(chunk))).collect())
    }

    fn starts(&self) -> impl Iterator<Item = usize> {
        self.0.iter().map(|(start, _)| *start)
    }

    /// These rows, which lie in one chunk.
    fn rows(&self, rows: Range<usize>) -> &[T] {
        let chunk = self.0.partition_point(|(start, _)| *start <= rows.start).saturating_sub(1);
        self.0.get(chunk).map_or(&[], |(start, values)| &values[rows.start - start..rows.end - start])
    }
}

/// The values of a primitive array, where there is no null in place, otherwise as `or` makes them.
fn primitive<T: ArrowPrimitiveType, V: Clone>(
    chunk: &ArrayRef,
    in_place: impl Fn(&PrimitiveArray<T>) -> &[V],
    or: impl Fn(Option<T::Native>) -> V,
) -> Cow<'_, [V]> {
    let values = chunk.as_primitive::<T>();
    if values.null_count() == 0 { Cow::Borrowed(in_place(values)) } else { values.iter().map(or).collect() }
}

/// Ids in chunks.
enum IdChunks<'a> {
    Ints(Chunks<'a, i64>),
    NullableInts(Chunks<'a, Option<i64>>),
    Texts(Chunks<'a, Option<&'a str>>),
}

impl IdChunks<'_> {
    fn starts(&self) -> Vec<usize> {
        match self {
            IdChunks::Ints(chunks) => chunks.starts().collect(),
            IdChunks::NullableInts(chunks) => chunks.starts().collect(),
            IdChunks::Texts(chunks) => chunks.starts().collect(),
        }
    }

    fn rows(&self, rows: Range<usize>) -> Ids<'_> {
        match self {
            IdChunks::Ints(chunks) => Ids::Int(chunks.rows(rows)),
            IdChunks::NullableInts(chunks) => Ids::NullableInt(chunks.rows(rows)),
            IdChunks::Texts(chunks) => Ids::NullableStr(chunks.rows(rows)),
        }
    }
}

impl<'a> View<'a> {
    fn len(self) -> usize {
        match self {
            View::Arrow(chunks) => chunks.iter().map(|chunk| chunk.len()).sum(),
            View::Ints(values) => values.len(),
            View::Floats(values) => values.len(),
        }
    }

    fn ids(self) -> IdChunks<'a> {
        match self {
            View::Ints(values) => IdChunks::Ints(Chunks::one(values)),
            View::Arrow(chunks) if chunks.iter().all(|chunk| *chunk.data_type() == DataType::Int64) => {
                if chunks.iter().all(|chunk| chunk.null_count() == 0) {
                    let values =
                        |chunk: &'a ArrayRef| Cow::Borrowed(&**chunk.as_primitive::<Int64Type>().values());
                    IdChunks::Ints(Chunks::of(chunks, values))
                } else {
                    let values = |chunk: &'a ArrayRef| chunk.as_primitive::<Int64Type>().iter().collect();
                    IdChunks::NullableInts(Chunks::of(chunks, values))
                }
            }
            View::Arrow(chunks) => IdChunks::Texts(Chunks::of(chunks, |chunk| Cow::Owned(texts(chunk)))),
            View::Floats(_) => IdChunks::Ints(Chunks::one(&[])),
        }
    }

    fn times(self) -> Chunks<'a, i64> {
        match self {
            View::Ints(values) => Chunks::one(values),
            View::Floats(_) => Chunks::one(&[]),
            View::Arrow(chunks) => Chunks::of(chunks, |chunk| match chunk.data_type() {
                DataType::Int64 => {
                    primitive::<Int64Type, _>(chunk, |v| v.values(), |v| v.unwrap_or(NULL_TIME))
                }
                _ => primitive::<TimestampMicrosecondType, _>(
                    chunk,
                    |v| v.values(),
                    |v| v.unwrap_or(NULL_TIME),
                ),
            }),
        }
    }

    fn numbers(self) -> Chunks<'a, f64> {
        match self {
            View::Floats(values) => Chunks::one(values),
            View::Ints(_) => Chunks::one(&[]),
            View::Arrow(chunks) => Chunks::of(chunks, |chunk| {
                primitive::<Float64Type, _>(chunk, |v| v.values(), |v| v.unwrap_or(f64::NAN))
            }),
        }
    }
}

/// The texts of a chunk, plain or in a dictionary.
fn texts(chunk: &ArrayRef) -> Vec<Option<&str>> {
    match chunk.data_type() {
        DataType::LargeUtf8 => chunk.as_string::<i64>().iter().collect(),
        DataType::Utf8View => chunk.as_string_view().iter().collect(),
        DataType::Dictionary(..) => {
            let dictionary = chunk.as_any_dictionary();
            let words = texts(dictionary.values());
            let keys = cast_with_options(dictionary.keys(), &DataType::Int64, &CastOptions::default());
            let word = |key: Option<i64>| words.get(usize::try_from(key?).ok()?).copied().flatten();
            keys.map(|keys| keys.as_primitive::<Int64Type>().iter().map(word).collect()).unwrap_or_default()
        }
        _ => chunk.as_string::<i32>().iter().collect(),
    }
}

impl<'py> Column<'py> {
    /// The same for a thread without the interpreter.
    fn view(&self) -> PyResult<View<'_>> {
        Ok(match self {
            Column::Arrow(chunks) => View::Arrow(chunks),
            Column::Ints(values) => View::Ints(slice(values)?),
            Column::Floats(values) => View::Floats(slice(values)?),
        })
    }
}

/// The columns of an order log.
pub(crate) struct Log<'py> {
    customer: Column<'py>,
    time: Column<'py>,
    amount: Column<'py>,
    order: Option<Column<'py>>,
    usage: Option<Column<'py>>,
    feedback: Option<Column<'py>>,
}

/// The columns as Python gives them: customer, time, amount, order, usage, feedback.
pub(crate) type LogColumns<'py> = (
    Bound<'py, PyAny>,
    Bound<'py, PyAny>,
    Bound<'py, PyAny>,
    Option<Bound<'py, PyAny>>,
    Option<Bound<'py, PyAny>>,
    Option<Bound<'py, PyAny>>,
);

impl<'py> Log<'py> {
    pub(crate) fn new(columns: &LogColumns<'py>) -> PyResult<Self> {
        let (customer, time, amount, order, usage, feedback) = columns;
        let optional = |name, role, values: &Option<Bound<'py, PyAny>>| {
            values.as_ref().map(|values| Column::new(name, role, values)).transpose()
        };
        Ok(Self {
            customer: Column::new("customer", Role::Ids, customer)?,
            time: Column::new("time", Role::Times, time)?,
            amount: Column::new("amount", Role::Numbers, amount)?,
            order: optional("order", Role::Ids, order)?,
            usage: optional("usage", Role::Numbers, usage)?,
            feedback: optional("feedback", Role::Numbers, feedback)?,
        })
    }

    /// The same for a thread without the interpreter.
    pub(crate) fn view(&self) -> PyResult<LogView<'_>> {
        Ok(LogView {
            customer: self.customer.view()?,
            time: self.time.view()?,
            amount: self.amount.view()?,
            order: self.order.as_ref().map(Column::view).transpose()?,
            usage: self.usage.as_ref().map(Column::view).transpose()?,
            feedback: self.feedback.as_ref().map(Column::view).transpose()?,
        })
    }
}

/// A [`Log`] for a thread without the interpreter.
#[derive(Clone, Copy)]
pub(crate) struct LogView<'a> {
    customer: View<'a>,
    time: View<'a>,
    amount: View<'a>,
    order: Option<View<'a>>,
    usage: Option<View<'a>>,
    feedback: Option<View<'a>>,
}

impl LogView<'_> {
    /// Cuts the log into parts that lie within one chunk of every column, and gives these to `work`.
    pub(crate) fn parts<T>(self, work: impl FnOnce(&[OrderLog<'_>]) -> Result<T>) -> Result<T> {
        let rows = self.customer.len();
        for (name, column) in [
            ("time", Some(self.time)),
            ("amount", Some(self.amount)),
            ("order", self.order),
            ("usage", self.usage),
            ("feedback", self.feedback),
        ] {
            if let Some(got) = column.map(View::len).filter(|&got| got != rows) {
                return Err(Error::ShapeMismatch {
                    name: name.into(),
                    got: format!("{got} row(s)"),
                    expected: format!("{rows} row(s), as customer has"),
                });
            }
        }

        let (customer, time, amount) = (self.customer.ids(), self.time.times(), self.amount.numbers());
        let order = self.order.map(View::ids);
        let (usage, feedback) = (self.usage.map(View::numbers), self.feedback.map(View::numbers));
        let mut cuts = customer.starts();
        cuts.extend(time.starts().chain(amount.starts()));
        cuts.extend(order.iter().flat_map(IdChunks::starts));
        cuts.extend(usage.iter().chain(&feedback).flat_map(Chunks::starts));
        cuts.push(rows);
        cuts.sort_unstable();
        cuts.dedup();

        let part = |cut: &[usize]| {
            let rows = cut[0]..cut[1];
            let id = customer.rows(rows.clone());
            let mut transactions = Transactions::new(id, time.rows(rows.clone()), amount.rows(rows.clone()));
            transactions.order = order.as_ref().map(|order| order.rows(rows.clone()));
            let mut log = OrderLog::new(transactions);
            log.usage = usage.as_ref().map(|usage| usage.rows(rows.clone()));
            log.feedback = feedback.as_ref().map(|feedback| feedback.rows(rows));
            log
        };
        work(&cuts.windows(2).map(part).collect::<Vec<_>>())
    }
}
