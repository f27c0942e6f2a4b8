//! Which centroid is nearest, for most rows at a quarter of the arithmetic.
//!
//! ‖x − c‖² is least where ‖c‖²/2 − x·c is: one multiplication and one addition a number, in single precision two rows in
//! the place of one. Such scores are only right within a bound. Where the least of them is below all others by more than the
//! bound, its centroid is the one that squared differences in double precision would find; any other row is left in
//! doubt, and those decide. So the filter changes the time and never a label.

use crate::numeric::frame::{exponent, times_power_of_two};
use crate::numeric::tiles::Lanes;
use fearless_simd::prelude::*;
use fearless_simd::{Level, Simd, dispatch, f32x16, f64x8, u32x16};

/// Rows that are gone through together: two tiles.
pub(super) const PAIR: usize = 16;

/// Scores that are kept in registers at a time.
const GROUP: usize = 4;

/// Centroids enter below 2 to the power of this: their squares are far from the ends of single precision.
const REACH: i32 = 20;

/// Half the distance from 1 to the next number of single precision.
const UNIT: f64 = f64::from_bits((1023 - 24) << 52);

/// Centroids made ready for the filter.
///
/// With u = 2⁻²⁴ and d columns a score is right within γ·(‖y‖²/2 + 2·‖c‖²/2), γ = 1.02·(d + 8)·u (Higham 2002, Accuracy and
/// Stability of Numerical Algorithms, section 3.1, and ‖y‖·‖c‖ ≤ ‖y‖²/2 + ‖c‖²/2), where y and c are row and centroid less
/// the pivot. The second part is taken off each score beforehand. Of the least score, it and what was taken off are at
/// most 2γ·‖c‖², and ‖c‖ ≤ 2·‖y‖ + n, where n is the least of all ‖c‖. All together this is at most γ·(17·‖y‖² + 4·n²).
#[derive(Debug)]
pub(super) struct Filter {
    level: Level,
    /// The middle of the centroids, column by column, which no far-off centroid moves.
    pivot: Vec<f64>,
    scale: f64,
    /// The centroids less the pivot, with the other sign, in groups of [`GROUP`]: column by column.
    coefficients: Vec<f32>,
    /// ‖c‖²/2 less its share of the bound.
    halves: Vec<f32>,
    /// What of the bound depends on the row: this times ‖y‖².
    bound: f32,
    /// The rest.
    margin: f32,
    middle: Vec<f64>,
}

impl Filter {
    pub(super) fn new(level: Level) -> Self {
        Self {
            level,
            pivot: Vec::new(),
            scale: 1.0,
            coefficients: Vec::new(),
            halves: Vec::new(),
            bound: 0.0,
            margin: 0.0,
            middle: Vec::new(),
        }
    }

    /// Makes these centroids ready, row by row; allocates only where they are more than ever before.
    pub(super) fn aim(&mut self, centroids: &[f64], columns: usize) {
        let n_clusters = centroids.len() / columns;
        self.pivot.clear();
        for j in 0..columns {
            self.middle.clear();
            self.middle.extend(centroids.iter().skip(j).step_by(columns));
            let (_, &mut median, _) = self.middle.select_nth_unstable_by(n_clusters / 2, f64::total_cmp);
            self.pivot.push(median);
        }
        let far = centroids.chunks_exact(columns).flat_map(|c| c.iter().zip(&self.pivot));
        let far = far.map(|(c, p)| (c - p).abs()).fold(0.0, f64::max);
        self.scale = times_power_of_two(1.0, (REACH - exponent(far).unwrap_or(0)).clamp(-1000, 1000));

        let gamma = 1.02 * (columns + 8) as f64 * UNIT;
        self.coefficients.clear();
        self.halves.clear();
        let mut least = f64::INFINITY;
        for group in centroids.chunks(GROUP * columns) {
            for j in 0..columns {
                let column = group.iter().skip(j).step_by(columns);
                self.coefficients.extend(column.map(|c| ((self.pivot[j] - c) * self.scale) as f32));
            }
            for centroid in group.chunks_exact(columns) {
                let entered = centroid.iter().zip(&self.pivot).map(|(c, p)| (c - p) * self.scale);
                let square: f64 = entered.map(|c| c * c).sum();
                least = least.min(square);
                self.halves.push((square / 2.0 * (1.0 - 2.0 * gamma)) as f32);
            }
        }
        // Below single precision an error is at most 2⁻¹⁵⁰, times a centroid.
        let vanishing = times_power_of_two((columns + 8) as f64, -100);
        self.bound = (20.0 * gamma) as f32;
        self.margin = (6.0 * gamma * least + vanishing) as f32;
        if !(far.is_finite() && gamma < 1.0 / 64.0) {
            // Everything is in doubt.
            self.margin = f32::INFINITY;
        }
    }

