//! The columns of an order log, from Arrow or NumPy, as the core reads them; and columns of texts for Python.
//!
//! A column comes in chunks. Integers, floats, microseconds and texts are read where they are; other types are converted
//! when the column comes in. The log is then cut where any of its columns is, so that each part lies within one chunk of
//! every column.

mod log;
mod objects;
mod texts;

pub(crate) use log::{Log, LogColumns};
pub(crate) use texts::Texts;

use crate::convert::slice;
use crate::error::from_core;
use arrow_array::cast::AsArray;
use arrow_array::types::{
    Date32Type, Date64Type, Decimal128Type, Float64Type, TimestampMillisecondType, TimestampNanosecondType,
    TimestampSecondType, UInt64Type,
};
use arrow_array::{Array, ArrayRef, Int64Array, StringArray};
use arrow_cast::{CastOptions, cast_with_options};
use arrow_schema::{DataType, TimeUnit};
use loyalty_core::customers::NULL_TIME;
use loyalty_core::{Error, Result};
use numpy::{PyReadonlyArray1, PyUntypedArray};
use pyo3::exceptions::PyException;
use pyo3::prelude::*;
use pyo3::types::PyDict;
use pyo3_arrow::input::AnyArray;
use std::fmt::Display;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

/// Microseconds of a day.
const DAY: i64 = 86_400_000_000;

/// What an integer must be that does not fit.
const INTEGER_LIMIT: &str = "at most 9223372036854775807; convert larger ids to text";

/// What an id must be that is a float or an object.
const ID_LIMIT: &str =
    "a whole number that a 64-bit integer holds, as a float below 2^53; convert other ids to text";

/// What a time must be that has too many microseconds.
const TIME_LIMIT: &str = "within 292,000 years of 1970";

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

/// Lets other threads have the interpreter. To release its lock is not enough: whoever waits for it wakes up too late.
fn give_way(py: Python<'_>) {
    py.detach(|| thread::sleep(Duration::from_micros(50)));
}

/// A column in the types that the core knows.
enum Column<'py> {
    /// Int64, Float64, microseconds, texts, or a dictionary of texts.
    Arrow(Vec<ArrayRef>),
    Ints(PyReadonlyArray1<'py, i64>),
    Floats(PyReadonlyArray1<'py, f64>),
}

impl<'py> Column<'py> {
    /// From a NumPy array of one dimension, or an array or a stream of Arrow.
    fn new(name: &'static str, role: Role, values: &Bound<'py, PyAny>) -> PyResult<Self> {
        let py = values.py();
        if let Ok(array) = values.cast::<PyUntypedArray>() {
            return Self::of_numpy(name, role, array);
        }
        let chunks = values.extract::<AnyArray>().and_then(|array| Ok(array.into_chunked_array()?));
        let (chunks, _) = chunks.map_err(|error| unreadable(py, name, role, error))?.into_inner();
        Self::known(py, || {
            let mut first = 0;
            let mut known = Vec::with_capacity(chunks.len());
            for chunk in chunks {
                let rows = chunk.len();
                known.push(Incoming { name, first }.known(role, chunk)?);
                first += rows;
            }
            Ok(known)
        })
    }

    /// Of chunks that `convert` makes without the interpreter's lock.
    fn known(py: Python<'py>, convert: impl FnOnce() -> Result<Vec<ArrayRef>> + Send) -> PyResult<Self> {
        py.detach(convert).map(Self::Arrow).map_err(|error| from_core(py, error))
    }

    fn of_numpy(name: &'static str, role: Role, array: &Bound<'py, PyUntypedArray>) -> PyResult<Self> {
        let py = array.py();
        let numpy = py.import("numpy")?;
        let array = numpy.call_method1("ascontiguousarray", (array,))?;
        let dtype = array.getattr("dtype")?;
        let refuse = |value: String, must: &'static str| {
            Err(from_core(py, Error::InvalidType { name: name.into(), value, must: must.into() }))
        };
        let incoming = Incoming { name, first: 0 };
        match (dtype.getattr("kind")?.extract::<char>()?, role) {
            ('M', Role::Times) => {
                let (unit, count): (String, i64) =
                    numpy.call_method1("datetime_data", (&dtype,))?.extract()?;
                let Some(tick) = Tick::of_numpy(&unit, count) else {
                    let must = "a column of weeks to nanoseconds, as datetime64[us] is";
                    return refuse(format!("a column of type {dtype}"), must);
                };
                // To the byte order of this machine; then the same bytes as integers.
                let native = dtype.call_method1("newbyteorder", ("=",))?;
                let ticks = cast_numpy(&array, &native)?.call_method1("view", ("int64",))?.extract()?;
                if matches!(tick, Tick::Micros(1)) {
                    return Ok(Self::Ints(ticks));
                }
                let ticks = slice(&ticks)?;
                Self::known(py, || {
                    let ticks = ticks.iter().map(|&ticks| (ticks != NULL_TIME).then_some(ticks));
                    Ok(vec![incoming.microseconds(ticks, tick)?])
                })
            }
            ('u', Role::Ids | Role::Times) => {
                let values = cast_numpy(&array, "uint64")?.extract::<PyReadonlyArray1<'_, u64>>()?;
                let values = slice(&values)?;
                Self::known(py, || {
                    let integer = |value| i64::try_from(value).ok();
                    Ok(vec![incoming.integers(values.iter().map(|&v| Some(v)), integer, INTEGER_LIMIT)?])
                })
            }
            ('i', Role::Ids | Role::Times) => Ok(Self::Ints(cast_numpy(&array, "int64")?.extract()?)),
            ('f', Role::Ids) => {
                let values = cast_numpy(&array, "float64")?.extract::<PyReadonlyArray1<'_, f64>>()?;
                let values = slice(&values)?;
                Self::known(py, || Ok(vec![incoming.whole_numbers(values.iter().map(|&v| Some(v)))?]))
            }
            ('f' | 'i' | 'u', Role::Numbers) => Ok(Self::Floats(cast_numpy(&array, "float64")?.extract()?)),
            ('O' | 'U' | 'T', Role::Ids) => objects::ids(name, &array).map(|ids| Self::Arrow(vec![ids])),
            _ => refuse(format!("a column of type {dtype}"), role.must()),
        }
    }
}

