//! Churn.

use loyalty_core::churn::{ClassWeight, FittedLogisticChurn, LogisticChurn, labels};
use loyalty_core::monitor::{Monitor, Progress};
use loyalty_core::ndarray::{Array2, Axis, array};
use loyalty_core::numeric::elementary;
use loyalty_core::{Error, Result};
use std::ops::ControlFlow;

const FREE: f64 = f64::INFINITY;

fn refused<T: std::fmt::Debug>(result: Result<T>, code: &str, argument: &str) {
    let error = result.unwrap_err();
    assert_eq!((error.code(), error.argument()), (code, Some(argument)), "{error}");
}

/// The features blamed for the lack of an estimate.
fn blamed(spec: LogisticChurn, x: &Array2<f64>, y: &[bool]) -> Vec<String> {
    match spec.fit(x.view(), y) {
        Err(Error::NoEstimate { features, .. }) => features,
        other => panic!("{other:?}"),
    }
}

/// Either a typed error, or a model whose every figure and prediction is a number.
fn sound(result: Result<FittedLogisticChurn>, x: &Array2<f64>) {
    let Ok(model) = result else { return };
    assert!(model.coefficients().iter().all(|w| w.is_finite()) && model.intercept().is_finite());
    assert!(model.predict_proba(x.view()).unwrap().iter().all(|p| (0.0..=1.0).contains(p)));
    for extreme in [f64::MAX, -f64::MAX, 5e-324, 0.0] {
        let x =
            Array2::from_shape_fn((2, x.ncols()), |(i, j)| if (i + j) % 2 == 0 { extreme } else { -extreme });
        assert!(model.decision(x.view()).unwrap().iter().all(|d| d.is_finite()));
        assert!(model.contributions(x.view()).unwrap().iter().all(|c| c.is_finite()));
    }
}

#[test]
fn parameters_out_of_range() {
    let (x, y) = (array![[1.0], [2.0], [1.5]], [true, false, true]);
    let spec = LogisticChurn::new;
    for c in [0.0, -1.0, f64::NAN, f64::NEG_INFINITY] {
        refused(spec().c(c).fit(x.view(), &y), "INVALID_PARAMETER", "c");
    }
    for l1_ratio in [-0.1, 1.1, f64::NAN] {
        refused(spec().l1_ratio(l1_ratio).fit(x.view(), &y), "INVALID_PARAMETER", "l1_ratio");
    }
    for tol in [-1.0, f64::NAN, f64::INFINITY] {
        refused(spec().tol(tol).fit(x.view(), &y), "INVALID_PARAMETER", "tol");
    }
    for level in [0.0, 1.0, f64::NAN] {
        refused(spec().confidence_level(level).fit(x.view(), &y), "INVALID_PARAMETER", "confidence_level");
    }
    for weight in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        let class_weight = ClassWeight::Given { retained: 1.0, churned: weight };
        refused(spec().class_weight(class_weight).fit(x.view(), &y), "INVALID_PARAMETER", "class_weight");
    }
    refused(spec().max_iter(0).fit(x.view(), &y), "INVALID_PARAMETER", "max_iter");
    refused(spec().n_threads(0).fit(x.view(), &y), "INVALID_PARAMETER", "n_threads");
    refused(spec().feature_names(["a", "b"]).fit(x.view(), &y), "SHAPE_MISMATCH", "feature_names");
}

#[test]
fn malformed_data() {
    let spec = LogisticChurn::new();
    let x = array![[1.0], [2.0], [1.5]];
    let y = [true, false, true];
    refused(spec.fit(Array2::zeros((0, 2)).view(), &[]), "TOO_FEW_ROWS", "x");
    refused(spec.fit(Array2::zeros((3, 0)).view(), &y), "SHAPE_MISMATCH", "x");
    refused(spec.fit(x.view(), &y[..2]), "SHAPE_MISMATCH", "y");
    refused(spec.fit(array![[1.0]].view(), &y[..1]), "DEGENERATE", "y");
    refused(spec.fit(x.view(), &[false; 3]), "DEGENERATE", "y");
    for bad in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        refused(spec.fit(array![[1.0], [bad], [2.0]].view(), &y), "NON_FINITE", "x");
        let model = spec.fit(x.view(), &y).unwrap();
        refused(model.predict_proba_one(&[bad]), "NON_FINITE", "x");
        refused(model.decision(array![[bad]].view()), "NON_FINITE", "x");
        refused(model.contributions(array![[bad]].view()), "NON_FINITE", "x");
    }
    let model = spec.fit(x.view(), &y).unwrap();
    refused(model.predict_proba_one(&[]), "SHAPE_MISMATCH", "x");
    refused(model.predict(Array2::zeros((1, 2)).view()), "SHAPE_MISMATCH", "x");
    refused(
        model.predict_with(Array2::zeros((1, 1)).view(), Some(0), &mut Monitor::silent()),
        "INVALID_PARAMETER",
        "n_threads",
    );
    assert!(model.predict_proba(Array2::zeros((0, 1)).view()).unwrap().is_empty());

    let fit = |weights: &[f64]| spec.fit_with(x.view(), &y, Some(weights), &mut Monitor::silent());
    refused(fit(&[1.0, 1.0]), "SHAPE_MISMATCH", "sample_weight");
    refused(fit(&[1.0, f64::NAN, 1.0]), "NON_FINITE", "sample_weight");
    refused(fit(&[1.0, -1.0, 1.0]), "INVALID_VALUE", "sample_weight");
    refused(fit(&[0.0; 3]), "DEGENERATE", "sample_weight");
    refused(fit(&[1.0, 0.0, 1.0]), "DEGENERATE", "y");
    refused(fit(&[f64::MAX; 3]), "DEGENERATE", "sample_weight");
    for weights in [[5e-324; 3], [1e-300, 1e300, 1e-300], [1e300, 1.0, 1e-300]] {
        sound(fit(&weights), &x);
    }
}

