//! The spread of each column, and the scale that standardises it.

use super::pass::Panel;
use crate::numeric::dispatch::{LANES, Lanes};
use fearless_simd::prelude::*;
use fearless_simd::{Simd, f64x8};

/// How a column was standardised: z = (x·power − centre)·inverse. The power of two brings |x| near 1, so that nothing
/// overflows or underflows on the way.
#[derive(Debug, Clone, Copy)]
pub(super) struct Scale {
    pub(super) power: f64,
    pub(super) centre: f64,
    pub(super) inverse: f64,
    /// The largest |x| in units of z: how much of z's precision the column's offset takes.
    pub(super) reach: f64,
    /// Whether all its values are equal, and it has no spread to standardise.
    pub(super) constant: bool,
}

impl Scale {
    /// From a coefficient of z to the coefficient of x.
    pub(super) fn to_raw(self, coefficient: f64) -> f64 {
        coefficient * self.inverse * self.power
    }

    /// The z of x = 0, negated.
    pub(super) fn offset(self) -> f64 {
        self.centre * self.inverse
    }

    /// The x of a z; a constant column has but one.
    pub(super) fn to_x(self, z: f64) -> f64 {
        let deviation = if self.constant { 0.0 } else { z / self.inverse };
        (self.centre + deviation) / self.power
    }

    /// `factor` divided by the unit of z, which may itself be beyond the range of floats.
    pub(super) fn per_unit(self, factor: f64) -> f64 {
        factor * self.power * self.inverse
    }
}

/// The smallest and largest value of a column in each class.
#[derive(Debug, Clone, Copy)]
pub(super) struct Extent {
    low: [f64; 2],
    high: [f64; 2],
    /// Whether all are finite.
    pub(super) finite: bool,
}

impl Extent {
    pub(super) const EMPTY: Self =
        Self { low: [f64::INFINITY; 2], high: [f64::NEG_INFINITY; 2], finite: true };

    /// Widens to 64 values of a column, whose rows have these signs: above 0 for churned.
    #[inline(always)]
    pub(super) fn add<S: Simd>(&mut self, simd: S, column: &Panel, signs: &Panel) {
        let zero = f64x8::splat(simd, 0.0);
        let (mut low, mut high) =
            ([f64x8::splat(simd, f64::INFINITY); 2], [f64x8::splat(simd, f64::NEG_INFINITY); 2]);
        let mut doubt = zero;
        for (x, sign) in column.iter().zip(signs) {
            let (x, sign): (f64x8<S>, f64x8<S>) = ((*x).simd_into(simd), (*sign).simd_into(simd));
            // NaN unless it is finite.
            doubt += x * zero;
            for (class, counts) in [sign.simd_lt(zero), sign.simd_gt(zero)].into_iter().enumerate() {
                low[class] = (counts & x.simd_lt(low[class])).select(x, low[class]);
                high[class] = (counts & x.simd_gt(high[class])).select(x, high[class]);
            }
        }
        for class in 0..2 {
            self.low[class] = <Lanes>::from(low[class]).into_iter().fold(self.low[class], f64::min);
            self.high[class] = <Lanes>::from(high[class]).into_iter().fold(self.high[class], f64::max);
        }
        self.finite &= <Lanes>::from(doubt) == [0.0; LANES];
    }

    pub(super) fn merge(&mut self, other: &Self) {
        self.finite &= other.finite;
        for class in 0..2 {
            self.low[class] = self.low[class].min(other.low[class]);
            self.high[class] = self.high[class].max(other.high[class]);
        }
    }

    pub(super) fn largest(&self) -> f64 {
        self.low.iter().chain(&self.high).fold(0.0, |largest, x| x.abs().max(largest))
    }

    /// The largest distance of a value, times `power`, from `centre`.
    pub(super) fn farthest(&self, power: f64, centre: f64) -> f64 {
        let finite = self.low.iter().chain(&self.high).filter(|x| x.is_finite());
        finite.map(|x| (x * power - centre).abs()).fold(0.0, f64::max)
    }

    /// Whether the column says nothing beside the intercept, if there is one.
    pub(super) fn constant(&self, intercept: bool) -> bool {
        let low = self.low[0].min(self.low[1]);
        let high = self.high[0].max(self.high[1]);
        low == high && (intercept || low == 0.0)
    }

    /// Whether a threshold on this column alone, or its sign if there is no intercept, parts the classes.
    pub(super) fn separates(&self, intercept: bool) -> bool {
        let below = |a: usize, b: usize| {
            if intercept { self.high[a] <= self.low[b] } else { self.high[a] <= 0.0 && self.low[b] >= 0.0 }
        };
        !self.constant(intercept) && (below(0, 1) || below(1, 0))
    }
}

/// A median that is itself one of the values, of two the one nearer to 0; 0 of none. Reorders them.
pub(super) fn median(values: &mut [f64]) -> f64 {
    if values.is_empty() {
        return 0.0;
    }
    let upper = values.len() / 2;
    let even = values.len().is_multiple_of(2);
    let (below, &mut median, _) = values.select_nth_unstable_by(upper, f64::total_cmp);
    let lower = below.iter().copied().max_by(f64::total_cmp).filter(|_| even).unwrap_or(median);
    if lower.abs() < median.abs() { lower } else { median }
}

/// The power of two that brings `x` to about 1, short of extremes whose squares would underflow.
pub(super) fn power_near_inverse(x: f64) -> f64 {
    const BIAS: u64 = 1023;
    let exponent = (x.to_bits() >> 52) & 0x7ff;
    f64::from_bits((2 * BIAS).saturating_sub(exponent).clamp(1, BIAS + 660) << 52)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::churn::pass::VECTORS;
    use fearless_simd::{Level, dispatch};

    #[test]
    fn an_extent_without_rows_of_a_class_adds_nothing() {
        let mut both = Extent::EMPTY;
        let add = |extent: &mut Extent, x: f64, sign: f64| {
            let panel = |value: f64| [[value; LANES]; VECTORS];
            dispatch!(Level::new(), simd => extent.add(simd, &panel(x), &panel(sign)));
        };
        add(&mut both, 2.0, -1.0);
        add(&mut both, -3.0, 1.0);
        let mut one = Extent::EMPTY;
        add(&mut one, 5.0, 1.0);
        one.merge(&both);
        one.merge(&Extent::EMPTY);
        assert_eq!((one.low, one.high), ([2.0, -3.0], [2.0, 5.0]));
        assert_eq!(one.largest(), 5.0);
        assert!(one.finite);
        for value in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            let mut extent = one;
            add(&mut extent, value, 1.0);
            one.merge(&extent);
            assert!(!extent.finite && !one.finite);
        }
    }

    #[test]
    fn a_median_is_a_value() {
        assert_eq!(median(&mut []), 0.0);
        assert_eq!(median(&mut [3.0]), 3.0);
        assert_eq!(median(&mut [5.0, -1.0, 2.0]), 2.0);
        assert_eq!(median(&mut [1e9, 0.5]), 0.5);
        assert_eq!(median(&mut [-1e9, 0.5, 7.0, -2e9]), 0.5);
    }

    #[test]
    fn powers_bring_numbers_near_one() {
        for x in [1.0, 1.5, 3e-100, 7e300, f64::MAX, 1e-190] {
            let scaled = x * power_near_inverse(x);
            assert!((1.0..=4.0).contains(&scaled), "{x} becomes {scaled}");
        }
        for x in [0.0, 5e-324, f64::MIN_POSITIVE] {
            assert!(power_near_inverse(x).is_finite());
        }
    }
}
