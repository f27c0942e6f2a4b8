//! Scorecards: the order of the rows, the number of threads and a round trip through JSON change no bit.

use loyalty_core::Result;
use loyalty_core::customers::{MICROSECONDS_PER_DAY, Transactions};
use loyalty_core::model::{AnyModel, Model, load};
use loyalty_core::monitor::Monitor;
use loyalty_core::numeric::sum::exact_sum;
use loyalty_core::scorecard::{CustomerInput, FittedScorecard, OrderLog, Scorecard};
use proptest::prelude::*;

/// Orders of up to `customers` people over two years: some buy on, some stop.
fn orders(customers: i64) -> impl Strategy<Value = Vec<(i64, i64, f64)>> {
    let order = (0..customers, 0..730_i64, 1..50_000_u32);
    prop::collection::vec(order, 200..400).prop_map(move |mut orders| {
        for (id, day, _) in &mut orders {
            if *id % 2 == 0 {
                *day /= 2;
            }
        }
        let cents = |c: u32| f64::from(c) / 100.0;
        orders.into_iter().map(|(id, day, c)| (id, day * MICROSECONDS_PER_DAY, cents(c))).collect()
    })
}

/// The model and the scores, or why there are none: a log may have nobody who churned.
fn fit(orders: &[(i64, i64, f64)], n_threads: usize) -> Result<(String, Vec<[u64; 4]>)> {
    let (ids, times, amounts) = columns(orders);
    let log = OrderLog::new(Transactions::new(&ids, &times, &amounts));
    let plan = Scorecard::new().horizon_days(120.0).seed(5).n_threads(n_threads);
    let card = plan.fit(&log)?;
    let bits = score_bits(&card, &log, n_threads);
    Ok((card.to_json()?, bits))
}

fn score_bits(card: &FittedScorecard, log: &OrderLog<'_>, n_threads: usize) -> Vec<[u64; 4]> {
    let scores = card.score_with(log, None, Some(n_threads), &mut Monitor::silent()).unwrap();
    let floats = scores.rows.iter().map(|s| [s.rfm_score, s.loyalty, s.churn_probability, s.clv]);
    floats.map(|row| row.map(f64::to_bits)).collect()
}

fn columns(orders: &[(i64, i64, f64)]) -> (Vec<i64>, Vec<i64>, Vec<f64>) {
    let ids = orders.iter().map(|o| o.0).collect();
    let times = orders.iter().map(|o| o.1).collect();
    (ids, times, orders.iter().map(|o| o.2).collect())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn row_order_and_threads_change_no_bit(orders in orders(60), seed in any::<u64>()) {
        let expected = fit(&orders, 1);
        let mut shuffled = orders.clone();
        loyalty_core::numeric::rng::Rng::new(seed).shuffle(&mut shuffled);
        for n_threads in [1, 2, 3, 8] {
            prop_assert_eq!(&fit(&shuffled, n_threads), &expected);
        }
    }

    #[test]
    fn parts_change_no_bit(orders in orders(60), cuts in (0.0..1.0_f64, 0.0..1.0_f64), hard in any::<bool>()) {
        let (ids, times, amounts) = columns(&orders);
        // Some unknown, and some that a sum of plain floats gets wrong.
        let usage = |i: usize| match (i % 5, i % 7) {
            (0, _) => f64::NAN,
            (_, 0) if hard => 1e40,
            _ => i as f64 / 10.0,
        };
        let usage: Vec<f64> = (0..ids.len()).map(usage).collect();
        let feedback: Vec<f64> = usage.iter().map(|u| u % 5.0).collect();
        let part = |rows: std::ops::Range<usize>| {
            let log = Transactions::new(&ids[rows.clone()], &times[rows.clone()], &amounts[rows.clone()]);
            OrderLog::new(log).usage(&usage[rows.clone()]).feedback(&feedback[rows])
        };
        let cut = |share: f64| (share * ids.len() as f64) as usize;
        let (low, high) = (cut(cuts.0.min(cuts.1)), cut(cuts.0.max(cuts.1)));
        let parts = [part(0..low), part(low..high), part(high..ids.len())];
        let whole = part(0..ids.len());

        let plan = Scorecard::new().horizon_days(120.0).n_threads(1);
        let monitor = &mut Monitor::silent();
        let (together, apart) = (plan.fit(&whole), plan.fit_parts(&parts, monitor));
        prop_assert_eq!(&together, &apart);
        let Ok(card) = together else { return Ok(()) };
        prop_assert_eq!(card.score(&whole, None), card.score_parts(&parts, None, Some(2), monitor));
        // The sums, from the exact ones of each customer.
        let scores = card.score(&whole, None)?;
        for (i, row) in scores.rows.iter().enumerate() {
            let label = scores.customers.ids.label(i);
            let own = |column: &[f64]| -> Vec<f64> {
                let rows = (0..ids.len()).filter(|&row| ids[row].to_string() == label);
                rows.map(|row| column[row]).filter(|value| !value.is_nan()).collect()
            };
            let (usage, feedback) = (own(&usage), own(&feedback));
            let one = card.score_one(&CustomerInput {
                recency_days: scores.customers.recency_days[i],
                n_purchases: scores.customers.n_purchases[i],
                total_amount: scores.customers.total_amount[i],
                tenure_days: scores.customers.tenure_days[i],
                usage: (!usage.is_empty()).then(|| exact_sum(usage.iter().copied())),
                feedback: (!feedback.is_empty())
                    .then(|| exact_sum(feedback.iter().copied()) / feedback.len() as f64),
            })?;
            prop_assert_eq!(one, *row);
        }
    }

    #[test]
    fn json_keeps_the_bits_and_one_customer_scores_as_in_a_log(orders in orders(60)) {
        let (ids, times, amounts) = columns(&orders);
        let log = OrderLog::new(Transactions::new(&ids, &times, &amounts));
        let plan = Scorecard::new().horizon_days(120.0).n_threads(2);
        let Ok(card) = plan.fit(&log) else { return Ok(()) };
        let text = card.to_json().unwrap();
        let loaded = FittedScorecard::from_json(&text).unwrap();
        prop_assert_eq!(loaded.to_json().unwrap(), text.clone());
        prop_assert_eq!(&loaded, &card);
        prop_assert_eq!(score_bits(&loaded, &log, 2), score_bits(&card, &log, 1));
        prop_assert!(matches!(load(&text).unwrap(), AnyModel::Scorecard(any) if any == loaded));

        let scores = card.score(&log, None).unwrap();
        let c = &scores.customers;
        for (i, score) in scores.rows.iter().enumerate() {
            let one = loaded.score_one(&CustomerInput {
                recency_days: c.recency_days[i],
                n_purchases: c.n_purchases[i],
                total_amount: c.total_amount[i],
                tenure_days: c.tenure_days[i],
                usage: None,
                feedback: None,
            });
            prop_assert_eq!(one.unwrap(), *score);
            prop_assert!((0.0..=1.0).contains(&score.churn_probability));
            prop_assert!((0.0..=100.0).contains(&score.loyalty) && score.clv >= 0.0);
        }
    }
}
