//! The natural logarithm.

use super::{LN_2_HIGH, LN_2_LOW, polynomial, power_of_2};
use crate::numeric::error_free;

/// ln x.
///
/// −infinity at 0, NaN below.
///
/// ```
/// use loyalty_core::numeric::elementary::ln;
///
/// assert_eq!(ln(2.0), std::f64::consts::LN_2);
/// assert!(ln(-1.0).is_nan());
/// ```
#[inline(always)]
pub fn ln(x: f64) -> f64 {
    let (k, f) = decompose(x);
    let (head, rest) = ln_of_parts(k, f, 0.0);
    with_limits(head + rest, x, 0.0)
}

/// ln(1 + x), exact to the last place or so also where 1 + x is close to 1.
///
/// −infinity at −1, NaN below.
///
/// ```
/// use loyalty_core::numeric::elementary::ln_1p;
///
/// assert_eq!(ln_1p(1e-20), 1e-20);
/// ```
#[inline(always)]
pub fn ln_1p(x: f64) -> f64 {
    let (sum, error) = error_free::sum(1.0, x);
    let (k, f) = decompose_normal(sum);
    // Where no power of 2 is taken out, x itself is f. Beyond k = 1000, the error is nothing beside the sum.
    let (f, error) = if k == 0.0 { (x, 0.0) } else { (f, error * power_of_2(-k.min(1000.0))) };
    // The result has the sign of x, which matters for −0.
    let (head, rest) = ln_of_parts(k, f, error);
    with_limits(head + rest, x, -1.0).copysign(x)
}

/// `value`, or the logarithm's limits where x is at or below its `pole`, infinite or NaN.
#[inline(always)]
fn with_limits(value: f64, x: f64, pole: f64) -> f64 {
    let value = if x < f64::INFINITY { value } else { f64::INFINITY };
    let value = if x == pole { f64::NEG_INFINITY } else { value };
    if x >= pole { value } else { f64::NAN }
}

/// k and f of x = 2ᵏ·(1 + f) with 1 + f from √½ to √2, for positive finite x.
#[inline(always)]
pub(super) fn decompose(x: f64) -> (f64, f64) {
    const TWO_54: f64 = (1_u64 << 54) as f64;
    let subnormal = x < f64::MIN_POSITIVE;
    let (k, f) = decompose_normal(if subnormal { x * TWO_54 } else { x });
    (if subnormal { k - 54.0 } else { k }, f)
}

/// As [`decompose`], for x that is not subnormal.
#[inline(always)]
fn decompose_normal(x: f64) -> (f64, f64) {
    const SQRT_HALF: u64 = 0x3fe6_a09e_667f_3bcd;
    const ONE: u64 = 1.0_f64.to_bits();
    const MANTISSA: u64 = (1 << 52) - 1;
    const TWO_52: f64 = (1_u64 << 52) as f64;
    const EXPONENT_BIAS: f64 = 1023.0;
    // So shifted, the exponent changes at √½ instead of 1.
    let bits = x.to_bits().wrapping_add(ONE - SQRT_HALF);
    // As the last bits of a float, the exponent needs no conversion.
    let k = f64::from_bits(TWO_52.to_bits() | (bits >> 52)) - (TWO_52 + EXPONENT_BIAS);
    let mantissa = f64::from_bits((bits & MANTISSA) + SQRT_HALF);
    (k, mantissa - 1.0)
}

/// ln(2ᵏ·(1 + f + error)) for |error| below 2⁻⁵², as the sum of a head and a fifth of it or less.
#[inline(always)]
pub(super) fn ln_of_parts(k: f64, f: f64, error: f64) -> (f64, f64) {
    /// 2/3, 2/5, …, 2/25
    const SERIES: [f64; 12] = [
        2.0 / 3.0,
        2.0 / 5.0,
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
    ];
    // With s = f/(2 + f), ln(1 + f) = 2·artanh(s) = 2s + s·z·(2/3 + 2z/5 + …) for z = s², and 2s = f − s·f: so f, which
    // is exact, leads, and the rounding errors of s count for a fifth of their size.
    let s = f / (2.0 + f);
    let z = s * s;
    let rest = s * (f - z * polynomial(z, SERIES));
    let (head, lost) = error_free::ordered_sum(k * LN_2_HIGH, f);
    // The derivative is 1/(1 + f) = (1 − s)/(1 + s), of which the first terms will do.
    let correction = error * (1.0 - 2.0 * s * (1.0 - s));
    (head, lost + (k * LN_2_LOW + correction - rest))
}