#[test]
fn features_without_an_estimate_are_named() {
    let spec = || LogisticChurn::new().c(FREE);
    let y = [false, true, false, true, false, true, false, true];
    let overlapping = [1.0, 0.0, 2.0, 3.0, 4.0, 2.5, 0.5, 1.5];
    let with = |columns: [fn(usize, f64) -> f64; 2]| {
        Array2::from_shape_fn(
            (8, 3),
            |(i, j)| if j == 0 { overlapping[i] } else { columns[j - 1](i, overlapping[i]) },
        )
    };
    let random: fn(usize, f64) -> f64 = |i, _| [0.3, 0.1, -0.7, 0.9, 0.2, -0.4, 0.6, -0.2][i];
    let named = spec().feature_names(["visits", "spend", "age"]);

    assert_eq!(blamed(spec(), &with([random, |_, _| 0.1]), &y), ["x2"]);
    assert_eq!(blamed(named.clone(), &with([random, |_, _| 0.1]), &y), ["age"]);
    assert_eq!(blamed(spec(), &with([|_, x| x, random]), &y), ["x0", "x1"]);
    assert_eq!(blamed(named.clone(), &with([random, |_, x| 0.1 * x - 7.0]), &y), ["visits", "age"]);
    // Alone: completely, then with one tie at the threshold, then by a rare flag.
    assert_eq!(
        blamed(spec(), &with([random, |i, _| if i % 2 == 1 { 5.0 + i as f64 } else { i as f64 - 3.0 }]), &y),
        ["x2"]
    );
    assert_eq!(blamed(spec(), &with([|i, _| (i % 2) as f64 * i as f64, random]), &y), ["x1"]);
    assert_eq!(blamed(spec(), &with([|i, _| f64::from(u8::from(i == 3)), random]), &y), ["x1"]);
    // Together, in units far apart.
    let together =
        with([|i, _| 1e8 * random_at(i), |i, x| x - random_at(i) * 2.0 + if i % 2 == 1 { 4.0 } else { 0.0 }]);
    assert!(!blamed(named, &together, &y).is_empty());
    // More coefficients than rows can tell apart.
    let x = Array2::from_shape_fn((4, 6), |(i, j)| ((i * 7 + j * 3) % 5) as f64 + 0.1 * (i * j) as f64);
    assert!(!blamed(spec(), &x, &y[..4]).is_empty());
    // A penalty makes them all sound.
    for columns in [with([random, |_, _| 0.1]), with([|_, x| x, random]), together] {
        for l1_ratio in [0.0, 0.5, 1.0] {
            let model = LogisticChurn::new().l1_ratio(l1_ratio).fit(columns.view(), &y).unwrap();
            assert!(model.converged());
        }
    }
    let model = LogisticChurn::new().fit(with([random, |_, _| 0.1]).view(), &y).unwrap();
    assert_eq!(model.constant_features().collect::<Vec<_>>(), ["x2"]);
    assert_eq!(model.coefficients()[2], 0.0);
}

fn random_at(i: usize) -> f64 {
    [0.3, 0.1, -0.7, 0.9, 0.2, -0.4, 0.6, -0.2][i]
}

