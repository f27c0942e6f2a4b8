//! One pass over a tile of rows, eight rows in a vector: predictors, likelihood, gradient and Hessian.
//!
//! Of d columns, n rows take 3·n·d multiplications for predictors, their changes and the gradient, all bound by reading the
//! rows; and n·d²/2 for the Hessian, of which a block of entries is kept in registers while the rows go by.
//! Every sum has one place in eight lanes of its own, to which rows are added in their order, whatever the width of the
//! CPU's vectors.

use crate::numeric::dispatch::{LANES, Lanes};
use crate::numeric::elementary::{each, exp, ln_1p};
use crate::numeric::linalg::packed;
use fearless_simd::prelude::*;
use fearless_simd::{Simd, f64x8};
use std::ops::Range;

/// Vectors of a panel.
pub(super) const VECTORS: usize = 8;
/// One column of 64 rows. Panels of all columns lie one after the other, so that rows are read as they lie in memory.
pub(super) type Panel = [Lanes; VECTORS];
pub(super) const PANEL: usize = VECTORS * LANES;

/// Panels whose rows are worked on together while they are in the nearest caches.
pub(super) const PANELS: usize = 4;
pub(super) const TILE: usize = PANELS * PANEL;

/// The column of an intercept.
pub(super) static ONES: Panel = [[1.0; LANES]; VECTORS];

/// Some rows by columns, filled up with zeros to whole panels.
#[derive(Debug, Clone, Copy)]
pub(super) struct Tile<'a> {
    pub(super) z: &'a [Panel],
    pub(super) features: usize,
    /// Whether a column of ones, which takes no memory, stands before the others.
    pub(super) intercept: bool,
}

impl<'a> Tile<'a> {
    #[inline(always)]
    pub(super) fn panels(self) -> usize {
        self.z.len() / self.features
    }

    /// 64 rows of column `j`.
    #[inline(always)]
    pub(super) fn column(self, panel: usize, j: usize) -> &'a Panel {
        match (j, self.intercept) {
            (0, true) => &ONES,
            (j, intercept) => &self.z[panel * self.features + j - usize::from(intercept)],
        }
    }
}

/// What a pass knows of each row of a tile. Places past the last row repeat the first of their panel, with weight 0.
#[derive(Debug)]
pub(super) struct Rows {
    /// 1 for churned, −1 for retained.
    pub(super) sign: [Panel; PANELS],
    pub(super) weight: [Panel; PANELS],
    /// The derivatives of the weighted loss by the predictor.
    pub(super) residual: [Panel; PANELS],
    pub(super) curvature: [Panel; PANELS],
    predictor: [Panel; PANELS],
    /// The part of the predictor that the last step would add to it.
    change: [Panel; PANELS],
    exponential: [Panel; PANELS],
    logarithm: [Panel; PANELS],
}

impl Rows {
    pub(super) fn new() -> Self {
        let zero = [[[0.0; LANES]; VECTORS]; PANELS];
        Self {
            sign: zero,
            weight: zero,
            residual: zero,
            curvature: zero,
            predictor: zero,
            change: zero,
            exponential: zero,
            logarithm: zero,
        }
    }
}

/// What a pass adds up beside the gradient and the Hessian.
#[derive(Debug, Clone, Copy)]
pub(super) struct Totals {
    /// The weights of the rows.
    pub(super) weight: f64,
    /// The log loss.
    pub(super) loss: f64,
    /// The absolute residual |y − p|: the size the gradient would have if nothing cancelled.
    pub(super) residual: f64,
    /// The smallest (2y − 1)·predictor of a row.
    pub(super) least_margin: f64,
    /// The largest |predictor|.
    pub(super) largest_predictor: f64,
    /// The largest change of a row's predictor by a whole step.
    pub(super) largest_step: f64,
    /// The same, each relative to 1 + |predictor|: rows that are far off must not hide what the others do.
    pub(super) relative_step: f64,
}

impl Totals {
    pub(super) const NONE: Self = Self {
        weight: 0.0,
        loss: 0.0,
        residual: 0.0,
        least_margin: f64::INFINITY,
        largest_predictor: 0.0,
        largest_step: 0.0,
        relative_step: 0.0,
    };

    pub(super) fn merge(&mut self, other: &Self) {
        self.weight += other.weight;
        self.loss += other.loss;
        self.residual += other.residual;
        self.least_margin = self.least_margin.min(other.least_margin);
        self.largest_predictor = self.largest_predictor.max(other.largest_predictor);
        self.largest_step = self.largest_step.max(other.largest_step);
        self.relative_step = self.relative_step.max(other.relative_step);
    }
}

#[inline(always)]
fn load<S: Simd>(simd: S, lanes: &Lanes) -> f64x8<S> {
    (*lanes).simd_into(simd)
}

/// Σ of the lanes.
#[inline(always)]
pub(super) fn sum_of_lanes(v: &Lanes) -> f64 {
    ((v[0] + v[4]) + (v[2] + v[6])) + ((v[1] + v[5]) + (v[3] + v[7]))
}

