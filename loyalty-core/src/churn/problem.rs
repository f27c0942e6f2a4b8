//! The training rows as the solvers see them: standardised columns in blocks, and passes over them.

use super::pass::{self, PANEL, Panel, Rows, TILE, Tile, Totals, VECTORS, sum_of_lanes};
use super::scale::{Extent, Scale, median, power_near_inverse};
use super::weights::RowWeights;
use crate::check;
use crate::error::Result;
use crate::monitor::Monitor;
use crate::numeric::blocks::{self, Blocks};
use crate::numeric::dispatch::{LANES, Lanes};
use crate::numeric::linalg::{add_scaled, packed, packed_len, solve_lower_transposed};
use fearless_simd::{Level, dispatch};
use ndarray::ArrayView2;
use std::ops::Range;
use std::sync::{Mutex, PoisonError};

/// What a pass over the rows adds up. Weights are shares of the total weight, so all sums are means.
#[derive(Debug, Clone)]
pub(super) struct Sums {
    pub(super) totals: Totals,
    pub(super) gradient: Vec<f64>,
    /// Packed.
    pub(super) hessian: Vec<f64>,
    /// Whether the pass made the Hessian too; otherwise it is an older one.
    pub(super) curved: bool,
}

impl Sums {
    fn merge(&mut self, other: &Self) {
        self.totals.merge(&other.totals);
        add_scaled(&mut self.gradient, 1.0, &other.gradient);
        if self.curved {
            add_scaled(&mut self.hessian, 1.0, &other.hessian);
        }
    }

    /// Multiplies all that is linear in the weights, and puts the columns into their units.
    fn scale(&mut self, factor: f64, units: &[f64]) {
        self.totals.weight *= factor;
        self.totals.loss *= factor;
        self.totals.residual *= factor;
        for (j, (gradient, unit)) in self.gradient.iter_mut().zip(units).enumerate() {
            *gradient *= factor * unit;
            if self.curved {
                for (entry, other) in self.hessian[packed(j, 0)..].iter_mut().zip(&units[..=j]) {
                    *entry *= factor * unit * other;
                }
            }
        }
    }
}

/// The rows that a pass goes over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    /// The first tile of each block, its weights scaled up to those of all rows.
    Sample,
    All,
}

/// Room for the sums of a block while its tiles are gone through, each in its lanes.
#[derive(Debug)]
pub(super) struct Scratch {
    rows: Box<Rows>,
    gradient: Vec<Lanes>,
    hessian: Vec<Lanes>,
}

impl Scratch {
    fn new(order: usize) -> Self {
        Self {
            rows: Box::new(Rows::new()),
            gradient: vec![[0.0; LANES]; order],
            hessian: vec![[0.0; LANES]; packed_len(order)],
        }
    }
}

/// Some rows, and what a pass over them gives.
#[derive(Debug)]
pub(super) struct Block {
    level: Level,
    intercept: bool,
    features: usize,
    /// Which of the rows that take part are in this block.
    range: Range<usize>,
    /// Panel after panel, each column by column, filled up with zeros. Without the intercept.
    z: Vec<Panel>,
    /// Rows a search for separation takes to lie on the boundary.
    pub(super) on_boundary: Vec<bool>,
    pub(super) sums: Sums,
}

impl Block {
    pub(super) fn rows(&self) -> usize {
        self.range.len()
    }

    /// The rows of each tile.
    pub(super) fn tiles(&self) -> impl Iterator<Item = Range<usize>> + use<> {
        let tiles = Blocks::new(self.rows(), TILE);
        (0..tiles.count()).map(move |t| tiles.range(t))
    }

    /// Where the panels of a tile are.
    fn place(&self, rows: &Range<usize>) -> Range<usize> {
        rows.start / PANEL * self.features..rows.end.div_ceil(PANEL) * self.features
    }

