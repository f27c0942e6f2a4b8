//! RFM scores.

use crate::convert::{Vector, array, slice, specification};
use crate::error::guarded;
use crate::monitor::run;
use loyalty_core::rfm::{self, CutPoints, Rfm};
use numpy::PyArray1;
use pyo3::prelude::*;

/// A fitted RFM model.
#[pyclass(frozen, module = "loyalty._loyalty")]
pub(crate) struct FittedRfm(pub(crate) rfm::FittedRfm);

/// R, F, M, their weighted mean, and the segment as an index into the names.
type Scores<'py> = (
    Bound<'py, PyArray1<u8>>,
    Bound<'py, PyArray1<u8>>,
    Bound<'py, PyArray1<u8>>,
    Bound<'py, PyArray1<f64>>,
    Bound<'py, PyArray1<u32>>,
);

#[pymethods]
impl FittedRfm {
    #[staticmethod]
    fn fit(
        py: Python<'_>,
        params: &str,
        recency_days: Vector<'_>,
        frequency: Vector<'_>,
        monetary: Vector<'_>,
    ) -> PyResult<Self> {
        guarded(py, || {
            let spec: Rfm = specification(py, params)?;
            let (r, f, m) = (slice(&recency_days)?, slice(&frequency)?, slice(&monetary)?);
            run(py, None, |_| spec.fit(r, f, m)).map(Self)
        })
    }

    fn score<'py>(
        &self,
        py: Python<'py>,
        recency_days: Vector<'py>,
        frequency: Vector<'py>,
        monetary: Vector<'py>,
    ) -> PyResult<Scores<'py>> {
        guarded(py, || {
            let (r, f, m) = (slice(&recency_days)?, slice(&frequency)?, slice(&monetary)?);
            let scores = run(py, None, |_| self.0.score(r, f, m))?;
            Ok((
                array(py, scores.r),
                array(py, scores.f),
                array(py, scores.m),
                array(py, scores.combined),
                array(py, scores.segment),
            ))
        })
    }

    #[getter]
    fn segment_names(&self) -> Vec<&str> {
        self.0.segment_names()
    }

    /// The cut points of recency, frequency and monetary value.
    #[getter]
    fn cut_points(&self) -> (Vec<f64>, Vec<f64>, Vec<f64>) {
        let CutPoints { recency_days, frequency, monetary } = self.0.cut_points().clone();
        (recency_days, frequency, monetary)
    }

    /// The cut points of frequency within recency, and of monetary value within both.
    #[getter]
    fn nested_cut_points(&self) -> Option<(Vec<f64>, Vec<f64>)> {
        self.0.nested_cut_points().map(|nested| (nested.frequency.clone(), nested.monetary.clone()))
    }

    #[getter]
    fn bins_in_use(&self) -> (usize, usize, usize) {
        let used = self.0.bins_in_use();
        (used.recency_days, used.frequency, used.monetary)
    }
}
