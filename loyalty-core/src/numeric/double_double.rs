//! Numbers of about 31 digits, as the unevaluated sum of two floats: sums and powers that are rounded once, at
//! the end.
//!
//! The additions are the accurate ones of Joldes, Muller and Popescu (2017, ACM Transactions on Mathematical Software 44). What overflows is no
//! longer finite: an infinity or NaN.

use super::error_free;
use std::ops::{Add, Div, Mul, Neg, Sub};

/// An unevaluated sum `high + low`, where `high` is the nearest float to it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct DoubleDouble {
    high: f64,
    low: f64,
}

impl DoubleDouble {
    pub(crate) const ZERO: Self = Self { high: 0.0, low: 0.0 };
    pub(crate) const ONE: Self = Self { high: 1.0, low: 0.0 };

    /// a + b exactly.
    pub(crate) fn sum(a: f64, b: f64) -> Self {
        Self::of(error_free::sum(a, b))
    }

    /// a + b exactly, for |a| ≥ |b|.
    fn ordered_sum(a: f64, b: f64) -> Self {
        Self::of(error_free::ordered_sum(a, b))
    }

    /// a · b to 2⁻¹⁰⁵; rounded if it overflows.
    fn product(a: f64, b: f64) -> Self {
        let Self { high, low } = Self::of(error_free::product(a, b));
        Self { high, low: if low.is_finite() { low } else { 0.0 } }
    }

    fn of((high, low): (f64, f64)) -> Self {
        Self { high, low }
    }

    /// The nearest float.
    pub(crate) fn high(self) -> f64 {
        self.high
    }

    /// The `exponent`-th power.
    pub(crate) fn power(self, exponent: u32) -> Self {
        let (mut power, mut square, mut rest) = (Self::ONE, self, exponent);
        while rest > 0 {
            if rest & 1 == 1 {
                power = power * square;
            }
            square = square * square;
            rest >>= 1;
        }
        power
    }
}

impl From<f64> for DoubleDouble {
    fn from(high: f64) -> Self {
        Self { high, low: 0.0 }
    }
}

impl Neg for DoubleDouble {
    type Output = Self;
    fn neg(self) -> Self {
        Self { high: -self.high, low: -self.low }
    }
}

impl Add for DoubleDouble {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        let high = Self::sum(self.high, other.high);
        let low = Self::sum(self.low, other.low);
        let middle = Self::ordered_sum(high.high, high.low + low.high);
        Self::ordered_sum(middle.high, middle.low + low.low)
    }
}

impl Add<f64> for DoubleDouble {
    type Output = Self;
    fn add(self, other: f64) -> Self {
        let sum = Self::sum(self.high, other);
        Self::ordered_sum(sum.high, sum.low + self.low)
    }
}

impl Sub for DoubleDouble {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        self + -other
    }
}

impl Mul for DoubleDouble {
    type Output = Self;
    fn mul(self, other: Self) -> Self {
        let product = Self::product(self.high, other.high);
        let cross = self.high * other.low + self.low * other.high;
        Self::ordered_sum(product.high, product.low + cross)
    }
}

impl Div for DoubleDouble {
    type Output = Self;
    fn div(self, other: Self) -> Self {
        let first = self.high / other.high;
        let rest = self - other * first.into();
        let second = rest.high / other.high;
        let rest = rest - other * second.into();
        Self::ordered_sum(first, second) + rest.high / other.high
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_keep_what_one_float_loses() {
        let values = [1e16, 1.0, -1e16];
        assert_eq!(values.iter().fold(DoubleDouble::ZERO, |sum, &v| sum + v).high(), 1.0);
        assert_eq!(values.iter().fold(DoubleDouble::ZERO, |sum, &v| sum + DoubleDouble::from(v)).high(), 1.0);
        assert_eq!(DoubleDouble::sum(1.0, 1e-20), DoubleDouble { high: 1.0, low: 1e-20 });
    }

    #[test]
    fn powers_and_quotients_to_thirty_digits() {
        // mpmath 1.4.1 at 60 digits, with the float nearest to 0.1: ((1 + 0.1)^100) and its reciprocal.
        let power = DoubleDouble::sum(1.0, 0.1).power(100);
        assert_eq!(power.high(), 13780.612339822277);
        let one = power * (DoubleDouble::ONE / power);
        assert!(one.high() == 1.0 && one.low.abs() < 1e-30, "{one:?}");
        assert_eq!(DoubleDouble::from(0.3).power(0), DoubleDouble::ONE);
    }

    #[test]
    fn the_end_of_the_range() {
        let huge = DoubleDouble::from(f64::MAX);
        assert_eq!((huge * 0.5.into()).high(), f64::MAX / 2.0);
        assert_eq!((DoubleDouble::ONE / huge).high(), 1.0 / f64::MAX);
        for overflow in [huge + huge, huge + f64::MAX, huge * huge, DoubleDouble::from(2.0).power(u32::MAX)] {
            assert!(!overflow.high().is_finite());
        }
    }
}
