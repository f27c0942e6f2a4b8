//! Churn.

use loyalty_core::Error;
use loyalty_core::churn::{ClassWeight, FittedLogisticChurn, LogisticChurn, labels};
use loyalty_core::monitor::Monitor;
use loyalty_core::ndarray::{Array2, Axis, concatenate};
use loyalty_core::numeric::elementary::exp;
use proptest::prelude::*;

/// Features, labels of both classes, and integer weights that leave both.
fn customers() -> impl Strategy<Value = (Array2<f64>, Vec<bool>, Vec<f64>)> {
    (8_usize..40, 1_usize..5).prop_flat_map(|(n, d)| {
        let x = proptest::collection::vec(-3.0..3.0, n * d);
        let y = proptest::collection::vec(any::<bool>(), n);
        let weights = proptest::collection::vec(0_u8..4, n);
        (x, y, weights).prop_map(move |(x, mut y, weights)| {
            let mut weights: Vec<f64> = weights.into_iter().map(f64::from).collect();
            (y[0], y[1]) = (false, true);
            (weights[0], weights[1]) = (1.0, 2.0);
            (Array2::from_shape_vec((n, d), x).unwrap(), y, weights)
        })
    })
}

fn any_spec() -> impl Strategy<Value = LogisticChurn> {
    let c = prop_oneof![Just(0.05), Just(1.0), Just(20.0)];
    let l1_ratio = prop_oneof![Just(0.0), Just(0.5), Just(1.0)];
    (c, l1_ratio, any::<bool>(), any::<bool>()).prop_map(|(c, l1_ratio, intercept, balanced)| {
        let class_weight = if balanced { ClassWeight::Balanced } else { ClassWeight::None };
        LogisticChurn::new()
            .c(c)
            .l1_ratio(l1_ratio)
            .fit_intercept(intercept)
            .class_weight(class_weight)
            .n_threads(1)
    })
}

fn close(a: f64, b: f64, tolerance: f64) -> bool {
    (a - b).abs() <= tolerance * (1.0 + a.abs().max(b.abs()))
}

fn same_model(a: &FittedLogisticChurn, b: &FittedLogisticChurn, tolerance: f64) -> bool {
    close(a.intercept(), b.intercept(), tolerance)
        && a.coefficients().iter().zip(b.coefficients()).all(|(&a, &b)| close(a, b, tolerance))
        && close(a.log_likelihood(), b.log_likelihood(), tolerance)
}

fn weighted(
    spec: &LogisticChurn,
    x: &Array2<f64>,
    y: &[bool],
    weights: &[f64],
) -> Result<FittedLogisticChurn, Error> {
    spec.fit_with(x.view(), y, Some(weights), &mut Monitor::silent())
}

