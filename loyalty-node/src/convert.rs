//! Numbers and matrices from JavaScript.
//!
//! Reading an array or a property can run a caller's code, which may move or detach memory. So all arguments are read
//! first, and only then is the memory of typed arrays borrowed, for the time of one call. Work that outlives its call
//! gets copies.

use crate::error::{Failure, Fallible};
use crate::memory::{is_shared, typed_array_type};
use crate::options::wrong_type;
use crate::packing;
use loyalty_core::Error;
use loyalty_core::ndarray::{Array2, ArrayView2};
use napi::bindgen_prelude::{
    Array, BigInt, Float32Array, Float64Array, Float64ArraySlice, FromNapiValue, Int8Array, Int16Array,
    Int32Array, JsObjectValue, Object, TypedArrayType, Uint8Array, Uint8ClampedArray, Uint16Array,
    Uint32Array, Unknown,
};
use napi::{Env, JsString, JsValue, ValueType};
use napi_derive::napi;
use std::ops::Deref;

/// Elements read between two clearings of handles.
const CHUNK: u32 = 1024;

/// The longest array that is read; V8 keeps none longer but sparse ones.
pub(crate) const LONGEST: u32 = 1 << 27;

/// The longest side of a matrix without a number: as no memory bounds it, an answer of as many rows would be bounded by nothing.
const LONGEST_OF_NOTHING: usize = 1 << 20;

/// A value for an error message.
pub(crate) fn shown(value: Unknown<'_>) -> String {
    let text = || -> napi::Result<String> {
        Ok(match value.get_type()? {
            ValueType::Undefined => "undefined".to_owned(),
            ValueType::Null => "null".to_owned(),
            ValueType::Boolean => bool::from_unknown(value)?.to_string(),
            ValueType::Number => number_text(FromNapiValue::from_unknown(value)?),
            ValueType::BigInt => value.coerce_to_string()?.into_utf8()?.as_str()?.to_owned(),
            ValueType::String => {
                let text: String = FromNapiValue::from_unknown(value)?;
                let start: String = text.chars().take(40).collect();
                let end = if start.len() < text.len() { "…" } else { "" };
                format!("{start:?}{end}")
            }
            ValueType::Symbol => "a symbol".to_owned(),
            ValueType::Function => "a function".to_owned(),
            _ if value.is_array()? => "an array".to_owned(),
            _ if value.is_typedarray()? => "a typed array".to_owned(),
            _ if value.is_date()? => "an invalid Date".to_owned(),
            _ => "an object".to_owned(),
        })
    };
    text().unwrap_or_else(|_| "a value that cannot be read".to_owned())
}

/// As JavaScript writes it, nearly.
pub(crate) fn number_text(value: f64) -> String {
    match value {
        f64::INFINITY => "Infinity".to_owned(),
        f64::NEG_INFINITY => "-Infinity".to_owned(),
        _ if value != 0.0 && !(1e-6..1e21).contains(&value.abs()) && !value.is_nan() => format!("{value:e}"),
        _ => value.to_string(),
    }
}

/// A number.
pub(crate) fn number(name: &str, value: Unknown<'_>) -> Fallible<f64> {
    if value.get_type()? != ValueType::Number {
        return wrong_type(name, &shown(value), "a number");
    }
    Ok(FromNapiValue::from_unknown(value)?)
}

/// A whole number, 0 or more; a BigInt may be above 2^53.
pub(crate) fn whole(name: &str, value: Unknown<'_>) -> Fallible<u64> {
    const MUST: &str = "a whole number, 0 or more; above 2^53 - 1 as a BigInt";
    let found = match value.get_type()? {
        ValueType::Number => {
            safe_integer(FromNapiValue::from_unknown(value)?).and_then(|count| u64::try_from(count).ok())
        }
        ValueType::BigInt => {
            let (negative, count, lossless) = BigInt::from_unknown(value)?.get_u64();
            (lossless && !negative).then_some(count)
        }
        _ => return wrong_type(name, &shown(value), MUST),
    };
    let invalid =
        || Error::InvalidParameter { name: name.to_owned().into(), value: shown(value), must: MUST.into() };
    Ok(found.ok_or_else(invalid)?)
}

/// A count of things in memory.
pub(crate) fn count(name: &str, value: Unknown<'_>) -> Fallible<usize> {
    Ok(usize::try_from(whole(name, value)?).unwrap_or(usize::MAX))
}