#[test]
fn overlap_by_a_hair_is_no_separation() {
    // The classes overlap by one part in 10⁸: the estimate is far away but exists.
    let x = array![[0.0], [0.2], [0.5], [0.8], [1.0 + 1e-8], [1.0], [1.3], [1.5], [1.9], [2.0]];
    let y = [false, false, false, false, false, true, true, true, true, true];
    let model = LogisticChurn::new().c(FREE).fit(x.view(), &y).unwrap();
    assert!(model.converged() && model.coefficients()[0] > 50.0);
    // A rare flag that all but one of its thousand bearers share with a class.
    let x = Array2::from_shape_fn((4000, 1), |(i, _)| f64::from(u8::from(i < 1000)));
    let y: Vec<bool> = (0..4000).map(|i| if i < 1000 { i > 0 } else { i % 2 == 0 }).collect();
    let model = LogisticChurn::new().c(FREE).fit(x.view(), &y).unwrap();
    assert!(model.converged() && !model.separation_risk());
    assert!((model.odds_ratios()[0] / 999.0 - 1.0).abs() < 1e-9);
}

#[test]
fn a_separated_ridge_fit_is_flagged() {
    let x = array![[1.0], [2.0], [3.0], [4.0]];
    for c in [1e-3, 1.0, 1e6] {
        let model = LogisticChurn::new().c(c).fit(x.view(), &[false, false, true, true]).unwrap();
        assert!(model.converged() && model.separation_risk());
        let model = LogisticChurn::new().c(c).fit(x.view(), &[false, true, false, true]).unwrap();
        assert!(model.converged() && !model.separation_risk());
    }
}

#[test]
fn a_lasso_of_separated_classes_ends() {
    // Steps overshoot to where no row has any curvature left; only the penalty shows the way back.
    let mut rng = loyalty_core::numeric::rng::Rng::new(3);
    let x = Array2::from_shape_fn((400, 3), |(i, j)| match j {
        0 => f64::from(u8::from(i % 2 == 0)),
        1 => 250.0 * rng.uniform() * rng.uniform(),
        _ => rng.uniform() - 0.5,
    });
    let y: Vec<bool> = (0..400).map(|i| i % 2 == 0).collect();
    for c in [1.0, 1e3, 1e5, 1e6, 1e9] {
        for l1_ratio in [0.5, 1.0] {
            let spec = LogisticChurn::new().c(c).l1_ratio(l1_ratio).fit_intercept(false);
            let model = spec.fit(x.view(), &y).unwrap();
            assert!(model.converged() && model.iterations() < 100, "c = {c}, l1_ratio = {l1_ratio}");
        }
    }
}

#[test]
fn a_model_keeps_neither_threads_nor_names_among_its_params() {
    let x = array![[1.0], [2.0], [1.5]];
    let spec = LogisticChurn::new().n_threads(1).feature_names(["visits"]);
    let model = spec.fit(x.view(), &[true, false, true]).unwrap();
    assert_eq!((model.params().n_threads, model.params().feature_names.len()), (None, 0));
    assert_eq!(model.feature_names(), ["visits"]);
    let text = serde_json::to_string(&model).unwrap();
    assert_eq!(serde_json::from_str::<FittedLogisticChurn>(&text).unwrap(), model);
}

#[test]
fn extreme_values_end_in_numbers_or_errors() {
    let scales = [5e-324, 1e-310, 1e-300, 1e-150, 1e-8, 1.0, 1e8, 1e150, 1e300, f64::MAX];
    let y = [true, false, true, false, false, true];
    for a in scales {
        for b in scales {
            let x = Array2::from_shape_vec(
                (6, 2),
                vec![a, b, -a, 0.0, a, -b, 0.0, b, 0.5 * a, 0.25 * b, -a, 0.5 * b],
            )
            .unwrap();
            for c in [5e-324, 1e-8, 1.0, 1e12, f64::MAX, FREE] {
                for l1_ratio in [0.0, 0.5, 1.0] {
                    for intercept in [true, false] {
                        let spec = LogisticChurn::new().c(c).l1_ratio(l1_ratio).fit_intercept(intercept);
                        sound(spec.n_threads(1).fit(x.view(), &y), &x);
                    }
                }
            }
        }
    }
}

#[test]
fn far_and_wide_columns_keep_their_digits() {
    let (shape, y) =
        ([0.3, -1.2, 0.8, 2.0, -0.5, 1.1, -2.0, 0.1], [true, false, true, false, false, true, false, true]);
    let fit = |f: &dyn Fn(f64) -> f64| {
        let x = Array2::from_shape_fn((8, 1), |(i, _)| f(shape[i]));
        LogisticChurn::new().c(FREE).fit(x.view(), &y).unwrap()
    };
    let plain = fit(&|x| x).coefficients()[0];
    for factor in [1e-300, 1e-100, 1e-8, 1e8, 1e100, 1e300] {
        assert!((fit(&|x| x * factor).coefficients()[0] * factor / plain - 1.0).abs() < 1e-10);
    }
    for offset in [1e6, -1e9] {
        assert!((fit(&|x| x + offset).coefficients()[0] / plain - 1.0).abs() < 1e-5);
    }
}

