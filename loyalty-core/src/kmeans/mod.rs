//! K-means: customers in groups of similar behaviour.

mod choose;
mod chunk;
mod draws;
mod filter;
mod init;
mod lloyd;
mod nearest;
mod points;
mod seeding;
mod sketch;
mod sums;

pub use choose::{Candidate, ChooseK, ChosenK};
pub use init::Init;

use crate::check;
use crate::error::{Error, Result};
use crate::monitor::Monitor;
use crate::numeric::blocks;
use crate::numeric::dispatch::LANES;
use crate::numeric::moments::Weights;
use crate::numeric::rng::Rng;
use lloyd::{Limits, Run, lloyd, mean_variance};
use ndarray::{Array2, ArrayView2, Axis};
use points::Points;
use serde::{Deserialize, Serialize};

/// Rows of a prediction in one block where clusters and columns are few.
const PREDICTED_ROWS: usize = 4096;

/// Differences that one block of a prediction should take, about.
const PREDICTED_DIFFERENCES: usize = 1 << 24;

/// K-means clustering: k centroids that make Σᵢ wᵢ·min_c ‖xᵢ − μ_c‖² a (local) minimum.
///
/// Lloyd's algorithm takes turns: each row goes to the nearest centroid, of equally near ones to the first, and each centroid
/// to the mean of its rows. An empty cluster gets the row farthest from its centroid. It ends when no label changes or the
/// centroids stand still within [`tol`](Self::tol). Of [`n_init`](Self::n_init) restarts the least inertia wins, of several the
/// first. A weight counts like that many copies of its row, and a row of weight 0 has no influence.
///
/// Columns in different units should be scaled before. Differences more than 10¹⁵⁰ times smaller than the largest
/// value, an offset common to a whole column not counted, have no influence; within that, any scale and offset is right.
///
/// Words and defaults are scikit-learn's, and so are the answers, but for four points: `tol` refers to the weighted variance,
/// so that there too a weight counts like copies; ties go to the first and not by rounding; a fit does not end while an
/// empty cluster can be refilled; and of several clusters empty at once the first gets the farthest row.
///
/// # Source
/// Lloyd (1982), IEEE Transactions on Information Theory 28: 129–137; Arthur and Vassilvitskii (2007), Proceedings of the
/// 18th ACM-SIAM Symposium on Discrete Algorithms: 1027–1035.
///
/// ```
/// use loyalty_core::kmeans::KMeans;
/// use loyalty_core::ndarray::array;
///
/// let x = array![[1.0, 20.0], [2.0, 22.0], [9.0, 70.0], [8.0, 74.0]];
/// let model = KMeans::new(2).seed(7).fit(x.view())?;
/// assert_eq!(model.inertia(), 11.0);
/// assert_eq!(model.labels()[0], model.labels()[1]);
/// assert_eq!(model.predict_one(&[8.5, 71.0])?, model.labels()[2]);
/// # Ok::<(), loyalty_core::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct KMeans {
    /// The number of clusters k, at least 1 and at most the number of rows. Default 8.
    pub n_clusters: usize,
    /// Where the centroids start. Default greedy k-means++.
    pub init: Init,
    /// Restarts, at least 1; given centroids start only once. Default 1.
    pub n_init: usize,
    /// Iterations of a restart at the most, at least 1. Default 300.
    pub max_iter: usize,
    /// A restart has converged if the sum of the squared shifts of all centroids is at most `tol` times the mean variance of the
    /// columns; 0 or more. With 0 it goes on until no label changes. Default 1e-4.
    pub tol: f64,
    /// The seed of the random choices. Default 0.
    pub seed: u64,
    /// Threads; `None` for all cores. The answer has the same bits at any number.
    #[serde(skip)]
    pub n_threads: Option<usize>,
    /// The names of the columns; `x0`, `x1`, … if empty.
    #[serde(skip)]
    pub feature_names: Vec<String>,
}

impl Default for KMeans {
    fn default() -> Self {
        Self {
            n_clusters: 8,
            init: Init::KMeansPlusPlus,
            n_init: 1,
            max_iter: 300,
            tol: 1e-4,
            seed: 0,
            n_threads: None,
            feature_names: Vec::new(),
        }
    }
}

impl KMeans {
    /// The defaults with this many clusters.
    #[must_use]
    pub fn new(n_clusters: usize) -> Self {
        Self { n_clusters, ..Self::default() }
    }

