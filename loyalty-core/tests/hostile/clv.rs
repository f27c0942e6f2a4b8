use loyalty_core::Error;
use loyalty_core::clv::{self, Costs, Discounting, FirstMargin, Horizon, RetentionTerms, Timing};
use loyalty_core::ndarray::{Array2, array};

const BAD: [f64; 3] = [f64::NAN, f64::INFINITY, f64::NEG_INFINITY];
const EXTREMES: [f64; 9] = [0.0, -0.0, 5e-324, -5e-324, f64::MIN_POSITIVE, f64::MAX, f64::MIN, 1e300, 1.0];

fn refusal<T: std::fmt::Debug>(result: Result<T, Error>) -> (&'static str, String) {
    let error = result.unwrap_err();
    (error.code(), error.argument().unwrap_or_default().to_owned())
}

/// A finite answer, or the error that it would not be one.
fn finite_or_refused(result: Result<Vec<f64>, Error>) {
    match result {
        Ok(values) => assert!(values.iter().all(|value| value.is_finite()), "{values:?}"),
        Err(error) => assert!(matches!(error.code(), "INVALID_VALUE" | "INVALID_PARAMETER"), "{error}"),
    }
}

#[test]
fn values_that_are_no_numbers() {
    let good = array![[1.0, 2.0]];
    let discounting = Discounting::new(0.1);
    for bad in BAD {
        let x = array![[1.0, bad]];
        let costs = Costs::default;
        let discounted = |costs| refusal(clv::discounted(good.view(), costs, &discounting));
        assert_eq!(
            refusal(clv::discounted(x.view(), costs(), &discounting)),
            ("NON_FINITE", "revenue".to_owned())
        );
        assert_eq!(refusal(clv::undiscounted(x.view(), costs())), ("NON_FINITE", "revenue".to_owned()));
        assert_eq!(discounted(costs().cost(x.view())), ("NON_FINITE", "cost".to_owned()));
        assert_eq!(discounted(costs().cost(bad)), ("INVALID_PARAMETER", "cost".to_owned()));
        assert_eq!(
            discounted(costs().acquisition_cost(bad)),
            ("INVALID_PARAMETER", "acquisition_cost".to_owned())
        );
        assert_eq!(
            discounted(costs().acquisition_cost(&[bad])),
            ("NON_FINITE", "acquisition_cost".to_owned())
        );

        let terms = RetentionTerms::new(0.1);
        assert_eq!(refusal(clv::retention(&[bad], 0.5, 0.0, &terms)), ("NON_FINITE", "margin".to_owned()));
        assert_eq!(
            refusal(clv::retention(&[1.0], bad, 0.0, &terms)),
            ("INVALID_PARAMETER", "retention_rate".to_owned())
        );
        assert_eq!(
            refusal(clv::retention(&[1.0], &[bad], 0.0, &terms)),
            ("NON_FINITE", "retention_rate".to_owned())
        );
        assert_eq!(
            refusal(clv::retention(&[1.0], 0.5, bad, &terms)),
            ("INVALID_PARAMETER", "acquisition_cost".to_owned())
        );

        assert_eq!(
            refusal(clv::historic(&[bad], &[1.0], &[1.0])),
            ("NON_FINITE", "average_order_value".to_owned())
        );
        assert_eq!(
            refusal(clv::historic(&[1.0], &[bad], &[1.0])),
            ("NON_FINITE", "purchases_per_period".to_owned())
        );
        assert_eq!(
            refusal(clv::historic(&[1.0], &[1.0], &[bad])),
            ("NON_FINITE", "lifespan_periods".to_owned())
        );
        assert_eq!(refusal(clv::lifespan(&[bad])), ("NON_FINITE", "churn_rate".to_owned()));
    }
}

#[test]
fn rates_and_timings() {
    for bad in BAD.into_iter().chain([-1.0, -2.0, f64::MIN]) {
        let expected = ("INVALID_PARAMETER", "discount_rate".to_owned());
        assert_eq!(
            refusal(clv::discounted(array![[1.0]].view(), Costs::default(), &Discounting::new(bad))),
            expected
        );
        assert_eq!(refusal(clv::retention(&[1.0], 0.5, 0.0, &RetentionTerms::new(bad))), expected);
    }
    for bad in BAD.into_iter().chain([1e7, -1e7, f64::MAX]) {
        let discounting = Discounting::new(0.1).timing(Timing::Offset(bad));
        let discounted = clv::discounted(array![[1.0]].view(), Costs::default(), &discounting);
        assert_eq!(refusal(discounted), ("INVALID_PARAMETER", "timing".to_owned()));
    }
    for bad in [-5e-324, 1.0 + f64::EPSILON, f64::MAX] {
        let retention = clv::retention(&[1.0, 1.0], &[0.5, bad], 0.0, &RetentionTerms::new(0.1));
        assert!(matches!(retention, Err(Error::InvalidValue { row: 1, .. })));
    }
    let never = RetentionTerms::new(0.1).horizon(Horizon::Finite(0));
    assert_eq!(
        refusal(clv::retention(&[1.0], 0.5, 0.0, &never)),
        ("INVALID_PARAMETER", "horizon".to_owned())
    );
    for bad in [0.0, -0.1, 1.1, 5e-324] {
        assert_eq!(refusal(clv::lifespan(&[bad])), ("INVALID_VALUE", "churn_rate".to_owned()));
    }
}

