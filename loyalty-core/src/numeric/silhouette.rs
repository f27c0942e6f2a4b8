//! Silhouettes: how much nearer each row is to its own cluster than to the next one.

use super::blocks::{self, Blocks};
use super::frame::Frame;
use super::tiles::{LANES, Lanes, squared_distances, tiles};
use crate::check;
use crate::error::{Error, Result};
use crate::monitor::Monitor;
use ndarray::{ArrayView2, Axis};

/// Rows in a block where rows and columns are few.
const BLOCK_ROWS: usize = 64;

/// Differences that one block of rows should take, about: the time between two questions to the monitor.
const BLOCK_DIFFERENCES: usize = 1 << 22;

/// The silhouette of each row.
///
/// s = (b − a) / max(a, b), where a is the mean Euclidean distance to the other rows of the row's own cluster and b the mean
/// distance to the rows of that other cluster where it is least. A row alone in its cluster, and one with a = b = 0, has
/// s = 0. The time is proportional to n²·d; no more than the rows themselves is held in memory.
///
/// # Arguments
/// * `x`: n rows × d columns, finite.
/// * `labels`: the cluster of each row; any numbers.
/// * `n_threads`: `None` for all cores. The answer has the same bits at any number.
/// * `monitor`: hears `silhouette`, counted in blocks of rows.
///
/// # Returns
/// n numbers in [−1, 1].
///
/// # Errors
/// [`Error::ShapeMismatch`] if `labels` has another length than `x`, [`Error::NonFinite`], [`Error::Degenerate`] naming `labels`
/// unless there are at least 2 and at most n − 1 clusters, [`Error::Cancelled`].
///
/// # Source
/// Rousseeuw (1987), Journal of Computational and Applied Mathematics 20: 53–65, equations 1 and 2.
///
/// ```
/// use loyalty_core::monitor::Monitor;
/// use loyalty_core::ndarray::array;
/// use loyalty_core::metrics::silhouette_samples;
///
/// let x = array![[0.0], [1.0], [5.0]];
/// let s = silhouette_samples(x.view(), &[0, 0, 1], None, &mut Monitor::silent())?;
/// assert_eq!(s, [0.8, 0.75, 0.0]);
/// # Ok::<(), loyalty_core::Error>(())
/// ```
pub fn silhouette_samples(
    x: ArrayView2<'_, f64>,
    labels: &[u32],
    n_threads: Option<usize>,
    monitor: &mut Monitor<'_>,
) -> Result<Vec<f64>> {
    check::matrix("x", x)?;
    check::same_rows("labels", labels.len(), x.nrows())?;
    let n_threads = check::n_threads(n_threads)?;
    let clusters = members(labels)?;

    let frame = Frame::of(x, None, n_threads, monitor)?;
    let clusters: Vec<Cluster> = clusters
        .into_iter()
        .map(|rows| Cluster { tiles: tiles(x.select(Axis(0), &rows).view(), &frame), rows })
        .collect();

    // The rows in the order of their clusters, each with the cluster and its place there.
    let order: Vec<(usize, usize)> = clusters
        .iter()
        .enumerate()
        .flat_map(|(c, cluster)| (0..cluster.rows.len()).map(move |i| (c, i)))
        .collect();
    let cut = Blocks::new(order.len(), (BLOCK_DIFFERENCES / x.len()).clamp(1, BLOCK_ROWS));
    let of_blocks = blocks::map_in_steps("silhouette", cut.count(), n_threads, monitor, |index| {
        let mut point = vec![0.0; x.ncols()];
        let of_row = |&(own, i): &(usize, usize)| {
            clusters[own].copy_row(i, &mut point);
            silhouette_of(&point, own, &clusters)
        };
        order[cut.range(index)].iter().map(of_row).collect::<Vec<f64>>()
    })?;

    let mut answer = vec![0.0; order.len()];
    for (&(own, i), s) in order.iter().zip(of_blocks.into_iter().flatten()) {
        answer[clusters[own].rows[i]] = s;
    }
    Ok(answer)
}