/// The slow twin: plain proximal gradient descent on the raw objective.
fn by_gradient_descent(spec: &LogisticChurn, x: &Array2<f64>, y: &[bool]) -> Vec<f64> {
    let (n, d) = x.dim();
    let churned = y.iter().filter(|&&y| y).count() as f64;
    let balance =
        |y: bool| if y { n as f64 / (2.0 * churned) } else { n as f64 / (2.0 * (n as f64 - churned)) };
    let weight = |y: bool| if spec.class_weight == ClassWeight::Balanced { balance(y) } else { 1.0 };
    let mut theta = vec![0.0; d + 1];
    let bound: f64 = (0..n).map(|i| weight(y[i]) * (1.0 + x.row(i).iter().map(|v| v * v).sum::<f64>())).sum();
    let step = 1.0 / (1.0 + 0.25 * spec.c * bound);
    for _ in 0..60_000 {
        let mut gradient = vec![0.0; d + 1];
        for i in 0..n {
            let predictor = theta[d] + x.row(i).iter().zip(&theta).map(|(x, w)| x * w).sum::<f64>();
            let residual = 1.0 / (1.0 + exp(-predictor)) - f64::from(u8::from(y[i]));
            for j in 0..d {
                gradient[j] += spec.c * weight(y[i]) * residual * x[[i, j]];
            }
            gradient[d] += if spec.fit_intercept { spec.c * weight(y[i]) * residual } else { 0.0 };
        }
        for j in 0..d {
            let to = theta[j] - step * (gradient[j] + (1.0 - spec.l1_ratio) * theta[j]);
            theta[j] = (to.abs() - step * spec.l1_ratio).max(0.0) * to.signum();
        }
        theta[d] -= step * gradient[d];
    }
    theta
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn probabilities_rise_with_the_predictor((x, y, _) in customers(), spec in any_spec()) {
        let model = spec.fit(x.view(), &y).unwrap();
        let (p, decision) = (model.predict_proba(x.view()).unwrap(), model.decision(x.view()).unwrap());
        let predictions = model.predict(x.view()).unwrap();
        for i in 0..p.len() {
            prop_assert!((0.0..=1.0).contains(&p[i]));
            prop_assert_eq!(predictions[i], p[i] > 0.5);
            prop_assert_eq!(model.predict_proba_one(&x.row(i).to_vec()).unwrap().to_bits(), p[i].to_bits());
            for j in 0..p.len() {
                prop_assert!(decision[i] > decision[j] || p[i] <= p[j]);
            }
        }
    }

    #[test]
    fn contributions_add_up((x, y, weights) in customers(), spec in any_spec()) {
        let model = weighted(&spec, &x, &y, &weights).unwrap();
        let (parts, decision) = (model.contributions(x.view()).unwrap(), model.decision(x.view()).unwrap());
        for (row, decision) in parts.rows().into_iter().zip(decision) {
            prop_assert!(close(model.base_value() + row.sum(), decision, 1e-12));
        }
        let mean = Array2::from_shape_vec((1, x.ncols()), model.means().to_vec()).unwrap();
        prop_assert_eq!(model.decision(mean.view()).unwrap(), [model.base_value()]);
    }

    #[test]
    fn a_weight_is_that_many_rows((x, y, weights) in customers(), spec in any_spec()) {
        let repeated: Vec<usize> = (0..y.len()).flat_map(|i| vec![i; weights[i] as usize]).collect();
        let x_repeated = x.select(Axis(0), &repeated);
        let y_repeated: Vec<bool> = repeated.iter().map(|&i| y[i]).collect();
        let a = weighted(&spec, &x, &y, &weights).unwrap();
        let b = spec.fit(x_repeated.view(), &y_repeated).unwrap();
        prop_assert!(same_model(&a, &b, 1e-9), "{a:?}\n{b:?}");
        prop_assert!(a.means().iter().zip(b.means()).all(|(&a, &b)| close(a, b, 1e-12)));
    }

    #[test]
    fn row_order_and_memory_layout_do_not_matter((x, y, _) in customers(), spec in any_spec()) {
        let backwards: Vec<usize> = (0..y.len()).rev().collect();
        let y_backwards: Vec<bool> = y.iter().rev().copied().collect();
        let a = spec.fit(x.view(), &y).unwrap();
        let b = spec.fit(x.select(Axis(0), &backwards).view(), &y_backwards).unwrap();
        prop_assert!(same_model(&a, &b, 1e-9));
        let columns = x.t().as_standard_layout().to_owned();
        prop_assert_eq!(spec.fit(columns.t(), &y).unwrap(), a);
    }

    #[test]
    fn an_outlier_that_is_certain_changes_nothing((x, mut y, _) in customers(), size in 4..13_i32, c in prop_oneof![Just(0.5), Just(5.0)]) {
        let plain = LogisticChurn::new().c(c).fit(x.view(), &y).unwrap();
        let w = plain.coefficients()[0];
        prop_assume!(w.abs() > 0.05);
        // One customer more, so far out that the plain model is sure of the label.
        let mut row = Array2::zeros((1, x.ncols()));
        row[[0, 0]] = 10_f64.powi(size);
        y.push(w > 0.0);
        let with_outlier = concatenate(Axis(0), &[x.view(), row.view()]).unwrap();
        let model = LogisticChurn::new().c(c).fit(with_outlier.view(), &y).unwrap();
        prop_assert!(model.converged());
        prop_assert!(same_model(&plain, &model, 1e-9), "{plain:?}\n{model:?}");
        let (before, after) = (plain.predict_proba(x.view()).unwrap(), model.predict_proba(x.view()).unwrap());
        prop_assert!(before.iter().zip(after).all(|(&a, b)| close(a, b, 1e-10)));
    }

    #[test]
    fn an_unpenalised_fit_follows_units((x, y, _) in customers(), factor in prop_oneof![Just(1e-8), Just(37.5), Just(1e8)]) {
        let spec = LogisticChurn::new().c(f64::INFINITY);
        let mut rescaled = x.clone();
        rescaled.column_mut(0).mapv_inplace(|x| x * factor);
        match (spec.fit(x.view(), &y), spec.fit(rescaled.view(), &y)) {
            (Ok(a), Ok(b)) => {
                prop_assert!(close(a.coefficients()[0], b.coefficients()[0] * factor, 1e-8));
                prop_assert!(close(a.log_likelihood(), b.log_likelihood(), 1e-10));
                let errors = |m: &FittedLogisticChurn| m.inference().unwrap().standard_errors[0];
                prop_assert!(close(errors(&a), errors(&b) * factor, 1e-8));
            }
            (a, b) => prop_assert_eq!(a.map_err(|e| e.code()).err(), b.map_err(|e| e.code()).err()),
        }
    }

    #[test]
    fn a_model_file_gives_the_same_bits((x, y, _) in customers(), spec in any_spec(), free in any::<bool>()) {
        let spec = if free { spec.c(f64::INFINITY).n_threads(None) } else { spec.n_threads(None) };
        if let Ok(model) = spec.fit(x.view(), &y) {
            let text = serde_json::to_string(&model).unwrap();
            prop_assert_eq!(serde_json::from_str::<FittedLogisticChurn>(&text).unwrap(), model);
        }
    }

    #[test]
    fn a_longer_horizon_never_adds_churn(
        times in proptest::collection::vec(prop_oneof![Just(i64::MIN), 1..i64::MAX], 0..50),
        a in 0.001..1e9_f64, b in 0.001..1e9_f64,
    ) {
        let (short, long) = (labels(&times, 0, a.min(b)).unwrap(), labels(&times, 0, a.max(b)).unwrap());
        prop_assert!(short.iter().zip(&long).all(|(short, long)| short >= long));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn newton_agrees_with_gradient_descent((x, y, _) in customers(), spec in any_spec()) {
        // Small enough a c that plain descent arrives.
        let c = spec.c.min(1.0);
        let spec = spec.c(c);
        let model = spec.fit(x.view(), &y).unwrap();
        prop_assert!(model.converged());
        let twin = by_gradient_descent(&spec, &x, &y);
        let ours = model.coefficients().iter().copied().chain([model.intercept()]);
        for (ours, twin) in ours.zip(twin) {
            prop_assert!(close(ours, twin, 1e-6), "{ours}, plain descent {twin}");
        }
    }

    #[test]
    fn threads_do_not_change_a_bit((x, y, weights) in customers(), spec in any_spec()) {
        // Enough rows for several blocks.
        let copies = vec![x.view(); 400];
        let x = concatenate(Axis(0), &copies).unwrap();
        let (y, weights) = (y.repeat(400), weights.repeat(400));
        let fit = |n_threads| {
            let mut model = weighted(&spec.clone().n_threads(n_threads), &x, &y, &weights).unwrap();
            let p = model.predict_proba_with(x.view(), Some(n_threads), &mut Monitor::silent()).unwrap();
            let p: Vec<u64> = p.into_iter().map(f64::to_bits).collect();
            model = serde_json::from_str(&serde_json::to_string(&model).unwrap()).unwrap();
            (model, p)
        };
        let one = fit(1);
        for n_threads in [2, 3, 8] {
            prop_assert!(fit(n_threads) == one);
        }
    }
}

/// Rows of the two classes in long runs, so that whole blocks hold one class: the fit is that of the rows shuffled.
#[test]
fn classes_that_come_in_runs_are_no_matter() {
    let mut rng = loyalty_core::numeric::rng::Rng::new(5);
    for (n, churned) in [(2_049, 700), (10_000, 4_000), (20_000, 8), (20_000, 19_992)] {
        let y: Vec<bool> = (0..n).map(|i| i < churned).collect();
        let x = Array2::from_shape_fn((n, 2), |(i, _)| rng.uniform() + if i < churned { 0.2 } else { 0.0 });
        let mut order: Vec<usize> = (0..n).collect();
        rng.shuffle(&mut order);
        let shuffled: Vec<bool> = order.iter().map(|&i| y[i]).collect();
        for spec in
            [LogisticChurn::new(), LogisticChurn::new().c(f64::INFINITY), LogisticChurn::new().l1_ratio(0.5)]
        {
            let in_runs = spec.fit(x.view(), &y).unwrap();
            let mixed = spec.fit(x.select(Axis(0), &order).view(), &shuffled).unwrap();
            assert!(same_model(&in_runs, &mixed, 1e-8), "{n} rows, {churned} churned");
        }
    }
}
