//! Logistic churn.

use crate::convert::{Matrix, Vector, array, core, matrix, optional, slice, specification};
use crate::error::guarded;
use crate::monitor::{Listener, run};
use loyalty_core::churn::{self, LogisticChurn};
use loyalty_core::numeric::elementary;
use numpy::{PyArray1, PyArray2};
use pyo3::prelude::*;
use pyo3::types::PyDict;

/// A fitted churn model.
#[pyclass(frozen, module = "loyalty._loyalty")]
pub(crate) struct FittedLogisticChurn(pub(crate) churn::FittedLogisticChurn);

#[pymethods]
impl FittedLogisticChurn {
    #[staticmethod]
    #[expect(clippy::too_many_arguments, reason = "one for each argument of the estimator")]
    fn fit(
        py: Python<'_>,
        params: &str,
        x: Matrix<'_>,
        y: Vector<'_, bool>,
        sample_weight: Option<Vector<'_>>,
        feature_names: Vec<String>,
        n_threads: Option<usize>,
        listener: Listener,
    ) -> PyResult<Self> {
        guarded(py, || {
            let spec: LogisticChurn = specification(py, params)?;
            let spec = spec.n_threads(n_threads).feature_names(feature_names);
            let (x, y, weights) = (x.as_array(), slice(&y)?, optional(sample_weight.as_ref())?);
            run(py, listener, |monitor| spec.fit_with(x, y, weights, monitor)).map(Self)
        })
    }

    #[getter]
    fn coefficients<'py>(&self, py: Python<'py>) -> Bound<'py, PyArray1<f64>> {
        array(py, self.0.coefficients().to_vec())
    }

    #[getter]
    fn intercept(&self) -> f64 {
        self.0.intercept()
    }

    #[getter]
    fn odds_ratios<'py>(&self, py: Python<'py>) -> Bound<'py, PyArray1<f64>> {
        array(py, self.0.odds_ratios())
    }

    #[getter]
    fn log_likelihood(&self) -> f64 {
        self.0.log_likelihood()
    }

    #[getter]
    fn null_log_likelihood(&self) -> f64 {
        self.0.null_log_likelihood()
    }

    #[getter]
    fn converged(&self) -> bool {
        self.0.converged()
    }

    #[getter]
    fn iterations(&self) -> usize {
        self.0.iterations()
    }

    #[getter]
    fn relative_gradient(&self) -> f64 {
        self.0.relative_gradient()
    }

    #[getter]
    fn separation_risk(&self) -> bool {
        self.0.separation_risk()
    }

    #[getter]
    fn constant_features(&self) -> Vec<&str> {
        self.0.constant_features().collect()
    }

    #[getter]
    fn means<'py>(&self, py: Python<'py>) -> Bound<'py, PyArray1<f64>> {
        array(py, self.0.means().to_vec())
    }

    #[getter]
    fn base_value(&self) -> f64 {
        self.0.base_value()
    }

    /// The figures of an unpenalised fit by name, the intercept's apart.
    #[getter]
    fn inference<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyDict>>> {
        let Some(found) = self.0.inference() else { return Ok(None) };
        let figures = PyDict::new(py);
        for (name, values) in [
            ("standard_errors", &found.standard_errors),
            ("z", &found.z),
            ("p_values", &found.p_values),
            ("confidence_low", &found.confidence_low),
            ("confidence_high", &found.confidence_high),
        ] {
            figures.set_item(name, array(py, values.clone()))?;
        }
        let of_intercept =
            found.intercept.map(|i| (i.standard_error, i.z, i.p_value, i.confidence_low, i.confidence_high));
        figures.set_item("intercept", of_intercept)?;
        figures.set_item("condition", found.condition)?;
        Ok(Some(figures))
    }

    fn decision<'py>(
        &self,
        py: Python<'py>,
        x: Matrix<'py>,
        n_threads: Option<usize>,
    ) -> PyResult<Bound<'py, PyArray1<f64>>> {
        guarded(py, || {
            let x = x.as_array();
            run(py, None, |monitor| self.0.decision_with(x, n_threads, monitor)).map(|found| array(py, found))
        })
    }

    fn predict_proba<'py>(
        &self,
        py: Python<'py>,
        x: Matrix<'py>,
        n_threads: Option<usize>,
    ) -> PyResult<Bound<'py, PyArray1<f64>>> {
        guarded(py, || {
            let x = x.as_array();
            run(py, None, |monitor| self.0.predict_proba_with(x, n_threads, monitor))
                .map(|found| array(py, found))
        })
    }

    fn predict<'py>(
        &self,
        py: Python<'py>,
        x: Matrix<'py>,
        n_threads: Option<usize>,
    ) -> PyResult<Bound<'py, PyArray1<bool>>> {
        guarded(py, || {
            let x = x.as_array();
            run(py, None, |monitor| self.0.predict_with(x, n_threads, monitor)).map(|found| array(py, found))
        })
    }

    fn contributions<'py>(&self, py: Python<'py>, x: Matrix<'py>) -> PyResult<Bound<'py, PyArray2<f64>>> {
        guarded(py, || {
            let x = x.as_array();
            run(py, None, |_| self.0.contributions(x)).map(|found| matrix(py, found))
        })
    }
}

/// Who bought nothing in the horizon after the cutoff.
#[pyfunction]
pub(crate) fn churn_labels<'py>(
    py: Python<'py>,
    next_purchase: Vector<'py, i64>,
    cutoff: i64,
    horizon_days: f64,
) -> PyResult<Bound<'py, PyArray1<bool>>> {
    guarded(py, || {
        core(py, churn::labels(slice(&next_purchase)?, cutoff, horizon_days)).map(|labels| array(py, labels))
    })
}

/// The logarithm of the logistic function of each value.
#[pyfunction]
pub(crate) fn log_logistic<'py>(py: Python<'py>, values: Vector<'py>) -> PyResult<Bound<'py, PyArray1<f64>>> {
    guarded(py, || {
        let values = slice(&values)?;
        run(py, None, |_| Ok(values.iter().map(|&value| elementary::log_logistic(value)).collect()))
            .map(|logs| array(py, logs))
    })
}
