//! Which centroid is nearest, for nearly all rows at a quarter of the arithmetic.
//!
//! ‖x − c‖² is least where ‖c‖²/2 − x·c is: one multiplication and one addition for each number, in single precision 16 rows at
//! a time. Such scores are right within a bound. Where the least of them is below all others by more than the bound, its
//! centroid is the one that squared differences in double precision find; any other row is left in doubt, and those
//! differences decide. So the filter changes the time and never a label.

use super::sketch::{Column, Sketch, TILE, UNIT};
use crate::numeric::frame::times_power_of_two;
use fearless_simd::prelude::*;
use fearless_simd::{Level, Simd, dispatch, f32x16, u32x16};

/// Scores that are kept in registers at a time.
const GROUP: usize = 4;

/// Centroids further out than this leave everything in doubt: their squares would overflow.
const FAR: f64 = (1_u64 << 60) as f64;

/// Centroids made ready for the filter.
///
/// With u = 2⁻²⁴ and d columns a score is right within γ·(‖y‖²/2 + 2·‖c‖²/2), γ = 1.02·(d + 8)·u (Higham 2002, Accuracy and
/// Stability of Numerical Algorithms, section 3.1, and ‖y‖·‖c‖ ≤ ‖y‖²/2 + ‖c‖²/2), where y and c are row and centroid as they
/// enter the sketch. The second part is taken off each score beforehand. Of the least score, it and what was taken off are
/// together 2γ·‖c‖², and ‖c‖ ≤ 2·‖y‖ + n, where n is the least of all ‖c‖. In all, the bound is below γ·(18·‖y‖² + 5·n²).
#[derive(Debug)]
pub(super) struct Filter {
    level: Level,
    columns: usize,
    /// The centroids with the other sign, in groups of [`GROUP`]; in a group column by column.
    coefficients: Vec<f32>,
    /// ‖c‖²/2 less its share of the bound.
    halves: Vec<f32>,
    /// What of the bound depends on the row is this times ‖y‖².
    share: f32,
    /// The rest.
    margin: f32,
}

/// What there is to look at in a tile: a bit for each row.
#[derive(Debug, Clone, Copy)]
pub(super) struct Look {
    /// Rows whose nearest centroid is not sure.
    pub(super) doubt: u32,
    /// Rows whose label is another than before.
    pub(super) moved: u32,
}

impl Filter {
    pub(super) fn new(level: Level, columns: usize) -> Self {
        Self { level, columns, coefficients: Vec::new(), halves: Vec::new(), share: 0.0, margin: 0.0 }
    }

    /// Makes these centroids ready, row by row; allocates only where they are more than ever before.
    pub(super) fn aim(&mut self, sketch: &Sketch, centroids: &[f64]) {
        let columns = self.columns;
        let entered = |j: usize, c: f64| (c - sketch.pivot[j]) * sketch.scale;
        let gamma = 1.02 * (columns + 8) as f64 * UNIT;
        self.coefficients.clear();
        self.halves.clear();
        let (mut least, mut far) = (f64::INFINITY, 0.0_f64);
        for group in centroids.chunks(GROUP * columns) {
            for j in 0..columns {
                let column = group.iter().skip(j).step_by(columns);
                self.coefficients.extend(column.map(|&c| -entered(j, c) as f32));
            }
            for centroid in group.chunks_exact(columns) {
                let mut square = 0.0;
                for (j, &c) in centroid.iter().enumerate() {
                    square += entered(j, c) * entered(j, c);
                    far = far.max(entered(j, c).abs());
                }
                least = least.min(square);
                self.halves.push((square / 2.0 * (1.0 - 2.0 * gamma)) as f32);
            }
        }
        // What vanishes of a value or of a product is at most 2⁻¹⁵⁰, times a value.
        let vanishing = times_power_of_two((columns + 8) as f64, -80);
        let usable = far < FAR && gamma < 1.0 / 64.0;
        self.share = (20.0 * gamma) as f32;
        self.margin = if usable { (6.0 * gamma * least + vanishing) as f32 } else { f32::INFINITY };
    }

