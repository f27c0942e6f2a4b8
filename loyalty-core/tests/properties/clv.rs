use loyalty_core::clv::{self, Costs, Discounting, FirstMargin, Horizon, RetentionTerms, Timing};
use loyalty_core::ndarray::{Array2, ArrayView2};
use loyalty_core::numeric::elementary::pow;
use proptest::collection::vec;
use proptest::prelude::*;

fn rate() -> impl Strategy<Value = f64> {
    prop_oneof![4 => -0.3..0.5, 1 => -1e-9..1e-9, 1 => Just(0.0), 1 => 0.5..50.0]
}

fn timing() -> impl Strategy<Value = Timing> {
    prop_oneof![
        Just(Timing::End),
        Just(Timing::Mid),
        Just(Timing::Start),
        (-5.0..20.0).prop_map(Timing::Offset)
    ]
}

fn flows() -> impl Strategy<Value = Vec<f64>> {
    vec(prop_oneof![5 => -1e4..1e4, 1 => Just(0.0), 1 => -1e-9..1e12], 0..40)
}

fn value(flows: &[f64], discounting: Discounting) -> f64 {
    let revenue = ArrayView2::from_shape((1, flows.len()), flows).unwrap();
    clv::discounted(revenue, Costs::default(), &discounting).unwrap()[0]
}

/// Within a few roundings of sums whose terms are as large as `size`.
fn close(a: f64, b: f64, size: f64) -> bool {
    (a - b).abs() <= 4e-15 * size + 1e-300
}

