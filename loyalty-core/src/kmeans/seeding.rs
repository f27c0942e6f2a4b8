//! Squared distances of all rows from one more centroid, or from a few candidates for it, for k-means++.
//!
//! The sketch gives a distance to about one part in 2¹², which is enough for a probability, as long as it is not too small
//! beside the distances of both points from the pivot. Where it is, the rows themselves give it.

use super::sketch::{Column, TILE};
use fearless_simd::prelude::*;
use fearless_simd::{Level, Simd, dispatch, f32x16, f64x8};

/// Candidates whose distances are kept in registers at a time.
pub(super) const GROUP: usize = 4;

/// A squared distance below this share of the squared distances from the pivot is in doubt: each value is right within 2⁻²⁴
/// of itself, so that a distance above 2⁻¹¹ of those from the pivot is right within 2⁻¹².
const DOUBT: f32 = 1.0 / (1 << 22) as f32;

/// A few points as they enter the sketch, column by column.
pub(super) struct Probe<const N: usize> {
    columns: Vec<[f32; N]>,
    squares: [f32; N],
}

impl<const N: usize> Probe<N> {
    /// From the value of each column of each point.
    pub(super) fn new(columns: usize, value: impl Fn(usize, usize) -> f32) -> Self {
        let columns: Vec<[f32; N]> =
            (0..columns).map(|j| std::array::from_fn(|point| value(point, j))).collect();
        let squares = std::array::from_fn(|point| columns.iter().map(|c| c[point] * c[point]).sum());
        Self { columns, squares }
    }

    /// The squared distances of the rows of a tile, and which are in doubt.
    #[inline(always)]
    fn distances<S: Simd>(&self, simd: S, tile: &[Column]) -> ([f32x16<S>; N], [u32; N]) {
        let mut distances = [f32x16::splat(simd, 0.0); N];
        let mut square = f32x16::splat(simd, 0.0);
        for (column, point) in tile.iter().zip(&self.columns) {
            let y = f32x16::from_slice(simd, column);
            square += y * y;
            for i in 0..N {
                let difference = y - f32x16::splat(simd, point[i]);
                distances[i] += difference * difference;
            }
        }
        let mut doubt = [0; N];
        for i in 0..N {
            let least = (square + f32x16::splat(simd, self.squares[i])) * f32x16::splat(simd, DOUBT);
            doubt[i] = !distances[i].simd_gt(least).to_bitmask() as u32 & 0xffff;
        }
        (distances, doubt)
    }
}

/// Brings the kept distances up to date after one more centroid; `exact` gives the distance of a row.
pub(super) fn approach(
    level: Level,
    tiles: &[Column],
    centroid: &Probe<1>,
    kept: &mut [Column],
    exact: &mut impl FnMut(usize) -> f32,
) {
    #[inline(always)]
    fn kernel<S: Simd>(
        simd: S,
        tiles: &[Column],
        centroid: &Probe<1>,
        kept: &mut [Column],
        exact: &mut impl FnMut(usize) -> f32,
    ) {
        for (place, (tile, kept)) in tiles.chunks_exact(centroid.columns.len()).zip(kept).enumerate() {
            let ([distances], [doubt]) = centroid.distances(simd, tile);
            let before = f32x16::from_slice(simd, kept);
            let left = simd.select_f32x16(distances.simd_lt(before), distances, before);
            let doubt = doubt & before.simd_gt(f32x16::splat(simd, 0.0)).to_bitmask() as u32;
            let mut left: Column = left.into();
            if doubt != 0 {
                decide(place, doubt, kept, &mut left, exact);
            }
            *kept = left;
        }
    }
    dispatch!(level, simd => kernel(simd, tiles, centroid, kept, exact));
}

/// For each candidate the inertia that would be left if it were the next centroid; `exact` gives the distance of a row from a
/// candidate. Without weights, each row has the weight 1.
pub(super) fn inertia_left<const N: usize>(
    level: Level,
    tiles: &[Column],
    candidates: &Probe<N>,
    kept: &[Column],
    weights: &[[f64; TILE]],
    exact: &mut impl FnMut(usize, usize) -> f32,
) -> [f64; N] {
    #[inline(always)]
    fn kernel<S: Simd, const N: usize>(
        simd: S,
        tiles: &[Column],
        candidates: &Probe<N>,
        kept: &[Column],
        weights: &[[f64; TILE]],
        exact: &mut impl FnMut(usize, usize) -> f32,
    ) -> [f64; N] {
        let mut sums = [[f64x8::splat(simd, 0.0); 2]; N];
        for (place, (tile, kept)) in tiles.chunks_exact(candidates.columns.len()).zip(kept).enumerate() {
            let (distances, doubt) = candidates.distances(simd, tile);
            let before = f32x16::from_slice(simd, kept);
            let off = before.simd_gt(f32x16::splat(simd, 0.0)).to_bitmask() as u32;
            for i in 0..N {
                let mut left = simd.select_f32x16(distances[i].simd_lt(before), distances[i], before);
                if doubt[i] & off != 0 {
                    let mut decided: Column = left.into();
                    decide(place, doubt[i] & off, kept, &mut decided, &mut |row| exact(row, i));
                    left = f32x16::from_slice(simd, &decided);
                }
                let (mut low, mut high) = simd.widen_f32x16(left);
                if let Some(weights) = weights.get(place) {
                    low *= f64x8::from_slice(simd, &weights[..8]);
                    high *= f64x8::from_slice(simd, &weights[8..]);
                }
                sums[i] = [sums[i][0] + low, sums[i][1] + high];
            }
        }
        let mut totals = [0.0; N];
        for i in 0..N {
            let [low, high]: [[f64; 8]; 2] = [sums[i][0].into(), sums[i][1].into()];
            totals[i] = low.iter().chain(&high).sum();
        }
        totals
    }
    dispatch!(level, simd => kernel(simd, tiles, candidates, kept, weights, exact))
}

/// Replaces what is left in the rows in doubt.
fn decide(
    place: usize,
    doubt: u32,
    before: &Column,
    left: &mut Column,
    exact: &mut impl FnMut(usize) -> f32,
) {
    for lane in (0..TILE).filter(|lane| doubt >> lane & 1 == 1) {
        let distance = exact(place * TILE + lane);
        left[lane] = if distance < before[lane] { distance } else { before[lane] };
    }
}