    pub(super) fn tile(&self, rows: &Range<usize>) -> Tile<'_> {
        Tile { z: &self.z[self.place(rows)], features: self.features, intercept: self.intercept }
    }

    /// The panels of 64 rows each, of which the last may be shorter: the features of each to change, column by column, and the
    /// sums beside them.
    pub(super) fn panels_and_sums(&mut self) -> (impl Iterator<Item = (usize, &mut [Panel])>, &mut Sums) {
        let rows = self.range.len();
        let panels = self.z.chunks_exact_mut(self.features).enumerate();
        (panels.map(move |(p, panel)| (PANEL.min(rows - p * PANEL), panel)), &mut self.sums)
    }

    /// Calls `work` on each piece of feature `j`.
    pub(super) fn feature_mut(&mut self, j: usize, mut work: impl FnMut(&mut [f64])) {
        for (rows, panel) in self.panels_and_sums().0 {
            work(&mut panel[j].as_flattened_mut()[..rows]);
        }
    }

    /// Adds residual·z to the gradient, and curvature·zzᵀ to the Hessian if asked to, for the rows of a tile. Of a wide tile
    /// that is long work, so it asks the monitor.
    pub(super) fn accumulate(
        &self,
        rows: &Range<usize>,
        curved: bool,
        scratch: &mut Scratch,
        monitor: &mut Monitor<'_>,
    ) -> Result<()> {
        /// Rows of the Hessian between two questions.
        const STEP: usize = 32;

        let tile = self.tile(rows);
        let Scratch { rows, gradient, hessian } = scratch;
        dispatch!(self.level, simd => pass::add_gradient(simd, tile, &rows.residual, gradient));
        monitor.poll()?;
        let order = gradient.len();
        for first in (0..if curved { order } else { 0 }).step_by(STEP) {
            let entries = first..order.min(first + STEP);
            dispatch!(self.level, simd => pass::add_hessian(simd, tile, &rows.curvature, entries, hessian));
            monitor.poll()?;
        }
        Ok(())
    }

    /// Sets residual and curvature of the rows of a tile, as a search for separation wants them.
    pub(super) fn set_factors(
        scratch: &mut Scratch,
        n_rows: usize,
        factors: impl Iterator<Item = (f64, f64)>,
    ) {
        let Rows { residual, curvature, .. } = &mut *scratch.rows;
        let places = residual.as_flattened_mut().as_flattened_mut().iter_mut();
        let places = places.zip(curvature.as_flattened_mut().as_flattened_mut());
        for ((residual, curvature), (r, c)) in
            places.zip(factors.take(n_rows).chain(std::iter::repeat((0.0, 0.0))))
        {
            (*residual, *curvature) = (r, c);
        }
    }

    /// For each row of a tile: (2y − 1)·direction·z, and Σ|zⱼ|.
    pub(super) fn margins(
        &self,
        rows: &Range<usize>,
        direction: &[f64],
        weights: &RowWeights<'_>,
    ) -> impl Iterator<Item = (f64, f64)> + use<> {
        let (mut margin, mut reach) = ([0.0; TILE], [0.0; TILE]);
        let tile = self.tile(rows);
        let places = margin.chunks_exact_mut(PANEL).zip(reach.chunks_exact_mut(PANEL));
        for (panel, (margin, reach)) in places.take(tile.panels()).enumerate() {
            for (j, d) in direction.iter().enumerate() {
                let column = tile.column(panel, j).as_flattened();
                for ((margin, reach), z) in margin.iter_mut().zip(&mut *reach).zip(column) {
                    *margin += d * z;
                    *reach += z.abs();
                }
            }
        }
        for (margin, row) in margin.iter_mut().zip(rows.clone()) {
            *margin *= self.sign(row, weights);
        }
        margin.into_iter().zip(reach).take(rows.len())
    }

    /// 1 for a row that churned, −1 for one retained.
    pub(super) fn sign(&self, row: usize, weights: &RowWeights<'_>) -> f64 {
        if weights.churned(self.range.start + row) { 1.0 } else { -1.0 }
    }

    /// Signs and weights of the rows of a tile.
    fn label(&self, tile: &Range<usize>, weights: &RowWeights<'_>, rows: &mut Rows) {
        let start = self.range.start + tile.start;
        let signs = rows.sign.as_flattened_mut().as_flattened_mut();
        let shares = rows.weight.as_flattened_mut().as_flattened_mut();
        dispatch!(self.level, simd => {
            weights.label(simd, start, &mut signs[..tile.len()], &mut shares[..tile.len()]);
        });
        let end = tile.len().next_multiple_of(PANEL);
        let first = signs[end - PANEL];
        signs[tile.len()..end].fill(first);
        shares[tile.len()..end].fill(0.0);
    }

    /// Log loss, gradient and, if asked to, Hessian at these coefficients.
    fn evaluate(
        &mut self,
        [coefficients, step]: [&[f64]; 2],
        part: Part,
        weights: &RowWeights<'_>,
        scratch: &mut Scratch,
        monitor: &mut Monitor<'_>,
    ) -> Result<()> {
        for rows in self.tiles().take(if part == Part::Sample { 1 } else { usize::MAX }) {
            self.label(&rows, weights, &mut scratch.rows);
            let (tile, values) = (self.tile(&rows), &mut scratch.rows);
            let totals = dispatch!(self.level, simd =>
                pass::likelihood(simd, tile, coefficients, step, rows.len(), values));
            self.sums.totals.merge(&totals);
            self.accumulate(&rows, self.sums.curved, scratch, monitor)?;
        }
        Ok(())
    }
}

