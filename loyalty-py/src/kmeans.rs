//! K-means.

use crate::convert::{Matrix, Vector, array, matrix, optional, specification};
use crate::error::guarded;
use crate::monitor::{Listener, run};
use loyalty_core::kmeans::{self, ChooseK, KMeans};
use numpy::{PyArray1, PyArray2};
use pyo3::prelude::*;

/// A fitted K-means model.
#[pyclass(frozen, module = "loyalty._loyalty")]
pub(crate) struct FittedKMeans(pub(crate) kmeans::FittedKMeans);

/// A row of the choice of k: k, inertia, silhouette.
type Candidate = (usize, f64, f64);

#[pymethods]
impl FittedKMeans {
    #[staticmethod]
    #[pyo3(signature = (params, x, sample_weight, feature_names, n_threads, listener))]
    fn fit(
        py: Python<'_>,
        params: &str,
        x: Matrix<'_>,
        sample_weight: Option<Vector<'_>>,
        feature_names: Vec<String>,
        n_threads: Option<usize>,
        listener: Listener,
    ) -> PyResult<Self> {
        guarded(py, || {
            let spec: KMeans = specification(py, params)?;
            let spec = spec.n_threads(n_threads).feature_names(feature_names);
            let (x, weights) = (x.as_array(), optional(sample_weight.as_ref())?);
            run(py, listener, |monitor| spec.fit_with(x, weights, monitor)).map(Self)
        })
    }

    #[getter]
    fn centroids<'py>(&self, py: Python<'py>) -> Bound<'py, PyArray2<f64>> {
        matrix(py, self.0.centroids())
    }

    #[getter]
    fn labels<'py>(&self, py: Python<'py>) -> Bound<'py, PyArray1<i32>> {
        array(py, labels(self.0.labels()))
    }

    #[getter]
    fn inertia(&self) -> f64 {
        self.0.inertia()
    }

    #[getter]
    fn iterations(&self) -> usize {
        self.0.iterations()
    }

    #[getter]
    fn converged(&self) -> bool {
        self.0.converged()
    }

    #[getter]
    fn cluster_weights<'py>(&self, py: Python<'py>) -> Bound<'py, PyArray1<f64>> {
        array(py, self.0.cluster_weights().to_vec())
    }

    #[getter]
    fn n_used_clusters(&self) -> usize {
        self.0.n_used_clusters()
    }

    fn predict<'py>(
        &self,
        py: Python<'py>,
        x: Matrix<'py>,
        n_threads: Option<usize>,
    ) -> PyResult<Bound<'py, PyArray1<i32>>> {
        guarded(py, || {
            let x = x.as_array();
            let found = run(py, None, |monitor| {
                self.0.predict_with(x, n_threads, monitor).map(|found| labels(&found))
            })?;
            Ok(array(py, found))
        })
    }

    fn distances<'py>(
        &self,
        py: Python<'py>,
        x: Matrix<'py>,
        n_threads: Option<usize>,
    ) -> PyResult<Bound<'py, PyArray2<f64>>> {
        guarded(py, || {
            let x = x.as_array();
            run(py, None, |monitor| self.0.distances_with(x, n_threads, monitor))
                .map(|found| matrix(py, found))
        })
    }

    fn inertia_of(
        &self,
        py: Python<'_>,
        x: Matrix<'_>,
        sample_weight: Option<Vector<'_>>,
        n_threads: Option<usize>,
    ) -> PyResult<f64> {
        guarded(py, || {
            let (x, weights) = (x.as_array(), optional(sample_weight.as_ref())?);
            run(py, None, |monitor| self.0.inertia_of_with(x, weights, n_threads, monitor))
        })
    }
}

/// The number of clusters by silhouette: k, the model, and all that were tried.
#[pyfunction]
#[pyo3(signature = (params, x, sample_weight, feature_names, n_threads, listener))]
pub(crate) fn choose_k(
    py: Python<'_>,
    params: &str,
    x: Matrix<'_>,
    sample_weight: Option<Vector<'_>>,
    feature_names: Vec<String>,
    n_threads: Option<usize>,
    listener: Listener,
) -> PyResult<(usize, FittedKMeans, Vec<Candidate>)> {
    guarded(py, || {
        let mut spec: ChooseK = specification(py, params)?;
        spec.kmeans.n_threads = n_threads;
        spec.kmeans.feature_names = feature_names;
        let (x, weights) = (x.as_array(), optional(sample_weight.as_ref())?);
        let chosen = run(py, listener, |monitor| spec.fit_with(x, weights, monitor))?;
        Ok((chosen.k, FittedKMeans(chosen.model), candidates(&chosen.candidates)))
    })
}

pub(crate) fn candidates(tried: &[kmeans::Candidate]) -> Vec<Candidate> {
    tried.iter().map(|c| (c.k, c.inertia, c.silhouette)).collect()
}

/// Labels as scikit-learn has them.
fn labels(labels: &[u32]) -> Vec<i32> {
    labels.iter().map(|&label| label as i32).collect()
}
