//! Error-free transformations: sums and products of two floats together with their rounding errors.
//!
//! Each answer is the pair (rounded result, error), whose exact sum is the exact result. The products do without a fused
//! multiply-add.

/// a + b where |a| ≥ |b|, or a = 0 (Dekker 1971, Numerische Mathematik 18).
#[inline(always)]
pub(crate) fn ordered_sum(a: f64, b: f64) -> (f64, f64) {
    let sum = a + b;
    (sum, b - (sum - a))
}

/// a + b (Knuth, The Art of Computer Programming 2, 4.2.2, theorem B).
#[inline(always)]
pub(crate) fn sum(a: f64, b: f64) -> (f64, f64) {
    let sum = a + b;
    let part = sum - a;
    (sum, (a - (sum - part)) + (b - part))
}

/// a · b (Dekker 1971); the error itself is good to 2⁻¹⁰⁵ of the product, unless it underflows.
#[inline(always)]
pub(crate) fn product(a: f64, b: f64) -> (f64, f64) {
    let product = a * b;
    let (a_high, a_low) = halves(a);
    let (b_high, b_low) = halves(b);
    (product, ((a_high * b_high - product) + (a_high * b_low + a_low * b_high)) + a_low * b_low)
}

/// a as the sum of two floats of 26 and 27 bits.
#[inline(always)]
pub(crate) fn halves(a: f64) -> (f64, f64) {
    const HIGH: u64 = u64::MAX << 27;
    let high = f64::from_bits(a.to_bits() & HIGH);
    (high, a - high)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_are_exact() {
        let tiny = f64::EPSILON / 4.0;
        assert_eq!(sum(1.0, tiny), (1.0, tiny));
        assert_eq!(sum(tiny, 1.0), (1.0, tiny));
        assert_eq!(ordered_sum(1.0, -tiny / 2.0), (1.0, -tiny / 2.0));
        assert_eq!(ordered_sum(0.0, 0.1), (0.1, 0.0));

        // (1 + 2⁻³⁰)² = 1 + 2⁻²⁹ + 2⁻⁶⁰.
        let a = 1.0 + 1.0 / (1_u64 << 30) as f64;
        assert_eq!(product(a, a), (1.0 + 2.0 / (1_u64 << 30) as f64, 1.0 / (1_u64 << 60) as f64));
        // Of a product of 2¹⁰⁶, 2⁻¹⁰⁵ is 2.
        let (a, b) = (9_007_199_254_740_881_u64, 6_755_399_441_055_731_u64);
        let (high, low) = product(a as f64, b as f64);
        assert!((high as i128 + low as i128).abs_diff(i128::from(a) * i128::from(b)) <= 2);
    }
}
