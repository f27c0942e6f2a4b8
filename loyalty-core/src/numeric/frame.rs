//! A change of coordinates that loses nothing: squares in the new ones neither overflow nor vanish, and an offset that
//! all rows share costs no digits.

use super::blocks::{self, Blocks};
use crate::check;
use crate::error::Result;
use crate::monitor::Monitor;
use fearless_simd::prelude::*;
use fearless_simd::{Level, Simd, dispatch, f64x8};
use ndarray::{ArrayView2, Axis};

/// How much further out than the rows, in powers of two, other points may lie and still enter as finite numbers.
const MARGIN: i32 = 500;

/// Rows in one block of the search for the extremes.
const BLOCK_ROWS: usize = 8192;

/// Rows that are gone through together.
const LANES: usize = 8;

/// For each column an origin, for all together a power of two.
///
/// A column has an origin other than 0 only if all its values have one sign and lie within a factor of 2. Every
/// difference from the origin is then exact (Sterbenz 1974, Floating-Point Computation, theorem 4.3.1), and so is the scaling.
/// Without an origin the spread of the column is at least half its largest magnitude: there is no offset to lose digits to.
#[derive(Debug, Clone)]
pub(crate) struct Frame {
    origin: Vec<f64>,
    exponent: i32,
    /// Two factors of 2 to the power of the exponent, which may itself be beyond the numbers.
    factors: [f64; 2],
    /// Smallest and largest value of each column, as entered.
    range: Vec<(f64, f64)>,
}

impl Frame {
    /// The largest magnitude among the rows enters as one in [2⁴⁷⁹, 2⁴⁸⁰). Its square, times any number of values that fit into
    /// memory, is finite; and a difference has to be 10²⁹⁰ times smaller before its square loses digits.
    pub(crate) const REACH: i32 = 480;

    /// The frame of the rows of `x`. Finite `others` enter as finite numbers too, unless they lie beyond 10¹⁵⁰ times
    /// the reach of the rows: those enter as infinities.
    ///
    /// # Errors
    /// [`Error::NonFinite`](crate::Error::NonFinite) for the first value of `x` that is not finite,
    /// [`Error::Cancelled`](crate::Error::Cancelled).
    pub(crate) fn of(
        x: ArrayView2<'_, f64>,
        others: Option<ArrayView2<'_, f64>>,
        n_threads: usize,
        monitor: &mut Monitor<'_>,
    ) -> Result<Self> {
        let extremes = extremes(x, n_threads, monitor)?;
        let origin: Vec<f64> = extremes.iter().map(|&(low, high)| origin(low, high)).collect();
        let reach = extremes
            .iter()
            .zip(&origin)
            .map(|(&(low, high), o)| (low - o).abs().max((high - o).abs()))
            .fold(0.0, f64::max);
        let far = others
            .iter()
            .flat_map(|points| points.indexed_iter())
            .map(|((_, j), v)| (v - origin[j]).abs().min(f64::MAX))
            .fold(0.0, f64::max);
        let exponent = match (exponent(reach), exponent(far)) {
            (Some(rows), Some(others)) => Self::REACH - rows.max(others.min(rows + MARGIN)),
            (Some(one), None) | (None, Some(one)) => Self::REACH - one,
            (None, None) => 0,
        };
        let half = times_power_of_two(1.0, exponent / 2);
        let factors = [half, times_power_of_two(half, exponent % 2)];
        let mut frame = Self { origin, exponent, factors, range: Vec::new() };
        frame.range = extremes
            .iter()
            .enumerate()
            // Without a −0: which of two zeros is an extreme differs between machines.
            .map(|(j, &(low, high))| (frame.enter(j, low) + 0.0, frame.enter(j, high) + 0.0))
            .collect();
        Ok(frame)
    }

    /// The power of two by which lengths are multiplied on entering.
    pub(crate) fn exponent(&self) -> i32 {
        self.exponent
    }

    /// A value of this column in the new coordinates.
    pub(crate) fn enter(&self, column: usize, value: f64) -> f64 {
        let [first, second] = self.factors;
        (value - self.origin[column]) * first * second
    }

    /// [`enter`](Self::enter) for each value of a row.
    #[inline]
    pub(crate) fn enter_row<'v>(&self, row: impl IntoIterator<Item = &'v f64>, to: &mut [f64]) {
        let [first, second] = self.factors;
        for ((to, value), origin) in to.iter_mut().zip(row).zip(&self.origin) {
            *to = (value - origin) * first * second;
        }
    }

    /// An entered value, or the nearest that lies in the range of its column: no mean of the rows is outside, but for rounding.
    pub(crate) fn within(&self, column: usize, value: f64) -> f64 {
        let (low, high) = self.range[column];
        value.clamp(low, high)
    }

    /// The way back, rounded once.
    pub(crate) fn leave(&self, column: usize, value: f64) -> f64 {
        times_power_of_two(value, -self.exponent) + self.origin[column]
    }
}