fn sizes(flows: &[f64], discounting: Discounting) -> f64 {
    value(&flows.iter().map(|flow| flow.abs()).collect::<Vec<_>>(), discounting)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn linear_in_cash_flows(
        pairs in vec((-1e4..1e4, -1e4..1e4), 0..30),
        a in -9.0..9.0,
        rate in rate(),
        timing in timing(),
    ) {
        let discounting = Discounting::new(rate).timing(timing);
        let (x, y): (Vec<f64>, Vec<f64>) = pairs.into_iter().unzip();
        let mixed: Vec<f64> = x.iter().zip(&y).map(|(x, y)| a * x + y).collect();
        let expected = a * value(&x, discounting) + value(&y, discounting);
        let size = 9.0 * sizes(&x, discounting) + sizes(&y, discounting);
        prop_assert!(close(value(&mixed, discounting), expected, size));
    }

    #[test]
    fn the_naive_sum_is_near(flows in flows(), rate in rate(), timing in timing()) {
        let first = match timing {
            Timing::End => 1.0,
            Timing::Mid => 0.5,
            Timing::Start => 0.0,
            Timing::Offset(periods) => periods,
        };
        let discounting = Discounting::new(rate).timing(timing);
        let naive: f64 = flows.iter().enumerate().map(|(t, flow)| flow * pow(1.0 + rate, -(first + t as f64))).sum();
        prop_assert!((value(&flows, discounting) - naive).abs() <= 1e-13 * sizes(&flows, discounting));
    }

    #[test]
    fn the_start_is_a_period_before_the_end(flows in flows(), rate in rate()) {
        let at = |timing| value(&flows, Discounting::new(rate).timing(timing));
        let size = sizes(&flows, Discounting::new(rate).timing(Timing::Start));
        prop_assert!(close(at(Timing::Start), (1.0 + rate) * at(Timing::End), size));
        prop_assert!(close(at(Timing::Mid) * (1.0 + rate).sqrt(), at(Timing::Start), size));
    }

    #[test]
    fn at_a_rate_of_zero_timing_does_not_matter(flows in flows(), timing in timing()) {
        let revenue = ArrayView2::from_shape((1, flows.len()), &flows).unwrap();
        let plain = clv::undiscounted(revenue, Costs::default()).unwrap()[0];
        prop_assert_eq!(value(&flows, Discounting::new(0.0).timing(timing)), plain);
    }

    #[test]
    fn costs_are_negative_revenue(rows in vec((-1e4..1e4, 0.0..1e4, 0.0..500.0), 1..20), rate in rate()) {
        let column = |pick: fn(&(f64, f64, f64)) -> f64| rows.iter().map(pick).collect::<Vec<f64>>();
        let (revenue, cost, acquisition) = (column(|row| row.0), column(|row| row.1), column(|row| row.2));
        let revenue = Array2::from_shape_vec((rows.len(), 1), revenue).unwrap();
        let cost = Array2::from_shape_vec((rows.len(), 1), cost).unwrap();
        let discounting = Discounting::new(rate);
        let costs = Costs::default().cost(cost.view()).acquisition_cost(&acquisition);
        let together = clv::discounted(revenue.view(), costs, &discounting).unwrap();
        let of = |flows: &Array2<f64>| clv::discounted(flows.view(), Costs::default(), &discounting).unwrap();
        let (gains, losses) = (of(&revenue), of(&cost));
        for i in 0..rows.len() {
            let size = gains[i].abs() + losses[i] + acquisition[i];
            prop_assert!(close(together[i], gains[i] - losses[i] - acquisition[i], size));
        }
    }

    #[test]
    fn finite_horizons_reach_the_infinite(
        margin in -500.0..500.0,
        retention in 0.0..0.95,
        discount in 0.0..1.0,
        now in any::<bool>(),
    ) {
        let first = if now { FirstMargin::Now } else { FirstMargin::NextPeriod };
        let terms = RetentionTerms::new(discount).first_margin(first);
        let at = |horizon| clv::retention(&[margin], retention, 0.0, &terms.horizon(horizon)).unwrap()[0];
        let endless = at(Horizon::Infinite);
        prop_assert!(close(at(Horizon::Finite(2000)), endless, endless.abs()));
        prop_assert!(at(Horizon::Finite(7)).abs() <= endless.abs() * (1.0 + 1e-15));
    }

    #[test]
    fn retention_is_discounted_cash_flow(
        margin in -500.0..500.0,
        retention in 0.01..1.0,
        discount in -0.2..1.0,
        n in 1..60_u32,
    ) {
        let expected: Vec<f64> = (1..=n).map(|t| margin * pow(retention, f64::from(t))).collect();
        let terms = RetentionTerms::new(discount).horizon(Horizon::Finite(n));
        let by_rate = clv::retention(&[margin], retention, 0.0, &terms).unwrap()[0];
        let by_flows = value(&expected, Discounting::new(discount));
        prop_assert!((by_rate - by_flows).abs() <= 1e-13 * by_rate.abs());
        let sooner = clv::retention(&[margin], retention, 0.0, &terms.first_margin(FirstMargin::Now)).unwrap()[0];
        prop_assert!(close(sooner * (retention / (1.0 + discount)), by_rate, by_rate.abs()));
    }

    #[test]
    fn a_rate_for_all_is_the_rate_for_each(
        margins in vec(-500.0..500.0, 0..20),
        retention in 0.0..1.0,
        paid in 0.0..90.0,
    ) {
        let terms = RetentionTerms::new(0.1);
        let each = vec![retention; margins.len()];
        let costs = vec![paid; margins.len()];
        let all = clv::retention(&margins, retention, paid, &terms).unwrap();
        prop_assert_eq!(clv::retention(&margins, &each, &costs, &terms).unwrap(), all);
    }

    #[test]
    fn historic_value_is_the_product(rows in vec((-1e3..1e3, 0.0..50.0, 0.0..30.0), 0..20)) {
        let column = |pick: fn(&(f64, f64, f64)) -> f64| rows.iter().map(pick).collect::<Vec<f64>>();
        let values = clv::historic(&column(|row| row.0), &column(|row| row.1), &column(|row| row.2)).unwrap();
        prop_assert!(rows.iter().zip(values).all(|(&(a, b, c), value)| close(value, a * b * c, value.abs())));
    }

    #[test]
    fn retained_customers_are_a_share(
        start in 1..1_000_000_u64,
        end in 0..1_000_000_u64,
        new in 0..1_000_000_u64,
    ) {
        match clv::retention_rate(start, end, new) {
            Ok(rate) => prop_assert!((0.0..=1.0).contains(&rate)),
            Err(_) => prop_assert!(new > end || end - new > start),
        }
    }
}
