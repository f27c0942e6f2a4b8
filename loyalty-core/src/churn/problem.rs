//! The training rows as the solvers see them: standardised columns in blocks, and one pass over them.

use super::scale::{Extent, Scale, median, power_near_inverse};
use super::weights::RowWeights;
use crate::error::Result;
use crate::monitor::Monitor;
use crate::numeric::blocks::{self, Blocks};
use crate::numeric::elementary::{exp, ln_1p};
use crate::numeric::linalg::{add_scaled, dot, packed, packed_len, solve_lower_transposed};
use ndarray::ArrayView2;
use std::ops::Range;

/// Rows that are worked on together, column by column, while they are in the nearest cache.
const TILE: usize = 256;

/// What a pass over the rows adds up. Weights are shares of the total weight, so all sums are means.
#[derive(Debug, Clone, Default)]
pub(super) struct Sums {
    /// The log loss.
    pub(super) loss: f64,
    /// The absolute residual |y − p|: the size the gradient would have if nothing cancelled.
    pub(super) residual: f64,
    /// The smallest (2y − 1)·predictor of a row.
    pub(super) least_margin: f64,
    /// The largest |predictor|.
    pub(super) largest_predictor: f64,
    /// The largest change of a row's predictor since the pass before.
    pub(super) largest_step: f64,
    /// The same, each relative to 1 + |predictor|: rows that are far off must not hide what the others do.
    pub(super) relative_step: f64,
    pub(super) gradient: Vec<f64>,
    /// Packed.
    pub(super) hessian: Vec<f64>,
}

impl Sums {
    fn clear(&mut self) {
        self.loss = 0.0;
        self.residual = 0.0;
        self.least_margin = f64::INFINITY;
        self.largest_predictor = 0.0;
        self.largest_step = 0.0;
        self.relative_step = 0.0;
        self.gradient.fill(0.0);
        self.hessian.fill(0.0);
    }

    fn merge(&mut self, other: &Self) {
        self.loss += other.loss;
        self.residual += other.residual;
        self.least_margin = self.least_margin.min(other.least_margin);
        self.largest_predictor = self.largest_predictor.max(other.largest_predictor);
        self.largest_step = self.largest_step.max(other.largest_step);
        self.relative_step = self.relative_step.max(other.relative_step);
        add_scaled(&mut self.gradient, 1.0, &other.gradient);
        add_scaled(&mut self.hessian, 1.0, &other.hessian);
    }
}

/// Some rows, and what a pass over them gives.
#[derive(Debug)]
pub(super) struct Block {
    columns: usize,
    /// Tile after tile, each column by column.
    z: Vec<f64>,
    /// 1 for churned, −1 for retained.
    pub(super) sign: Vec<f64>,
    weight: Vec<f64>,
    predictor: Vec<f64>,
    /// Rows a search for separation takes to lie on the boundary.
    pub(super) on_boundary: Vec<bool>,
    pub(super) sums: Sums,
}

impl Block {
    fn new(
        x: ArrayView2<'_, f64>,
        y: &[bool],
        weights: &RowWeights,
        intercept: bool,
        range: Range<usize>,
    ) -> (Self, Vec<Extent>) {
        let columns = x.ncols() + usize::from(intercept);
        let rows = &weights.rows[range.clone()];
        let mut z = Vec::with_capacity(rows.len() * columns);
        let mut extents = vec![Extent::EMPTY; x.ncols()];
        for tile in rows.chunks(TILE) {
            if intercept {
                z.extend(tile.iter().map(|_| 1.0));
            }
            for (column, extent) in x.columns().into_iter().zip(&mut extents) {
                for &row in tile {
                    extent.add(usize::from(y[row]), column[row]);
                    z.push(column[row]);
                }
            }
        }
        let block = Self {
            columns,
            z,
            sign: rows.iter().map(|&row| if y[row] { 1.0 } else { -1.0 }).collect(),
            weight: weights.shares[range].to_vec(),
            predictor: vec![0.0; rows.len()],
            on_boundary: Vec::new(),
            sums: Sums {
                gradient: vec![0.0; columns],
                hessian: vec![0.0; packed_len(columns)],
                ..Sums::default()
            },
        };
        (block, extents)
    }

    pub(super) fn rows(&self) -> usize {
        self.sign.len()
    }