    /// Sets [`n_clusters`](Self::n_clusters).
    #[must_use]
    pub fn n_clusters(mut self, n_clusters: usize) -> Self {
        self.n_clusters = n_clusters;
        self
    }

    /// Sets [`init`](Self::init).
    #[must_use]
    pub fn init(mut self, init: Init) -> Self {
        self.init = init;
        self
    }

    /// Sets [`n_init`](Self::n_init).
    #[must_use]
    pub fn n_init(mut self, n_init: usize) -> Self {
        self.n_init = n_init;
        self
    }

    /// Sets [`max_iter`](Self::max_iter).
    #[must_use]
    pub fn max_iter(mut self, max_iter: usize) -> Self {
        self.max_iter = max_iter;
        self
    }

    /// Sets [`tol`](Self::tol).
    #[must_use]
    pub fn tol(mut self, tol: f64) -> Self {
        self.tol = tol;
        self
    }

    /// Sets [`seed`](Self::seed).
    #[must_use]
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// Sets [`n_threads`](Self::n_threads).
    #[must_use]
    pub fn n_threads(mut self, n_threads: impl Into<Option<usize>>) -> Self {
        self.n_threads = n_threads.into();
        self
    }

    /// Sets [`feature_names`](Self::feature_names).
    #[must_use]
    pub fn feature_names(mut self, names: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.feature_names = names.into_iter().map(Into::into).collect();
        self
    }

    /// [`fit_with`](Self::fit_with) without weights and silent.
    ///
    /// # Errors
    /// As [`fit_with`](Self::fit_with).
    pub fn fit(&self, x: ArrayView2<'_, f64>) -> Result<FittedKMeans> {
        self.fit_with(x, None, &mut Monitor::silent())
    }

    /// Finds the clusters.
    ///
    /// # Arguments
    /// * `x`: rows × columns, finite, at least `n_clusters` rows and 1 column.
    /// * `sample_weight`: one weight a row, 0 or more, not all 0.
    /// * `monitor`: hears `kmeans_init`, counted in centroids drawn, and `kmeans`, counted in iterations over all restarts; where
    ///   there are rows of weight 0, also `kmeans_predict`.
    ///
    /// # Returns
    /// The model. Where `x` has fewer distinct rows than `n_clusters` some clusters stay empty: see
    /// [`n_used_clusters`](FittedKMeans::n_used_clusters).
    ///
    /// # Errors
    /// [`Error::InvalidParameter`], [`Error::TooFewRows`], [`Error::ShapeMismatch`] (of `x`, `init`, `sample_weight` or
    /// `feature_names`), [`Error::NonFinite`], [`Error::InvalidValue`] for a negative weight, [`Error::Degenerate`] if all weights
    /// are 0 or if the inertia is above the largest number, [`Error::Cancelled`].
    pub fn fit_with(
        &self,
        x: ArrayView2<'_, f64>,
        sample_weight: Option<&[f64]>,
        monitor: &mut Monitor<'_>,
    ) -> Result<FittedKMeans> {
        self.check()?;
        self.check_data(x, sample_weight)?;
        let feature_names = check::feature_names(&self.feature_names, x.ncols())?;
        let n_threads = check::n_threads(self.n_threads)?;
        let given = match &self.init {
            Init::Centroids(rows) => Some(rows.view()),
            Init::KMeansPlusPlus | Init::Random => None,
        };
        monitor.report("kmeans_init", 0, Some(self.n_clusters))?;
        let mut points = Points::new(x, sample_weight, self.n_clusters, given, n_threads, monitor)?;
        let (best, labels, cluster_weights) = self.best_run(&mut points, monitor)?;
        let inertia = representable(points.inertia_outside(best.inertia))?;
        let mut model = FittedKMeans {
            feature_names,
            params: Self { n_threads: None, feature_names: Vec::new(), ..self.clone() },
            fitted: Learnt {
                centroids: best.centroids,
                cluster_weights,
                inertia,
                iterations: best.iterations,
                converged: best.converged,
                labels,
            },
        };
        if model.fitted.labels.len() < x.nrows() {
            // Rows of weight 0 took no part, but they have a label too.
            model.fitted.labels = model.predict_with(x, self.n_threads, monitor)?;
        }
        Ok(model)
    }

