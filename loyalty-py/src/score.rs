//! The loyalty score.

use crate::convert::{Matrix, array, core, matrix, specification};
use crate::error::guarded;
use crate::monitor::run;
use loyalty_core::score::{self, LoyaltyScore};
use numpy::{PyArray1, PyArray2};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

/// A fitted loyalty score.
#[pyclass(frozen, module = "loyalty._loyalty")]
pub(crate) struct FittedLoyaltyScore(pub(crate) score::FittedLoyaltyScore);

#[pymethods]
impl FittedLoyaltyScore {
    #[staticmethod]
    fn fit(py: Python<'_>, params: &str, x: Matrix<'_>) -> PyResult<Self> {
        guarded(py, || {
            let spec: LoyaltyScore = specification(py, params)?;
            let x = x.as_array();
            run(py, None, |_| spec.fit(x)).map(Self)
        })
    }

    fn score<'py>(&self, py: Python<'py>, x: Matrix<'py>) -> PyResult<Bound<'py, PyArray1<f64>>> {
        guarded(py, || {
            let x = x.as_array();
            run(py, None, |_| self.0.score(x)).map(|scores| array(py, scores))
        })
    }

    fn tier<'py>(&self, py: Python<'py>, x: Matrix<'py>) -> PyResult<Bound<'py, PyArray1<u32>>> {
        guarded(py, || {
            let x = x.as_array();
            run(py, None, |_| self.0.tier(x)).map(|tiers| array(py, tiers))
        })
    }

    fn tier_of(&self, py: Python<'_>, score: f64) -> PyResult<&str> {
        core(py, self.0.tier_of(score)).map(|tier| tier.name)
    }

    fn contributions<'py>(&self, py: Python<'py>, x: Matrix<'py>) -> PyResult<Bound<'py, PyArray2<f64>>> {
        guarded(py, || {
            let x = x.as_array();
            run(py, None, |_| self.0.contributions(x)).map(|points| matrix(py, points))
        })
    }

    #[getter]
    fn tier_names(&self) -> Vec<String> {
        self.0.tier_names().to_vec()
    }

    /// What was learnt of each behaviour, as in a model file.
    #[getter]
    fn normalisations(&self) -> PyResult<String> {
        serde_json::to_string(self.0.normalisations())
            .map_err(|error| PyValueError::new_err(error.to_string()))
    }
}

/// The parameters of a preset as JSON.
#[pyfunction]
pub(crate) fn loyalty_score_preset(name: &str) -> PyResult<String> {
    let preset = match name {
        "purchase_usage_feedback" => LoyaltyScore::purchase_usage_feedback(),
        "c_score" => LoyaltyScore::c_score(),
        other => return Err(PyValueError::new_err(format!("no preset {other}"))),
    };
    serde_json::to_string(&preset).map_err(|error| PyValueError::new_err(error.to_string()))
}
