use loyalty_core::numeric::special::{erfc, normal_quantile, normal_survival};
use proptest::prelude::*;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn the_tails_mirror_each_other(x in -40.0..40.0, p in 0.0..1.0) {
        prop_assert!((erfc(x) + erfc(-x) - 2.0).abs() <= f64::EPSILON);
        prop_assert!((normal_survival(x) + normal_survival(-x) - 1.0).abs() <= f64::EPSILON);
        prop_assert!((0.0..=1.0).contains(&normal_survival(x)));
        // 1 − p is exact from ½ on.
        let p = 0.5 + 0.5 * p;
        prop_assert_eq!(normal_quantile(p), -normal_quantile(1.0 - p));
    }

    #[test]
    fn the_quantile_inverts_the_survival(z in 0.0..38.0) {
        let p = normal_survival(z);
        // An error of p by ε moves z by ε/hazard; below 2⁻¹⁰²² p itself has but few digits.
        prop_assert!(p < f64::MIN_POSITIVE || (normal_quantile(p) + z).abs() <= 1e-14);
    }

    #[test]
    fn both_fall_and_rise_where_they_must(a in -40.0..40.0, step in 1e-9..1.0) {
        prop_assert!(normal_survival(a) >= normal_survival(a + step));
        prop_assert!(erfc(a) >= erfc(a + step));
        let p = normal_survival(a.abs());
        prop_assert!(normal_quantile(p) >= normal_quantile(p * (1.0 - 1e-9)));
    }
}
