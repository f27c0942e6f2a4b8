//! Special functions of the normal distribution, for p-values and confidence intervals.

use super::elementary::{exp_of_sum, ln, polynomial};
use super::error_free;
use std::f64::consts::{FRAC_1_SQRT_2, FRAC_2_SQRT_PI};

/// 1/√(2π), the normal density at 0.
const DENSITY_AT_0: f64 = 0.5 * FRAC_2_SQRT_PI * FRAC_1_SQRT_2;

/// The complementary error function, 2/√π·∫ₓ^∞ e^(−t²) dt.
///
/// Good to a few units in the last place at every x, down to the smallest float at x = 27.2.
///
/// ```
/// use loyalty_core::numeric::special::erfc;
///
/// assert_eq!(erfc(0.0), 1.0);
/// assert_eq!(erfc(f64::NEG_INFINITY), 2.0);
/// ```
pub fn erfc(x: f64) -> f64 {
    if x.abs() <= 0.5 {
        return 1.0 - FRAC_2_SQRT_PI * x * erf_series(x * x);
    }
    // Beyond this limit the answer is 0.
    let magnitude = x.abs().clamp(0.0, 27.3);
    let (high, low) = error_free::product(magnitude, magnitude);
    let tail = exp_of_sum(-high, -low) * scaled_erfc(magnitude);
    if x < 0.0 { 2.0 - tail } else { tail }
}

/// The probability of a standard normal value above z, ½·erfc(z/√2).
///
/// Good to a few units in the last place at every z, down to the smallest float at z = 38.5. The p-value of a two-sided
/// test is twice that of |z|.
///
/// ```
/// use loyalty_core::numeric::special::normal_survival;
///
/// assert_eq!(normal_survival(0.0), 0.5);
/// assert!((normal_survival(1.959963984540054) - 0.025).abs() < 1e-16);
/// ```
pub fn normal_survival(z: f64) -> f64 {
    if z.abs() <= 0.7 {
        return 0.5 - probability_from_0(z);
    }
    // Beyond this limit the answer is 0. Without the error of the square, e^(−z²/2) would lose three digits in the tail.
    let magnitude = z.abs().clamp(0.0, 38.6);
    let (high, low) = error_free::product(magnitude, 0.5 * magnitude);
    let tail = 0.5 * exp_of_sum(-high, -low) * scaled_erfc(magnitude * FRAC_1_SQRT_2);
    if z < 0.0 { 1.0 - tail } else { tail }
}

/// The value below which a standard normal value lies with probability p.
///
/// −infinity at p = 0, infinity at 1, NaN outside; in between good to a few units in the last place. Halley's method, in
/// the middle for the probability, in the tails for its logarithm, from the start of Abramowitz and Stegun (1964, Handbook
/// of Mathematical Functions, 26.2.23).
///
/// ```
/// use loyalty_core::numeric::special::normal_quantile;
///
/// assert_eq!(normal_quantile(0.5), 0.0);
/// assert!((normal_quantile(0.975) - 1.959963984540054).abs() < 1e-15);
/// ```
pub fn normal_quantile(p: f64) -> f64 {
    // Both differences are exact where they are used.
    let from_middle = p - 0.5;
    if from_middle.abs() <= 0.25 {
        quantile_from_0(from_middle)
    } else if p < 0.5 {
        -upper_quantile(p)
    } else {
        upper_quantile(1.0 - p)
    }
}

/// z of the probability `p` between 0 and z, |p| ≤ ¼.
fn quantile_from_0(p: f64) -> f64 {
    let v = p / DENSITY_AT_0;
    let w = v * v;
    // The first terms of the inverse's power series.
    let start = v * (1.0 + w * (1.0 / 6.0 + w * (7.0 / 120.0 + w * (127.0 / 5_040.0))));
    (0..2).fold(start, |z, _| {
        let density = DENSITY_AT_0 * exp_of_sum(-0.5 * z * z, 0.0);
        let step = (probability_from_0(z) - p) / density;
        z - step / (1.0 + 0.5 * step * z)
    })
}