/// The error for a column that Arrow cannot hand over, as for a type that it does not have.
fn unreadable(py: Python<'_>, name: &'static str, role: Role, error: PyErr) -> PyErr {
    if !error.is_instance_of::<PyException>(py) {
        return error;
    }
    let value = format!("a column that cannot be read ({})", error.value(py));
    from_core(py, Error::InvalidType { name: name.into(), value, must: role.must().into() })
}

/// The array as one of `dtype`, copied only if it is of another.
fn cast_numpy<'py>(array: &Bound<'py, PyAny>, dtype: impl IntoPyObject<'py>) -> PyResult<Bound<'py, PyAny>> {
    let keywords = PyDict::new(array.py());
    keywords.set_item("copy", false)?;
    array.call_method("astype", (dtype,), Some(&keywords))
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

/// A float that is a whole number; from 2^53 on a float may stand for several.
fn whole(value: f64) -> Option<i64> {
    const LIMIT: f64 = 9_007_199_254_740_992.0;
    (value.fract() == 0.0 && value.abs() < LIMIT).then_some(value as i64)
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
            Date32, Date64, Decimal32, Decimal64, Decimal128, Decimal256, Dictionary, FixedSizeBinary,
            Float64, Int64, LargeUtf8, Null, RunEndEncoded, Timestamp, UInt64, Utf8, Utf8View,
        };
        match (role, chunk.data_type()) {
            (Role::Ids, Dictionary(_, values)) if matches!(**values, Utf8 | LargeUtf8 | Utf8View) => {
                Ok(chunk)
            }
            (_, Dictionary(_, values)) => self.known(role, self.cast(&chunk, values)?),
            (_, RunEndEncoded(_, values)) => self.known(role, self.cast(&chunk, values.data_type())?),

            (Role::Ids, Utf8 | LargeUtf8 | Utf8View) => Ok(chunk),
            (Role::Ids, Null) => self.cast(&chunk, &Utf8),
            (Role::Ids, FixedSizeBinary(16)) => {
                let ids = chunk.as_fixed_size_binary().iter();
                Ok(Arc::new(StringArray::from_iter(ids.map(|id| id.map(spelled)))))
            }
            (Role::Ids, Decimal32(_, 0) | Decimal64(_, 0) | Decimal128(_, 0) | Decimal256(_, 0)) => {
                let wide = self.cast(&chunk, &Decimal128(38, 0))?;
                let values = wide.as_primitive::<Decimal128Type>().iter();
                self.integers(values, |value| i64::try_from(value).ok(), INTEGER_LIMIT)
            }
            (Role::Ids, float) if float.is_floating() => {
                let floats = self.cast(&chunk, &Float64)?;
                self.whole_numbers(floats.as_primitive::<Float64Type>().iter())
            }

            (Role::Ids | Role::Times, UInt64) => {
                let values = chunk.as_primitive::<UInt64Type>().iter();
                self.integers(values, |value| i64::try_from(value).ok(), INTEGER_LIMIT)
            }
            (Role::Ids | Role::Times, integer) if integer.is_integer() => self.cast(&chunk, &Int64),

            (Role::Times, Timestamp(unit, _)) => match unit {
                TimeUnit::Second => {
                    let ticks = chunk.as_primitive::<TimestampSecondType>().iter();
                    self.microseconds(ticks, Tick::Micros(1_000_000))
                }
                TimeUnit::Millisecond => {
                    let ticks = chunk.as_primitive::<TimestampMillisecondType>().iter();
                    self.microseconds(ticks, Tick::Micros(1_000))
                }
                TimeUnit::Microsecond => Ok(chunk),
                TimeUnit::Nanosecond => {
                    let ticks = chunk.as_primitive::<TimestampNanosecondType>().iter();
                    self.microseconds(ticks, Tick::Nano)
                }
            },
            (Role::Times, Date32) => {
                let days = chunk.as_primitive::<Date32Type>().iter().map(|day| day.map(i64::from));
                self.microseconds(days, Tick::Micros(DAY))
            }
            (Role::Times, Date64) => {
                self.microseconds(chunk.as_primitive::<Date64Type>().iter(), Tick::Micros(1_000))
            }
            (Role::Times, Null) => self.cast(&chunk, &Int64),

            (Role::Numbers, number) if number.is_numeric() || *number == Null => self.cast(&chunk, &Float64),
            (_, other) => Err(Error::InvalidType {
                name: self.name.into(),
                value: format!("a column of type {other}"),
                must: role.must().into(),
            }),
        }
    }

    fn cast(self, chunk: &ArrayRef, to: &DataType) -> Result<ArrayRef> {
        let options = CastOptions { safe: false, ..CastOptions::default() };
        cast_with_options(chunk, to, &options).map_err(|error| Error::InvalidType {
            name: self.name.into(),
            value: format!("a column of type {} ({error})", chunk.data_type()),
            must: format!("one that fits {to}").into(),
        })
    }

    /// Times, null as [`NULL_TIME`].
    fn microseconds(self, ticks: impl Iterator<Item = Option<i64>>, tick: Tick) -> Result<ArrayRef> {
        let mut micros = Vec::with_capacity(ticks.size_hint().0);
        for (row, ticks) in (self.first..).zip(ticks) {
            micros.push(match ticks {
                None => NULL_TIME,
                Some(ticks) => tick.micros(ticks).ok_or_else(|| self.invalid(row, ticks, TIME_LIMIT))?,
            });
        }
        Ok(Arc::new(Int64Array::from(micros)))
    }

    /// Floats that stand for whole numbers, NaN for a null.
    fn whole_numbers(self, values: impl Iterator<Item = Option<f64>>) -> Result<ArrayRef> {
        self.integers(values.map(|value| value.filter(|value| !value.is_nan())), whole, ID_LIMIT)
    }

    /// The integer of each value that is not null; a value without one is an error, as it `must` be otherwise.
    fn integers<V: Copy + Display>(
        self,
        values: impl Iterator<Item = Option<V>>,
        integer: impl Fn(V) -> Option<i64>,
        must: &'static str,
    ) -> Result<ArrayRef> {
        let integer = |(row, value): (usize, Option<V>)| {
            value.map(|value| integer(value).ok_or_else(|| self.invalid(row, value, must))).transpose()
        };
        Ok(Arc::new((self.first..).zip(values).map(integer).collect::<Result<Int64Array>>()?))
    }

    fn invalid(self, row: usize, value: impl ToString, must: &'static str) -> Error {
        Error::InvalidValue { name: self.name.into(), row, value: value.to_string(), must: must.into() }
    }
}

/// A UUID as text.
fn spelled(bytes: &[u8]) -> String {
    let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    [&hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]].join("-")
}
