use loyalty_core::ndarray::{Array2, Axis, Slice};
use loyalty_core::numeric::elementary::pow;
use loyalty_core::score::{Behaviour, LoyaltyScore, Missing, Normaliser};
use proptest::collection::vec;
use proptest::prelude::*;

fn normaliser() -> impl Strategy<Value = Normaliser> {
    prop_oneof![Just(Normaliser::MinMax), Just(Normaliser::ZScore), Just(Normaliser::Percentile)]
}

fn behaviours() -> impl Strategy<Value = Vec<Behaviour>> {
    vec((0.01..10.0, normaliser(), any::<bool>()), 1..5).prop_map(|given| {
        let behaviour = |(i, (weight, normaliser, inverted)): (usize, _)| {
            Behaviour::new(format!("b{i}"), weight).normaliser(normaliser).inverted(inverted)
        };
        given.into_iter().enumerate().map(behaviour).collect()
    })
}

fn value() -> impl Strategy<Value = f64> {
    prop_oneof![6 => (0..9_u8).prop_map(f64::from), 3 => -50.0..50.0, 1 => -1.7e308..1.7e308, 1 => 0.0..1e-300]
}

/// A specification, customers to fit it to, and others to score.
fn case() -> impl Strategy<Value = (LoyaltyScore, Array2<f64>, Array2<f64>)> {
    (behaviours(), 1..30_usize, 1..10_usize).prop_flat_map(|(behaviours, fitted, new)| {
        let columns = behaviours.len();
        let matrix = move |rows: usize| {
            vec(value(), rows * columns)
                .prop_map(move |v| Array2::from_shape_vec((rows, columns), v).unwrap())
        };
        (Just(LoyaltyScore::new().behaviours(behaviours)), matrix(fitted), matrix(new))
    })
}

fn close(a: f64, b: f64) -> bool {
    (a - b).abs() <= 1e-11
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn a_score_is_within_its_range_and_the_sum_of_its_contributions((spec, x, new) in case()) {
        let model = spec.fit(x.view()).unwrap();
        let scores = model.score(new.view()).unwrap();
        let contributions = model.contributions(new.view()).unwrap();
        for (i, &score) in scores.iter().enumerate() {
            prop_assert!((0.0..=100.0).contains(&score));
            prop_assert!(contributions.row(i).iter().all(|points| *points >= 0.0));
            prop_assert!(close(contributions.row(i).sum(), score));
            prop_assert_eq!(model.score_one(&new.row(i).to_vec()).unwrap(), score);
            prop_assert_eq!(model.tier_of(score).unwrap().index, model.tier(new.view()).unwrap()[i]);
        }
    }

    #[test]
    fn a_score_never_falls_when_a_behaviour_gets_better(
        (spec, x, new) in case(),
        more in value(),
        at in any::<prop::sample::Index>(),
    ) {
        let model = spec.fit(x.view()).unwrap();
        let j = at.index(spec.behaviours.len());
        for row in new.rows() {
            let mut better = row.to_vec();
            better[j] = if spec.behaviours[j].inverted { better[j].min(more) } else { better[j].max(more) };
            prop_assert!(model.score_one(&better).unwrap() >= model.score_one(&row.to_vec()).unwrap());
        }
    }

    #[test]
    fn only_the_proportions_of_weights_matter(
        (spec, x, new) in case(),
        power in -60..60_i32,
        factor in 0.1..10.0,
    ) {
        let scores = |factor: f64| {
            let mut spec = spec.clone();
            spec.behaviours.iter_mut().for_each(|behaviour| behaviour.weight *= factor);
            spec.fit(x.view()).unwrap().score(new.view()).unwrap()
        };
        let plain = scores(1.0);
        prop_assert_eq!(&scores(pow(2.0, f64::from(power))), &plain);
        prop_assert!(scores(factor).iter().zip(&plain).all(|(&a, &b)| close(a, b)));
    }

    #[test]
    fn to_renormalise_is_to_leave_the_behaviour_out((spec, x, mut new) in case()) {
        let last = spec.behaviours.len() - 1;
        if last == 0 {
            return Ok(());
        }
        new.column_mut(last).fill(f64::NAN);
        let with = spec.clone().missing(Missing::Renormalise).fit(x.view()).unwrap();
        let columns = Slice::from(..last);
        let spec = spec.clone().behaviours(&spec.behaviours[..last]);
        let without = spec.fit(x.slice_axis(Axis(1), columns)).unwrap();
        let expected = without.score(new.slice_axis(Axis(1), columns)).unwrap();
        prop_assert_eq!(with.score(new.view()).unwrap(), expected);
    }

    #[test]
    fn neither_memory_layout_nor_row_order_matters((spec, x, new) in case()) {
        let model = spec.fit(x.view()).unwrap();
        let mut turned = Array2::zeros((x.ncols(), x.nrows()));
        turned.assign(&x.t());
        prop_assert_eq!(&spec.fit(turned.t()).unwrap(), &model);
        let scores = model.score(new.view()).unwrap();
        let mut reversed = model.score(new.slice_axis(Axis(0), Slice::new(0, None, -1))).unwrap();
        reversed.reverse();
        prop_assert_eq!(scores, reversed);
    }
}