/// Rows of a block: few enough that a pass over it is soon done, and enough that all Hessians together are no larger than
/// the rows, or that a short matrix is cut in four.
fn block_rows(rows: usize, columns: usize) -> usize {
    const PRODUCTS: usize = 1 << 27;
    let least = columns.min(rows.div_ceil(4));
    (PRODUCTS / (columns * columns)).min(16 * TILE).max(least)
}

/// The standardised training rows.
#[derive(Debug)]
pub(super) struct Problem<'a> {
    blocks: Vec<Block>,
    scratch: Mutex<Vec<Scratch>>,
    pub(super) weights: &'a RowWeights<'a>,
    n_threads: usize,
    pub(super) intercept: bool,
    /// One a feature.
    pub(super) scales: Vec<Scale>,
    /// For each column the factor from what the blocks hold to z.
    units: Vec<f64>,
    /// Coefficients and step in units of the blocks.
    point: [Vec<f64>; 2],
    /// Features that part the classes on their own.
    pub(super) separators: Vec<usize>,
    /// The weighted mean of each feature of z.
    means: Vec<f64>,
    /// Where the columns were made orthonormal: Z = QR, R packed by columns, and the blocks hold Q.
    pub(super) triangle: Option<Vec<f64>>,
}

/// The rows on their way into blocks.
struct Source<'a> {
    x: ArrayView2<'a, f64>,
    weights: &'a RowWeights<'a>,
    level: Level,
    cut: Blocks,
}