/// Likelihood, residuals and curvatures of the rows of a tile at these coefficients, and what a step would change.
#[allow(clippy::redundant_closure)]
#[inline(always)]
pub(super) fn likelihood<S: Simd>(
    simd: S,
    tile: Tile<'_>,
    coefficients: &[f64],
    step: &[f64],
    n_rows: usize,
    rows: &mut Rows,
) -> Totals {
    // As many sums as the registers hold.
    if S::f64s::LEN >= LANES {
        predict::<S, VECTORS>(simd, tile, coefficients, step, rows);
    } else {
        predict::<S, { VECTORS / 4 }>(simd, tile, coefficients, step, rows);
    }
    let Rows { sign, weight, residual, curvature, predictor, change, exponential, logarithm } = rows;
    let panels = tile.panels();
    let last = (panels - 1) * PANEL;
    for values in [&mut *predictor, change] {
        let values = values.as_flattened_mut().as_flattened_mut();
        let first = values[last];
        values[n_rows..last + PANEL].fill(first);
    }
    let vectors = panels * VECTORS;
    let (predictor, change) = (&predictor.as_flattened()[..vectors], &change.as_flattened()[..vectors]);
    // e is at most 1: both tails of the logistic come without cancellation.
    let e = &mut exponential.as_flattened_mut()[..vectors];
    let log = &mut logarithm.as_flattened_mut()[..vectors];
    each(
        simd,
        predictor.as_flattened(),
        e.as_flattened_mut(),
        #[inline(always)]
        |p| exp(-p.abs()),
    );
    each(
        simd,
        e.as_flattened(),
        log.as_flattened_mut(),
        #[inline(always)]
        |e| ln_1p(e),
    );

    let (sign, weight) = (&sign.as_flattened()[..vectors], &weight.as_flattened()[..vectors]);
    let residual = &mut residual.as_flattened_mut()[..vectors];
    let curvature = &mut curvature.as_flattened_mut()[..vectors];
    let (zero, one) = (f64x8::splat(simd, 0.0), f64x8::splat(simd, 1.0));
    let mut sums = [zero; 3];
    let (mut least_margin, mut largest) = (f64x8::splat(simd, f64::INFINITY), [zero; 3]);
    for v in 0..vectors {
        let (sign, weight, e) = (load(simd, &sign[v]), load(simd, &weight[v]), load(simd, &e[v]));
        let margin = sign * load(simd, &predictor[v]);
        let near = one / (one + e);
        let far = e * near;
        let miss = weight * margin.simd_gt(zero).select(far, near);
        let beyond = margin.simd_lt(zero).select(-margin, zero);
        sums[0] += weight;
        sums[1] += weight * (beyond + load(simd, &log[v]));
        sums[2] += miss;
        (-(sign * miss)).store_slice(&mut residual[v]);
        (weight * far * near).store_slice(&mut curvature[v]);

        let (magnitude, change) = (margin.abs(), load(simd, &change[v]).abs());
        least_margin = margin.simd_lt(least_margin).select(margin, least_margin);
        for (largest, value) in largest.iter_mut().zip([magnitude, change, change / (one + magnitude)]) {
            *largest = value.simd_gt(*largest).select(value, *largest);
        }
    }
    let [weight, loss, residual] = sums.map(
        #[inline(always)]
        |sum| sum_of_lanes(&sum.into()),
    );
    let [largest_predictor, largest_step, relative_step] = largest.map(
        #[inline(always)]
        |largest| <Lanes>::from(largest).into_iter().fold(0.0, f64::max),
    );
    let least_margin = <Lanes>::from(least_margin).into_iter().fold(f64::INFINITY, f64::min);
    Totals { weight, loss, residual, least_margin, largest_predictor, largest_step, relative_step }
}

/// Predictors and their changes, `GROUP` vectors at a time.
#[inline(always)]
fn predict<S: Simd, const GROUP: usize>(
    simd: S,
    tile: Tile<'_>,
    coefficients: &[f64],
    step: &[f64],
    rows: &mut Rows,
) {
    for panel in 0..tile.panels() {
        for first in (0..VECTORS).step_by(GROUP) {
            let zero = [f64x8::splat(simd, 0.0); GROUP];
            let (mut predictor, mut change) = (zero, zero);
            for (j, (&coefficient, &step)) in coefficients.iter().zip(step).enumerate() {
                let column = tile.column(panel, j);
                for g in 0..GROUP {
                    let z = load(simd, &column[first + g]);
                    predictor[g] += z * coefficient;
                    change[g] += z * step;
                }
            }
            for g in 0..GROUP {
                predictor[g].store_slice(&mut rows.predictor[panel][first + g]);
                change[g].store_slice(&mut rows.change[panel][first + g]);
            }
        }
    }
}