/// The integer that a float is, where no rounding can have made it one.
pub(crate) fn safe_integer(value: f64) -> Option<i64> {
    const LARGEST: f64 = 9_007_199_254_740_991.0;
    let integer = value as i64;
    (integer as f64 == value && value.abs() <= LARGEST).then_some(integer)
}

/// Calls `each` with every element of an array or a typed array.
pub(crate) fn elements(
    name: &str,
    array: Unknown<'_>,
    mut each: impl FnMut(usize, Unknown<'_>) -> Fallible<()>,
) -> Fallible<()> {
    let env = Env::from_raw(array.value().env);
    let object: Object<'_> = FromNapiValue::from_unknown(array)?;
    let length = if array.is_array()? {
        object.get_array_length()?
    } else {
        object.get_named_property_unchecked::<u32>("length")?
    };
    if length > LONGEST {
        return wrong_type(name, "an array of more than 2^27 elements", "a typed array, at such a length");
    }
    for start in (0..length).step_by(CHUNK as usize) {
        let mut outcome = Ok(());
        env.run_in_scope(|| {
            outcome =
                (start..length.min(start + CHUNK)).try_for_each(|i| each(i as usize, object.get_element(i)?));
            Ok(())
        })?;
        outcome?;
    }
    Ok(())
}

/// One value of a column that cannot be used.
pub(crate) fn wrong_row<T>(name: &str, row: usize, value: Unknown<'_>, must: &'static str) -> Fallible<T> {
    Err(Error::InvalidValue { name: name.to_owned().into(), row, value: shown(value), must: must.into() }
        .into())
}

/// A column of numbers.
pub(crate) enum Floats<'env> {
    /// A Float64Array, whose memory is borrowed at last.
    Typed(Unknown<'env>),
    /// Others, converted.
    Converted(Vec<f64>),
}

/// Numbers to read now.
pub(crate) enum FloatsView<'a> {
    Typed(Float64ArraySlice<'a>),
    Converted(&'a [f64]),
}

impl Deref for FloatsView<'_> {
    type Target = [f64];

    fn deref(&self) -> &[f64] {
        match self {
            FloatsView::Typed(slice) => slice,
            FloatsView::Converted(slice) => slice,
        }
    }
}

pub(crate) const FLOATS_MUST: &str = "a Float64Array or an array of numbers";

impl<'env> Floats<'env> {
    /// The numbers of the argument `name`; `null` and `undefined` are NaN.
    pub(crate) fn new(name: &str, value: Unknown<'env>) -> Fallible<Self> {
        if value.is_typedarray()? {
            return Self::typed(name, value);
        }
        if !value.is_array()? {
            return wrong_type(name, &shown(value), FLOATS_MUST);
        }
        if let Some(numbers) = packing::numbers(value)? {
            return Ok(Floats::Typed(numbers));
        }
        let mut numbers = Vec::new();
        elements(name, value, |row, element| {
            numbers.push(match element.get_type()? {
                ValueType::Number => FromNapiValue::from_unknown(element)?,
                ValueType::Null | ValueType::Undefined => f64::NAN,
                _ => return wrong_row(name, row, element, "a number"),
            });
            Ok(())
        })?;
        Ok(Floats::Converted(numbers))
    }

    fn typed(name: &str, value: Unknown<'env>) -> Fallible<Self> {
        let shared = is_shared(name, value)?;
        Ok(Floats::Converted(match typed_array_type(value)? {
            TypedArrayType::Float64 if !shared => return Ok(Floats::Typed(value)),
            TypedArrayType::Float64 => Float64Array::from_unknown(value)?.to_vec(),
            TypedArrayType::Float32 => widened(&Float32Array::from_unknown(value)?),
            TypedArrayType::Int8 => widened(&Int8Array::from_unknown(value)?),
            TypedArrayType::Uint8 => widened(&Uint8Array::from_unknown(value)?),
            TypedArrayType::Uint8Clamped => widened(&Uint8ClampedArray::from_unknown(value)?),
            TypedArrayType::Int16 => widened(&Int16Array::from_unknown(value)?),
            TypedArrayType::Uint16 => widened(&Uint16Array::from_unknown(value)?),
            TypedArrayType::Int32 => widened(&Int32Array::from_unknown(value)?),
            TypedArrayType::Uint32 => widened(&Uint32Array::from_unknown(value)?),
            _ => return wrong_type(name, "a typed array of no such numbers", FLOATS_MUST),
        }))
    }

    /// The numbers, to be read before any other code of JavaScript runs.
    pub(crate) fn view(&self) -> Fallible<FloatsView<'_>> {
        Ok(match self {
            Floats::Typed(value) => FloatsView::Typed(FromNapiValue::from_unknown(*value)?),
            Floats::Converted(numbers) => FloatsView::Converted(numbers),
        })
    }

    /// The numbers apart from the caller's memory.
    pub(crate) fn copied(self) -> Fallible<Vec<f64>> {
        match self {
            Floats::Typed(..) => Ok(self.view()?.to_vec()),
            Floats::Converted(numbers) => Ok(numbers),
        }
    }
}