    /// The rows of each tile.
    pub(super) fn tiles(&self) -> impl Iterator<Item = Range<usize>> + use<> {
        let tiles = Blocks::new(self.rows(), TILE);
        (0..tiles.count()).map(move |t| tiles.range(t))
    }

    pub(super) fn tile(&self, rows: &Range<usize>) -> &[f64] {
        &self.z[rows.start * self.columns..rows.end * self.columns]
    }

    /// The same tile to change, and the sums beside it.
    pub(super) fn tile_and_sums(&mut self, rows: &Range<usize>) -> (&mut [f64], &mut Sums) {
        (&mut self.z[rows.start * self.columns..rows.end * self.columns], &mut self.sums)
    }

    /// The pieces of column `j`.
    fn column(&self, j: usize) -> impl Iterator<Item = &[f64]> {
        self.tiles().map(move |rows| {
            let start = rows.start * self.columns + j * rows.len();
            &self.z[start..start + rows.len()]
        })
    }

    /// Calls `work` on each piece of column `j`.
    pub(super) fn column_mut(&mut self, j: usize, mut work: impl FnMut(&mut [f64])) {
        for rows in self.tiles() {
            let start = rows.start * self.columns + j * rows.len();
            work(&mut self.z[start..start + rows.len()]);
        }
    }

    /// Adds residual·z to the gradient, and curvature·zzᵀ to the Hessian, for the rows of a tile. Of a wide tile that is long
    /// work, so it asks the monitor.
    pub(super) fn accumulate(
        &mut self,
        rows: &Range<usize>,
        residual: &[f64],
        curvature: Option<&[f64]>,
        monitor: &mut Monitor<'_>,
    ) -> Result<()> {
        /// Columns between two questions.
        const STEP: usize = 32;

        let (tile, sums) = self.tile_and_sums(rows);
        let columns = || tile.chunks_exact(rows.len());
        for (sum, column) in sums.gradient.iter_mut().zip(columns()) {
            *sum += dot(residual, column);
        }
        let Some(curvature) = curvature else { return monitor.poll() };
        let mut weighted = [0.0; TILE];
        let weighted = &mut weighted[..rows.len()];
        for (j, column) in columns().enumerate() {
            if j % STEP == 0 {
                monitor.poll()?;
            }
            for ((weighted, curvature), z) in weighted.iter_mut().zip(curvature).zip(column) {
                *weighted = curvature * z;
            }
            for (sum, other) in sums.hessian[packed(j, 0)..].iter_mut().zip(columns().take(j + 1)) {
                *sum += dot(weighted, other);
            }
        }
        Ok(())
    }

    /// For each row of a tile: (2y − 1)·direction·z, and Σ|zⱼ|.
    pub(super) fn margins(
        &self,
        rows: &Range<usize>,
        direction: &[f64],
    ) -> impl Iterator<Item = (f64, f64)> + use<> {
        let (mut margin, mut reach) = ([0.0; TILE], [0.0; TILE]);
        for (column, d) in self.tile(rows).chunks_exact(rows.len()).zip(direction) {
            for ((margin, reach), z) in margin.iter_mut().zip(&mut reach).zip(column) {
                *margin += d * z;
                *reach += z.abs();
            }
        }
        for (margin, sign) in margin.iter_mut().zip(&self.sign[rows.clone()]) {
            *margin *= sign;
        }
        margin.into_iter().zip(reach).take(rows.len())
    }

    /// Log loss, gradient and Hessian at these coefficients.
    fn evaluate(&mut self, coefficients: &[f64], monitor: &mut Monitor<'_>) -> Result<()> {
        self.sums.clear();
        let (mut predictor, mut residual, mut curvature) = ([0.0; TILE], [0.0; TILE], [0.0; TILE]);
        for rows in self.tiles() {
            let predictor = &mut predictor[..rows.len()];
            predictor.fill(0.0);
            for (column, &coefficient) in self.tile(&rows).chunks_exact(rows.len()).zip(coefficients) {
                add_scaled(predictor, coefficient, column);
            }

            let sums = &mut self.sums;
            let (mut loss, mut residuals) = (0.0, 0.0);
            for (i, row) in rows.clone().enumerate() {
                let (sign, weight) = (self.sign[row], self.weight[row]);
                let margin = sign * predictor[i];
                // Both tails of the logistic without cancellation: e is at most 1.
                let e = exp(-margin.abs());
                let (far, near) = (e / (1.0 + e), 1.0 / (1.0 + e));
                let miss = if margin > 0.0 { far } else { near };
                loss += weight * ((-margin).max(0.0) + ln_1p(e));
                residuals += weight * miss;
                residual[i] = -sign * weight * miss;
                curvature[i] = weight * far * near;
                sums.least_margin = sums.least_margin.min(margin);
                sums.largest_predictor = sums.largest_predictor.max(margin.abs());
                let step = (predictor[i] - self.predictor[row]).abs();
                sums.largest_step = sums.largest_step.max(step);
                sums.relative_step = sums.relative_step.max(step / (1.0 + margin.abs()));
            }
            sums.loss += loss;
            sums.residual += residuals;
            self.predictor[rows.clone()].copy_from_slice(predictor);
            self.accumulate(&rows, &residual[..rows.len()], Some(&curvature[..rows.len()]), monitor)?;
        }
        Ok(())
    }
}