/// Adds factor·z to the sums of each column.
#[inline(always)]
pub(super) fn add_gradient<S: Simd>(simd: S, tile: Tile<'_>, factor: &[Panel; PANELS], sums: &mut [Lanes]) {
    /// Columns whose sums are in registers at a time.
    const GROUP: usize = 4;
    let last = sums.len() - 1;
    for first in (0..=last).step_by(GROUP) {
        // Past the last column the last once more, for nothing.
        let of = |g: usize| (first + g).min(last);
        let mut totals = [f64x8::splat(simd, 0.0); GROUP];
        for g in 0..GROUP {
            totals[g] = load(simd, &sums[of(g)]);
        }
        for (panel, factor) in factor[..tile.panels()].iter().enumerate() {
            let columns: [&Panel; GROUP] = std::array::from_fn(
                #[inline(always)]
                |g| tile.column(panel, of(g)),
            );
            for v in 0..VECTORS {
                let factor = load(simd, &factor[v]);
                for g in 0..GROUP {
                    totals[g] += factor * load(simd, &columns[g][v]);
                }
            }
        }
        for (total, sum) in totals.iter().zip(&mut sums[first..]) {
            total.store_slice(sum);
        }
    }
}

/// Adds factor·zzᵀ to the packed sums of these rows of the Hessian.
#[inline(always)]
pub(super) fn add_hessian<S: Simd>(
    simd: S,
    tile: Tile<'_>,
    factor: &[Panel; PANELS],
    entries: Range<usize>,
    sums: &mut [Lanes],
) {
    // As many entries as the registers hold.
    if S::f64s::LEN >= LANES {
        add_hessian_by::<S, 4>(simd, tile, factor, entries, sums);
    } else {
        add_hessian_by::<S, 2>(simd, tile, factor, entries, sums);
    }
}

/// [`add_hessian`] in squares of `SIDE` by `SIDE` entries.
#[inline(always)]
fn add_hessian_by<S: Simd, const SIDE: usize>(
    simd: S,
    tile: Tile<'_>,
    factor: &[Panel; PANELS],
    entries: Range<usize>,
    sums: &mut [Lanes],
) {
    let factor = &factor[..tile.panels()];
    let mut weighted = [[[[0.0; LANES]; SIDE]; VECTORS]; PANELS];
    let last = entries.end - 1;
    for i in entries.step_by(SIDE) {
        let row = |r: usize| (i + r).min(last);
        for (panel, (weighted, factor)) in weighted.iter_mut().zip(factor).enumerate() {
            for (v, (weighted, factor)) in weighted.iter_mut().zip(factor).enumerate() {
                for (r, weighted) in weighted.iter_mut().enumerate() {
                    let z = load(simd, &tile.column(panel, row(r))[v]);
                    (load(simd, factor) * z).store_slice(weighted);
                }
            }
        }
        for j in (0..=row(SIDE - 1)).step_by(SIDE) {
            // Entries above the diagonal and past the last row are worked out for nothing.
            let counts = |r: usize, c: usize| i + r <= last && j + c <= i + r;
            let mut totals = [[f64x8::splat(simd, 0.0); SIDE]; SIDE];
            for r in 0..SIDE {
                for c in 0..SIDE {
                    if counts(r, c) {
                        totals[r][c] = load(simd, &sums[packed(i + r, j + c)]);
                    }
                }
            }
            for (panel, weighted) in weighted[..factor.len()].iter().enumerate() {
                let columns: [&Panel; SIDE] = std::array::from_fn(
                    #[inline(always)]
                    |c| tile.column(panel, (j + c).min(last)),
                );
                for v in 0..VECTORS {
                    let z: [f64x8<S>; SIDE] = std::array::from_fn(
                        #[inline(always)]
                        |c| load(simd, &columns[c][v]),
                    );
                    for r in 0..SIDE {
                        let weighted = load(simd, &weighted[v][r]);
                        for c in 0..SIDE {
                            totals[r][c] += weighted * z[c];
                        }
                    }
                }
            }
            for r in 0..SIDE {
                for c in 0..SIDE {
                    if counts(r, c) {
                        totals[r][c].store_slice(&mut sums[packed(i + r, j + c)]);
                    }
                }
            }
        }
    }
}

/// Replaces the first `rows` of a panel by (x·power − centre)·stretch, leaving zeros after them.
#[inline(always)]
pub(super) fn centre<S: Simd>(
    simd: S,
    column: &mut Panel,
    rows: usize,
    power: f64,
    centre: f64,
    stretch: f64,
) {
    for x in &mut *column {
        ((load(simd, x) * power - centre) * stretch).store_slice(x);
    }
    column.as_flattened_mut()[rows..].fill(0.0);
}

/// Adds 1·z, weight·z and z² of a panel to the sums of its column.
#[inline(always)]
pub(super) fn add_moments<S: Simd>(simd: S, column: &Panel, weight: &Panel, sums: &mut [Lanes; 3]) {
    let mut totals = sums.map(
        #[inline(always)]
        |sum| load(simd, &sum),
    );
    for (z, weight) in column.iter().zip(weight) {
        let z = load(simd, z);
        totals[0] += z;
        totals[1] += z * load(simd, weight);
        totals[2] += z * z;
    }
    *sums = totals.map(
        #[inline(always)]
        |total| total.into(),
    );
}
