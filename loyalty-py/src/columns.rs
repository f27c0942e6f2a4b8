//! The columns of an order log, from Arrow or NumPy, as the core reads them.
//!
//! A column comes in chunks. Integers, floats, microseconds and texts are read where they are; other types are converted
//! when the column comes in. The log is then cut where any of its columns is, so that each part lies within one chunk of
//! every column.

use crate::convert::slice;
use crate::error::from_core;
use arrow_array::cast::AsArray;
use arrow_array::types::{
    ArrowPrimitiveType, Date32Type, Date64Type, Float64Type, Int64Type, TimestampMicrosecondType,
    TimestampMillisecondType, TimestampNanosecondType, TimestampSecondType,
};
use arrow_array::{Array, ArrayRef, Int64Array, LargeStringArray, PrimitiveArray, StringArray};
use arrow_cast::{CastOptions, cast_with_options};
use arrow_schema::{DataType, TimeUnit};
use loyalty_core::customers::{Ids, NULL_TIME, Transactions};
use loyalty_core::scorecard::OrderLog;
use loyalty_core::{Error, Result};
use numpy::{PyReadonlyArray1, PyUntypedArray};
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyDict, PyFloat, PyInt, PyList, PySlice, PyString};
use pyo3_arrow::PyChunkedArray;
use std::borrow::Cow;
use std::ops::Range;
use std::sync::Arc;

/// Microseconds of a day.
const DAY: i64 = 86_400_000_000;

/// What a column is for, and so what its values may be.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Role {
    /// Ids of customers or orders: whole numbers or texts.
    Ids,
    /// Moments.
    Times,
    /// Money, use, ratings.
    Numbers,
}

/// A column in the types that the core knows.
pub(crate) enum Column<'py> {
    /// Int64, Float64, microseconds, texts, or a dictionary of texts.
    Arrow(Vec<ArrayRef>),
    Ints(PyReadonlyArray1<'py, i64>),
    Floats(PyReadonlyArray1<'py, f64>),
}

impl<'py> Column<'py> {
    /// From an Arrow stream or a NumPy array of one dimension.
    fn new(name: &'static str, role: Role, values: &Bound<'py, PyAny>) -> PyResult<Self> {
        let py = values.py();
        if let Ok(array) = values.cast::<PyUntypedArray>() {
            return Self::of_numpy(name, role, array);
        }
        let (chunks, _) = values.extract::<PyChunkedArray>()?.into_inner();
        let known = py.detach(|| {
            let mut first = 0;
            let mut known = Vec::with_capacity(chunks.len());
            for chunk in chunks {
                let rows = chunk.len();
                known.push(Incoming { name, first }.known(role, chunk)?);
                first += rows;
            }
            Ok(known)
        });
        known.map(Self::Arrow).map_err(|error| from_core(py, error))
    }

    fn of_numpy(name: &'static str, role: Role, array: &Bound<'py, PyUntypedArray>) -> PyResult<Self> {
        let py = array.py();
        let numpy = py.import("numpy")?;
        let array = numpy.call_method1("ascontiguousarray", (array,))?;
        let dtype = array.getattr("dtype")?;
        let refuse = |value: String, must: &'static str| {
            Err(from_core(py, Error::InvalidType { name: name.into(), value, must: must.into() }))
        };
        match (dtype.getattr("kind")?.extract::<char>()?, role) {
            ('M', Role::Times) => {
                let (unit, count): (String, i64) =
                    numpy.call_method1("datetime_data", (&dtype,))?.extract()?;
                let ticks = converted(&array, "int64")?;
                let Some(tick) = Tick::of_numpy(&unit, count) else {
                    return refuse(
                        format!("datetime64[{count}{unit}]"),
                        "of weeks to nanoseconds, as datetime64[us] is",
                    );
                };
                if matches!(tick, Tick::Micros(1)) {
                    return Ok(Self::Ints(ticks));
                }
                let ticks = slice(&ticks)?;
                let micros = py.detach(|| {
                    let values = ticks.iter().map(|&tick| (tick != NULL_TIME).then_some(tick));
                    Incoming { name, first: 0 }.microseconds(values, tick)
                });
                micros.map(|micros| Self::Arrow(vec![micros])).map_err(|error| from_core(py, error))
            }
            ('i' | 'u', Role::Ids | Role::Times) => {
                if dtype.eq("uint64")? && array.len()? > 0 {
                    let most: u64 = array.call_method0("max")?.extract()?;
                    if i64::try_from(most).is_err() {
                        return refuse(
                            most.to_string(),
                            "at most 9223372036854775807; convert larger ids to text",
                        );
                    }
                }
                converted(&array, "int64").map(Self::Ints)
            }
            ('f', Role::Ids) => {
                let values = converted::<f64>(&array, "float64")?;
                let values = slice(&values)?;
                let ids =
                    py.detach(|| Incoming { name, first: 0 }.whole_numbers(values.iter().map(|&v| Some(v))));
                ids.map(|ids| Self::Arrow(vec![ids])).map_err(|error| from_core(py, error))
            }
            ('f' | 'i' | 'u', Role::Numbers) => converted(&array, "float64").map(Self::Floats),
            ('O' | 'U' | 'T', Role::Ids) => {
                objects(name, &array.call_method1("astype", ("object",))?).map(|ids| Self::Arrow(vec![ids]))
            }
            _ => refuse(format!("a column of type {dtype}"), role.must()),
        }
    }

    /// The same for a thread without the interpreter.
    fn view(&self) -> PyResult<View<'_>> {
        Ok(match self {
            Column::Arrow(chunks) => View::Arrow(chunks),
            Column::Ints(values) => View::Ints(slice(values)?),
            Column::Floats(values) => View::Floats(slice(values)?),
        })
    }
}