/// Rows of a block: few enough that a pass over it is soon done, and enough that all Hessians together are no larger than
/// the rows, or that a short matrix is cut in four.
fn block_rows(rows: usize, columns: usize) -> usize {
    const PRODUCTS: usize = 1 << 27;
    let least = columns.min(rows.div_ceil(4));
    (PRODUCTS / (columns * columns)).min(8 * TILE).max(least)
}

/// The standardised training rows.
#[derive(Debug)]
pub(super) struct Problem {
    blocks: Vec<Block>,
    n_threads: usize,
    pub(super) intercept: bool,
    /// One a feature.
    pub(super) scales: Vec<Scale>,
    /// Features that part the classes on their own.
    pub(super) separators: Vec<usize>,
    /// The weighted mean of each column of z, the intercept's first.
    pub(super) means: Vec<f64>,
    /// Where the columns were made orthonormal: Z = QR, R packed by columns, and the blocks hold Q.
    pub(super) triangle: Option<Vec<f64>>,
}

impl Problem {
    /// Copies and standardises the rows that have weight. No unit is made smaller than `least_unit`.
    pub(super) fn new(
        x: ArrayView2<'_, f64>,
        y: &[bool],
        weights: &RowWeights,
        intercept: bool,
        least_unit: f64,
        n_threads: usize,
        monitor: &mut Monitor<'_>,
    ) -> Result<Self> {
        let columns = x.ncols() + usize::from(intercept);
        let cut = Blocks::new(weights.rows.len(), block_rows(weights.rows.len(), columns));
        let parts = blocks::map(cut.count(), n_threads, monitor, |index| {
            Block::new(x, y, weights, intercept, cut.range(index))
        })?;
        let (blocks, mut extents): (Vec<_>, Vec<_>) = parts.into_iter().unzip();
        blocks::merge(&mut extents, |left, right| {
            left.iter_mut().zip(right).for_each(|(left, right)| left.merge(right));
        });
        let extents = extents.into_iter().next().unwrap_or_default();

        let mut problem = Self {
            blocks,
            n_threads,
            intercept,
            scales: Vec::new(),
            separators: (0..extents.len()).filter(|&j| extents[j].separates(intercept)).collect(),
            means: Vec::new(),
            triangle: None,
        };
        problem.standardise(&extents, weights, least_unit, monitor)?;
        Ok(problem)
    }