    /// Refuses parameters that fit no data.
    pub(crate) fn check(&self) -> Result<()> {
        check::count_within("n_clusters", self.n_clusters, 1..=MAX_CLUSTERS)?;
        check::count_within("n_init", self.n_init, 1..=usize::MAX)?;
        check::count_within("max_iter", self.max_iter, 1..=usize::MAX)?;
        check::non_negative("tol", self.tol)?;
        if let Init::Centroids(rows) = &self.init {
            check::same_rows("init", rows.nrows(), self.n_clusters)?;
            check::finite_matrix("init", rows.view())?;
        }
        Ok(())
    }

    /// Refuses given centroids of another number of columns than this.
    fn check_columns(&self, columns: usize) -> Result<()> {
        match &self.init {
            Init::Centroids(rows) => check::same_columns("init", rows.ncols(), columns),
            Init::KMeansPlusPlus | Init::Random => Ok(()),
        }
    }

    fn check_data(&self, x: ArrayView2<'_, f64>, sample_weight: Option<&[f64]>) -> Result<()> {
        match sample_weight {
            // Rows of weight 0 take no part, but count in the row that an error names.
            Some(_) => check::matrix("x", x)?,
            // The frame of the rows is the first to look at all values.
            None => check::filled("x", x)?,
        }
        check::at_least_rows("x", x.nrows(), self.n_clusters)?;
        self.check_columns(x.ncols())?;
        Weights::new(sample_weight, x.nrows())?;
        Ok(())
    }

    /// The best of all restarts, the labels of the points, and the weights of the clusters.
    fn best_run(
        &self,
        points: &mut Points<'_>,
        monitor: &mut Monitor<'_>,
    ) -> Result<(Run, Vec<u32>, Vec<f64>)> {
        let n_init = if matches!(self.init, Init::Centroids(_)) { 1 } else { self.n_init };
        let shift = if self.tol == 0.0 { 0.0 } else { self.tol * mean_variance(points, monitor)? };
        let limits = Limits { n_init, max_iter: self.max_iter, shift };
        let mut stream = Rng::new(self.seed);
        let mut run = |restart: usize, points: &mut Points<'_>, monitor: &mut Monitor<'_>| {
            let mut rng = stream.clone();
            stream.jump();
            let start = match &self.init {
                Init::KMeansPlusPlus => init::k_means_plus_plus(points, &mut rng, monitor)?,
                Init::Random => init::random(points, &mut rng, monitor)?,
                Init::Centroids(rows) => points.enter(rows.iter().copied()),
            };
            lloyd(points, start, &limits, restart, monitor)
        };
        let first = run(0, points, monitor)?;
        let mut best = (first, points.labels(), points.weights_outside());
        for restart in 1..n_init {
            let next = run(restart, points, monitor)?;
            if next.inertia < best.0.inertia {
                best = (next, points.labels(), points.weights_outside());
            }
        }
        Ok(best)
    }
}

/// Labels are `u32`.
const MAX_CLUSTERS: usize = u32::MAX as usize;

fn representable(inertia: f64) -> Result<f64> {
    if inertia.is_finite() {
        return Ok(inertia);
    }
    Err(Error::Degenerate {
        name: "x".into(),
        reason: "the inertia is above the largest number; divide all columns, or all weights, by one factor"
            .into(),
    })
}

/// A K-means model.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct FittedKMeans {
    pub(crate) feature_names: Vec<String>,
    pub(crate) params: KMeans,
    pub(crate) fitted: Learnt,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Learnt {
    /// Row by row.
    centroids: Vec<f64>,
    cluster_weights: Vec<f64>,
    inertia: f64,
    iterations: usize,
    converged: bool,
    #[serde(skip)]
    labels: Vec<u32>,
}

/// The labels of the training rows belong to the fit, not to the model: a model read from a file equals the one written.
impl PartialEq for Learnt {
    fn eq(&self, other: &Self) -> bool {
        self.centroids == other.centroids
            && self.cluster_weights == other.cluster_weights
            && self.inertia == other.inertia
            && self.iterations == other.iterations
            && self.converged == other.converged
    }
}

impl FittedKMeans {
    /// The specification that was fitted, without `n_threads` and `feature_names`.
    pub fn params(&self) -> &KMeans {
        &self.params
    }

    /// The names of the columns.
    pub fn feature_names(&self) -> &[String] {
        &self.feature_names
    }

    /// The centroids: clusters × columns.
    pub fn centroids(&self) -> Array2<f64> {
        let columns = self.columns();
        Array2::from_shape_fn((self.params.n_clusters, columns), |(c, j)| {
            self.fitted.centroids[c * columns + j]
        })
    }

