//! The widest vectors of the CPU, chosen at run time.
//!
//! A kernel is a function `#[inline(always)] fn kernel<S: Simd>(simd: S, …)` that works on [`f64x8`](fearless_simd::f64x8):
//! eight lanes at every level, in one register of AVX-512, two of AVX2, four of the baseline. It is called through
//! `dispatch!(level, simd => kernel(simd, …))` with `Level::new()`, which compiles it once for each level. All levels do the
//! same additions and multiplications in the same order, none of them fused, so that each gives the same bits.

/// Numbers in a vector.
pub(crate) const LANES: usize = 8;

/// A vector in memory.
pub(crate) type Lanes = [f64; LANES];

/// All levels that this CPU has, the plainest first.
#[cfg(test)]
pub(crate) fn levels() -> Vec<fearless_simd::Level> {
    use fearless_simd::{Level, Simd};

    let best = Level::new();
    #[cfg(target_arch = "x86_64")]
    let others = [
        best.as_sse2().map(Simd::level),
        best.as_sse4_2().map(Simd::level),
        best.as_avx2().map(Simd::level),
        best.as_avx512().map(Simd::level),
    ];
    #[cfg(not(target_arch = "x86_64"))]
    let others = [Some(Level::baseline()), Some(best)];
    others.into_iter().flatten().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use fearless_simd::prelude::*;
    use fearless_simd::{Simd, dispatch, f64x8};

    /// A sum whose rounding shows any other order, and any fused step.
    #[inline(always)]
    fn dot<S: Simd>(simd: S, a: &[[f64; 8]], b: &[[f64; 8]]) -> [f64; 8] {
        let product =
            |(a, b): (&[f64; 8], &[f64; 8])| f64x8::from_slice(simd, a) * f64x8::from_slice(simd, b);
        a.iter().zip(b).map(product).fold(f64x8::splat(simd, 0.0), |sum, product| sum + product).into()
    }

    #[test]
    fn every_level_gives_the_bits_of_plain_code() {
        let lanes = |seed: u64| -> Vec<[f64; 8]> {
            (0..100).map(|i| std::array::from_fn(|lane| 1.0 / (seed + 8 * i + lane as u64) as f64)).collect()
        };
        let (a, b) = (lanes(3), lanes(7));
        let plain: [f64; 8] =
            std::array::from_fn(|lane| a.iter().zip(&b).fold(0.0, |sum, (a, b)| sum + a[lane] * b[lane]));
        let levels = levels();
        assert!(!levels.is_empty());
        for level in levels {
            assert_eq!(dispatch!(level, simd => dot(simd, &a, &b)), plain, "{level:?}");
        }
    }
}
