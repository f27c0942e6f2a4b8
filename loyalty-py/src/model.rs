//! Model files, and what every fitted model can do.

use crate::churn::FittedLogisticChurn;
use crate::convert::core;
use crate::error::guarded;
use crate::kmeans::FittedKMeans;
use crate::rfm::FittedRfm;
use crate::scaling::{FittedMinMaxScaler, FittedStandardScaler};
use crate::score::FittedLoyaltyScore;
use crate::scorecard::FittedScorecard;
use loyalty_core::churn::LogisticChurn;
use loyalty_core::customers::SummaryParams;
use loyalty_core::kmeans::{ChooseK, KMeans};
use loyalty_core::model::{self, AnyModel};
use loyalty_core::rfm::Rfm;
use loyalty_core::scaling::{MinMaxScaler, StandardScaler};
use loyalty_core::score::LoyaltyScore;
use loyalty_core::scorecard::Scorecard;
use pyo3::IntoPyObjectExt;
use pyo3::exceptions::PyKeyError;
use pyo3::prelude::*;

/// The methods of a fitted model that are the same for all: its file, its pickle, its names.
macro_rules! model_methods {
    ($($model:ident),*) => {$(
        #[pymethods]
        impl $model {
            /// The text of its model file.
            fn to_json(&self, py: Python<'_>) -> PyResult<String> {
                guarded(py, || core(py, loyalty_core::model::Model::to_json(&self.0)))
            }

            /// The model of a file's text.
            #[staticmethod]
            fn from_json(py: Python<'_>, text: &str) -> PyResult<Self> {
                guarded(py, || core(py, loyalty_core::model::Model::from_json(text)).map(Self))
            }

            /// The names of its columns.
            #[getter]
            fn feature_names(&self) -> Vec<String> {
                self.0.feature_names().to_vec()
            }

            fn __reduce__<'py>(&self, py: Python<'py>) -> PyResult<(Bound<'py, PyAny>, (String,))> {
                Ok((py.get_type::<Self>().getattr("from_json")?, (self.to_json(py)?,)))
            }

            fn __eq__(&self, other: &Self) -> bool {
                self.0 == other.0
            }
        }
    )*};
}
model_methods!(
    FittedRfm,
    FittedLoyaltyScore,
    FittedLogisticChurn,
    FittedKMeans,
    FittedStandardScaler,
    FittedMinMaxScaler,
    FittedScorecard
);

/// The model of a file's text, of whatever kind it is.
#[pyfunction]
pub(crate) fn load_model<'py>(py: Python<'py>, text: &str) -> PyResult<Bound<'py, PyAny>> {
    guarded(py, || match core(py, model::load(text))? {
        AnyModel::Rfm(model) => FittedRfm(model).into_bound_py_any(py),
        AnyModel::LoyaltyScore(model) => FittedLoyaltyScore(model).into_bound_py_any(py),
        AnyModel::LogisticChurn(model) => FittedLogisticChurn(model).into_bound_py_any(py),
        AnyModel::KMeans(model) => FittedKMeans(model).into_bound_py_any(py),
        AnyModel::StandardScaler(model) => FittedStandardScaler(model).into_bound_py_any(py),
        AnyModel::MinMaxScaler(model) => FittedMinMaxScaler(model).into_bound_py_any(py),
        AnyModel::Scorecard(model) => FittedScorecard(model).into_bound_py_any(py),
        _ => Err(PyKeyError::new_err("a kind of model that this package does not know")),
    })
}

/// The default parameters of a specification as JSON: what the package's signatures are held against.
#[pyfunction]
pub(crate) fn default_params(specification: &str) -> PyResult<String> {
    fn json<T: Default + serde::Serialize>() -> serde_json::Result<String> {
        serde_json::to_string(&T::default())
    }
    match specification {
        "customers" => json::<SummaryParams>(),
        "rfm" => json::<Rfm>(),
        "score" => json::<LoyaltyScore>(),
        "churn" => json::<LogisticChurn>(),
        "kmeans" => json::<KMeans>(),
        "choose_k" => json::<ChooseK>(),
        "standard_scaler" => json::<StandardScaler>(),
        "min_max_scaler" => json::<MinMaxScaler>(),
        "scorecard" => json::<Scorecard>(),
        other => return Err(PyKeyError::new_err(other.to_owned())),
    }
    .map_err(|error| PyKeyError::new_err(error.to_string()))
}