    /// Σᵢ wᵢ·‖xᵢ − μ‖² over the training rows and their nearest centroids.
    pub fn inertia(&self) -> f64 {
        self.fitted.inertia
    }

    /// Iterations of the winning restart.
    pub fn iterations(&self) -> usize {
        self.fitted.iterations
    }

    /// Whether the winning restart ended before `max_iter` or with it for good.
    pub fn converged(&self) -> bool {
        self.fitted.converged
    }

    /// The weight of the training rows in each cluster: their number where no weights were given.
    pub fn cluster_weights(&self) -> &[f64] {
        &self.fitted.cluster_weights
    }

    /// The number of clusters with a training row of weight above 0. Less than `n_clusters` where the rows have fewer distinct
    /// values than that, or where the last iteration left a cluster empty.
    pub fn n_used_clusters(&self) -> usize {
        self.fitted.cluster_weights.iter().filter(|&&w| w > 0.0).count()
    }

    /// The label of each training row: [`predict`](Self::predict) of the training data, but where differences decide that are
    /// too small to have had an influence on the [fit](KMeans). Not part of a model file: empty in a model read from one.
    pub fn labels(&self) -> &[u32] {
        &self.fitted.labels
    }

    /// [`predict_with`](Self::predict_with) on all cores and silent.
    ///
    /// # Errors
    /// As [`predict_with`](Self::predict_with).
    pub fn predict(&self, x: ArrayView2<'_, f64>) -> Result<Vec<u32>> {
        self.predict_with(x, None, &mut Monitor::silent())
    }

    /// The label of the nearest centroid of each row, of equally near ones the first.
    ///
    /// # Arguments
    /// * `x`: rows × the columns of the training data, finite.
    /// * `n_threads`: `None` for all cores. The answer has the same bits at any number.
    /// * `monitor`: hears `kmeans_predict`, counted in blocks of rows.
    ///
    /// # Errors
    /// [`Error::ShapeMismatch`], [`Error::NonFinite`], [`Error::InvalidParameter`] for `n_threads`, [`Error::Cancelled`].
    pub fn predict_with(
        &self,
        x: ArrayView2<'_, f64>,
        n_threads: Option<usize>,
        monitor: &mut Monitor<'_>,
    ) -> Result<Vec<u32>> {
        check::same_columns("x", x.ncols(), self.columns())?;
        let n_threads = check::n_threads(n_threads)?;
        let labeller = nearest::Labeller::new(&self.fitted.centroids, self.columns());
        let mut labels = vec![0; x.nrows()];
        // Each block, and whether all its numbers are finite.
        let mut blocks: Vec<_> = labels
            .chunks_mut(self.block_rows())
            .zip(x.axis_chunks_iter(Axis(0), self.block_rows()))
            .map(|(labels, rows)| (labels, rows, true))
            .collect();
        blocks::for_each_in_steps(
            "kmeans_predict",
            &mut blocks,
            n_threads,
            monitor,
            |_, (labels, rows, finite)| *finite = labeller.label(*rows, labels),
        )?;
        if !blocks.iter().all(|&(.., finite)| finite) {
            check::finite_matrix("x", x)?;
        }
        Ok(labels)
    }

    /// The label of one row; allocates nothing. Otherwise as [`predict`](Self::predict).
    ///
    /// # Errors
    /// As [`predict`](Self::predict).
    pub fn predict_one(&self, x: &[f64]) -> Result<u32> {
        check::same_columns("x", x.len(), self.columns())?;
        check::finite_vector("x", x)?;
        Ok(nearest::label(|j| x[j], &self.fitted.centroids, x.len()))
    }

    /// [`distances_with`](Self::distances_with) on all cores and silent.
    ///
    /// # Errors
    /// As [`distances_with`](Self::distances_with).
    pub fn distances(&self, x: ArrayView2<'_, f64>) -> Result<Array2<f64>> {
        self.distances_with(x, None, &mut Monitor::silent())
    }