    fn standardise(
        &mut self,
        extents: &[Extent],
        weights: &RowWeights,
        least_unit: f64,
        monitor: &mut Monitor<'_>,
    ) -> Result<()> {
        let first = self.first_feature();
        let count = weights.rows.len() as f64;
        let powers: Vec<f64> = extents.iter().map(|extent| power_near_inverse(extent.largest())).collect();

        // A mean follows an outlier, and all other values would lose their digits in the difference. The median stays, and
        // is within one standard deviation of the mean (Hotelling and Solomons 1932, Annals of Mathematical Statistics 3),
        // so that a column is never nearly collinear with the intercept.
        let centres = if self.intercept {
            let column = |j| self.blocks.iter().flat_map(move |block| block.column(first + j));
            blocks::map(extents.len(), self.n_threads, monitor, |j| {
                let mut x: Vec<f64> = column(j).flatten().map(|x| x * powers[j]).collect();
                median(&mut x)
            })?
        } else {
            vec![0.0; extents.len()]
        };

        self.for_each(monitor, |block| {
            for (j, (power, centre)) in powers.iter().zip(&centres).enumerate() {
                let mut sum = 0.0;
                block.column_mut(first + j, |x| {
                    x.iter_mut().for_each(|x| *x = *x * power - centre);
                    sum += dot(x, x);
                });
                block.sums.gradient[first + j] = sum;
            }
        })?;
        let squares = self.merged_gradient()[first..].to_vec();
        self.scales = (0..extents.len())
            .map(|j| {
                let (power, constant) = (powers[j], extents[j].constant(self.intercept));
                let unit = (squares[j] / count).sqrt().max(least_unit * power);
                let inverse = if constant { 0.0 } else { 1.0 / unit };
                Scale {
                    power,
                    centre: centres[j],
                    inverse,
                    reach: extents[j].largest() * power * inverse,
                    constant,
                }
            })
            .collect();

        let scales = self.scales.clone();
        let [retained, churned] = weights.class_factors;
        self.for_each(monitor, |block| {
            for (j, scale) in scales.iter().enumerate() {
                block.column_mut(first + j, |x| x.iter_mut().for_each(|x| *x *= scale.inverse));
            }
            block.sums.gradient.fill(0.0);
            for rows in block.tiles() {
                // Class weights are a matter of the fit; the mean customer does not change with them.
                let mut weight = [0.0; TILE];
                for (weight, row) in weight.iter_mut().zip(rows.clone()) {
                    *weight = block.weight[row] / if block.sign[row] > 0.0 { churned } else { retained };
                }
                let (tile, sums) = block.tile_and_sums(&rows);
                for (mean, column) in sums.gradient.iter_mut().zip(tile.chunks_exact(rows.len())) {
                    *mean += dot(&weight, column);
                }
            }
        })?;
        let sums = self.merged_gradient();
        self.means = sums.iter().map(|sum| sum / weights.sample_share).collect();
        Ok(())
    }

    /// How many coefficients there are, the intercept among them.
    pub(super) fn order(&self) -> usize {
        self.scales.len() + self.first_feature()
    }

    /// The column of the first feature: 1 after an intercept.
    pub(super) fn first_feature(&self) -> usize {
        usize::from(self.intercept)
    }

    pub(super) fn rows(&self) -> usize {
        self.blocks.iter().map(Block::rows).sum()
    }

    /// The training mean of feature `j`, in the caller's units.
    pub(super) fn mean(&self, j: usize) -> f64 {
        self.scales[j].to_x(self.means[self.first_feature() + j])
    }

    /// From coefficients of the columns at hand to coefficients of z.
    pub(super) fn standardised(&self, coefficients: &[f64]) -> Vec<f64> {
        let mut solved = coefficients.to_vec();
        if let Some(triangle) = &self.triangle {
            solve_lower_transposed(triangle, &mut solved);
        }
        solved
    }

    /// The sums of the last pass.
    pub(super) fn sums(&self) -> &Sums {
        &self.blocks[0].sums
    }

    /// One pass: log loss, gradient and Hessian at these coefficients.
    pub(super) fn evaluate(&mut self, coefficients: &[f64], monitor: &mut Monitor<'_>) -> Result<()> {
        self.fold(monitor, |block, monitor| block.evaluate(coefficients, monitor))
    }