    /// For each pair of tiles its place, the labels of its rows, and which of them are in doubt or other than before,
    /// a bit each; only where there are any, and after these labels have been written.
    pub(super) fn label(
        &self,
        tiles: &[Lanes],
        entered: &mut [[f32; PAIR]],
        labels: &mut [[u32; PAIR]],
        look: &mut impl FnMut(usize, &mut [u32; PAIR], Look),
    ) {
        dispatch!(self.level, simd => label(simd, self, tiles, entered, labels, look));
    }
}

/// What there is to look at in a pair of tiles.
pub(super) struct Look {
    /// The labels before.
    pub(super) before: [u32; PAIR],
    /// A bit for each row in doubt.
    pub(super) doubt: u32,
    /// A bit for each row whose label is another than before.
    pub(super) moved: u32,
}

#[inline(always)]
fn label<S: Simd>(
    simd: S,
    filter: &Filter,
    tiles: &[Lanes],
    entered: &mut [[f32; PAIR]],
    labels: &mut [[u32; PAIR]],
    look: &mut impl FnMut(usize, &mut [u32; PAIR], Look),
) {
    let columns = entered.len();
    for (place, (pair, labels)) in tiles.chunks(2 * columns).zip(labels).enumerate() {
        let square = enter(simd, filter, pair, entered);
        let mut nearest = Nearest {
            score: f32x16::splat(simd, f32::INFINITY),
            next: f32x16::splat(simd, f32::INFINITY),
            label: u32x16::splat(simd, 0),
        };
        let groups = filter.coefficients.chunks(GROUP * columns).zip(filter.halves.chunks(GROUP));
        let mut first = 0;
        for (coefficients, halves) in groups {
            match halves.len() {
                4 => nearest.among::<4>(simd, entered, coefficients, halves, first),
                3 => nearest.among::<3>(simd, entered, coefficients, halves, first),
                2 => nearest.among::<2>(simd, entered, coefficients, halves, first),
                _ => nearest.among::<1>(simd, entered, coefficients, halves, first),
            }
            first += GROUP as u32;
        }
        let reach =
            nearest.score + square * f32x16::splat(simd, filter.bound) + f32x16::splat(simd, filter.margin);
        let doubt = !nearest.next.simd_gt(reach).to_bitmask() as u32 & 0xffff;
        let before = *labels;
        let moved = nearest.label.simd_ne(u32x16::from_slice(simd, &before)).to_bitmask() as u32;
        if doubt | moved != 0 {
            *labels = nearest.label.into();
            look(place, labels, Look { before, doubt, moved });
        }
    }
}

/// The rows of a pair of tiles in single precision, and ‖y‖² of each.
#[inline(always)]
fn enter<S: Simd>(simd: S, filter: &Filter, pair: &[Lanes], entered: &mut [[f32; PAIR]]) -> f32x16<S> {
    let scale = f64x8::splat(simd, filter.scale);
    let (left, right) = pair.split_at(entered.len());
    let mut square = f32x16::splat(simd, 0.0);
    for (j, (pivot, y)) in filter.pivot.iter().zip(entered).enumerate() {
        let pivot = f64x8::splat(simd, *pivot);
        let low = (f64x8::from_slice(simd, &left[j]) - pivot) * scale;
        // The last pair can be a single tile.
        let high = right.get(j).unwrap_or(&left[j]);
        let high = (f64x8::from_slice(simd, high) - pivot) * scale;
        let value = simd.narrow_f64x8(low, high);
        square = square + value * value;
        *y = value.into();
    }
    square
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
        entered: &[[f32; PAIR]],
        coefficients: &[f32],
        halves: &[f32],
        first: u32,
    ) {
        let mut scores = [f32x16::splat(simd, 0.0); N];
        for i in 0..N {
            scores[i] = f32x16::splat(simd, halves[i]);
        }
        for (y, c) in entered.iter().zip(coefficients.as_chunks::<N>().0) {
            let y = f32x16::from_slice(simd, y);
            for i in 0..N {
                scores[i] = scores[i] + y * f32x16::splat(simd, c[i]);
            }
        }
        for i in 0..N {
            let less = scores[i].simd_lt(self.score);
            let other = simd.select_f32x16(less, self.score, scores[i]);
            let nearer = other.simd_lt(self.next);
            self.next = simd.select_f32x16(nearer, other, self.next);
            self.score = simd.select_f32x16(less, scores[i], self.score);
            self.label = simd.select_u32x16(less, u32x16::splat(simd, first + i as u32), self.label);
        }
    }
}