    /// The Euclidean distance of each row from each centroid: rows × clusters.
    ///
    /// # Arguments
    /// As those of [`predict_with`](Self::predict_with); `monitor` hears `kmeans_distances`.
    ///
    /// # Errors
    /// As [`predict_with`](Self::predict_with); [`Error::InvalidValue`] for a row so far away that its distance is above the
    /// largest number.
    pub fn distances_with(
        &self,
        x: ArrayView2<'_, f64>,
        n_threads: Option<usize>,
        monitor: &mut Monitor<'_>,
    ) -> Result<Array2<f64>> {
        self.check_rows(x)?;
        let n_threads = check::n_threads(n_threads)?;
        let n_clusters = self.params.n_clusters;
        let mut distances = Array2::zeros((x.nrows(), n_clusters));
        // Each block with the first of its numbers that is infinite.
        let mut blocks: Vec<_> = distances
            .axis_chunks_iter_mut(Axis(0), self.block_rows())
            .zip(x.axis_chunks_iter(Axis(0), self.block_rows()))
            .map(|(distances, rows)| (distances, rows, None))
            .collect();
        blocks::for_each_in_steps(
            "kmeans_distances",
            &mut blocks,
            n_threads,
            monitor,
            |_, (distances, rows, infinite)| {
                *infinite = nearest::distances(*rows, &self.fitted.centroids, distances);
            },
        )?;
        let infinite =
            (0..).zip(&blocks).find_map(|(b, &(.., at))| at.map(|(i, c)| (b * self.block_rows() + i, c)));
        if let Some((row, c)) = infinite {
            return Err(Error::InvalidValue {
                name: "x".into(),
                row,
                value: format!("farther than 1.8e308 from centroid {c}"),
                must: "near enough for its distance to be a number".into(),
            });
        }
        drop(blocks);
        Ok(distances)
    }

    /// [`inertia_of_with`](Self::inertia_of_with) on all cores and silent.
    ///
    /// # Errors
    /// As [`inertia_of_with`](Self::inertia_of_with).
    pub fn inertia_of(&self, x: ArrayView2<'_, f64>, sample_weight: Option<&[f64]>) -> Result<f64> {
        self.inertia_of_with(x, sample_weight, None, &mut Monitor::silent())
    }

    /// The inertia of other rows: Σᵢ wᵢ·‖xᵢ − μ‖² over the rows and their nearest centroids; of the training rows,
    /// [`inertia`](Self::inertia). scikit-learn's `score` is its negative.
    ///
    /// # Arguments
    /// * `x`: at least one row × the columns of the training data, finite.
    /// * `sample_weight`: one weight a row, 0 or more, not all 0.
    /// * `n_threads`: `None` for all cores. The answer has the same bits at any number.
    /// * `monitor`: hears `kmeans_inertia`, a single step.
    ///
    /// # Errors
    /// As [`predict_with`](Self::predict_with); [`Error::TooFewRows`], [`Error::InvalidValue`] for a negative weight,
    /// [`Error::Degenerate`] if all weights are 0 or the inertia is above the largest number.
    pub fn inertia_of_with(
        &self,
        x: ArrayView2<'_, f64>,
        sample_weight: Option<&[f64]>,
        n_threads: Option<usize>,
        monitor: &mut Monitor<'_>,
    ) -> Result<f64> {
        self.check_rows(x)?;
        check::at_least_rows("x", x.nrows(), 1)?;
        Weights::new(sample_weight, x.nrows())?;
        let n_threads = check::n_threads(n_threads)?;
        monitor.report("kmeans_inertia", 0, Some(1))?;
        let centroids = self.centroids();
        let mut points = Points::new(
            x,
            sample_weight,
            self.params.n_clusters,
            Some(centroids.view()),
            n_threads,
            monitor,
        )?;
        let entered = points.enter(self.fitted.centroids.iter().copied());
        points.assign(&entered, monitor)?;
        points.sum_inertia(&entered, monitor)?;
        representable(points.inertia_outside(points.inertia()))
    }

    fn columns(&self) -> usize {
        self.feature_names.len()
    }

    /// Rows that one thread answers before it takes the next ones, and before the monitor is asked.
    fn block_rows(&self) -> usize {
        (PREDICTED_DIFFERENCES / self.fitted.centroids.len())
            .clamp(LANES, PREDICTED_ROWS)
            .next_multiple_of(LANES)
    }

    fn check_rows(&self, x: ArrayView2<'_, f64>) -> Result<()> {
        check::same_columns("x", x.ncols(), self.columns())?;
        check::finite_matrix("x", x)
    }

