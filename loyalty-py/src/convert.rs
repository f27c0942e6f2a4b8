//! Arrays in and out, and specifications from their parameters.

use crate::error::from_core;
use loyalty_core::ndarray::Array2;
use loyalty_core::{Result, model};
use numpy::{IntoPyArray, PyArray1, PyArray2, PyReadonlyArray1, PyReadonlyArray2};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

/// One row a customer.
pub(crate) type Matrix<'py> = PyReadonlyArray2<'py, f64>;

/// One value a row, without gaps in memory.
pub(crate) type Vector<'py, T = f64> = PyReadonlyArray1<'py, T>;

/// The values of a vector.
pub(crate) fn slice<'a, T: numpy::Element>(vector: &'a Vector<'_, T>) -> PyResult<&'a [T]> {
    vector.as_slice().map_err(|error| PyValueError::new_err(error.to_string()))
}

/// The values of a vector that may be absent.
pub(crate) fn optional<'a, T: numpy::Element>(
    vector: Option<&'a Vector<'_, T>>,
) -> PyResult<Option<&'a [T]>> {
    vector.map(slice).transpose()
}

/// The specification with these parameters, given as JSON.
pub(crate) fn specification<T: serde::de::DeserializeOwned>(py: Python<'_>, params: &str) -> PyResult<T> {
    core(py, model::specification(params))
}

/// A result of the core as one of Python.
pub(crate) fn core<T>(py: Python<'_>, result: Result<T>) -> PyResult<T> {
    result.map_err(|error| from_core(py, error))
}

/// A vector for NumPy, moved and not copied.
pub(crate) fn array<T: numpy::Element>(py: Python<'_>, values: Vec<T>) -> Bound<'_, PyArray1<T>> {
    values.into_pyarray(py)
}

/// A matrix for NumPy, moved and not copied.
pub(crate) fn matrix(py: Python<'_>, values: Array2<f64>) -> Bound<'_, PyArray2<f64>> {
    values.into_pyarray(py)
}
