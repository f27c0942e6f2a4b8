//! Clusters against the data they were made from.

use crate::check;
use crate::error::{Error, Result};
use crate::numeric::moments::{Mean, Sum, power_of_two_scale};
use ndarray::{Array2, ArrayView1, ArrayView2};

/// The Davies–Bouldin index: how wide clusters are for the distance between them, each at its worst neighbour.
///
/// (1/k)·Σᵢ max_{j≠i} (sᵢ + sⱼ) / dᵢⱼ, with s the mean distance of a cluster's rows to their centroid and d the distance of
/// two centroids
///
/// `x` has one row a customer, all values finite; `labels` one cluster a row, any numbers, at least 2 and at most n − 1
/// different ones. The answer is 0 or more, the lower the better. It does not change if all data are shifted or multiplied.
/// Clusters whose centroids coincide do not count against each other, as in scikit-learn.
///
/// # Errors
/// No row or column; lengths that differ; a value that is not finite; [`Error::Degenerate`] for too few or too many clusters.
///
/// Source: Davies and Bouldin (1979), IEEE Transactions on Pattern Analysis and Machine Intelligence 1(2), 224–227.
///
/// ```
/// use loyalty_core::{metrics::davies_bouldin, ndarray::array};
/// let x = array![[0.0, 1.0], [1.0, 1.0], [3.0, 4.0]];
/// assert!((davies_bouldin(x.view(), &[0, 0, 1])? - 0.128_036_879_932_896).abs() < 1e-15);
/// # Ok::<(), loyalty_core::Error>(())
/// ```
pub fn davies_bouldin(x: ArrayView2<'_, f64>, labels: &[u32]) -> Result<f64> {
    let clusters = Clusters::checked(x, labels)?;
    let mut distances = vec![Mean::default(); clusters.sizes.len()];
    clusters.squared_distances().for_each(|(cluster, squared)| distances[cluster].add(squared.sqrt(), 1.0));
    let spread: Vec<f64> = distances.into_iter().map(Mean::value).collect();
    // The data are centred and of size about 1, so this is what the centroids' own rounding amounts to.
    let rounding = 4.0 * f64::EPSILON * (x.ncols() as f64).sqrt();
    let worst = |i: usize| {
        let others = (0..spread.len()).filter(|&j| j != i);
        others.fold(0.0_f64, |worst, j| {
            let distance = squared_distance(clusters.centroids.row(i), clusters.centroids.row(j)).sqrt();
            if distance > rounding { worst.max((spread[i] + spread[j]) / distance) } else { worst }
        })
    };
    Ok((0..spread.len()).map(worst).collect::<Mean>().value())
}

/// The Calinski–Harabasz index, or variance ratio: how far apart clusters are for their width.
///
/// (Σₖ nₖ·‖cₖ − c‖² / (k − 1)) / (Σᵢ ‖xᵢ − c_{label i}‖² / (n − k)), with cₖ the centroids and c the mean of all rows
///
/// `x` and `labels` as in [`davies_bouldin`]. The answer is 0 or more, the higher the better; 1 if no cluster has any width,
/// as in scikit-learn. It does not change if all data are shifted or multiplied.
///
/// # Errors
/// As [`davies_bouldin`].
///
/// Source: Caliński and Harabasz (1974), Communications in Statistics 3(1), 1–27.
///
/// ```
/// use loyalty_core::{metrics::calinski_harabasz, ndarray::array};
/// let x = array![[0.0], [2.0], [10.0], [12.0]];
/// assert_eq!(calinski_harabasz(x.view(), &[0, 0, 1, 1])?, 50.0);
/// # Ok::<(), loyalty_core::Error>(())
/// ```
pub fn calinski_harabasz(x: ArrayView2<'_, f64>, labels: &[u32]) -> Result<f64> {
    let clusters = Clusters::checked(x, labels)?;
    let within: Sum = clusters.squared_distances().map(|(_, squared)| squared).collect();
    let mean = means(&clusters.x, 1, |_| 0);
    let centroids = clusters.sizes.iter().zip(clusters.centroids.rows());
    let between: Sum = centroids.map(|(&n, c)| n as f64 * squared_distance(c, mean.row(0))).collect();
    let (n, k) = (x.nrows() as f64, clusters.sizes.len() as f64);
    if within.value() == 0.0 {
        return Ok(1.0);
    }
    Ok(between.value() * (n - k) / (within.value() * (k - 1.0)))
}

/// Data centred and brought to size about 1, so that neither offset nor scale costs digits, with their clusters.
struct Clusters {
    x: Array2<f64>,
    /// The cluster of each row, counted by ascending label.
    cluster_of: Vec<usize>,
    sizes: Vec<usize>,
    centroids: Array2<f64>,
}

impl Clusters {
    fn checked(x: ArrayView2<'_, f64>, labels: &[u32]) -> Result<Self> {
        check::matrix("x", x)?;
        check::same_rows("labels", labels.len(), x.nrows())?;
        let mut distinct = labels.to_vec();
        distinct.sort_unstable();
        distinct.dedup();
        if !(2..labels.len()).contains(&distinct.len()) {
            let (found, most) = (distinct.len(), labels.len() - 1);
            let reason = format!(
                "{found} different label(s); there must be at least 2, and at most {most}, one fewer than rows"
            );
            return Err(Error::Degenerate { name: "labels".into(), reason: reason.into() });
        }
        let cluster_of: Vec<usize> =
            labels.iter().map(|&label| distinct.partition_point(|&other| other < label)).collect();
        let mut sizes = vec![0; distinct.len()];
        cluster_of.iter().for_each(|&cluster| sizes[cluster] += 1);
        let x = centred(x);
        let centroids = means(&x, sizes.len(), |row| cluster_of[row]);
        Ok(Self { x, cluster_of, sizes, centroids })
    }

    /// Each row's cluster and its squared distance to that centroid.
    fn squared_distances(&self) -> impl Iterator<Item = (usize, f64)> {
        let rows = self.cluster_of.iter().zip(self.x.rows());
        rows.map(|(&cluster, row)| (cluster, squared_distance(row, self.centroids.row(cluster))))
    }
}

fn centred(x: ArrayView2<'_, f64>) -> Array2<f64> {
    let scale = power_of_two_scale(x.iter().copied());
    let mut x = x.mapv(|value| value * scale);
    x -= &means(&x, 1, |_| 0);
    let scale = power_of_two_scale(x.iter().copied());
    x.mapv_inplace(|value| value * scale);
    x
}

/// The column means of each of so many groups of rows.
fn means(x: &Array2<f64>, groups: usize, group_of: impl Fn(usize) -> usize) -> Array2<f64> {
    let mut means = Array2::from_elem((groups, x.ncols()), Mean::default());
    for (row, values) in x.rows().into_iter().enumerate() {
        means.row_mut(group_of(row)).iter_mut().zip(values).for_each(|(mean, &value)| mean.add(value, 1.0));
    }
    means.mapv(Mean::value)
}

fn squared_distance(a: ArrayView1<'_, f64>, b: ArrayView1<'_, f64>) -> f64 {
    a.iter().zip(b).map(|(a, b)| (a - b) * (a - b)).sum()
}
