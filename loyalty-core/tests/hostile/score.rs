use loyalty_core::Error;
use loyalty_core::ndarray::{Array2, array};
use loyalty_core::score::{Behaviour, LoyaltyScore, Missing, Normaliser, Tiers};

const LEARNT: [Normaliser; 3] = [Normaliser::MinMax, Normaliser::ZScore, Normaliser::Percentile];
const EXTREMES: [f64; 9] =
    [0.0, -0.0, 5e-324, -5e-324, f64::MIN_POSITIVE, f64::MAX, f64::MIN, 1e300, f64::EPSILON];

fn one(normaliser: Normaliser) -> LoyaltyScore {
    LoyaltyScore::new().behaviour(Behaviour::new("b", 1.0).normaliser(normaliser))
}

fn column(values: &[f64]) -> Array2<f64> {
    Array2::from_shape_vec((values.len(), 1), values.to_vec()).unwrap()
}

fn refusal<T: std::fmt::Debug>(result: Result<T, Error>) -> (&'static str, String) {
    let error = result.unwrap_err();
    (error.code(), error.argument().unwrap_or_default().to_owned())
}

#[test]
fn extreme_numbers() {
    for normaliser in LEARNT {
        // Each pair of extremes as the data of a fit, all of them to be scored.
        for a in EXTREMES {
            for b in EXTREMES {
                let model = one(normaliser).fit(column(&[a, b]).view()).unwrap();
                let scores = model.score(column(&EXTREMES).view()).unwrap();
                assert!(
                    scores.iter().all(|score| (0.0..=100.0).contains(score)),
                    "{normaliser:?} {a} {b}: {scores:?}"
                );
            }
        }
        assert!(one(normaliser).fit(column(&EXTREMES).view()).is_ok());
    }
}

#[test]
fn values_that_are_no_numbers() {
    for normaliser in LEARNT {
        let model = one(normaliser).fit(column(&[1.0, 2.0]).view()).unwrap();
        for bad in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            let x = column(&[1.0, bad]);
            assert_eq!(refusal(one(normaliser).fit(x.view())), ("NON_FINITE", "x".to_owned()));
            assert!(matches!(model.score(x.view()), Err(Error::NonFinite { row: 1, column: 0, .. })));
            assert_eq!(refusal(model.contributions(x.view())), ("NON_FINITE", "x".to_owned()));
            assert_eq!(refusal(model.tier(x.view())), ("NON_FINITE", "x".to_owned()));
            assert_eq!(refusal(model.score_one(&[bad])), ("NON_FINITE", "x".to_owned()));
            assert_eq!(refusal(model.tier_of(bad)), ("INVALID_PARAMETER", "score".to_owned()));
        }
    }
}

#[test]
fn missing_values() {
    let nan = f64::NAN;
    let spec = LoyaltyScore::purchase_usage_feedback().missing(Missing::Renormalise);
    let model = spec.fit(array![[nan, 1.0, 2.0], [1.0, nan, nan]].view()).unwrap();
    assert_eq!(refusal(model.score_one(&[nan; 3])), ("INVALID_VALUE", "x".to_owned()));
    assert_eq!(refusal(model.score_one(&[f64::INFINITY, 0.0, 0.0])), ("NON_FINITE", "x".to_owned()));
    assert_eq!(refusal(spec.fit(array![[nan, 1.0, 2.0]].view())), ("DEGENERATE", "purchase".to_owned()));
    let no_weight = LoyaltyScore::new()
        .behaviours([Behaviour::new("a", 0.0), Behaviour::new("b", 1.0)])
        .missing(Missing::Renormalise)
        .fit(array![[1.0, 1.0]].view())
        .unwrap();
    assert_eq!(refusal(no_weight.score_one(&[1.0, nan])), ("INVALID_VALUE", "x".to_owned()));
}

#[test]
fn shapes() {
    let spec = LoyaltyScore::purchase_usage_feedback();
    assert_eq!(refusal(spec.fit(Array2::zeros((0, 3)).view())), ("TOO_FEW_ROWS", "x".to_owned()));
    for columns in [0, 2, 4] {
        assert_eq!(refusal(spec.fit(Array2::zeros((2, columns)).view())), ("SHAPE_MISMATCH", "x".to_owned()));
    }
    let model = spec.fit(Array2::zeros((1, 3)).view()).unwrap();
    assert!(model.score(Array2::zeros((0, 3)).view()).unwrap().is_empty());
    assert_eq!(refusal(model.score_one(&[])), ("SHAPE_MISMATCH", "x".to_owned()));
    assert_eq!(
        refusal(model.contributions(Array2::zeros((1, 2)).view())),
        ("SHAPE_MISMATCH", "x".to_owned())
    );
}

#[test]
fn shares_without_a_normaliser() {
    let model = one(Normaliser::None).fit(column(&[0.0, 1.0]).view()).unwrap();
    for bad in [-5e-324, 1.0 + f64::EPSILON, f64::MAX] {
        assert_eq!(
            refusal(one(Normaliser::None).fit(column(&[bad]).view())),
            ("INVALID_VALUE", "b".to_owned())
        );
        assert!(matches!(model.score(column(&[0.5, bad]).view()), Err(Error::InvalidValue { row: 1, .. })));
    }
    assert_eq!(model.score_one(&[-0.0]).unwrap(), 0.0);
}

#[test]
fn parameters() {
    let fit = |spec: LoyaltyScore| refusal(spec.fit(array![[1.0, 2.0], [3.0, 4.0]].view()));
    let two =
        |a: f64, b: f64| LoyaltyScore::new().behaviours([Behaviour::new("a", a), Behaviour::new("b", b)]);
    for (a, b) in [(-1.0, 2.0), (f64::NAN, 1.0), (f64::INFINITY, 1.0), (0.0, -0.0), (f64::MAX, f64::MAX)] {
        assert_eq!(fit(two(a, b)), ("INVALID_PARAMETER", "weight".to_owned()));
    }
    assert_eq!(fit(LoyaltyScore::new()), ("INVALID_PARAMETER", "behaviours".to_owned()));
    for name in ["a", " ", ""] {
        let spec = two(1.0, 1.0).behaviour(Behaviour::new(name, 1.0));
        assert_eq!(fit(spec), ("INVALID_PARAMETER", "behaviours".to_owned()));
    }
    let tiers: [(&[&str], &[f64]); 7] = [
        (&[], &[]),
        (&["a"], &[1.0]),
        (&["a", "a"], &[1.0]),
        (&["a", ""], &[1.0]),
        (&["a", "b"], &[f64::NAN]),
        (&["a", "b"], &[-1.0]),
        (&["a", "b", "c"], &[5.0, 5.0]),
    ];
    for (names, thresholds) in tiers {
        let spec = two(1.0, 1.0).tiers(Tiers::new(names.iter().copied(), thresholds));
        assert_eq!(fit(spec), ("INVALID_PARAMETER", "tiers".to_owned()), "{names:?} {thresholds:?}");
    }
}

#[test]
fn the_smallest_and_the_greatest_weights() {
    for weight in [5e-324, f64::MAX / 2.0] {
        let spec = LoyaltyScore::new().behaviours([Behaviour::new("a", weight), Behaviour::new("b", weight)]);
        let model = spec.fit(array![[0.0, 0.0], [1.0, 1.0]].view()).unwrap();
        assert_eq!(model.score_one(&[1.0, 0.0]).unwrap(), 50.0);
    }
}
