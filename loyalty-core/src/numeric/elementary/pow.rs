//! Powers.

use super::ln::decompose;
use super::{EXP_IS_0, EXP_IS_INFINITE, LN_2_HIGH, LN_2_LOW, exp_of_sum, polynomial};
use crate::numeric::error_free;

/// x^y.
///
/// The special cases are those of IEEE 754 and C (annex F): x^0 = 1 and 1^y = 1 even for NaN, a negative x has powers for
/// integer y alone, and ±0 and ±infinity have the limits of their neighbours, with the sign where y is odd.
///
/// ```
/// use loyalty_core::numeric::elementary::pow;
///
/// assert_eq!(pow(2.0, 0.5), std::f64::consts::SQRT_2);
/// assert_eq!(pow(-2.0, 3.0), -8.0);
/// assert_eq!(pow(0.0, -1.0), f64::INFINITY);
/// ```
pub fn pow(x: f64, y: f64) -> f64 {
    if x == 1.0 || y == 0.0 {
        return 1.0;
    }
    if x.is_nan() || y.is_nan() {
        return f64::NAN;
    }
    let magnitude = power_of_magnitude(x.abs(), y);
    if x.is_sign_positive() {
        magnitude
    } else if is_odd(y) {
        -magnitude
    } else if y.trunc() == y || x == 0.0 || x == f64::NEG_INFINITY {
        magnitude
    } else {
        f64::NAN
    }
}

/// Whether y is an odd integer.
fn is_odd(y: f64) -> bool {
    let half = 0.5 * y;
    y.trunc() == y && half.trunc() != half
}

/// x^y for x from 0 to infinity and y ≠ 0.
fn power_of_magnitude(x: f64, y: f64) -> f64 {
    const HUGE: f64 = (1_u128 << 65) as f64;
    if x == 1.0 {
        return 1.0;
    }
    let limit = if (x > 1.0) == (y > 0.0) { f64::INFINITY } else { 0.0 };
    if x == 0.0 || x == f64::INFINITY {
        return limit;
    }
    // x differs from 1 by 2⁻⁵³ or more: all powers beyond 2⁶⁵ have reached their limits.
    let y = y.clamp(-HUGE, HUGE);
    let exponent = Pair::from(y).times(ln(x));
    let (high, low) = error_free::ordered_sum(exponent.high, exponent.low);
    if (EXP_IS_0..=EXP_IS_INFINITE).contains(&high) { exp_of_sum(high, low) } else { limit }
}

/// ln x with a relative error of about 2⁻⁷⁰, so that y·ln x is good to 2⁻⁶⁰ even at 745.
fn ln(x: f64) -> Pair {
    const TWO_THIRDS: Pair = Pair { high: 2.0 / 3.0, low: 3.700_743_415_417_188e-17 };
    const TWO_FIFTHS: Pair = Pair { high: 2.0 / 5.0, low: -2.220_446_049_250_313e-17 };
    /// 2/7, 2/9, …, 2/29
    const SERIES: [f64; 12] = [
        2.0 / 7.0,
        2.0 / 9.0,
        2.0 / 11.0,
        2.0 / 13.0,
        2.0 / 15.0,
        2.0 / 17.0,
        2.0 / 19.0,
        2.0 / 21.0,
        2.0 / 23.0,
        2.0 / 25.0,
        2.0 / 27.0,
        2.0 / 29.0,
    ];
    // ln(1 + f) = 2s + s·z·(2/3 + z·(2/5 + z·(2/7 + …))) with s = f/(2 + f) and z = s². Only the last bracket is small
    // enough for plain floats.
    let (k, f) = decompose(x);
    let inverse = 1.0 / (2.0 + f);
    let s_rounded = f * inverse;
    let z_rounded = s_rounded * s_rounded;
    let series = TWO_FIFTHS.plus(Pair { high: z_rounded * polynomial(z_rounded, SERIES), low: 0.0 });

    let (s_high, _) = error_free::halves(s_rounded);
    let (divisor, _) = error_free::halves(2.0 + f);
    let rest = f - (divisor - 2.0);
    let s = Pair { high: s_high, low: ((f - s_high * divisor) - s_high * rest) * inverse };
    let z = s.times(s);
    let series = TWO_THIRDS.plus(z.times(series));
    let twice = Pair { high: 2.0 * s.high, low: 2.0 * s.low };
    Pair { high: k * LN_2_HIGH, low: k * LN_2_LOW }.plus(twice).plus(s.times(z).times(series))
}

/// A number of some 79 bits: a float of 26, so that the product of two such is exact, and a full one for the rest.
///
/// The terms of a sum may have more bits in `high`; its result, and so the factors of a product, have not.
#[derive(Debug, Clone, Copy)]
struct Pair {
    high: f64,
    low: f64,
}

impl Pair {
    fn from(a: f64) -> Self {
        let (high, low) = error_free::halves(a);
        Self { high, low }
    }

    /// The sum, for |self| ≥ |b| or self = 0.
    fn plus(self, b: Self) -> Self {
        let (high, _) = error_free::halves(self.high + b.high);
        Self { high, low: ((self.high - high) + b.high) + (self.low + b.low) }
    }

    fn times(self, b: Self) -> Self {
        let product = self.high * b.high;
        let rest = self.high * b.low + self.low * (b.high + b.low);
        let (high, _) = error_free::halves(product + rest);
        Self { high, low: (product - high) + rest }
    }
}
