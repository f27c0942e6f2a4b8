//! Lloyd's algorithm.

use super::chunk::Place;
use super::points::Points;
use crate::error::Result;
use crate::monitor::Monitor;

/// When to stop.
pub(super) struct Limits {
    pub(super) n_init: usize,
    pub(super) max_iter: usize,
    /// The sum of the squared shifts of the centroids at which they count as standing still.
    pub(super) shift: f64,
}

/// One restart.
pub(super) struct Run {
    /// Row by row in the caller's units.
    pub(super) centroids: Vec<f64>,
    /// In the coordinates of the points.
    pub(super) inertia: f64,
    pub(super) iterations: usize,
    pub(super) converged: bool,
}

/// From the centroids of `start` until no label changes and no empty cluster is refilled, or until the centroids shift no
/// more than the limit.
///
/// Afterwards the labels, weights and inertia of `points` are those of the centroids as returned, that is, rounded to the
/// caller's units.
pub(super) fn lloyd(
    points: &mut Points<'_>,
    start: Vec<f64>,
    limits: &Limits,
    restart: usize,
    monitor: &mut Monitor<'_>,
) -> Result<Run> {
    let mut old = vec![0.0; start.len()];
    let mut new = start;
    let mut iterations = 0;
    let mut converged = false;
    let mut refilled = false;
    points.set_labels(u32::MAX);
    while iterations < limits.max_iter && !converged {
        let done = restart.saturating_mul(limits.max_iter).saturating_add(iterations);
        monitor.report("kmeans", done, Some(limits.n_init.saturating_mul(limits.max_iter)))?;
        std::mem::swap(&mut old, &mut new);
        points.assign(&old, monitor)?;
        let moved = points.moved();
        refilled = refill_empty(points, &old, monitor)?;
        means(points, &mut new);
        let shift: f64 = old.iter().zip(&new).map(|(a, b)| (a - b) * (a - b)).sum();
        converged = !(moved || refilled) || shift <= limits.shift;
        iterations += 1;
    }

    let centroids = points.leave(&new);
    let rounded = points.enter(centroids.iter().copied());
    if refilled || rounded != old {
        points.assign(&rounded, monitor)?;
    }
    points.sum_inertia(&rounded, monitor)?;
    Ok(Run { centroids, inertia: points.inertia(), iterations, converged })
}

/// The mean of the variances of the columns: the unit of the tolerance.
pub(super) fn mean_variance(points: &mut Points<'_>, monitor: &mut Monitor<'_>) -> Result<f64> {
    points.set_labels(0);
    points.accumulate(monitor)?;
    let mut mean = vec![0.0; points.columns()];
    means(points, &mut mean);
    points.sum_inertia(&mean, monitor)?;
    Ok(points.inertia() / points.weights()[0] / points.columns() as f64)
}

/// Gives each empty cluster the row farthest from its centroid, for the sums only; answers whether any row was off its
/// centroid.
fn refill_empty(points: &mut Points<'_>, centroids: &[f64], monitor: &mut Monitor<'_>) -> Result<bool> {
    let empty: Vec<u32> = (0..).zip(points.weights()).filter(|&(_, &w)| w == 0.0).map(|(c, _)| c).collect();
    if empty.is_empty() {
        return Ok(false);
    }
    let farthest = points.farthest(empty.len(), centroids, monitor)?;
    if farthest.is_empty() {
        return Ok(false);
    }
    let labels: Vec<u32> = farthest.iter().map(|&place| points.label(place)).collect();
    set_labels(points, &farthest, &empty);
    points.accumulate(monitor)?;
    set_labels(points, &farthest, &labels);
    Ok(true)
}

fn set_labels(points: &mut Points<'_>, places: &[Place], labels: &[u32]) {
    places.iter().zip(labels).for_each(|(&place, &label)| points.set_label(place, label));
}

/// The mean of each cluster; an empty one gets that of the heaviest, of several the first.
fn means(points: &Points<'_>, centroids: &mut [f64]) {
    let columns = points.columns();
    let weights = points.weights();
    let heaviest = (0..weights.len()).fold(0, |best, c| if weights[c] > weights[best] { c } else { best });
    for (c, centroid) in centroids.chunks_exact_mut(columns).enumerate() {
        let from = if weights[c] > 0.0 { c } else { heaviest };
        let sums = &points.sums()[from * columns..];
        for (j, (value, sum)) in centroid.iter_mut().zip(sums).enumerate() {
            *value = points.frame().within(j, sum / weights[from]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::{Array2, array};

    fn run(x: &Array2<f64>, start: &Array2<f64>, max_iter: usize) -> (Run, Vec<u32>) {
        let monitor = &mut Monitor::silent();
        let mut points = Points::new(x.view(), None, start.nrows(), Some(start.view()), 1, monitor).unwrap();
        let entered = points.enter(start.iter().copied());
        let run =
            lloyd(&mut points, entered, &Limits { n_init: 1, max_iter, shift: 0.0 }, 0, monitor).unwrap();
        (run, points.labels())
    }

    #[test]
    fn an_empty_cluster_takes_the_farthest_row_and_leaves_the_rest() {
        // scikit-learn's test_relocate_empty_clusters: the ten rows are all nearest to the first of three equal centres;
        // the farthest two, 10 and 9.5, leave eight with the sum −36.
        let x =
            Array2::from_shape_vec((10, 1), vec![-10.0, -9.5, -9.0, -8.5, -8.0, -1.0, 1.0, 9.0, 9.5, 10.0]);
        let (run, _) = run(&x.unwrap(), &Array2::from_elem((3, 1), -10.0), 1);
        assert_eq!(run.centroids, [-4.5, 10.0, 9.5]);
        assert!(!run.converged);
    }

    #[test]
    fn a_fit_goes_on_while_empty_clusters_are_refilled() {
        // A 5 is farthest and refills the third cluster, but then both 5s are nearest to the first again: the labels stand
        // still while the third is empty. The 20 refills it next.
        let x = array![[5.0], [5.0], [20.0], [22.0]];
        let (run, labels) = run(&x, &array![[-4.0], [21.0], [1e6]], 50);
        assert!(run.converged);
        assert_eq!(labels, [0, 0, 2, 1]);
        assert_eq!(run.inertia, 0.0);
    }

    #[test]
    fn the_variance_is_that_of_all_columns() {
        let x = array![[1.0, 10.0], [3.0, 10.0], [2.0, 40.0], [2.0, 20.0]];
        let monitor = &mut Monitor::silent();
        let mut points = Points::new(x.view(), None, 2, None, 1, monitor).unwrap();
        let variance = mean_variance(&mut points, monitor).unwrap();
        assert_eq!(points.inertia_outside(variance), (0.5 + 150.0) / 2.0);
    }
}
