//! Elementary functions with the same bits on every platform.
//!
//! They use the additions, products, quotients and bit operations of IEEE 754 doubles alone, which are rounded the same
//! way everywhere. The platform's own functions are not, and answer with different last bits from one system to the next.
//!
//! All are within one unit in the last place over their whole domains, subnormal numbers included. The largest errors among
//! millions of random arguments, in such units:
//!
//! | [`exp`] | [`exp_m1`] | [`ln`] | [`ln_1p`] | [`pow`] | [`logistic`] | [`log_logistic`] |
//! |---|---|---|---|---|---|---|
//! | 0.76 | 0.90 | 0.92 | 0.85 | 0.77 | 0.77 | 0.97 |
//!
//! All but [`pow`] have one straight path without tables, branches or calls, and are always inlined: in a loop over a slice
//! (`each`, inside a dispatched kernel) a compiler turns them into the CPU's widest vector instructions, with the same bits. The arguments are reduced as by Cody and Waite
//! (1980, Software Manual for the Elementary Functions), the leading terms kept with their rounding errors as by Tang (1989
//! and 1990, ACM Transactions on Mathematical Software 15 and 16), and the rest is the plain power series, long enough for
//! what it leaves out not to matter.

mod exp;
mod ln;
mod logistic;
mod pow;

pub use exp::{exp, exp_m1};
pub use ln::{ln, ln_1p};
pub use logistic::{log_logistic, logistic};
pub use pow::pow;

pub(super) use exp::exp_of_sum;

/// e^x is 0 at and below this x.
const EXP_IS_0: f64 = -746.0;
/// e^x is infinite at and above this x.
const EXP_IS_INFINITE: f64 = 710.0;

/// ln 2 to 42 bits: its product with an exponent is exact.
const LN_2_HIGH: f64 = 3_048_493_539_143.0 / (1_u64 << 42) as f64;
/// ln 2 − `LN_2_HIGH`.
const LN_2_LOW: f64 = 5.497_923_018_708_371e-14;

/// 1.5 · 2⁵²: added to a number below 2⁵¹ it leaves the nearest integer in the sum's last bits.
const ROUNDER: f64 = 6_755_399_441_055_744.0;

/// Writes the function of each number of `from` to its place in `to`, by vectors as wide as those of the kernel around it.
///
/// `f` must be a closure that is always inlined: the mere name of a function would be called, number by number.
#[inline(always)]
pub(crate) fn each<S: fearless_simd::Simd>(_: S, from: &[f64], to: &mut [f64], f: impl Fn(f64) -> f64) {
    for (to, &from) in to.iter_mut().zip(from) {
        *to = f(from);
    }
}

/// The nearest integer of a number below 2⁵¹ in magnitude.
#[inline(always)]
fn nearest(x: f64) -> f64 {
    (x + ROUNDER) - ROUNDER
}

/// 2ᵏ for an integer k from −1022 to 1023.
#[inline(always)]
fn power_of_2(k: f64) -> f64 {
    const EXPONENT_BIAS: f64 = 1023.0;
    f64::from_bits((k + (ROUNDER + EXPONENT_BIAS)).to_bits() << 52)
}

/// x · 2ᵏ for an integer k from −2044 to 2046 and |x| about 1, rounded once.
#[inline(always)]
fn scale(x: f64, k: f64) -> f64 {
    let half = nearest(0.5 * k);
    x * power_of_2(half) * power_of_2(k - half)
}

/// Σ cᵢ·xⁱ by neighbouring pairs, then pairs of those (Estrin 1960): a short chain of dependent operations.
#[inline(always)]
pub(super) fn polynomial(x: f64, c: [f64; 12]) -> f64 {
    let x2 = x * x;
    let x4 = x2 * x2;
    let x8 = x4 * x4;
    let pair = |i: usize| c[i] + c[i + 1] * x;
    let four = |i: usize| pair(i) + pair(i + 2) * x2;
    four(0) + four(4) * x4 + four(8) * x8
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn powers_of_2_and_scaling_are_exact() {
        for (k, expected) in [(-1022.0, f64::MIN_POSITIVE), (-1.0, 0.5), (0.0, 1.0), (10.0, 1024.0)] {
            assert_eq!(power_of_2(k), expected);
        }
        assert_eq!(scale(1.5, -1074.0), 1e-323);
        assert_eq!(scale(1.0 - f64::EPSILON / 2.0, 1024.0), f64::MAX);
        assert_eq!(scale(1.25, 1024.0), f64::INFINITY);
    }

    #[test]
    fn polynomials() {
        let c = std::array::from_fn(|i| i as f64 - 4.0);
        let horner = |x: f64| c.iter().rev().fold(0.0, |sum, c| sum * x + c);
        for x in [-3.0, -1.0, 0.0, 0.5, 2.0] {
            assert_eq!(polynomial(x, c), horner(x));
        }
    }

    /// Accuracy is the vectors' business; a platform or a compiler that answers with other bits shows here.
    #[test]
    fn the_bits_are_the_same_everywhere() {
        // FNV-1a over words.
        let mut digest = 0xcbf2_9ce4_8422_2325_u64;
        let mut add = |value: f64| digest = (digest ^ value.to_bits()).wrapping_mul(0x0100_0000_01b3);
        for i in 0..10_000 {
            let x = -745.0 + 0.1454 * f64::from(i);
            let small = x / 64.0;
            [exp(x), exp_m1(small), logistic(x), log_logistic(small)].into_iter().for_each(&mut add);
            [ln(x.abs()), ln_1p(x.abs()), pow(x.abs(), small)].into_iter().for_each(&mut add);
        }
        assert_eq!(digest, 4_728_746_676_945_937_563);
    }
}