    /// Works on each block and merges the sums; the work asks the monitor of its thread.
    pub(super) fn fold(
        &mut self,
        monitor: &mut Monitor<'_>,
        work: impl Fn(&mut Block, &mut Monitor<'_>) -> Result<()> + Sync,
    ) -> Result<()> {
        blocks::for_each_long(&mut self.blocks, self.n_threads, monitor, |_, block, monitor| {
            block.sums.clear();
            work(block, monitor)
        })?;
        blocks::merge(&mut self.blocks, |left, right| left.sums.merge(&right.sums));
        Ok(())
    }

    pub(super) fn for_each(
        &mut self,
        monitor: &mut Monitor<'_>,
        work: impl Fn(&mut Block) + Sync,
    ) -> Result<()> {
        blocks::for_each(&mut self.blocks, self.n_threads, monitor, |_, block| work(block))
    }

    /// The gradients of all blocks together, leaving the much larger Hessians alone.
    pub(super) fn merged_gradient(&mut self) -> &[f64] {
        blocks::merge(&mut self.blocks, |left, right| {
            add_scaled(&mut left.sums.gradient, 1.0, &right.sums.gradient);
        });
        &self.blocks[0].sums.gradient
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::churn::ClassWeight;
    use crate::numeric::elementary::{ln, logistic};
    use crate::numeric::rng::Rng;
    use ndarray::Array2;

    fn random_problem(rows: usize, intercept: bool) -> (Array2<f64>, Vec<bool>, RowWeights, Problem) {
        let mut rng = Rng::new(rows as u64);
        let x = Array2::from_shape_fn((rows, 3), |(_, j)| (rng.uniform() + j as f64) * [1.0, 1e8, 1e-8][j]);
        let y: Vec<bool> = (0..rows).map(|i| i % 3 == 0).collect();
        let sample_weight: Vec<f64> = (0..rows).map(|i| (i % 4) as f64).collect();
        let weights = RowWeights::new(&y, Some(&sample_weight), &ClassWeight::Balanced).unwrap();
        let problem =
            Problem::new(x.view(), &y, &weights, intercept, 0.0, 2, &mut Monitor::silent()).unwrap();
        (x, y, weights, problem)
    }

    /// The rows as the problem should hold them, one by one.
    fn plain_rows(x: &Array2<f64>, problem: &Problem, weights: &RowWeights) -> Vec<Vec<f64>> {
        let features = |row: usize| {
            let z = |(scale, x): (&Scale, &f64)| (x * scale.power - scale.centre) * scale.inverse;
            problem.scales.iter().zip(x.row(row)).map(z).collect::<Vec<_>>()
        };
        let ones = vec![1.0; problem.first_feature()];
        weights.rows.iter().map(|&row| [ones.clone(), features(row)].concat()).collect()
    }

    #[test]
    fn a_pass_is_the_plain_sum_over_rows() {
        for (rows, intercept) in [(5, true), (300, false), (9000, true)] {
            let (x, y, weights, mut problem) = random_problem(rows, intercept);
            let order = problem.order();
            let theta: Vec<f64> = (0..order).map(|j| 0.7 - 0.4 * j as f64).collect();
            problem.evaluate(&theta, &mut Monitor::silent()).unwrap();

            let mut loss = 0.0;
            let (mut gradient, mut hessian) = (vec![0.0; order], vec![0.0; packed_len(order)]);
            for ((z, &row), share) in
                plain_rows(&x, &problem, &weights).iter().zip(&weights.rows).zip(&weights.shares)
            {
                let p = logistic(z.iter().zip(&theta).map(|(z, t)| z * t).sum());
                loss -= share * ln(if y[row] { p } else { 1.0 - p });
                for i in 0..order {
                    gradient[i] += share * (p - f64::from(u8::from(y[row]))) * z[i];
                    for j in 0..=i {
                        hessian[packed(i, j)] += share * p * (1.0 - p) * z[i] * z[j];
                    }
                }
            }
            let sums = problem.sums();
            let pairs = [
                (vec![sums.loss], vec![loss]),
                (sums.gradient.clone(), gradient),
                (sums.hessian.clone(), hessian),
            ];
            for (fast, plain) in pairs {
                for (fast, plain) in fast.iter().zip(plain) {
                    assert!((fast - plain).abs() < 1e-12, "{fast}, plainly {plain}");
                }
            }
        }
    }

    #[test]
    fn columns_become_standard_and_then_orthonormal() {
        let (x, _, weights, mut problem) = random_problem(9000, true);
        let rows = plain_rows(&x, &problem, &weights);
        let count = rows.len() as f64;
        for j in 1..4 {
            let below = rows.iter().filter(|z| z[j] < 0.0).count() as f64;
            assert!((below - count / 2.0).abs() <= 1.0);
            assert!((rows.iter().map(|z| z[j] * z[j]).sum::<f64>() / count - 1.0).abs() < 1e-12);
        }

        let names: Vec<String> = ["a", "b", "c"].map(String::from).to_vec();
        problem.orthonormalise(&names, &mut Monitor::silent()).unwrap();
        let whole = |block: &mut Block, monitor: &mut Monitor<'_>| {
            for rows in block.tiles() {
                block.accumulate(&rows, &vec![0.0; rows.len()], Some(&vec![1.0; rows.len()]), monitor)?;
            }
            Ok(())
        };
        problem.fold(&mut Monitor::silent(), whole).unwrap();
        for i in 0..4 {
            for j in 0..=i {
                let expected = f64::from(u8::from(i == j));
                assert!((problem.sums().hessian[packed(i, j)] / count - expected).abs() < 1e-14);
            }
        }
    }
}
