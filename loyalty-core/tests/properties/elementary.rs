use loyalty_core::numeric::elementary::{exp, exp_m1, ln, ln_1p, log_logistic, logistic, pow};
use proptest::num::f64::{NEGATIVE, NORMAL, POSITIVE, SUBNORMAL, ZERO};
use proptest::prelude::*;

const ULP: f64 = f64::EPSILON;

/// Any finite number, of any magnitude.
fn finite() -> impl Strategy<Value = f64> {
    NORMAL | SUBNORMAL | ZERO | POSITIVE | NEGATIVE
}

fn positive() -> impl Strategy<Value = f64> {
    (NORMAL | SUBNORMAL | POSITIVE).prop_map(f64::abs)
}

/// Two numbers in ascending order: far apart or next to each other, of any magnitude or where the functions bend.
fn ascending() -> impl Strategy<Value = (f64, f64)> {
    let number = prop_oneof![finite(), -750.0..750.0, -2.0..2.0];
    (number.clone(), number, any::<bool>()).prop_map(|(a, b, adjacent)| match adjacent {
        true => (a, a.next_up()),
        false => (a.min(b), a.max(b)),
    })
}

fn close(actual: f64, expected: f64, relative: f64) -> bool {
    (actual - expected).abs() <= relative * expected.abs()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn none_ever_falls((a, b) in ascending()) {
        for f in [exp, exp_m1, logistic, log_logistic] {
            prop_assert!(f(a) <= f(b), "at {a:e} and {b:e}: {:e} and {:e}", f(a), f(b));
        }
        let (a, b) = (a.abs().min(b.abs()), a.abs().max(b.abs()));
        prop_assert!(ln(a) <= ln(b));
        prop_assert!(ln_1p(a) <= ln_1p(b));
        let (a, b) = (-1.0 / (1.0 + a), -1.0 / (1.0 + b));
        prop_assert!(ln_1p(a) <= ln_1p(b));
    }

    #[test]
    fn finite_input_never_gives_nan(x in finite(), y in finite()) {
        for f in [exp, exp_m1, logistic, log_logistic] {
            prop_assert!(!f(x).is_nan());
        }
        prop_assert!(!ln(x.abs()).is_nan());
        prop_assert!(!ln_1p(x.abs()).is_nan());
        prop_assert!(!pow(x.abs(), y).is_nan());
        prop_assert_eq!(pow(x, y).is_nan(), x < 0.0 && y.fract() != 0.0);
    }

    #[test]
    fn inverses(x in positive(), y in -700.0..700.0) {
        // An error of half a unit in ln x is one of |ln x| half units in x.
        prop_assert!(x < f64::MIN_POSITIVE || close(exp(ln(x)), x, (2.0 + ln(x).abs()) * ULP));
        prop_assert!(close(ln(exp(y)), y, ULP) || (ln(exp(y)) - y).abs() <= ULP);
        prop_assert!(close(ln_1p(exp_m1(y.abs())), y.abs(), 2.0 * ULP));
    }

    #[test]
    fn logistic_is_a_probability_and_its_complement(x in finite(), small in -40.0..40.0) {
        prop_assert!((0.0..=1.0).contains(&logistic(x)));
        for x in [x, small] {
            prop_assert!((logistic(x) + logistic(-x) - 1.0).abs() <= ULP);
            prop_assert!(log_logistic(x) <= 0.0);
        }
        prop_assert!(close(log_logistic(small), ln(logistic(small)), 2.0 * ULP) || small > -1.0);
        prop_assert!(close(exp(log_logistic(small)), logistic(small), (2.0 + small.abs()) * ULP));
    }

    #[test]
    fn powers(x in positive(), y in -5.0..5.0, base in 0.01..100.0) {
        prop_assert_eq!(pow(x, 1.0), x);
        prop_assert!(pow(x, 2.0) == x * x || close(pow(x, 2.0), x * x, ULP));
        prop_assert!(pow(x, -1.0) == 1.0 / x || close(pow(x, -1.0), 1.0 / x, ULP));
        prop_assert!(close(pow(x, 0.5), x.sqrt(), ULP));
        prop_assert!(close(pow(base, y), 1.0 / pow(base, -y), 4.0 * ULP));
        prop_assert!(close(ln(pow(base, y)), y * ln(base), 4.0 * ULP) || (y * ln(base)).abs() < 1.0);
    }
}