#[test]
fn a_fit_can_be_stopped() {
    let (x, y) = (array![[1.0], [2.0], [1.5]], [true, false, true]);
    let mut stop = |progress: Progress| {
        if progress.iteration > 1 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    };
    let result = LogisticChurn::new().fit_with(x.view(), &y, None, &mut Monitor::new(&mut stop));
    assert_eq!(result, Err(Error::Cancelled));

    let model = LogisticChurn::new().max_iter(1).fit(x.view(), &y).unwrap();
    assert!(!model.converged() && model.iterations() == 1);
}

#[test]
fn times_at_the_ends_of_their_range() {
    assert_eq!(labels(&[i64::MAX, i64::MIN], i64::MIN + 1, f64::MIN_POSITIVE).unwrap(), [true, true]);
    assert_eq!(labels(&[i64::MAX], i64::MIN, f64::MAX).unwrap(), [false]);
    refused(labels(&[i64::MAX], i64::MAX, 1.0), "INVALID_VALUE", "next_purchase");
    for horizon in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        refused(labels(&[], 0, horizon), "INVALID_PARAMETER", "horizon_days");
    }
}

#[test]
fn params_in_json() {
    let text = r#"{"c":"infinity","class_weight":{"given":{"retained":1.0,"churned":2.0}}}"#;
    let spec: LogisticChurn = serde_json::from_str(text).unwrap();
    assert_eq!(
        spec,
        LogisticChurn::new().c(FREE).class_weight(ClassWeight::Given { retained: 1.0, churned: 2.0 })
    );
    assert!(serde_json::to_string(&spec).unwrap().starts_with(r#"{"c":"infinity","#));
    for bad in [r#"{"c":"inf"}"#, r#"{"c":null}"#, r#"{"C":1.0}"#, r#"{"class_weight":"even"}"#] {
        assert!(serde_json::from_str::<LogisticChurn>(bad).is_err(), "{bad}");
    }
}

#[test]
fn near_collinearity_shows_in_the_condition() {
    let mut rng = loyalty_core::numeric::rng::Rng::new(3);
    let draws: Vec<[f64; 3]> = (0..400).map(|_| [rng.uniform(), rng.uniform(), rng.uniform()]).collect();
    let y: Vec<bool> = draws.iter().map(|d| d[0] + d[1] < 2.0 * d[2]).collect();
    let condition = |distance: f64| {
        let x = Array2::from_shape_fn((400, 2), |(i, j)| {
            draws[i][0] + if j == 1 { distance * draws[i][1] } else { 0.0 }
        });
        let model = LogisticChurn::new().c(f64::INFINITY).fit(x.view(), &y).unwrap();
        model.inference().unwrap().condition
    };
    assert!(condition(1e3) < 100.0, "{}", condition(1e3));
    assert!((1e4..1e8).contains(&condition(1e-2)), "{}", condition(1e-2));
    assert!(condition(1e-4) > 100.0 * condition(1e-2));
}

/// A row far out on its own side is saturated: the fit of the others is that without it, or is refused, but never another.
#[test]
fn an_outlier_of_an_unpenalised_fit_is_no_matter_or_refused() {
    let free = LogisticChurn::new().c(f64::INFINITY);
    let x = Array2::from_shape_fn((30, 1), |(i, _)| (((i * 7919) % 31) as f64 - 15.0) / 5.0);
    let y: Vec<bool> = (0..30)
        .map(|i| (((i * 13) % 30) as f64) / 30.0 < 1.0 / (1.0 + elementary::exp(-0.5 * x[[i, 0]])))
        .collect();
    let others: Vec<usize> = (1..30).collect();
    let y_others: Vec<bool> = y[1..].to_vec();
    let plain = free.fit(x.select(Axis(0), &others).view(), &y_others).unwrap();
    for outlier in [1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e12, 1e100] {
        let (mut x, mut y) = (x.clone(), y.clone());
        (x[[0, 0]], y[0]) = (outlier, plain.coefficients()[0] > 0.0);
        match free.fit(x.view(), &y) {
            Ok(model) => {
                assert!(model.converged() && model.inference().is_some(), "{outlier}");
                let error = model.coefficients()[0] / plain.coefficients()[0] - 1.0;
                assert!(error.abs() < 1e-8, "{outlier}: {error}");
            }
            Err(error) => {
                assert_eq!((error.code(), error.argument()), ("NO_ESTIMATE", Some("x0")));
                assert!(outlier >= 1e8, "{outlier}: {error}");
            }
        }
    }
}