/// The array as one of `dtype`, copied only if it is of another.
fn converted<'py, T: numpy::Element>(
    array: &Bound<'py, PyAny>,
    dtype: &str,
) -> PyResult<PyReadonlyArray1<'py, T>> {
    let keywords = PyDict::new(array.py());
    keywords.set_item("copy", false)?;
    let is_time = array.getattr("dtype")?.getattr("kind")?.extract::<char>()? == 'M';
    if is_time {
        // To the byte order of this machine first; then the same bytes as integers.
        let native = array.getattr("dtype")?.call_method1("newbyteorder", ("=",))?;
        let array = array.call_method("astype", (native,), Some(&keywords))?;
        return Ok(array.call_method1("view", (dtype,))?.extract()?);
    }
    Ok(array.call_method("astype", (dtype,), Some(&keywords))?.extract()?)
}

/// The ids among Python's own objects: texts, UUIDs or whole numbers, with `None`, NaN, NaT and `pandas.NA` as nulls.
fn objects(name: &'static str, array: &Bound<'_, PyAny>) -> PyResult<ArrayRef> {
    /// After so many objects other threads get their turn.
    const BLOCK: usize = 8_192;

    let py = array.py();
    let uuid = py.import("uuid")?.getattr("UUID")?;
    let refuse = |value: String, must: &'static str| {
        Err(from_core(py, Error::InvalidType { name: name.into(), value, must: must.into() }))
    };
    let rows = array.len()?;
    let (mut texts, mut ints) = (Vec::<Option<String>>::new(), Vec::<Option<i64>>::new());
    let (mut first_text, mut first_int) = (None, None);
    for start in (0..rows).step_by(BLOCK) {
        let block = PySlice::new(py, start as isize, rows.min(start + BLOCK) as isize, 1);
        let block = array.get_item(block)?.call_method0("tolist")?.cast_into::<PyList>()?;
        for (row, value) in (start..).zip(block) {
            let (mut text, mut int) = (None, None);
            if let Ok(found) = value.cast::<PyString>() {
                text = Some(found.to_str()?.to_owned());
            } else if value.is_instance(&uuid)? {
                text = Some(value.str()?.to_str()?.to_owned());
            } else if value.is_instance_of::<PyInt>() && !value.is_instance_of::<PyBool>() {
                int = Some(value.extract()?);
            } else if value.is_instance_of::<PyFloat>() && !value.extract::<f64>()?.is_nan() {
                int = whole(value.extract()?);
            } else if !is_null(&value) {
                let found = format!("{} in row {row}", value.get_type().name()?);
                return refuse(found, Role::Ids.must());
            } else {
                texts.push(None);
                ints.push(None);
                continue;
            }
            match (&text, &int) {
                (Some(_), _) => first_text = first_text.or(Some(row)),
                (None, Some(_)) => first_int = first_int.or(Some(row)),
                (None, None) => return refuse(format!("{} in row {row}", value.str()?), Role::Ids.must()),
            }
            if let (Some(text), Some(int)) = (first_text, first_int) {
                let found = format!("a text in row {text} and a number in row {int}");
                return refuse(found, "of one type; convert it first, as astype(str) does");
            }
            texts.push(text);
            ints.push(int);
        }
        py.check_signals()?;
        py.detach(std::thread::yield_now);
    }
    Ok(match first_int {
        Some(_) => Arc::new(Int64Array::from(ints)),
        None => Arc::new(LargeStringArray::from(texts)),
    })
}

