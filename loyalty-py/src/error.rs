//! Errors and panics of the core as exceptions of `loyalty.errors`.

use loyalty_core::Error;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::PyType;
use std::any::Any;
use std::borrow::Cow;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Runs `work`; a panic in it, of which none is known, becomes an exception like any other.
pub(crate) fn guarded<T>(py: Python<'_>, work: impl FnOnce() -> PyResult<T>) -> PyResult<T> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|panic| Err(internal(py, &*panic)))
}

/// The exception for a panic.
pub(crate) fn internal(py: Python<'_>, panic: &(dyn Any + Send)) -> PyErr {
    let text = panic.downcast_ref::<&str>().copied().or(panic.downcast_ref::<String>().map(String::as_str));
    let message = format!("internal error, please report it: {}", text.unwrap_or("no message"));
    exception(py, "LoyaltyError", (message, "INTERNAL", None, None, None))
}

/// The exception for an error of the core, in Python's words.
pub(crate) fn from_core(py: Python<'_>, error: Error) -> PyErr {
    let error = renamed(error);
    let class = match error {
        Error::InvalidType { .. } => "LoyaltyTypeError",
        _ => "LoyaltyError",
    };
    let (row, column) = match error {
        Error::InvalidValue { row, .. } => (Some(row), None),
        Error::NonFinite { row, column, .. } => (Some(row), Some(column)),
        _ => (None, None),
    };
    exception(py, class, (error.to_string(), error.code(), error.argument(), row, column))
}

/// Message, code, argument, row and column.
type Fields<'a> = (String, &'static str, Option<&'a str>, Option<usize>, Option<usize>);

fn exception(py: Python<'_>, class: &'static str, fields: Fields<'_>) -> PyErr {
    static MODULE: PyOnceLock<Py<PyModule>> = PyOnceLock::new();
    let raised = || {
        let module = MODULE.get_or_try_init(py, || py.import("loyalty.errors").map(Bound::unbind))?;
        module.bind(py).getattr(class)?.cast_into::<PyType>()?.call1(fields)
    };
    raised().map_or_else(|error| error, PyErr::from_value)
}

/// What Python writes otherwise: some names after scikit-learn's habits, and what JSON calls null.
fn renamed(mut error: Error) -> Error {
    if let Error::InvalidType { value, .. } | Error::InvalidParameter { value, .. } = &mut error
        && value == "null"
    {
        *value = "None".to_owned();
    }
    if let Error::InvalidParameter { name, .. }
    | Error::InvalidType { name, .. }
    | Error::InvalidValue { name, .. }
    | Error::ShapeMismatch { name, .. }
    | Error::NonFinite { name, .. }
    | Error::TooFewRows { name, .. }
    | Error::Degenerate { name, .. } = &mut error
    {
        let python = match name.as_ref() {
            "x" => "X",
            "c" => "C",
            "seed" => "random_state",
            _ => return error,
        };
        *name = Cow::Borrowed(python);
    }
    error
}