fn widened<T: Copy + Into<f64>>(values: &[T]) -> Vec<f64> {
    values.iter().map(|&value| value.into()).collect()
}

/// One row a customer.
pub(crate) struct Matrix<'env> {
    name: String,
    data: Floats<'env>,
    rows: usize,
    cols: usize,
}

/// A matrix to read now.
pub(crate) struct MatrixView<'a> {
    data: FloatsView<'a>,
    rows: usize,
    cols: usize,
}

const MATRIX_MUST: &str = "{ data, rows, cols } or an array of rows";

/// The matrix of the argument `name`.
pub(crate) fn matrix<'env>(name: impl Into<String>, value: Unknown<'env>) -> Fallible<Matrix<'env>> {
    let name = name.into();
    if value.is_array()? {
        return matrix_of_rows(name, value);
    }
    if value.get_type()? != ValueType::Object || value.is_typedarray()? {
        return wrong_type(name, &shown(value), MATRIX_MUST);
    }
    let object: Object<'env> = FromNapiValue::from_unknown(value)?;
    let part = |part: &str| object.get_named_property_unchecked::<Unknown<'env>>(part);
    let (data, rows, cols) = (part("data")?, part("rows")?, part("cols")?);
    let rows = count(&format!("{name}.rows"), rows)?;
    let cols = count(&format!("{name}.cols"), cols)?;
    let place = |i: usize| (i / cols.max(1), i % cols.max(1));
    let data =
        Floats::new(&format!("{name}.data"), data).map_err(|failure| in_matrix(failure, &name, place))?;
    Ok(Matrix { name, data, rows, cols })
}

fn matrix_of_rows<'env>(name: String, value: Unknown<'env>) -> Fallible<Matrix<'env>> {
    if let Some(packed) = packing::rows(value)? {
        let numbers = Floats::Typed(packed);
        let rows = Object::from_raw(value.value().env, value.raw()).get_array_length()? as usize;
        let cols = numbers.view()?.len() / rows;
        return Ok(Matrix { name, data: numbers, rows, cols });
    }
    let (mut numbers, mut rows, mut cols) = (Vec::new(), 0, 0);
    elements(&name, value, |row, element| {
        if !element.is_array()? && !element.is_typedarray()? {
            return wrong_row(&name, row, element, "an array of numbers");
        }
        let of_row = Floats::new(&format!("{name}[{row}]"), element);
        let of_row = of_row.map_err(|failure| in_matrix(failure, &name, |column| (row, column)))?.copied()?;
        if row == 0 {
            cols = of_row.len();
        } else if of_row.len() != cols {
            let got = format!("{} column(s) in row {row}", of_row.len());
            let expected = format!("{cols} column(s) as in row 0");
            return Err(Error::ShapeMismatch { name: name.clone().into(), got, expected }.into());
        }
        numbers.extend(of_row);
        rows += 1;
        Ok(())
    })?;
    Ok(Matrix { name, data: Floats::Converted(numbers), rows, cols })
}

/// The failure of one number, at its place in the matrix.
fn in_matrix(failure: Failure, matrix: &str, place: impl Fn(usize) -> (usize, usize)) -> Failure {
    let Failure::Core(Error::InvalidValue { row, value, must, .. }) = failure else { return failure };
    let (row, column) = place(row);
    Failure::Core(Error::InvalidValue {
        name: matrix.to_owned().into(),
        row,
        value: format!("{value} in column {column}"),
        must,
    })
}

