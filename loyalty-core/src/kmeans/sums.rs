//! What the rows of each cluster add up to, kept up to date while rows change their cluster.

/// For each cluster the weighted sum of its rows, column by column, and the sum of their weights.
///
/// A row that leaves takes away what it brought, but digits that were rounded off beside it do not come back. So the
/// sums of the magnitudes are kept as well: while each stays above half of its peak, rounding is no worse than in a
/// summation from the start.
#[derive(Debug)]
pub(super) struct Sums {
    values: Vec<f64>,
    magnitudes: Vec<f64>,
    weights: Vec<f64>,
    /// Those of the magnitudes, then those of the weights.
    peaks: Vec<f64>,
}

impl Sums {
    pub(super) fn new(n_clusters: usize, columns: usize) -> Self {
        Self {
            values: vec![0.0; n_clusters * columns],
            magnitudes: vec![0.0; n_clusters * columns],
            weights: vec![0.0; n_clusters],
            peaks: vec![0.0; n_clusters * (columns + 1)],
        }
    }

    pub(super) fn clear(&mut self) {
        self.values.fill(0.0);
        self.magnitudes.fill(0.0);
        self.weights.fill(0.0);
        self.peaks.fill(0.0);
    }

    /// A row of this weight enters the cluster.
    #[inline]
    pub(super) fn add(&mut self, label: u32, row: &[f64], weight: f64) {
        let at = label as usize * row.len()..(label as usize + 1) * row.len();
        let totals = self.values[at.clone()].iter_mut().zip(&mut self.magnitudes[at]);
        for ((value, magnitude), v) in totals.zip(row) {
            let weighted = weight * v;
            *value += weighted;
            *magnitude += weighted.abs();
        }
        self.weights[label as usize] += weight;
    }

    /// A row of this weight leaves the cluster.
    #[inline]
    pub(super) fn remove(&mut self, label: u32, row: &[f64], weight: f64) {
        let at = label as usize * row.len()..(label as usize + 1) * row.len();
        let totals = self.values[at.clone()].iter_mut().zip(&mut self.magnitudes[at]);
        for ((value, magnitude), v) in totals.zip(row) {
            let weighted = weight * v;
            *value -= weighted;
            *magnitude -= weighted.abs();
        }
        self.weights[label as usize] -= weight;
    }

    /// Whether the sums are as good as new ones.
    pub(super) fn are_sound(&mut self) -> bool {
        let mut sound = true;
        for (&size, peak) in self.magnitudes.iter().chain(&self.weights).zip(&mut self.peaks) {
            sound &= 2.0 * size >= *peak;
            *peak = if size > *peak { size } else { *peak };
        }
        sound
    }

    /// Adds to the sums of the columns, row by row, and to the weights of the clusters.
    pub(super) fn add_to(&self, values: &mut [f64], weights: &mut [f64]) {
        values.iter_mut().zip(&self.values).for_each(|(sum, value)| *sum += value);
        weights.iter_mut().zip(&self.weights).for_each(|(sum, weight)| *sum += weight);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_leaves_takes_away_what_it_brought() {
        let mut sums = Sums::new(2, 2);
        sums.add(1, &[3.0, -1.0], 2.0);
        sums.add(1, &[0.5, 0.25], 1.0);
        sums.remove(1, &[0.5, 0.25], 1.0);
        let (mut values, mut weights) = (vec![0.0; 4], vec![0.0; 2]);
        sums.add_to(&mut values, &mut weights);
        assert_eq!((values, weights), (vec![0.0, 0.0, 6.0, -2.0], vec![0.0, 2.0]));
        assert!(sums.are_sound());
    }

    #[test]
    fn sums_that_a_far_row_has_left_are_not_sound() {
        let mut sums = Sums::new(1, 1);
        for value in [1.0, -1e17, 0.5] {
            sums.add(0, &[value], 1.0);
        }
        assert!(sums.are_sound());
        sums.remove(0, &[0.5], 1.0);
        assert!(sums.are_sound());
        sums.remove(0, &[-1e17], 1.0);
        assert!(!sums.are_sound());
    }
}