/// Smallest and largest value of each column.
///
/// # Errors
/// [`Error::NonFinite`](crate::Error::NonFinite) for the first value that is not finite,
/// [`Error::Cancelled`](crate::Error::Cancelled).
fn extremes(x: ArrayView2<'_, f64>, n_threads: usize, monitor: &mut Monitor<'_>) -> Result<Vec<(f64, f64)>> {
    let (cut, level) = (Blocks::new(x.nrows(), BLOCK_ROWS), Level::new());
    let parts = blocks::map(cut.count(), n_threads, monitor, |index| {
        let rows = x.slice_axis(Axis(0), cut.range(index).into());
        let mut extremes = Extremes::new(x.ncols());
        match rows.as_slice() {
            Some(values) => extremes.widen(level, values),
            None => {
                let mut copy = Vec::with_capacity(LANES * x.ncols());
                for rows in rows.axis_chunks_iter(Axis(0), LANES) {
                    copy.clear();
                    copy.extend(rows);
                    extremes.widen(level, &copy);
                }
            }
        }
        extremes.of_columns()
    })?;
    let none = vec![(f64::INFINITY, f64::NEG_INFINITY, true); x.ncols()];
    let all = parts.iter().fold(none, |all, part| {
        let wider = |(a, b): (&(f64, f64, bool), &(f64, f64, bool))| (a.0.min(b.0), a.1.max(b.1), a.2 & b.2);
        all.iter().zip(part).map(wider).collect()
    });
    if all.iter().any(|&(.., finite)| !finite) {
        check::finite_matrix("x", x)?;
    }
    Ok(all.into_iter().map(|(low, high, _)| (low, high)).collect())
}

/// The extremes of the numbers at each place of [`LANES`] rows, which lie row by row in as many vectors as there are
/// columns.
struct Extremes {
    low: Vec<[f64; LANES]>,
    high: Vec<[f64; LANES]>,
    /// Zeros, but where a number was not finite.
    zero: Vec<[f64; LANES]>,
}

impl Extremes {
    fn new(columns: usize) -> Self {
        Self {
            low: vec![[f64::INFINITY; LANES]; columns],
            high: vec![[f64::NEG_INFINITY; LANES]; columns],
            zero: vec![[0.0; LANES]; columns],
        }
    }

    /// Takes in rows; those of a number that is no multiple of [`LANES`] have to be the last.
    fn widen(&mut self, level: Level, values: &[f64]) {
        #[inline(always)]
        fn kernel<S: Simd>(simd: S, extremes: &mut Extremes, values: &[[f64; LANES]]) {
            for rows in values.chunks(extremes.low.len()) {
                let Extremes { low, high, zero } = &mut *extremes;
                for (((values, low), high), zero) in rows.iter().zip(low).zip(high).zip(zero) {
                    let v = f64x8::from_slice(simd, values);
                    let (l, h) = (f64x8::from_slice(simd, low), f64x8::from_slice(simd, high));
                    *low = simd.select_f64x8(v.simd_lt(l), v, l).into();
                    *high = simd.select_f64x8(v.simd_gt(h), v, h).into();
                    *zero = (f64x8::from_slice(simd, zero) + v * f64x8::splat(simd, 0.0)).into();
                }
            }
        }
        let (whole, rest) = values.as_chunks();
        dispatch!(level, simd => kernel(simd, self, whole));
        let place = whole.len() % self.low.len();
        for (lane, &v) in rest.iter().enumerate() {
            let (low, high) = (&mut self.low[place][lane], &mut self.high[place][lane]);
            (*low, *high) = (low.min(v), high.max(v));
            self.zero[place][lane] += v * 0.0;
        }
    }

    /// Smallest and largest of each column, and whether all its numbers are finite.
    fn of_columns(&self) -> Vec<(f64, f64, bool)> {
        let columns = self.low.len();
        let of = |lanes: &[[f64; LANES]], j: usize, f: fn(f64, f64) -> f64, from: f64| {
            lanes.as_flattened().iter().skip(j).step_by(columns).fold(from, |a, &b| f(a, b))
        };
        let of_column = |j: usize| {
            let finite = of(&self.zero, j, |a, b| a + b, 0.0) == 0.0;
            (
                of(&self.low, j, f64::min, f64::INFINITY),
                of(&self.high, j, f64::max, f64::NEG_INFINITY),
                finite,
            )
        };
        (0..columns).map(of_column).collect()
    }
}

/// An origin from which every value between `low` and `high` has an exact difference.
fn origin(low: f64, high: f64) -> f64 {
    let shares_offset = (low > 0.0 && high <= 2.0 * low) || (high < 0.0 && low >= 2.0 * high);
    if shares_offset { low + (high - low) / 2.0 } else { 0.0 }
}

