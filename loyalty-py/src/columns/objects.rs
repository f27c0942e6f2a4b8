//! Ids among Python's own objects.

use super::{ID_LIMIT, Role, give_way, whole};
use crate::error::from_core;
use arrow_array::ArrayRef;
use arrow_array::builder::{Int64Builder, LargeStringBuilder};
use loyalty_core::Error;
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyFloat, PyInt, PyList, PySlice, PyString};
use std::sync::Arc;

/// After so many objects other threads get their turn.
const BLOCK: usize = 16_384;

/// What an object is as an id.
enum Id<'py> {
    Null,
    Text(Bound<'py, PyString>),
    Int(i64),
}

/// The ids of an array of objects or texts: texts, UUIDs or whole numbers, with `None`, NaN, NaT and `pandas.NA` as nulls.
pub(super) fn ids(name: &'static str, array: &Bound<'_, PyAny>) -> PyResult<ArrayRef> {
    let py = array.py();
    let uuid = py.import("uuid")?.getattr("UUID")?;
    let rows = array.len()?;
    let (mut texts, mut ints) = (LargeStringBuilder::new(), Int64Builder::new());
    let (mut text_row, mut int_row) = (None, None);
    for start in (0..rows).step_by(BLOCK) {
        let block = PySlice::new(py, start as isize, rows.min(start + BLOCK) as isize, 1);
        let block = array.get_item(block)?.call_method0("tolist")?.cast_into::<PyList>()?;
        for (row, value) in (start..).zip(block) {
            let refused = |error| from_core(py, error);
            match id(name, row, &value, &uuid)? {
                Id::Null => {
                    texts.append_null();
                    ints.append_null();
                }
                Id::Text(text) => {
                    let known = text
                        .to_str()
                        .map_err(|error| refused(invalid(name, row, &error, "valid Unicode")))?;
                    texts.append_value(known);
                    ints.append_null();
                    text_row.get_or_insert(row);
                }
                Id::Int(int) => {
                    texts.append_null();
                    ints.append_value(int);
                    int_row.get_or_insert(row);
                }
            }
            if let (Some(text), Some(int)) = (text_row, int_row) {
                let found = format!("a text in row {text} and a number in row {int}");
                return Err(refused(of_type(
                    name,
                    found,
                    "of one type; convert it first, as astype(str) does",
                )));
            }
        }
        py.check_signals()?;
        give_way(py);
    }
    Ok(if int_row.is_some() { Arc::new(ints.finish()) } else { Arc::new(texts.finish()) })
}

fn id<'py>(
    name: &'static str,
    row: usize,
    value: &Bound<'py, PyAny>,
    uuid: &Bound<'py, PyAny>,
) -> PyResult<Id<'py>> {
    let py = value.py();
    if let Ok(text) = value.cast::<PyString>() {
        return Ok(Id::Text(text.clone()));
    }
    if value.is_none() {
        return Ok(Id::Null);
    }
    if value.is_instance(uuid)? {
        return Ok(Id::Text(value.str()?));
    }
    let kind = value.get_type().name()?.to_string();
    let whole_or_refused =
        |int: Option<i64>| int.map(Id::Int).ok_or_else(|| from_core(py, invalid(name, row, value, ID_LIMIT)));
    // NaN, NaT and Decimal's NaN do not equal themselves; pandas.NA does not say.
    if kind == "NAType" || value.eq(value).is_ok_and(|same| !same) {
        Ok(Id::Null)
    } else if value.is_instance_of::<PyBool>() || kind.starts_with("bool") {
        Err(from_core(py, of_type(name, format!("{value} ({kind}) in row {row}"), Role::Ids.must())))
    } else if value.is_instance_of::<PyInt>() {
        whole_or_refused(value.extract().ok())
    } else if value.is_instance_of::<PyFloat>() {
        whole_or_refused(whole(value.extract()?))
    } else if let Ok(int) = value.extract::<i64>() {
        // NumPy's integers.
        Ok(Id::Int(int))
    } else if let Ok(float) = value.extract::<f64>() {
        // NumPy's floats and decimals.
        whole_or_refused(whole(float))
    } else {
        Err(from_core(py, of_type(name, format!("{value} ({kind}) in row {row}"), Role::Ids.must())))
    }
}

fn invalid(name: &'static str, row: usize, value: &impl ToString, must: &'static str) -> Error {
    Error::InvalidValue { name: name.into(), row, value: value.to_string(), must: must.into() }
}

fn of_type(name: &'static str, value: String, must: &'static str) -> Error {
    Error::InvalidType { name: name.into(), value, must: must.into() }
}