    /// Refuses what no fit could have written.
    pub(crate) fn validate(&self) -> Result<()> {
        check::model_params(self.params.check().and_then(|()| self.params.check_columns(self.columns())))?;
        let n_clusters = self.params.n_clusters;
        let Learnt { centroids, cluster_weights, inertia, .. } = &self.fitted;
        let usable = |v: &f64| v.is_finite() && *v >= 0.0;
        let reason = if self.columns() == 0 {
            "K-means needs at least one feature"
        } else if n_clusters.checked_mul(self.columns()) != Some(centroids.len()) {
            "the number of centroid values is not that of clusters times features"
        } else if cluster_weights.len() != n_clusters {
            "the number of cluster weights is not that of clusters"
        } else if !centroids.iter().all(|v| v.is_finite()) {
            "a centroid is not finite"
        } else if !cluster_weights.iter().all(usable) || !usable(inertia) {
            "a cluster weight or the inertia is not a finite number, 0 or more"
        } else {
            return Ok(());
        };
        Err(Error::BadModel { reason: reason.to_owned() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::array;

    fn model() -> FittedKMeans {
        KMeans::new(2).fit(array![[0.0, 1.0], [0.5, 1.0], [8.0, 9.0]].view()).unwrap()
    }

    #[test]
    fn defaults_are_those_of_scikit_learn() {
        let spec = KMeans::default();
        assert_eq!((spec.n_clusters, spec.n_init, spec.max_iter, spec.tol), (8, 1, 300, 1e-4));
        assert_eq!(spec.init, Init::KMeansPlusPlus);
        assert_eq!(serde_json::from_str::<KMeans>("{}").unwrap(), spec);
    }

    #[test]
    fn a_fitted_model_is_valid_and_a_damaged_one_is_not() {
        model().validate().unwrap();
        let damages: [fn(&mut FittedKMeans); 15] = [
            |m| m.params.n_init = 0,
            |m| m.params.max_iter = 0,
            |m| m.params.tol = -5.0,
            |m| m.params.init = Init::Centroids(array![[0.0, 0.0]]),
            |m| m.params.init = Init::Centroids(array![[0.0], [1.0]]),
            |m| m.params.n_clusters = 0,
            |m| m.params.n_clusters = 3,
            |m| m.params.n_clusters = usize::MAX,
            |m| m.feature_names.clear(),
            |m| m.feature_names.push("x2".to_owned()),
            |m| m.fitted.centroids.push(0.0),
            |m| m.fitted.centroids[1] = f64::NAN,
            |m| m.fitted.cluster_weights.truncate(1),
            |m| m.fitted.cluster_weights[0] = -1.0,
            |m| m.fitted.inertia = f64::INFINITY,
        ];
        for (i, damage) in damages.iter().enumerate() {
            let mut damaged = model();
            damage(&mut damaged);
            assert_eq!(damaged.validate().unwrap_err().code(), "BAD_MODEL", "damage {i}");
        }
    }

    #[test]
    fn the_labels_of_the_training_rows_are_not_part_of_the_model() {
        let model = model();
        let text = serde_json::to_string(&model).unwrap();
        assert!(!text.contains("labels"));
        let read: FittedKMeans = serde_json::from_str(&text).unwrap();
        assert_eq!(read, model);
        assert!(read.labels().is_empty() && model.labels().len() == 3);
    }

    #[test]
    fn a_model_read_back_equals_the_one_written() {
        let spec = KMeans::new(2).n_threads(2).feature_names(["a", "b"]);
        let model = spec.fit(array![[0.0, 1.0], [0.5, 1.0], [8.0, 9.0]].view()).unwrap();
        let read: FittedKMeans = serde_json::from_str(&serde_json::to_string(&model).unwrap()).unwrap();
        assert_eq!((&read, read.feature_names()), (&model, &["a".to_owned(), "b".to_owned()][..]));
    }

    #[test]
    fn given_centroids_start_once_and_stay_as_they_are() {
        let spec = KMeans::new(2).init(Init::Centroids(array![[0.0], [9.0]])).n_init(50);
        let x = array![[1.0], [2.0], [7.0], [9.0]];
        let (before, rows) = (spec.clone(), x.clone());
        let mut steps = 0;
        let mut listener = |progress: crate::monitor::Progress| {
            steps = progress.total.unwrap_or(0);
            std::ops::ControlFlow::Continue(())
        };
        let model = spec.fit_with(x.view(), None, &mut Monitor::new(&mut listener)).unwrap();
        assert_eq!(steps, 300);
        assert_eq!((spec, x), (before, rows));
        assert_eq!(model.centroids(), array![[1.5], [8.0]]);
    }
}
