//! The logistic function and its logarithm.

use super::exp::exp_in_two;
use super::ln::ln_of_parts;
use super::{EXP_IS_0, power_of_2, scale};
use crate::numeric::error_free;
use std::f64::consts::SQRT_2;

/// 1 / (1 + e^−x), without overflow and without losing what is left of a probability near 0.
///
/// ```
/// use loyalty_core::numeric::elementary::logistic;
///
/// assert_eq!(logistic(0.0), 0.5);
/// assert!(logistic(-740.0) > 0.0);
/// assert_eq!(logistic(f64::INFINITY), 1.0);
/// ```
#[inline(always)]
pub fn logistic(x: f64) -> f64 {
    // q = e/(1 + e) with e = e^−|x| is the answer for negative x, 1 − q for positive. q has the error of one rounding,
    // or it could fall where x rises.
    let (e_high, e_low, k) = exp_in_two(-magnitude(x));
    // Below k = −1000, e is nothing beside 1.
    let power = power_of_2(k.max(-1000.0));
    let (d_high, error) = error_free::ordered_sum(1.0, power * e_high);
    let d_low = error + power * e_low;

    let inverse = 1.0 / d_high;
    let quotient = e_high * inverse;
    let (product, error) = error_free::product(quotient, d_high);
    let remainder = ((e_high - product) - error) + (e_low - quotient * d_low);
    let q = scale(quotient + remainder * inverse, k);
    if x < 0.0 { q } else { 1.0 - q }
}

/// ln(logistic(x)) = −ln(1 + e^−x): x itself for very negative x, −e^−x for large x.
///
/// ```
/// use loyalty_core::numeric::elementary::log_logistic;
///
/// assert_eq!(log_logistic(-1000.0), -1000.0);
/// assert_eq!(log_logistic(0.0), -std::f64::consts::LN_2);
/// ```
#[inline(always)]
pub fn log_logistic(x: f64) -> f64 {
    let (e_high, e_low, k) = exp_in_two(-magnitude(x));
    let (e_high, e_low) = (scale(e_high, k), scale(e_low, k));
    // 1 + e = 2·(1 + f) if that brings 1 + f closer to 1.
    let (half, error) = error_free::ordered_sum(-1.0, e_high);
    let doubled = e_high > SQRT_2 - 1.0;
    let k = if doubled { 1.0 } else { 0.0 };
    let f = if doubled { 0.5 * half } else { e_high };
    let f_error = if doubled { 0.5 * (error + e_low) } else { e_low };
    let (head, rest) = ln_of_parts(k, f, f_error);
    // Added to x before it is rounded, or the answer could fall where x rises.
    let (sum, error) = error_free::sum(if x > 0.0 { 0.0 } else { x }, -head);
    if x < EXP_IS_0 { x } else { sum + (error - rest) }
}

/// |x|, at most so much that e^−|x| is 0.
#[inline(always)]
fn magnitude(x: f64) -> f64 {
    x.abs().clamp(0.0, -EXP_IS_0)
}