#[test]
fn extreme_numbers() {
    let revenue =
        Array2::from_shape_fn((9, 9), |(i, j)| if (i + j) % 2 == 0 { EXTREMES[i] } else { EXTREMES[j] });
    for rate in [-1.0 + f64::EPSILON, -0.5, -5e-324, 0.0, 5e-324, 1.0, 1e300, f64::MAX] {
        for timing in
            [Timing::End, Timing::Mid, Timing::Start, Timing::Offset(-1e6), Timing::Offset(1e6 - 0.3)]
        {
            for extreme in EXTREMES {
                let costs = Costs::default().cost(extreme).acquisition_cost(extreme);
                for row in revenue.rows() {
                    let row = row.insert_axis(loyalty_core::ndarray::Axis(0));
                    finite_or_refused(clv::discounted(row, costs, &Discounting::new(rate).timing(timing)));
                }
            }
        }
        for retention in [0.0, 5e-324, 0.5, 1.0 - f64::EPSILON, 1.0] {
            for horizon in [Horizon::Finite(1), Horizon::Finite(u32::MAX), Horizon::Infinite] {
                for first in [FirstMargin::Now, FirstMargin::NextPeriod] {
                    let terms = RetentionTerms::new(rate).horizon(horizon).first_margin(first);
                    for extreme in EXTREMES {
                        finite_or_refused(clv::retention(&[extreme], retention, extreme, &terms));
                    }
                }
            }
        }
    }
    for a in EXTREMES {
        for b in EXTREMES.map(f64::abs) {
            for c in EXTREMES.map(f64::abs) {
                finite_or_refused(clv::historic(&[a], &[b], &[c]));
            }
        }
    }
}

#[test]
fn shapes() {
    let discounting = Discounting::new(0.1);
    let revenue = Array2::<f64>::zeros((2, 3));
    for shape in [(0, 0), (2, 2), (3, 2), (1, 3)] {
        let cost = Array2::zeros(shape);
        let discounted = clv::discounted(revenue.view(), Costs::default().cost(cost.view()), &discounting);
        assert_eq!(refusal(discounted), ("SHAPE_MISMATCH", "cost".to_owned()));
    }
    let discounted = clv::discounted(revenue.view(), Costs::default().acquisition_cost(&[1.0]), &discounting);
    assert_eq!(refusal(discounted), ("SHAPE_MISMATCH", "acquisition_cost".to_owned()));
    let none = clv::discounted(Array2::zeros((0, 3)).view(), Costs::default(), &discounting);
    assert!(none.unwrap().is_empty());
    let periods =
        clv::discounted(Array2::zeros((1, 0)).view(), Costs::default().acquisition_cost(4.0), &discounting);
    assert_eq!(periods.unwrap(), [-4.0]);

    let terms = RetentionTerms::new(0.1);
    assert!(clv::retention(&[], 0.5, 0.0, &terms).unwrap().is_empty());
    assert_eq!(
        refusal(clv::retention(&[1.0], &[], 0.0, &terms)),
        ("SHAPE_MISMATCH", "retention_rate".to_owned())
    );
    assert_eq!(
        refusal(clv::retention(&[1.0], 0.5, &[], &terms)),
        ("SHAPE_MISMATCH", "acquisition_cost".to_owned())
    );
    assert_eq!(
        refusal(clv::historic(&[1.0], &[], &[1.0])),
        ("SHAPE_MISMATCH", "purchases_per_period".to_owned())
    );
    assert_eq!(
        refusal(clv::historic(&[1.0], &[1.0], &[])),
        ("SHAPE_MISMATCH", "lifespan_periods".to_owned())
    );
    assert!(clv::lifespan(&[]).unwrap().is_empty());
}

#[test]
fn counts() {
    assert_eq!(clv::retention_rate(u64::MAX, u64::MAX, u64::MAX).unwrap(), 0.0);
    assert_eq!(refusal(clv::retention_rate(0, 0, 0)), ("INVALID_PARAMETER", "customers_at_start".to_owned()));
    assert_eq!(
        refusal(clv::retention_rate(1, 0, u64::MAX)),
        ("INVALID_PARAMETER", "new_customers".to_owned())
    );
    assert_eq!(
        refusal(clv::retention_rate(1, u64::MAX, 0)),
        ("INVALID_PARAMETER", "customers_at_end".to_owned())
    );
}
