//! Numbers that are none, at every public door of `numeric`.

use loyalty_core::numeric::quantile::quantiles;
use loyalty_core::numeric::rng::Rng;
use loyalty_core::numeric::sum::{ExactSum, RunningSum, exact_sum};

const INF: f64 = f64::INFINITY;
const NAN: f64 = f64::NAN;

#[test]
fn sums_of_what_is_not_finite() {
    let sum = |values: &[f64]| exact_sum(values.iter().copied());
    assert_eq!(sum(&[1.0, INF, -5.0]), INF);
    assert_eq!(sum(&[-INF, f64::MAX, f64::MAX]), -INF);
    for values in [&[NAN, 1.0][..], &[1.0, -NAN], &[INF, -INF], &[NAN; 3], &[INF, NAN]] {
        assert!(sum(values).is_nan(), "{values:?}");
    }
    for bad in [NAN, INF, -INF] {
        let mut running = RunningSum::default();
        running.add(1.0);
        running.add(bad);
        running.add(1.0);
        assert_eq!(running.exact(), None);
        let mut whole = RunningSum::default();
        whole.merge(running);
        assert_eq!(whole.exact(), None);

        let mut exact = ExactSum::default();
        [1.0, bad, -1.0].into_iter().for_each(|x| exact.add(x));
        assert_eq!(exact.value().to_string(), bad.to_string());
    }
}

#[test]
fn quantiles_of_what_is_not_finite() {
    let of = |values: &[f64], p: f64| quantiles(&mut values.to_vec(), &[p])[0];
    assert_eq!(of(&[INF, -INF], 0.0), -INF);
    assert_eq!(of(&[INF, -INF], 1.0), INF);
    assert!(of(&[INF, -INF], 0.5).is_nan());
    assert_eq!(of(&[INF, 5.0], 0.0), 5.0);
    assert_eq!(of(&[INF, 5.0], 0.25), INF);
    assert_eq!(of(&[INF; 3], 0.3), INF);
    assert_eq!(of(&[NAN, 1.0, 2.0], 0.5), 2.0);
    assert!(of(&[NAN, 1.0, 2.0], 0.75).is_nan());
    assert!(of(&[1.0, 2.0], NAN).is_nan());
    assert_eq!((of(&[1.0, 2.0], -INF), of(&[1.0, 2.0], INF)), (1.0, 2.0));
    assert!(quantiles(&mut [], &[NAN]).is_empty() && quantiles(&mut [1.0], &[]).is_empty());
}

#[test]
fn draws_from_nothing_and_from_everything() {
    let mut rng = Rng::new(u64::MAX);
    assert_eq!((rng.below(0), rng.below(1)), (0, 0));
    assert!(rng.below(usize::MAX) < usize::MAX);
    rng.shuffle(&mut [] as &mut [u8]);
    rng.shuffle(&mut [1]);
}
