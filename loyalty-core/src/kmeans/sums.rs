//! What the rows of each cluster add up to, kept up to date while rows change their cluster.

use crate::numeric::tiles::Lanes;

/// For each cluster the weighted sum of each column of its rows, and the sum of their weights.
///
/// A row that leaves takes away what it brought, but what had been rounded off beside it does not come back. So the
/// sums of the magnitudes are kept as well: while they stay above half of their peak, rounding is no worse than that of one
/// summation from the start.
#[derive(Debug)]
pub(super) struct Sums {
    /// For each cluster, for each column and at last for the weight, the sum and the sum of the magnitudes.
    totals: Vec<[f64; 2]>,
    peaks: Vec<f64>,
    columns: usize,
}

impl Sums {
    pub(super) fn new(n_clusters: usize, columns: usize) -> Self {
        let count = n_clusters * (columns + 1);
        Self { totals: vec![[0.0; 2]; count], peaks: vec![0.0; count], columns }
    }

    pub(super) fn clear(&mut self) {
        self.totals.fill([0.0; 2]);
        self.peaks.fill(0.0);
    }

    /// A row of this weight enters the cluster.
    #[inline]
    pub(super) fn add(&mut self, label: u32, tile: &[Lanes], lane: usize, weight: f64) {
        let from = label as usize * (self.columns + 1);
        let (values, last) = self.totals[from..=from + self.columns].split_at_mut(self.columns);
        for ([sum, size], column) in values.iter_mut().zip(tile) {
            let value = weight * column[lane];
            *sum += value;
            *size += value.abs();
        }
        for [sum, size] in last {
            *sum += weight;
            *size += weight;
        }
    }

    /// A row of this weight leaves the cluster.
    #[inline]
    pub(super) fn remove(&mut self, label: u32, tile: &[Lanes], lane: usize, weight: f64) {
        let from = label as usize * (self.columns + 1);
        let (values, last) = self.totals[from..=from + self.columns].split_at_mut(self.columns);
        for ([sum, size], column) in values.iter_mut().zip(tile) {
            let value = weight * column[lane];
            *sum -= value;
            *size -= value.abs();
        }
        for [sum, size] in last {
            *sum -= weight;
            *size -= weight;
        }
    }

    /// Whether the sums are as good as new ones.
    pub(super) fn are_sound(&mut self) -> bool {
        let mut sound = true;
        for (&[_, size], peak) in self.totals.iter().zip(&mut self.peaks) {
            sound &= 2.0 * size >= *peak;
            *peak = if size > *peak { size } else { *peak };
        }
        sound
    }

    /// Adds to the sums of the columns, row by row, and to the weights of the clusters.
    pub(super) fn add_to(&self, sums: &mut [f64], weights: &mut [f64]) {
        let clusters = self.totals.chunks_exact(self.columns + 1);
        for ((cluster, sums), weight) in clusters.zip(sums.chunks_exact_mut(self.columns)).zip(weights) {
            sums.iter_mut().zip(cluster).for_each(|(sum, [value, _])| *sum += value);
            *weight += cluster[self.columns][0];
        }
    }
}
