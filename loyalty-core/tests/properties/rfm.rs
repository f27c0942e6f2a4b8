use loyalty_core::rfm::{FittedRfm, Rfm, RfmWeights};
use proptest::collection::vec;
use proptest::prelude::*;

type Customer = (f64, f64, f64);

/// Few enough values that many coincide, and some far away.
fn value() -> impl Strategy<Value = f64> {
    prop_oneof![8 => (0..12_u8).prop_map(f64::from), 1 => -1e300..1e300, 1 => 0.0..1e-300]
}

fn customers() -> impl Strategy<Value = Vec<Customer>> {
    vec((value(), value(), value()), 1..60)
}

fn spec() -> impl Strategy<Value = Rfm> {
    (2..=10_usize, any::<bool>(), [0.1..9.0, 0.0..9.0, 0.0..9.0]).prop_map(|(n_bins, nested, [r, f, m])| {
        Rfm::new().n_bins(n_bins).nested(nested).weights(RfmWeights::new(r, f, m))
    })
}

fn columns(customers: &[Customer]) -> [Vec<f64>; 3] {
    [
        customers.iter().map(|c| c.0).collect(),
        customers.iter().map(|c| c.1).collect(),
        customers.iter().map(|c| c.2).collect(),
    ]
}

fn fit(spec: &Rfm, customers: &[Customer]) -> FittedRfm {
    let [r, f, m] = columns(customers);
    spec.fit(&r, &f, &m).unwrap()
}

fn codes(model: &FittedRfm, customers: &[Customer]) -> Vec<String> {
    let [r, f, m] = columns(customers);
    model.score(&r, &f, &m).unwrap().codes()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn the_order_of_rows_does_not_matter(spec in spec(), customers in customers(), seed in any::<u64>()) {
        let mut order: Vec<usize> = (0..customers.len()).collect();
        loyalty_core::numeric::rng::Rng::new(seed).shuffle(&mut order);
        let shuffled: Vec<Customer> = order.iter().map(|&i| customers[i]).collect();
        let model = fit(&spec, &customers);
        prop_assert_eq!(&fit(&spec, &shuffled), &model);
        // And so equal customers have equal scores.
        let (codes, again) = (codes(&model, &customers), codes(&model, &shuffled));
        prop_assert!(order.iter().zip(&again).all(|(&i, code)| code == &codes[i]));
    }

    #[test]
    fn scores_are_monotone(
        spec in spec(),
        customers in customers(),
        one in (value(), value(), value()),
        more in value(),
    ) {
        let model = fit(&spec, &customers);
        let (r, f, m) = one;
        let base = model.score_one(r, f, m).unwrap();
        let staler = model.score_one(r.max(more), f, m).unwrap();
        prop_assert!(staler.r <= base.r);
        let busier = model.score_one(r, f.max(more), m).unwrap();
        prop_assert!(busier.f >= base.f && busier.r == base.r);
        let richer = model.score_one(r, f, m.max(more)).unwrap();
        prop_assert_eq!((richer.r, richer.f), (base.r, base.f));
        prop_assert!(richer.m >= base.m && richer.combined >= base.combined);
    }

    #[test]
    fn every_score_is_in_range_and_named(
        spec in spec(),
        customers in customers(),
        one in (value(), value(), value()),
    ) {
        let model = fit(&spec, &customers);
        let score = model.score_one(one.0, one.1, one.2).unwrap();
        let bins = 1..=spec.n_bins as u8;
        prop_assert!([score.r, score.f, score.m].iter().all(|s| bins.contains(s)));
        prop_assert!((1.0..=spec.n_bins as f64).contains(&score.combined));
        prop_assert!(model.segment_names().contains(&score.segment));
        let used = model.bins_in_use();
        let used = [used.recency_days, used.frequency, used.monetary];
        prop_assert!(used.iter().all(|n| (1..=spec.n_bins).contains(n)));
    }

    #[test]
    fn a_score_counts_the_cut_points_below(spec in spec(), customers in customers()) {
        let model = fit(&spec.nested(false), &customers);
        let cut_points = model.cut_points();
        let below = |cut_points: &[f64], value: f64| cut_points.partition_point(|&c| c < value) as u8;
        for &(r, f, m) in &customers {
            let score = model.score_one(r, f, m).unwrap();
            prop_assert_eq!(score.r, model.params().n_bins as u8 - below(&cut_points.recency_days, r));
            prop_assert_eq!(score.f, 1 + below(&cut_points.frequency, f));
            prop_assert_eq!(score.m, 1 + below(&cut_points.monetary, m));
        }
    }

    #[test]
    fn learnt_cut_points_given_back_score_the_same(spec in spec(), customers in customers()) {
        let model = fit(&spec.nested(false), &customers);
        let given = model.params().clone().cut_points(model.cut_points().clone());
        prop_assert_eq!(codes(&fit(&given, &customers), &customers), codes(&model, &customers));
    }
}
