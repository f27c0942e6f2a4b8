//! Orthonormal columns for fits without a penalty, and the collinear ones among them.

use super::pass::ONES;
use super::problem::{Block, Problem};
use crate::error::{Error, Result};
use crate::monitor::Monitor;
use crate::numeric::linalg::{add_scaled, dot, packed, packed_len, solve_lower_transposed};

impl Problem<'_> {
    /// Makes the columns orthogonal with mean square 1, each to those before it. A penalty would not survive this; without
    /// one the fit is the same, and nearly collinear columns do not cost it their digits squared.
    ///
    /// Classical Gram–Schmidt, twice (Giraud, Langou, Rozložník and van den Eshof 2005, Numerische Mathematik 101).
    ///
    /// # Errors
    /// [`Error::NoEstimate`] with the names of the features that are a linear combination of one another.
    pub(super) fn orthonormalise(&mut self, names: &[String], monitor: &mut Monitor<'_>) -> Result<()> {
        let (order, first) = (self.order(), self.first_feature());
        let count = self.rows() as f64;
        let mut triangle = vec![0.0; packed_len(order)];
        let mut change = vec![0.0; order];
        self.apply_units(monitor)?;
        // The intercept's column is one already.
        triangle[..first].fill(1.0);
        for k in first..order {
            let (before, column) = triangle.split_at_mut(packed(k, 0));
            change[..k].fill(0.0);
            for _ in 0..2 {
                self.for_each(monitor, |block| block.reduce_and_project(first, k, &change[..k]))?;
                let sums = self.merged_gradient();
                for j in 0..k {
                    change[j] = sums[j] / count;
                    column[j] += change[j];
                }
            }
            self.for_each(monitor, |block| block.reduce_and_project(first, k, &change[..k]))?;
            let norm = (self.merged_gradient()[k] / count).sqrt();

            // The columns carry the rounding of the data themselves; what remains must stand out from that.
            let mut combination = column[..k].to_vec();
            solve_lower_transposed(before, &mut combination);
            let reach = |j: usize| if j < first { 1.0 } else { self.scales[j - first].reach };
            let noise =
                reach(k) + combination.iter().enumerate().map(|(j, c)| c.abs() * reach(j)).sum::<f64>();
            if norm <= 4.0 * f64::EPSILON * noise {
                let mut features: Vec<String> = (first..k)
                    .filter(|&j| combination[j].abs() > 1e-8)
                    .map(|j| names[j - first].clone())
                    .collect();
                features.push(names[k - first].clone());
                return Err(Error::NoEstimate {
                    features,
                    reason: "these features are collinear: each is a linear combination of the others; leave one out, or \
                             set a finite c"
                        .into(),
                });
            }
            column[k] = norm;
            self.for_each(monitor, |block| {
                block.feature_mut(k - first, |z| z.iter_mut().for_each(|z| *z /= norm))
            })?;
        }
        self.triangle = Some(triangle);
        Ok(())
    }
}

impl Block {
    /// Takes `change` times the columns before `k` from column `k`; then its products with them and itself.
    fn reduce_and_project(&mut self, first: usize, k: usize, change: &[f64]) {
        self.sums.gradient[..=k].fill(0.0);
        let (panels, sums) = self.panels_and_sums();
        for (rows, panel) in panels {
            let (before, column) = panel.split_at_mut(k - first);
            let column = &mut column[0].as_flattened_mut()[..rows];
            let before = || std::iter::repeat_n(&ONES, first).chain(&*before).map(|q| q.as_flattened());
            for (q, change) in before().zip(change) {
                add_scaled(column, -change, q);
            }
            for (product, q) in sums.gradient.iter_mut().zip(before()) {
                *product += dot(q, column);
            }
            sums.gradient[k] += dot(column, column);
        }
    }
}