    /// Writes the label of each row of the tiles; calls `look` with the labels of a tile and those before, where any is in doubt
    /// or new.
    pub(super) fn label(
        &self,
        tiles: &[Column],
        labels: &mut [[u32; TILE]],
        look: &mut impl FnMut(usize, &mut [u32; TILE], &[u32; TILE], Look),
    ) {
        dispatch!(self.level, simd => label(simd, self, tiles, labels, look));
    }
}

#[inline(always)]
fn label<S: Simd>(
    simd: S,
    filter: &Filter,
    tiles: &[Column],
    labels: &mut [[u32; TILE]],
    look: &mut impl FnMut(usize, &mut [u32; TILE], &[u32; TILE], Look),
) {
    let share = f32x16::splat(simd, filter.share);
    let margin = f32x16::splat(simd, filter.margin);
    for (place, (tile, labels)) in tiles.chunks_exact(filter.columns).zip(labels).enumerate() {
        let mut square = f32x16::splat(simd, 0.0);
        for column in tile {
            let y = f32x16::from_slice(simd, column);
            square += y * y;
        }
        let mut nearest = Nearest {
            score: f32x16::splat(simd, f32::INFINITY),
            next: f32x16::splat(simd, f32::INFINITY),
            label: u32x16::splat(simd, 0),
        };
        let groups = filter.coefficients.chunks(GROUP * filter.columns).zip(filter.halves.chunks(GROUP));
        let mut first = 0;
        for (coefficients, halves) in groups {
            match halves.len() {
                4 => nearest.among::<4>(simd, tile, coefficients, halves, first),
                3 => nearest.among::<3>(simd, tile, coefficients, halves, first),
                2 => nearest.among::<2>(simd, tile, coefficients, halves, first),
                _ => nearest.among::<1>(simd, tile, coefficients, halves, first),
            }
            first += GROUP as u32;
        }
        let sure = nearest.next.simd_gt(nearest.score + square * share + margin);
        let moved = nearest.label.simd_ne(u32x16::from_slice(simd, labels));
        let look_at = Look { doubt: !sure.to_bitmask() as u32 & 0xffff, moved: moved.to_bitmask() as u32 };
        if look_at.doubt | look_at.moved != 0 {
            let before = *labels;
            *labels = nearest.label.into();
            look(place, labels, &before, look_at);
        }
    }
}

/// The least score so far of each row, the next, and the label of the least.
struct Nearest<S: Simd> {
    score: f32x16<S>,
    next: f32x16<S>,
    label: u32x16<S>,
}

impl<S: Simd> Nearest<S> {
    /// Takes in a group of centroids, of which `first` is the first.
    #[inline(always)]
    fn among<const N: usize>(
        &mut self,
        simd: S,
        tile: &[Column],
        coefficients: &[f32],
        halves: &[f32],
        first: u32,
    ) {
        let mut scores = [f32x16::splat(simd, 0.0); N];
        for i in 0..N {
            scores[i] = f32x16::splat(simd, halves[i]);
        }
        for (column, coefficients) in tile.iter().zip(coefficients.as_chunks::<N>().0) {
            let y = f32x16::from_slice(simd, column);
            for i in 0..N {
                scores[i] += y * f32x16::splat(simd, coefficients[i]);
            }
        }
        for (label, score) in (first..).zip(scores) {
            let less = score.simd_lt(self.score);
            let other = simd.select_f32x16(less, self.score, score);
            let nearer = other.simd_lt(self.next);
            self.next = simd.select_f32x16(nearer, other, self.next);
            self.score = simd.select_f32x16(less, score, self.score);
            self.label = simd.select_u32x16(less, u32x16::splat(simd, label), self.label);
        }
    }
}