impl Source<'_> {
    /// Copies up to 64 rows that take part into the columns of a panel, filled up with zeros.
    fn load(&self, rows: Range<usize>, panel: &mut [Panel]) {
        let row = |i: usize| self.weights.row(rows.start + i);
        for v in 0..VECTORS {
            let filled = LANES.min(rows.len().saturating_sub(v * LANES));
            let slices: [Option<&[f64]>; LANES] = std::array::from_fn(|lane| {
                if lane < filled { self.x.row(row(v * LANES + lane)).to_slice() } else { None }
            });
            if let [Some(a), Some(b), Some(c), Some(d), Some(e), Some(f), Some(g), Some(h)] = slices {
                let zipped = a.iter().zip(b).zip(c).zip(d).zip(e).zip(f).zip(g).zip(h);
                for (column, (((((((a, b), c), d), e), f), g), h)) in panel.iter_mut().zip(zipped) {
                    column[v] = [*a, *b, *c, *d, *e, *f, *g, *h];
                }
            } else {
                for (j, column) in panel.iter_mut().enumerate() {
                    column[v] = std::array::from_fn(|lane| {
                        if lane < filled { self.x[[row(v * LANES + lane), j]] } else { 0.0 }
                    });
                }
            }
        }
    }

    /// Smallest and largest values of each column in a block.
    fn extents(&self, index: usize) -> Vec<Extent> {
        let range = self.cut.range(index);
        let mut extents = vec![Extent::EMPTY; self.x.ncols()];
        let mut panel = vec![[[0.0; LANES]; VECTORS]; self.x.ncols()];
        for start in range.clone().step_by(PANEL) {
            let rows = range.end.min(start + PANEL) - start;
            self.load(start..start + rows, &mut panel);
            let mut signs = [[0.0; LANES]; VECTORS];
            dispatch!(self.level, simd => {
                self.weights.label(simd, start, &mut signs.as_flattened_mut()[..rows], &mut [0.0; PANEL]);
                // A place without a row has the sign 0 and counts for no class.
                for (extent, column) in extents.iter_mut().zip(&panel) {
                    extent.add(simd, column, &signs);
                }
            });
        }
        extents
    }

    /// All blocks, and the sums that [`Self::block`] gives of each.
    fn blocks(
        &self,
        intercept: bool,
        centrings: &[Centring],
        n_threads: usize,
        monitor: &mut Monitor<'_>,
    ) -> Result<Loaded> {
        let parts = blocks::map(self.cut.count(), n_threads, monitor, |index| {
            self.block(index, intercept, centrings)
        })?;
        let (parts, mut moments): (Vec<_>, Vec<_>) = parts.into_iter().unzip();
        blocks::merge(&mut moments, |left, right| {
            add_scaled(left.as_flattened_mut(), 1.0, right.as_flattened());
        });
        Ok((parts, moments.into_iter().next().unwrap_or_default()))
    }

    /// A block of the deviations from the centres, and for each column the sums of these, of them weighted, and of their squares.
    fn block(&self, index: usize, intercept: bool, centrings: &[Centring]) -> (Block, Vec<[f64; 3]>) {
        let range = self.cut.range(index);
        let features = self.x.ncols();
        let order = features + usize::from(intercept);
        let mut block = Block {
            level: self.level,
            intercept,
            features,
            z: vec![[[0.0; LANES]; VECTORS]; range.len().div_ceil(PANEL) * features],
            range: range.clone(),
            on_boundary: Vec::new(),
            sums: Sums {
                totals: Totals::NONE,
                gradient: vec![0.0; order],
                hessian: vec![0.0; packed_len(order)],
                curved: false,
            },
        };
        let mut moments = vec![[[0.0; LANES]; 3]; features];
        // Class weights are a matter of the fit; the mean customer does not change with them.
        let factors = self.weights.class_factors;
        let mut start = range.start;
        for (rows, panel) in block.panels_and_sums().0 {
            let (mut signs, mut weight) = ([0.0; PANEL], [[0.0; LANES]; VECTORS]);
            let shares = &mut weight.as_flattened_mut()[..rows];
            dispatch!(self.level, simd => self.weights.label(simd, start, &mut signs[..rows], shares));
            for (share, sign) in shares.iter_mut().zip(signs) {
                *share /= factors[usize::from(sign > 0.0)];
            }
            self.load(start..start + rows, panel);
            start += rows;
            dispatch!(self.level, simd => {
                for ((column, centring), moments) in panel.iter_mut().zip(centrings).zip(&mut moments) {
                    let Centring { power, centre, stretch } = *centring;
                    pass::centre(simd, column, rows, power, centre, stretch);
                    pass::add_moments(simd, column, &weight, moments);
                }
            });
        }
        (block, moments.iter().map(|moments| moments.map(|sum| sum_of_lanes(&sum))).collect())
    }
}

/// Blocks, and the moments of each column over all of them.
type Loaded = (Vec<Block>, Vec<[f64; 3]>);

/// How a block holds a column: (x·power − centre)·stretch, of which both factors are powers of two.
#[derive(Debug, Clone, Copy)]
struct Centring {
    power: f64,
    centre: f64,
    stretch: f64,
}