/// The e with |v| in [2ᵉ⁻¹, 2ᵉ); none for 0.
pub(crate) fn exponent(v: f64) -> Option<i32> {
    const BIAS: i32 = 1022;
    let biased = |v: f64| (v.to_bits() >> 52 & 0x7ff) as i32;
    match biased(v) {
        _ if v == 0.0 => None,
        // Subnormal: 2⁶⁴ times as much is not.
        0 => Some(biased(v * (1_u128 << 64) as f64) - BIAS - 64),
        e => Some(e - BIAS),
    }
}

/// v·2ᵉ, exact where the result is a normal number.
pub(crate) fn times_power_of_two(mut v: f64, mut e: i32) -> f64 {
    // The longest step whose factor and its inverse are normal numbers.
    const STEP: i32 = 1022;
    while e != 0 {
        let step = e.clamp(-STEP, STEP);
        v *= f64::from_bits(((1023 + step) as u64) << 52);
        e -= step;
    }
    v
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::{Array2, array};

    fn frame(x: &Array2<f64>, others: Option<Array2<f64>>) -> Frame {
        Frame::of(x.view(), others.as_ref().map(|o| o.view()), 1, &mut Monitor::silent()).unwrap()
    }

    #[test]
    fn powers_of_two() {
        for (v, e) in
            [(1.0, 1), (0.5, 0), (0.75, 0), (-3.0, 2), (f64::MAX, 1024), (5e-324, -1073), (2e-310, -1028)]
        {
            assert_eq!(exponent(v), Some(e), "{v:e}");
        }
        assert_eq!(exponent(0.0), None);
        assert_eq!(times_power_of_two(5e-324, 2097), f64::from_bits(2046 << 52));
        assert_eq!(times_power_of_two(f64::from_bits(2046 << 52), -2097), 5e-324);
        assert_eq!(times_power_of_two(3.0, 5000), f64::INFINITY);
        assert_eq!(times_power_of_two(3.0, -5000), 0.0);
    }

    #[test]
    fn there_and_back_is_exact() {
        let x =
            array![[1e12, 5e-324, f64::MAX, 7.0], [1e12 + 3.0, 0.0, -f64::MAX, 7.0], [1.5e12, 1.0, 2.0, 7.0]];
        for column in 0..x.ncols() {
            let alone = x.column(column).to_owned().insert_axis(ndarray::Axis(1));
            let frame = frame(&alone, None);
            for &v in &alone {
                // 2 beside MAX is the one value that does not survive the scaling; it is 10^308 times smaller.
                let back = frame.leave(0, frame.enter(0, v));
                assert!(back == v || (v == 5e-324 && back == 0.0), "{v:e} came back as {back:e}");
            }
        }
    }

    #[test]
    fn the_largest_magnitude_is_where_it_should_be() {
        for scale in [1e-300, 1e-150, 1.0, 1e150, 1e300] {
            let x = array![[scale], [-3.0 * scale]];
            let frame = frame(&x, None);
            assert_eq!(exponent(frame.enter(0, -3.0 * scale)), Some(Frame::REACH));
        }
    }

    #[test]
    fn every_level_finds_the_extremes() {
        for (rows, columns) in [(1, 1), (7, 3), (64, 5), (100, 9)] {
            let x = Array2::from_shape_fn((rows, columns), |(i, j)| ((i * 37 + j * 11) % 101) as f64 - 50.0);
            let column = |j: usize| {
                let values = x.column(j);
                let low = values.iter().copied().fold(f64::INFINITY, f64::min);
                (low, values.iter().copied().fold(f64::NEG_INFINITY, f64::max), true)
            };
            let twin: Vec<_> = (0..columns).map(column).collect();
            for level in crate::numeric::dispatch::levels() {
                let mut extremes = Extremes::new(columns);
                extremes.widen(level, x.as_slice().unwrap());
                assert_eq!(extremes.of_columns(), twin, "{level:?}");
            }
            let transposed = Array2::from_shape_fn((columns, rows), |(j, i)| x[(i, j)]);
            assert_eq!(
                super::extremes(transposed.t(), 1, &mut Monitor::silent()).unwrap(),
                super::extremes(x.view(), 2, &mut Monitor::silent()).unwrap()
            );
        }
        let x = array![[1.0, 2.0], [3.0, f64::NAN]];
        let error = Frame::of(x.view(), None, 1, &mut Monitor::silent()).unwrap_err();
        assert!(matches!(error, crate::Error::NonFinite { row: 1, column: 1, .. }), "{error}");
    }

    #[test]
    fn other_points_widen_the_frame_within_limits() {
        let x = array![[1.0], [-1.0]];
        assert_eq!(exponent(frame(&x, Some(array![[1e100]])).enter(0, 1e100)), Some(Frame::REACH));
        let limited = frame(&x, Some(array![[1e300]]));
        assert_eq!(exponent(limited.enter(0, 1.0)), Some(Frame::REACH - MARGIN));
        assert_eq!(frame(&array![[0.0]], Some(array![[4.0]])).enter(0, 0.0), 0.0);
    }
}