/// The mean of all [`silhouette_samples`], with their arguments and errors: the silhouette score of a clustering.
///
/// ```
/// use loyalty_core::monitor::Monitor;
/// use loyalty_core::ndarray::array;
/// use loyalty_core::metrics::silhouette;
///
/// let x = array![[0.0], [1.0], [5.0], [6.0]];
/// let score = silhouette(x.view(), &[0, 0, 1, 1], None, &mut Monitor::silent())?;
/// assert!((score - (9.0 / 11.0 + 7.0 / 9.0) / 2.0).abs() < 1e-15);
/// # Ok::<(), loyalty_core::Error>(())
/// ```
///
/// # Errors
/// As [`silhouette_samples`].
pub fn silhouette(
    x: ArrayView2<'_, f64>,
    labels: &[u32],
    n_threads: Option<usize>,
    monitor: &mut Monitor<'_>,
) -> Result<f64> {
    let each = silhouette_samples(x, labels, n_threads, monitor)?;
    Ok(each.iter().sum::<f64>() / each.len() as f64)
}

/// The rows of one cluster.
struct Cluster {
    rows: Vec<usize>,
    tiles: Vec<Lanes>,
}

impl Cluster {
    fn copy_row(&self, i: usize, point: &mut [f64]) {
        let start = i / LANES * point.len();
        for (p, column) in point.iter_mut().zip(&self.tiles[start..]) {
            *p = column[i % LANES];
        }
    }

    /// The sum of the distances from `point` to all rows.
    fn distance_sum(&self, point: &[f64]) -> f64 {
        let mut sums = [0.0; LANES];
        for (tile, start) in self.tiles.chunks_exact(point.len()).zip((0..).step_by(LANES)) {
            let distances = squared_distances(tile, point).map(f64::sqrt);
            if start + LANES <= self.rows.len() {
                sums.iter_mut().zip(distances).for_each(|(sum, distance)| *sum += distance);
            } else {
                let filled = self.rows.len() - start;
                sums.iter_mut().zip(distances).take(filled).for_each(|(sum, distance)| *sum += distance);
            }
        }
        sums.iter().sum()
    }
}

/// The rows of each cluster, the clusters in ascending order of their labels.
fn members(labels: &[u32]) -> Result<Vec<Vec<usize>>> {
    let mut names = labels.to_vec();
    names.sort_unstable();
    names.dedup();
    if names.len() < 2 || names.len() >= labels.len() {
        return Err(Error::Degenerate {
            name: "labels".into(),
            reason: format!(
                "{} cluster(s) of {} rows have no silhouette; it needs at least 2 clusters and fewer than rows",
                names.len(),
                labels.len()
            )
            .into(),
        });
    }
    let mut members = vec![Vec::new(); names.len()];
    for (row, &label) in labels.iter().enumerate() {
        members[names.partition_point(|&name| name < label)].push(row);
    }
    Ok(members)
}

fn silhouette_of(point: &[f64], own: usize, clusters: &[Cluster]) -> f64 {
    let own_size = clusters[own].rows.len();
    if own_size == 1 {
        return 0.0;
    }
    let within = clusters[own].distance_sum(point) / (own_size - 1) as f64;
    let between = clusters
        .iter()
        .enumerate()
        .filter(|&(c, _)| c != own)
        .map(|(_, cluster)| cluster.distance_sum(point) / cluster.rows.len() as f64)
        .fold(f64::INFINITY, f64::min);
    let larger = within.max(between);
    if larger == 0.0 { 0.0 } else { (between - within) / larger }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::array;

    #[test]
    fn figures_of_scikit_learn() {
        // scikit-learn 1.9.1, silhouette_samples.
        let x = array![[1.0, 2.0], [1.5, 1.8], [5.0, 8.0], [8.0, 8.0], [1.0, 0.6], [9.0, 11.0], [20.0, -3.0]];
        let expected = [
            0.8978733475485654,
            0.9014100247776594,
            0.4723579288002008,
            0.6743965557774252,
            0.8723168294969029,
            0.6693852861462576,
            0.0,
        ];
        let each =
            silhouette_samples(x.view(), &[4, 4, 9, 9, 4, 9, 1], None, &mut Monitor::silent()).unwrap();
        for (s, e) in each.iter().zip(expected) {
            assert!((s - e).abs() < 1e-15, "{s} {e}");
        }
    }
}
