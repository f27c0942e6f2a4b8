//! The exponential.

use super::{EXP_IS_0, EXP_IS_INFINITE, LN_2_HIGH, LN_2_LOW, nearest, polynomial, power_of_2, scale};
use crate::numeric::error_free;
use std::f64::consts::LOG2_E;

/// e^x.
///
/// 0 for x below −745.13, infinity above 709.78, subnormal in between where it must be.
///
/// ```
/// use loyalty_core::numeric::elementary::exp;
///
/// assert_eq!(exp(1.0), std::f64::consts::E);
/// assert_eq!(exp(f64::NEG_INFINITY), 0.0);
/// ```
#[inline(always)]
pub fn exp(x: f64) -> f64 {
    exp_of_sum(x.clamp(EXP_IS_0, EXP_IS_INFINITE), 0.0)
}

/// e^(high + low) for high from `EXP_IS_0` to `EXP_IS_INFINITE` and |low| below 2⁻⁴⁰.
#[inline(always)]
pub(in crate::numeric) fn exp_of_sum(high: f64, low: f64) -> f64 {
    let Reduced { k, r, rest } = reduce(high, low);
    let (one_plus_r, error) = error_free::ordered_sum(1.0, r);
    scale(one_plus_r + (error + rest), k)
}

/// e^x as 2ᵏ·(high + low) with |low| half a unit in the last place of high, for x from `EXP_IS_0` up.
#[inline(always)]
pub(super) fn exp_in_two(x: f64) -> (f64, f64, f64) {
    let Reduced { k, r, rest } = reduce(x, 0.0);
    let (one_plus_r, error) = error_free::ordered_sum(1.0, r);
    let (high, low) = error_free::ordered_sum(one_plus_r, error + rest);
    (high, low, k)
}

/// e^x − 1, exact to the last place or so also where e^x is close to 1.
///
/// ```
/// use loyalty_core::numeric::elementary::exp_m1;
///
/// assert_eq!(exp_m1(1e-20), 1e-20);
/// ```
#[inline(always)]
pub fn exp_m1(x: f64) -> f64 {
    let Reduced { k, r, rest } = reduce(x.clamp(-50.0, EXP_IS_INFINITE), 0.0);
    // 2ᵏ·((1 − 2⁻ᵏ) + r + rest). Beyond k = 120, 2⁻ᵏ is nothing beside 1.
    let (unit, unit_error) = error_free::sum(1.0, -power_of_2(-k.min(120.0)));
    let (head, error) = error_free::ordered_sum(unit, r);
    // The result has the sign of x, which matters for −0.
    scale(head + (error + (unit_error + rest)), k).copysign(x)
}

/// e^x as 2ᵏ·(1 + r + rest) with |r| ≤ ½·ln 2 and |rest| < 0.07.
#[derive(Clone, Copy)]
struct Reduced {
    k: f64,
    r: f64,
    rest: f64,
}

/// The parts of e^(high + low).
#[inline(always)]
fn reduce(high: f64, low: f64) -> Reduced {
    /// 1/3!, 1/4!, …, 1/14!
    const SERIES: [f64; 12] = [
        1.0 / 6.0,
        1.0 / 24.0,
        1.0 / 120.0,
        1.0 / 720.0,
        1.0 / 5_040.0,
        1.0 / 40_320.0,
        1.0 / 362_880.0,
        1.0 / 3_628_800.0,
        1.0 / 39_916_800.0,
        1.0 / 479_001_600.0,
        1.0 / 6_227_020_800.0,
        1.0 / 87_178_291_200.0,
    ];
    let k = nearest(high * LOG2_E);
    let exact = high - k * LN_2_HIGH;
    let shift = k * LN_2_LOW;
    let r = exact - shift;
    let lost = ((exact - r) - shift) + low;
    let half_square = 0.5 * r * r;
    let tail = half_square + 2.0 * half_square * r * polynomial(r, SERIES);
    Reduced { k, r, rest: tail + (lost + lost * (r + tail)) }
}