/// Whether an object stands for nothing: `None`, or what does not equal itself, as NaN, NaT and `pandas.NA` do not.
fn is_null(value: &Bound<'_, PyAny>) -> bool {
    value.is_none() || !value.eq(value).unwrap_or(false)
}

/// A float that is a whole number, as far as floats tell these apart.
fn whole(value: f64) -> Option<i64> {
    const LIMIT: f64 = 9_007_199_254_740_992.0;
    (value.fract() == 0.0 && value.abs() <= LIMIT).then_some(value as i64)
}

/// A unit of time.
#[derive(Debug, Clone, Copy)]
enum Tick {
    /// So many microseconds.
    Micros(i64),
    /// A nanosecond.
    Nano,
}

impl Tick {
    fn of_numpy(unit: &str, count: i64) -> Option<Self> {
        let micros = match unit {
            "W" => 7 * DAY,
            "D" => DAY,
            "h" => DAY / 24,
            "m" => 60_000_000,
            "s" => 1_000_000,
            "ms" => 1_000,
            "us" => 1,
            "ns" if count == 1 => return Some(Tick::Nano),
            _ => return None,
        };
        micros.checked_mul(count).map(Tick::Micros)
    }

    fn micros(self, ticks: i64) -> Option<i64> {
        match self {
            Tick::Micros(micros) => ticks.checked_mul(micros),
            Tick::Nano => Some(ticks.div_euclid(1_000)),
        }
    }
}

impl Role {
    fn must(self) -> &'static str {
        match self {
            Role::Ids => "a column of whole numbers or texts",
            Role::Times => {
                "a column of timestamps or dates, as pandas.to_datetime makes one; whole numbers are microseconds since 1970 UTC"
            }
            Role::Numbers => "a column of numbers",
        }
    }
}

/// A chunk on its way in.
#[derive(Clone, Copy)]
struct Incoming {
    name: &'static str,
    /// Its first row.
    first: usize,
}

