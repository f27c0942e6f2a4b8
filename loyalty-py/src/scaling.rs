//! Scalers.

use crate::convert::{Matrix, Vector, array, matrix, optional, specification};
use crate::error::guarded;
use crate::monitor::run;
use loyalty_core::scaling::{self, MinMaxScaler, StandardScaler};
use numpy::{PyArray1, PyArray2};
use pyo3::prelude::*;

/// A fitted standard scaler.
#[pyclass(frozen, module = "loyalty._loyalty")]
pub(crate) struct FittedStandardScaler(pub(crate) scaling::FittedStandardScaler);

/// A fitted min-max scaler.
#[pyclass(frozen, module = "loyalty._loyalty")]
pub(crate) struct FittedMinMaxScaler(pub(crate) scaling::FittedMinMaxScaler);

/// The methods that both have.
macro_rules! scaler_methods {
    ($($fitted:ident of $spec:ident),*) => {$(
        #[pymethods]
        impl $fitted {
            #[staticmethod]
            fn fit(
                py: Python<'_>,
                params: &str,
                x: Matrix<'_>,
                sample_weight: Option<Vector<'_>>,
                feature_names: Vec<String>,
            ) -> PyResult<Self> {
                guarded(py, || {
                    let spec: $spec = specification(py, params)?;
                    let spec = spec.feature_names(feature_names);
                    let (x, weights) = (x.as_array(), optional(sample_weight.as_ref())?);
                    run(py, None, |_| spec.fit_weighted(x, weights)).map(Self)
                })
            }

            fn transform<'py>(&self, py: Python<'py>, x: Matrix<'py>) -> PyResult<Bound<'py, PyArray2<f64>>> {
                guarded(py, || {
                    let x = x.as_array();
                    run(py, None, |_| self.0.transform(x)).map(|scaled| matrix(py, scaled))
                })
            }

            fn inverse_transform<'py>(&self, py: Python<'py>, x: Matrix<'py>) -> PyResult<Bound<'py, PyArray2<f64>>> {
                guarded(py, || {
                    let x = x.as_array();
                    run(py, None, |_| self.0.inverse_transform(x)).map(|back| matrix(py, back))
                })
            }

            #[getter]
            fn constant_columns(&self) -> Vec<usize> {
                self.0.constant_columns()
            }
        }
    )*};
}
scaler_methods!(FittedStandardScaler of StandardScaler, FittedMinMaxScaler of MinMaxScaler);

#[pymethods]
impl FittedStandardScaler {
    #[getter]
    fn mean<'py>(&self, py: Python<'py>) -> Bound<'py, PyArray1<f64>> {
        array(py, self.0.mean().to_vec())
    }

    #[getter]
    fn scale<'py>(&self, py: Python<'py>) -> Bound<'py, PyArray1<f64>> {
        array(py, self.0.scale().to_vec())
    }
}

#[pymethods]
impl FittedMinMaxScaler {
    #[getter]
    fn data_min<'py>(&self, py: Python<'py>) -> Bound<'py, PyArray1<f64>> {
        array(py, self.0.data_min().to_vec())
    }

    #[getter]
    fn data_max<'py>(&self, py: Python<'py>) -> Bound<'py, PyArray1<f64>> {
        array(py, self.0.data_max().to_vec())
    }
}