/// z of the probability `p` above z, p ≤ ¼.
fn upper_quantile(p: f64) -> f64 {
    if p == 0.0 {
        return f64::INFINITY;
    }
    let ln_p = ln(p);
    let t = (-2.0 * ln_p).sqrt();
    let start = t
        - (2.515_517 + t * (0.802_853 + t * 0.010_328))
            / (1.0 + t * (1.432_788 + t * (0.189_269 + t * 0.001_308)));
    (0..2).fold(start, |z, _| {
        let scaled = scaled_erfc(z * FRAC_1_SQRT_2);
        let hazard = 2.0 * DENSITY_AT_0 / scaled;
        let step = (ln(0.5 * scaled) - 0.5 * z * z - ln_p) / hazard;
        z + step / (1.0 + 0.5 * step * (hazard - z))
    })
}

/// The probability of a standard normal value between 0 and z, for |z| ≤ 0.7; negative for negative z.
fn probability_from_0(z: f64) -> f64 {
    DENSITY_AT_0 * z * erf_series(0.5 * z * z)
}

/// √π·erf(x)/(2x) for w = x² ≤ ¼: the power series Σ (−w)ⁿ / (n!·(2n + 1)).
fn erf_series(w: f64) -> f64 {
    const SERIES: [f64; 12] = [
        1.0,
        -1.0 / 3.0,
        1.0 / 10.0,
        -1.0 / 42.0,
        1.0 / 216.0,
        -1.0 / 1_320.0,
        1.0 / 9_360.0,
        -1.0 / 75_600.0,
        1.0 / 685_440.0,
        -1.0 / 6_894_720.0,
        1.0 / 76_204_800.0,
        -1.0 / 918_086_400.0,
    ];
    polynomial(w, SERIES)
}

/// e^(x²)·erfc(x) for finite x ≥ 0.45.
fn scaled_erfc(x: f64) -> f64 {
    // Clenshaw's recurrence for the Chebyshev series.
    let y = (x - 4.4) / (x + 3.5);
    let step = |(b1, b2): (f64, f64), c: &f64| (c + 2.0 * y * b1 - b2, b1);
    let (b1, b2) = SCALED_ERFC[1..].iter().rev().fold((0.0, 0.0), step);
    (SCALED_ERFC[0] + y * b1 - b2) / (1.0 + 2.0 * x)
}

/// Chebyshev coefficients of (1 + 2x)·e^(x²)·erfc(x) in y = (x − 4.4)/(x + 3.5), x from 0.45 to infinity: the idea of
/// Shepherd and Laframboise (1981, Mathematics of Computation 36), computed by `tests/oracle/special_coefficients.py`.
const SCALED_ERFC: [f64; 23] = [
    1.209_549_335_085_531,
    -0.070_699_051_829_618_35,
    -0.025_407_941_049_055_322,
    0.021_897_727_794_074_704,
    -0.009_180_497_122_191_67,
    0.002_748_977_143_329_977_8,
    -0.000_622_032_952_287_734_2,
    0.000_102_885_454_421_479_72,
    -1.037_597_729_862_249_5e-5,
    -4.145_711_685_304_965e-8,
    2.102_402_482_290_731_3e-7,
    -2.748_945_200_297_025e-8,
    -1.509_507_033_342_767e-9,
    8.150_171_352_305_946e-10,
    -3.394_388_822_553_176e-11,
    -1.915_255_563_396_369e-11,
    2.160_805_755_691_695_2e-12,
    4.451_790_697_437_463_3e-13,
    -8.378_648_877_355_885e-14,
    -1.138_345_472_051_345_8e-14,
    2.969_335_948_837_030_3e-15,
    3.460_567_817_148_29e-16,
    -1.041_114_474_836_005e-16,
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_of_the_literature() {
        // Wichura (1988, Applied Statistics 37, algorithm AS 241), the values given there to check a program.
        for (p, z) in [
            (0.25, -0.674_489_750_196_081_7),
            (0.001, -3.090_232_306_167_814),
            (1e-20, -9.262_340_089_798_408),
        ] {
            assert!((normal_quantile(p) - z).abs() <= 4.0 * f64::EPSILON * z.abs(), "{p}");
        }
        assert!((DENSITY_AT_0 - 0.398_942_280_401_432_7).abs() <= f64::EPSILON / 4.0);
    }

    #[test]
    fn the_pieces_meet() {
        let near = |a: f64, b: f64| (a - b).abs() <= 1e-15 * a.abs();
        assert!(near(erfc(0.5), erfc(0.5_f64.next_up())));
        assert!(near(normal_survival(0.7), normal_survival(0.7_f64.next_up())));
        assert!(near(normal_quantile(0.25), normal_quantile(0.25_f64.next_down())));
        assert_eq!(normal_quantile(0.25), -normal_quantile(0.75));
    }
}