impl Incoming {
    /// The chunk in a type that the core knows.
    fn known(self, role: Role, chunk: ArrayRef) -> Result<ArrayRef> {
        use DataType::{
            Date32, Date64, Decimal128, Decimal256, Dictionary, FixedSizeBinary, Int64, Null, Timestamp,
        };
        use DataType::{LargeUtf8, RunEndEncoded, Utf8, Utf8View};
        match (role, chunk.data_type()) {
            (Role::Ids, Dictionary(_, values)) if matches!(**values, Utf8 | LargeUtf8 | Utf8View) => {
                Ok(chunk)
            }
            (_, Dictionary(_, values)) => {
                let plain = self.cast(&chunk, values)?;
                self.known(role, plain)
            }
            (_, RunEndEncoded(_, values)) => {
                let plain = self.cast(&chunk, values.data_type())?;
                self.known(role, plain)
            }
            (Role::Ids, Int64 | Utf8 | LargeUtf8 | Utf8View) => Ok(chunk),
            (Role::Ids, Null) => self.cast(&chunk, &Utf8),
            (Role::Ids, FixedSizeBinary(16)) => {
                let ids = chunk.as_fixed_size_binary().iter();
                Ok(Arc::new(StringArray::from_iter(ids.map(|id| id.map(spelled)))))
            }
            (Role::Ids, float) if float.is_floating() => {
                let floats = self.cast(&chunk, &DataType::Float64)?;
                self.whole_numbers(floats.as_primitive::<Float64Type>().iter())
            }
            (Role::Ids, Decimal128(_, 0) | Decimal256(_, 0)) => self.cast(&chunk, &Int64),
            (Role::Ids | Role::Times, whole) if whole.is_integer() => self.cast(&chunk, &Int64),
            (Role::Times, Timestamp(unit, _)) => match unit {
                TimeUnit::Microsecond => Ok(chunk),
                TimeUnit::Second => self.timestamps::<TimestampSecondType>(&chunk, Tick::Micros(1_000_000)),
                TimeUnit::Millisecond => {
                    self.timestamps::<TimestampMillisecondType>(&chunk, Tick::Micros(1_000))
                }
                TimeUnit::Nanosecond => self.timestamps::<TimestampNanosecondType>(&chunk, Tick::Nano),
            },
            (Role::Times, Date32) => {
                let days = chunk.as_primitive::<Date32Type>().iter().map(|day| day.map(i64::from));
                self.microseconds(days, Tick::Micros(DAY))
            }
            (Role::Times, Date64) => self.timestamps::<Date64Type>(&chunk, Tick::Micros(1_000)),
            (Role::Times, Null) => self.cast(&chunk, &Int64),
            (Role::Numbers, number) if number.is_numeric() || *number == Null => {
                self.cast(&chunk, &DataType::Float64)
            }
            (_, other) => Err(Error::InvalidType {
                name: self.name.into(),
                value: format!("a column of type {other}"),
                must: role.must().into(),
            }),
        }
    }

    fn cast(self, chunk: &ArrayRef, to: &DataType) -> Result<ArrayRef> {
        let options = CastOptions { safe: false, ..CastOptions::default() };
        cast_with_options(chunk, to, &options).map_err(|error| Error::InvalidParameter {
            name: self.name.into(),
            value: error.to_string(),
            must: format!("a column that fits {to}").into(),
        })
    }

    fn timestamps<T: ArrowPrimitiveType<Native = i64>>(
        self,
        chunk: &ArrayRef,
        tick: Tick,
    ) -> Result<ArrayRef> {
        self.microseconds(chunk.as_primitive::<T>().iter(), tick)
    }

    fn microseconds(self, ticks: impl Iterator<Item = Option<i64>>, tick: Tick) -> Result<ArrayRef> {
        let micros = |(row, ticks): (usize, Option<i64>)| match ticks {
            None => Ok(None),
            Some(ticks) => tick.micros(ticks).map(Some).ok_or_else(|| Error::InvalidValue {
                name: self.name.into(),
                row,
                value: format!("{ticks}, more microseconds than fit an integer"),
                must: "within 292,000 years of 1970".into(),
            }),
        };
        Ok(Arc::new((self.first..).zip(ticks).map(micros).collect::<Result<Int64Array>>()?))
    }

    /// Floats that stand for whole numbers, NaN for a null.
    fn whole_numbers(self, values: impl Iterator<Item = Option<f64>>) -> Result<ArrayRef> {
        let id = |(row, value): (usize, Option<f64>)| match value {
            Some(value) if !value.is_nan() => whole(value).map(Some).ok_or_else(|| Error::InvalidValue {
                name: self.name.into(),
                row,
                value: value.to_string(),
                must: "a whole number below 2^53".into(),
            }),
            _ => Ok(None),
        };
        Ok(Arc::new((self.first..).zip(values).map(id).collect::<Result<Int64Array>>()?))
    }
}

/// A UUID as text.
fn spelled(bytes: &[u8]) -> String {
    let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    [&hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]].join("-")
}

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