impl<'a> Problem<'a> {
    /// Copies and standardises the rows that have weight. No unit is made smaller than `least_unit`.
    pub(super) fn new(
        x: ArrayView2<'_, f64>,
        weights: &'a RowWeights<'a>,
        intercept: bool,
        least_unit: f64,
        n_threads: usize,
        monitor: &mut Monitor<'_>,
    ) -> Result<Self> {
        let (features, first) = (x.ncols(), usize::from(intercept));
        let order = features + first;
        let cut = Blocks::new(weights.count(), block_rows(weights.count(), order));
        let source = Source { x, weights, level: Level::new(), cut };
        let mut extents = blocks::map(cut.count(), n_threads, monitor, |index| source.extents(index))?;
        blocks::merge(&mut extents, |left, right| {
            left.iter_mut().zip(right).for_each(|(left, right)| left.merge(right));
        });
        let extents = extents.into_iter().next().unwrap_or_default();
        if extents.iter().any(|extent| !extent.finite) {
            check::matrix("x", x)?;
        }
        let count = weights.count() as f64;

        // A mean follows an outlier, and all other values would lose their digits in the difference. The median stays, and
        // is within one standard deviation of the mean (Hotelling and Solomons 1932, Annals of Mathematical Statistics 3),
        // so that a column is never nearly collinear with the intercept. The median of some rows nearly always is so too.
        const SOME: usize = 512;
        let centring = |j: usize, rows: usize| {
            let power = power_near_inverse(extents[j].largest());
            let stride = weights.count().div_ceil(rows).max(1);
            let of_row = |i: usize| x[[weights.row(i), j]] * power;
            let centre = if intercept {
                let mut values: Vec<f64> = (0..weights.count()).step_by(stride).map(of_row).collect();
                median(&mut values)
            } else {
                0.0
            };
            Centring { power, centre, stretch: power_near_inverse(extents[j].farthest(power, centre)) }
        };
        let mut centrings = blocks::map(features, n_threads, monitor, |j| centring(j, SOME))?;
        let mut parts = source.blocks(intercept, &centrings, n_threads, monitor)?;
        let far = |&j: &usize| {
            let [sum, _, squares] = parts.1[j];
            intercept && 2.0 * (sum / count) * (sum / count) > squares / count
        };
        let far: Vec<usize> = (0..features).filter(far).collect();
        if !far.is_empty() && weights.count() > SOME {
            drop(parts);
            let exact = blocks::map(far.len(), n_threads, monitor, |f| centring(far[f], weights.count()))?;
            far.iter().zip(exact).for_each(|(&j, exact)| centrings[j] = exact);
            parts = source.blocks(intercept, &centrings, n_threads, monitor)?;
        }
        let (blocks, moments) = parts;

        let scale = |j: usize| {
            let (Centring { power, centre, stretch }, constant) =
                (centrings[j], extents[j].constant(intercept));
            let unit = ((moments[j][2] / count).sqrt() / stretch).max(least_unit * power);
            let inverse = if constant { 0.0 } else { 1.0 / unit };
            Scale { power, centre, inverse, reach: extents[j].largest() * power * inverse, constant }
        };
        let scales: Vec<Scale> = (0..features).map(scale).collect();
        let unit = |j: usize| scales[j].inverse / centrings[j].stretch;
        let mut units = vec![1.0; first];
        units.extend((0..features).map(unit));
        Ok(Self {
            blocks,
            scratch: Mutex::new((0..n_threads.min(cut.count())).map(|_| Scratch::new(order)).collect()),
            weights,
            n_threads,
            intercept,
            means: (0..features).map(|j| moments[j][1] * unit(j) / weights.sample_share).collect(),
            scales,
            units,
            point: [vec![0.0; order], vec![0.0; order]],
            separators: (0..features).filter(|&j| extents[j].separates(intercept)).collect(),
            triangle: None,
        })
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
        self.weights.count()
    }

