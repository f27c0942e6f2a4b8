//! The number of clusters, by silhouette.

use super::{FittedKMeans, Init, KMeans};
use crate::check;
use crate::error::Result;
use crate::monitor::Monitor;
use crate::numeric::rng::Rng;
use crate::numeric::silhouette::silhouette;
use ndarray::{ArrayView2, Axis};
use serde::{Deserialize, Serialize};

/// The choice of the number of clusters: of all k in a range, the one whose clusters have the highest mean silhouette, of
/// several the least k.
///
/// The silhouette of k clusters is the mean over the rows, or over a seeded sample of the rows, the same for each k; it is
/// 0 where all those rows lie in one cluster, or each in its own. A weight decides whether a row is among them (above 0) and how
/// much it pulls its centroid, but in the mean all rows count the same.
///
/// # Source
/// Rousseeuw (1987), Journal of Computational and Applied Mathematics 20: 53–65.
///
/// ```
/// use loyalty_core::kmeans::ChooseK;
/// use loyalty_core::ndarray::array;
///
/// let x = array![[0.0], [1.0], [10.0], [11.0], [20.0], [21.0]];
/// let chosen = ChooseK::new(2, 5).fit(x.view())?;
/// assert_eq!(chosen.k, 3);
/// assert_eq!(chosen.model.inertia(), 1.5);
/// # Ok::<(), loyalty_core::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct ChooseK {
    /// The least k, at least 2. Default 2.
    pub min_clusters: usize,
    /// The greatest k, at least `min_clusters` and below the number of rows. Default 8.
    pub max_clusters: usize,
    /// How each k is fitted; its own `n_clusters` is not used, and its centroids cannot be given. The sample is drawn by its
    /// seed.
    pub kmeans: KMeans,
    /// Rows in the sample for the silhouette, more than `max_clusters`; `None` for all. The time goes with the square of this number.
    /// Default 10,000.
    pub sample_size: Option<usize>,
}

impl Default for ChooseK {
    fn default() -> Self {
        Self { min_clusters: 2, max_clusters: 8, kmeans: KMeans::default(), sample_size: Some(10_000) }
    }
}

/// What was chosen, and from what.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct ChosenK {
    /// The number of clusters.
    pub k: usize,
    /// The model with that number.
    pub model: FittedKMeans,
    /// All that were tried, in ascending order of k.
    pub candidates: Vec<Candidate>,
}

/// One number of clusters that was tried.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Candidate {
    /// The number of clusters.
    pub k: usize,
    /// The inertia of its model.
    pub inertia: f64,
    /// The mean silhouette of its clusters.
    pub silhouette: f64,
}

impl ChooseK {
    /// The defaults for this range of k.
    #[must_use]
    pub fn new(min_clusters: usize, max_clusters: usize) -> Self {
        Self { min_clusters, max_clusters, ..Self::default() }
    }

    /// Sets [`min_clusters`](Self::min_clusters).
    #[must_use]
    pub fn min_clusters(mut self, min_clusters: usize) -> Self {
        self.min_clusters = min_clusters;
        self
    }

    /// Sets [`max_clusters`](Self::max_clusters).
    #[must_use]
    pub fn max_clusters(mut self, max_clusters: usize) -> Self {
        self.max_clusters = max_clusters;
        self
    }

    /// Sets [`kmeans`](Self::kmeans).
    #[must_use]
    pub fn kmeans(mut self, kmeans: KMeans) -> Self {
        self.kmeans = kmeans;
        self
    }

    /// Sets [`sample_size`](Self::sample_size).
    #[must_use]
    pub fn sample_size(mut self, sample_size: impl Into<Option<usize>>) -> Self {
        self.sample_size = sample_size.into();
        self
    }

    /// [`fit_with`](Self::fit_with) without weights and silent.
    ///
    /// # Errors
    /// As [`fit_with`](Self::fit_with).
    pub fn fit(&self, x: ArrayView2<'_, f64>) -> Result<ChosenK> {
        self.fit_with(x, None, &mut Monitor::silent())
    }

    /// Fits each k and chooses.
    ///
    /// # Arguments
    /// As those of [`KMeans::fit_with`]; `monitor` hears its stages for each k in turn, and `silhouette`.
    ///
    /// # Errors
    /// As [`KMeans::fit_with`], and [`Error::InvalidParameter`](crate::Error::InvalidParameter) for `min_clusters`, `max_clusters`, `sample_size` or
    /// given centroids.
    pub fn fit_with(
        &self,
        x: ArrayView2<'_, f64>,
        sample_weight: Option<&[f64]>,
        monitor: &mut Monitor<'_>,
    ) -> Result<ChosenK> {
        self.check()?;
        check::at_least_rows("x", x.nrows(), self.max_clusters.saturating_add(1))?;

        let mut best = self.try_k(self.min_clusters, x, sample_weight, monitor)?;
        let mut candidates = vec![best.1];
        for k in self.min_clusters + 1..=self.max_clusters {
            let next = self.try_k(k, x, sample_weight, monitor)?;
            candidates.push(next.1);
            if next.1.silhouette > best.1.silhouette {
                best = next;
            }
        }
        let (model, Candidate { k, .. }) = best;
        Ok(ChosenK { k, model, candidates })
    }

    /// Refuses parameters that fit no data.
    pub(crate) fn check(&self) -> Result<()> {
        check::count_within("min_clusters", self.min_clusters, 2..=usize::MAX)?;
        check::count_within("max_clusters", self.max_clusters, self.min_clusters..=usize::MAX)?;
        if let Some(size) = self.sample_size {
            check::count_within("sample_size", size, self.max_clusters.saturating_add(1)..=usize::MAX)?;
        }
        if matches!(self.kmeans.init, Init::Centroids(_)) {
            return check::invalid(
                "init",
                "a list of centroids",
                "k-means++ or random, as the number varies",
            );
        }
        self.kmeans.clone().n_clusters(self.min_clusters).check()
    }

    fn try_k(
        &self,
        k: usize,
        x: ArrayView2<'_, f64>,
        sample_weight: Option<&[f64]>,
        monitor: &mut Monitor<'_>,
    ) -> Result<(FittedKMeans, Candidate)> {
        let model = self.kmeans.clone().n_clusters(k).fit_with(x, sample_weight, monitor)?;
        let rows = self.sample(x.nrows(), sample_weight);
        let labels: Vec<u32> = rows.iter().map(|&row| model.labels()[row]).collect();
        let silhouette = if (2..labels.len()).contains(&distinct(&labels, k)) {
            silhouette(x.select(Axis(0), &rows).view(), &labels, self.kmeans.n_threads, monitor)?
        } else {
            0.0
        };
        let candidate = Candidate { k, inertia: model.inertia(), silhouette };
        Ok((model, candidate))
    }

    /// The rows whose silhouettes count.
    fn sample(&self, n: usize, sample_weight: Option<&[f64]>) -> Vec<usize> {
        let rows: Vec<usize> = (0..n).filter(|&row| sample_weight.is_none_or(|w| w[row] > 0.0)).collect();
        match self.sample_size {
            Some(size) if size < rows.len() => {
                Rng::new(self.kmeans.seed).sample(rows.len(), size).into_iter().map(|i| rows[i]).collect()
            }
            _ => rows,
        }
    }
}

/// How many of k labels occur.
fn distinct(labels: &[u32], k: usize) -> usize {
    let mut seen = vec![false; k];
    labels.iter().for_each(|&label| seen[label as usize] = true);
    seen.into_iter().filter(|&s| s).count()
}
