//! Columns of texts on their way out.

use super::give_way;
use crate::convert::slice;
use arrow_array::cast::AsArray;
use arrow_array::types::UInt32Type;
use arrow_array::{Array, ArrayRef, DictionaryArray, LargeStringArray, UInt32Array};
use arrow_cast::cast;
use arrow_schema::{DataType, Field};
use numpy::PyReadonlyArray1;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::{PyCapsule, PyList, PySlice, PyString, PyTuple};
use pyo3_arrow::ffi::to_array_pycapsules;
use std::sync::Arc;

/// After so many texts other threads get their turn.
const BLOCK: usize = 16_384;

/// A column of texts: by themselves, or as codes of words. Arrow's users take it without a copy of the interpreter's.
#[pyclass(frozen, module = "loyalty._loyalty")]
pub(crate) struct Texts(ArrayRef);

impl Texts {
    /// Of texts of their own; the caller is without the interpreter's lock, for there may be many.
    pub(crate) fn plain(texts: Vec<String>) -> Self {
        Self(Arc::new(LargeStringArray::from_iter_values(texts)))
    }
}

#[pymethods]
impl Texts {
    /// Of few words: for each row the place of its own.
    #[new]
    fn new(py: Python<'_>, words: Vec<String>, codes: PyReadonlyArray1<'_, u32>) -> PyResult<Self> {
        let codes = slice(&codes)?;
        let texts = py.detach(|| {
            let codes = UInt32Array::from_iter_values(codes.iter().copied());
            DictionaryArray::<UInt32Type>::try_new(codes, Arc::new(LargeStringArray::from_iter_values(words)))
        });
        texts.map(|texts| Self(Arc::new(texts))).map_err(|error| PyValueError::new_err(error.to_string()))
    }

    fn __len__(&self) -> usize {
        self.0.len()
    }

    #[pyo3(signature = (requested_schema=None))]
    fn __arrow_c_array__<'py>(
        &self,
        py: Python<'py>,
        requested_schema: Option<Bound<'py, PyCapsule>>,
    ) -> PyResult<Bound<'py, PyTuple>> {
        let texts = py
            .detach(|| cast(&self.0, &DataType::LargeUtf8))
            .map_err(|error| PyValueError::new_err(error.to_string()))?;
        let field = Arc::new(Field::new("", DataType::LargeUtf8, true));
        Ok(to_array_pycapsules(py, field, &texts, requested_schema)?)
    }

    /// An array of Python's own texts.
    fn to_numpy<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let rows = self.0.len();
        let array = py.import("numpy")?.call_method1("empty", (rows, "object"))?;
        let words = self.0.as_dictionary_opt::<UInt32Type>().map(|texts| {
            let words = texts.values().as_string::<i64>().iter().flatten();
            (texts.keys().values(), words.map(|word| PyString::new(py, word)).collect::<Vec<_>>())
        });
        for start in (0..rows).step_by(BLOCK) {
            let end = rows.min(start + BLOCK);
            let block = match &words {
                Some((codes, words)) => {
                    PyList::new(py, codes[start..end].iter().map(|&code| &words[code as usize]))
                }
                None => {
                    let texts = self.0.as_string::<i64>();
                    PyList::new(py, (start..end).map(|row| texts.value(row)))
                }
            }?;
            array.set_item(PySlice::new(py, start as isize, end as isize, 1), block)?;
            give_way(py);
        }
        Ok(array)
    }
}