    /// How many rows a sample has; 0 if that is too few to learn from.
    pub(super) fn sample_rows(&self) -> usize {
        const ROWS_PER_COEFFICIENT: usize = 32;
        const BLOCKS: usize = 8;
        let rows = self.blocks.iter().map(|block| block.rows().min(TILE)).sum::<usize>();
        let enough = self.blocks.len() >= BLOCKS && rows >= ROWS_PER_COEFFICIENT * self.order();
        if enough { rows } else { 0 }
    }

    /// The training mean of feature `j`, in the caller's units.
    pub(super) fn mean(&self, j: usize) -> f64 {
        self.scales[j].to_x(self.means[j])
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

    /// One pass: log loss, gradient and, if asked to, Hessian at these coefficients; and how far a whole step moves the rows.
    pub(super) fn evaluate(
        &mut self,
        coefficients: &[f64],
        step: &[f64],
        part: Part,
        curved: bool,
        monitor: &mut Monitor<'_>,
    ) -> Result<()> {
        let mut point = std::mem::take(&mut self.point);
        for (inner, outer) in point.iter_mut().zip([coefficients, step]) {
            for ((inner, outer), unit) in inner.iter_mut().zip(outer).zip(&self.units) {
                *inner = outer * unit;
            }
        }
        let weights = self.weights;
        let inner = [&*point[0], &*point[1]];
        let outcome = self.fold(curved, monitor, |block, scratch, monitor| {
            block.evaluate(inner, part, weights, scratch, monitor)
        });
        self.point = point;
        outcome?;
        let sums = &mut self.blocks[0].sums;
        let factor = if part == Part::Sample { 1.0 / sums.totals.weight } else { 1.0 };
        sums.scale(factor, &self.units);
        Ok(())
    }

    /// Works on each block and merges the sums; the work asks the monitor of its thread.
    pub(super) fn fold(
        &mut self,
        curved: bool,
        monitor: &mut Monitor<'_>,
        work: impl Fn(&mut Block, &mut Scratch, &mut Monitor<'_>) -> Result<()> + Sync,
    ) -> Result<()> {
        let (order, scratches) = (self.order(), &self.scratch);
        let spare = || scratches.lock().unwrap_or_else(PoisonError::into_inner);
        blocks::for_each_long(&mut self.blocks, self.n_threads, monitor, |_, block, monitor| {
            let taken = spare().pop();
            let mut scratch = taken.unwrap_or_else(|| Scratch::new(order));
            scratch.gradient.fill([0.0; LANES]);
            block.sums.totals = Totals::NONE;
            block.sums.curved = curved;
            if curved {
                scratch.hessian.fill([0.0; LANES]);
            }
            work(block, &mut scratch, monitor)?;
            let collect = |sums: &mut [f64], lanes: &[Lanes]| {
                sums.iter_mut().zip(lanes).for_each(|(sum, lanes)| *sum = sum_of_lanes(lanes));
            };
            collect(&mut block.sums.gradient, &scratch.gradient);
            if curved {
                collect(&mut block.sums.hessian, &scratch.hessian);
            }
            spare().push(scratch);
            Ok(())
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

    /// Multiplies the columns by their units, which are then 1.
    pub(super) fn apply_units(&mut self, monitor: &mut Monitor<'_>) -> Result<()> {
        let (units, first) = (self.units.clone(), self.first_feature());
        self.for_each(monitor, |block| {
            for (j, unit) in units[first..].iter().enumerate() {
                block.feature_mut(j, |z| z.iter_mut().for_each(|z| *z *= unit));
            }
        })?;
        self.units.fill(1.0);
        Ok(())
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
    use crate::numeric::dispatch::levels;
    use crate::numeric::elementary::{ln, logistic};
    use crate::numeric::rng::Rng;
    use ndarray::Array2;

    struct Data {
        x: Array2<f64>,
        y: Vec<bool>,
        sample_weight: Vec<f64>,
    }

    impl Data {
        fn random(rows: usize, features: usize) -> Self {
            let mut rng = Rng::new(rows as u64);
            let factors = [1.0, 1e8, 1e-8];
            let x =
                Array2::from_shape_fn((rows, features), |(_, j)| (rng.uniform() + j as f64) * factors[j % 3]);
            let y: Vec<bool> = (0..rows).map(|i| i % 3 == 0).collect();
            Self { x, y, sample_weight: (0..rows).map(|i| (i % 4) as f64).collect() }
        }

        fn weights(&self) -> RowWeights<'_> {
            RowWeights::new(&self.y, Some(&self.sample_weight), &ClassWeight::Balanced).unwrap()
        }

        fn problem<'a>(&'a self, weights: &'a RowWeights<'a>, intercept: bool) -> Problem<'a> {
            Problem::new(self.x.view(), weights, intercept, 0.0, 2, &mut Monitor::silent()).unwrap()
        }
    }

    /// The rows as the problem should hold them, one by one.
    fn plain_rows(x: &Array2<f64>, problem: &Problem<'_>) -> Vec<Vec<f64>> {
        let features = |row: usize| {
            let z = |(scale, x): (&Scale, &f64)| (x * scale.power - scale.centre) * scale.inverse;
            problem.scales.iter().zip(x.row(row)).map(z).collect::<Vec<_>>()
        };
        let ones = vec![1.0; problem.first_feature()];
        let weights = problem.weights;
        (0..weights.count()).map(|i| [ones.clone(), features(weights.row(i))].concat()).collect()
    }

    #[test]
    fn a_pass_is_the_plain_sum_over_rows() {
        let cases = [(5, 3, true), (300, 3, false), (9000, 3, true), (700, 9, true), (90, 40, false)];
        for (rows, features, intercept) in cases {
            let data = Data::random(rows, features);
            let weights = data.weights();
            let mut problem = data.problem(&weights, intercept);
            let order = problem.order();
            let theta: Vec<f64> = (0..order).map(|j| 0.7 - 0.4 * (j % 5) as f64).collect();
            let step: Vec<f64> = (0..order).map(|j| 0.1 * (j % 7) as f64).collect();
            problem.evaluate(&theta, &step, Part::All, true, &mut Monitor::silent()).unwrap();

            let (mut signs, mut shares) = (vec![0.0; weights.count()], vec![0.0; weights.count()]);
            dispatch!(Level::new(), simd => weights.label(simd, 0, &mut signs, &mut shares));
            let (mut loss, mut least_margin, mut largest_step) = (0.0, f64::INFINITY, 0.0);
            let (mut gradient, mut hessian) = (vec![0.0; order], vec![0.0; packed_len(order)]);
            for ((z, sign), share) in plain_rows(&data.x, &problem).iter().zip(&signs).zip(&shares) {
                let predictor: f64 = z.iter().zip(&theta).map(|(z, t)| z * t).sum();
                let p = logistic(predictor);
                loss -= share * ln(if *sign > 0.0 { p } else { 1.0 - p });
                least_margin = f64::min(least_margin, sign * predictor);
                let moved: f64 = z.iter().zip(&step).map(|(z, s)| z * s).sum();
                largest_step = f64::max(largest_step, moved.abs());
                for i in 0..order {
                    gradient[i] += share * (p - f64::from(u8::from(*sign > 0.0))) * z[i];
                    for j in 0..=i {
                        hessian[packed(i, j)] += share * p * (1.0 - p) * z[i] * z[j];
                    }
                }
            }
            let sums = problem.sums();
            let Totals { loss: fast_loss, least_margin: fast_margin, largest_step: fast_step, .. } =
                sums.totals;
            let pairs = [
                (vec![fast_loss, fast_margin, fast_step], vec![loss, least_margin, largest_step]),
                (sums.gradient.clone(), gradient),
                (sums.hessian.clone(), hessian),
            ];
            for (fast, plain) in pairs {
                for (fast, plain) in fast.iter().zip(plain) {
                    assert!((fast - plain).abs() < 1e-11, "{fast}, plainly {plain}");
                }
            }
        }
    }

    #[test]
    fn every_level_gives_the_same_bits() {
        let data = Data::random(5003, 9);
        let weights = data.weights();
        let mut problem = data.problem(&weights, true);
        let theta: Vec<f64> = (0..10).map(|j| 0.3 - 0.1 * f64::from(j)).collect();
        let mut bits = levels().into_iter().map(|level| {
            problem.blocks.iter_mut().for_each(|block| block.level = level);
            problem.evaluate(&theta, &theta, Part::All, true, &mut Monitor::silent()).unwrap();
            let Sums { totals: t, gradient, hessian, .. } = problem.sums();
            let totals = [t.weight, t.loss, t.residual, t.least_margin, t.largest_predictor, t.relative_step];
            let all = totals.iter().chain(gradient).chain(hessian);
            all.map(|v| v.to_bits()).collect::<Vec<u64>>()
        });
        let first = bits.next().unwrap();
        assert!(bits.all(|other| other == first));
    }

    #[test]
    fn a_sample_counts_for_all_rows() {
        let data = Data::random(120_000, 3);
        let weights = data.weights();
        let mut problem = data.problem(&weights, true);
        assert_eq!(problem.sample_rows(), problem.blocks.len() * TILE);
        let theta = [0.1, -0.2, 0.3, 0.4];
        let [all, sample] = [Part::All, Part::Sample].map(|part| {
            problem.evaluate(&theta, &theta, part, true, &mut Monitor::silent()).unwrap();
            problem.sums().clone()
        });
        assert!((all.totals.weight - 1.0).abs() < 1e-12 && (sample.totals.weight - 1.0).abs() < 1e-12);
        assert!((sample.totals.loss / all.totals.loss - 1.0).abs() < 0.05);
        for (all, sample) in all.hessian.iter().zip(&sample.hessian) {
            assert!((all - sample).abs() < 0.02, "{all} {sample}");
        }
    }

    #[test]
    fn columns_become_standard_and_then_orthonormal() {
        let data = Data::random(9000, 3);
        let weights = data.weights();
        let mut problem = data.problem(&weights, true);
        let rows = plain_rows(&data.x, &problem);
        let count = rows.len() as f64;
        for j in 1..4 {
            let below = rows.iter().filter(|z| z[j] < 0.0).count() as f64;
            // Of the median of some 500 rows, five standard deviations.
            assert!((below / count - 0.5).abs() <= 5.0 * 0.5 / 22.0);
            assert!((rows.iter().map(|z| z[j] * z[j]).sum::<f64>() / count - 1.0).abs() < 1e-12);
        }

        let names: Vec<String> = ["a", "b", "c"].map(String::from).to_vec();
        problem.orthonormalise(&names, &mut Monitor::silent()).unwrap();
        let whole = |block: &mut Block, scratch: &mut Scratch, monitor: &mut Monitor<'_>| {
            for rows in block.tiles() {
                Block::set_factors(scratch, rows.len(), std::iter::repeat((0.0, 1.0)));
                block.accumulate(&rows, true, scratch, monitor)?;
            }
            Ok(())
        };
        problem.fold(true, &mut Monitor::silent(), whole).unwrap();
        for i in 0..4 {
            for j in 0..=i {
                let expected = f64::from(u8::from(i == j));
                assert!((problem.sums().hessian[packed(i, j)] / count - expected).abs() < 1e-14);
            }
        }
    }

    /// Rows of which the sampled ones are far from the others: the column is centred at the median of all.
    #[test]
    fn a_centre_lies_within_one_deviation_of_the_mean() {
        let rows = 20_000;
        let x =
            Array2::from_shape_fn((rows, 1), |(i, _)| if i % 5 == 0 { 0.0 } else { 1e6 + (i % 7) as f64 });
        let y: Vec<bool> = (0..rows).map(|i| i % 3 == 0).collect();
        let weights = RowWeights::new(&y, None, &ClassWeight::None).unwrap();
        let problem = Problem::new(x.view(), &weights, true, 0.0, 1, &mut Monitor::silent()).unwrap();
        assert!((problem.scales[0].to_x(0.0) - 1e6).abs() < 10.0);
    }
}