impl Matrix<'_> {
    /// Of an array without a row, whose columns nobody can count, a matrix of so many.
    pub(crate) fn or_columns(mut self, columns: usize) -> Self {
        if self.rows == 0 && self.cols == 0 {
            self.cols = columns;
        }
        self
    }

    /// The matrix, to be read before any other code of JavaScript runs.
    pub(crate) fn view(&self) -> Fallible<MatrixView<'_>> {
        let data = self.data.view()?;
        self.check_length(data.len())?;
        Ok(MatrixView { data, rows: self.rows, cols: self.cols })
    }

    /// The matrix apart from the caller's memory.
    pub(crate) fn copied(self) -> Fallible<Array2<f64>> {
        self.check_length(self.data.view()?.len())?;
        let (name, shape) = (self.name, (self.rows, self.cols));
        Ok(Array2::from_shape_vec(shape, self.data.copied()?).map_err(|_| misshapen(&name))?)
    }

    fn check_length(&self, length: usize) -> Fallible<()> {
        if length == 0 && self.rows.max(self.cols) > LONGEST_OF_NOTHING {
            return Err(Error::ShapeMismatch {
                name: format!("{}.data", self.name).into(),
                got: "no number".to_owned(),
                expected: format!("numbers, or at most {LONGEST_OF_NOTHING} rows or columns"),
            }
            .into());
        }
        if self.rows.checked_mul(self.cols) == Some(length) {
            return Ok(());
        }
        Err(Error::ShapeMismatch {
            name: format!("{}.data", self.name).into(),
            got: format!("{length} number(s)"),
            expected: format!("rows × cols = {} × {}", self.rows, self.cols),
        }
        .into())
    }
}

impl MatrixView<'_> {
    /// As the core takes it.
    pub(crate) fn array(&self) -> Fallible<ArrayView2<'_, f64>> {
        Ok(ArrayView2::from_shape((self.rows, self.cols), &self.data).map_err(|_| misshapen("x"))?)
    }
}

/// What [`Matrix::check_length`] has ruled out.
fn misshapen(name: &str) -> Error {
    Error::ShapeMismatch {
        name: name.to_owned().into(),
        got: "too many numbers".to_owned(),
        expected: "a matrix that fits memory".to_owned(),
    }
}

/// Weights that may be left out.
pub(crate) fn sample_weight<'env>(given: Option<Unknown<'env>>) -> Fallible<Option<Floats<'env>>> {
    given.map(|value| Floats::new("sampleWeight", value)).transpose()
}

/// Views of columns that may be left out.
pub(crate) fn optional_view<'a>(column: Option<&'a Floats<'_>>) -> Fallible<Option<FloatsView<'a>>> {
    column.map(Floats::view).transpose()
}

/// Copies of columns that may be left out.
pub(crate) fn optional_copy(column: Option<Floats<'_>>) -> Fallible<Option<Vec<f64>>> {
    column.map(Floats::copied).transpose()
}

/// A matrix of the answer.
#[napi(object)]
pub struct DenseMatrix {
    /// Its numbers, row by row.
    pub data: Float64Array,
    /// Rows.
    pub rows: f64,
    /// Columns.
    pub cols: f64,
}

impl From<Array2<f64>> for DenseMatrix {
    fn from(values: Array2<f64>) -> Self {
        let (rows, cols) = (values.nrows() as f64, values.ncols() as f64);
        // Without gaps or turns in memory, as all arrays of the core's answers, they are moved and not copied.
        let (data, offset) = values.as_standard_layout().into_owned().into_raw_vec_and_offset();
        debug_assert!(offset.unwrap_or(0) == 0);
        Self { data: data.into(), rows, cols }
    }
}

/// A column of few different texts, each of which is made once: `places` says which of `names` is in a row.
pub(crate) fn names_column<'env, S: AsRef<str>>(
    env: &'env Env,
    names: &[S],
    places: &[u32],
) -> Fallible<Array<'env>> {
    let names: Vec<JsString<'_>> =
        names.iter().map(|name| env.create_string(name)).collect::<napi::Result<_>>()?;
    let mut column = env.create_array(places.len() as u32)?;
    for (row, &place) in (0..).zip(places) {
        if let Some(&name) = names.get(place as usize) {
            column.set_element(row, name)?;
        }
    }
    Ok(column)
}
