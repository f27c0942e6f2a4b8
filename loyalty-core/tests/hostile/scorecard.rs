//! Scorecards on logs and customers that nobody should send.

use loyalty_core::Error;
use loyalty_core::customers::{MICROSECONDS_PER_DAY, Transactions};
use loyalty_core::model::Model;
use loyalty_core::monitor::{Monitor, Progress};
use loyalty_core::score::Tiers;
use loyalty_core::scorecard::{CustomerInput, FittedScorecard, OrderLog, Rule, Scorecard};
use std::ops::ControlFlow;

type Columns = (Vec<i64>, Vec<i64>, Vec<f64>);

/// Eighty customers; every other one stops after half a year.
fn columns() -> Columns {
    let (mut ids, mut times, mut amounts) = (vec![], vec![], vec![]);
    for id in 0..80_i64 {
        for month in 0..if id % 2 == 0 { 20 } else { 6 } {
            ids.push(id);
            times.push((id % 30 + 30 * month) * MICROSECONDS_PER_DAY);
            amounts.push((10 + id) as f64);
        }
    }
    (ids, times, amounts)
}

fn fit(plan: &Scorecard, (ids, times, amounts): &Columns) -> Result<FittedScorecard, Error> {
    plan.fit(&OrderLog::new(Transactions::new(ids, times, amounts)))
}

fn assert_refused<T: std::fmt::Debug>(result: Result<T, Error>, code: &str, argument: &str) {
    let error = result.unwrap_err();
    assert_eq!((error.code(), error.argument()), (code, Some(argument)), "{error}");
}

#[test]
fn choices_out_of_range_are_named() {
    let log = columns();
    let plan = Scorecard::new;
    for value in [f64::NAN, f64::INFINITY, -1.0, 0.0, 1e300] {
        assert_refused(fit(&plan().horizon_days(value), &log), "INVALID_PARAMETER", "horizon_days");
    }
    for value in [f64::NAN, f64::INFINITY, -1.0, -7.0] {
        assert_refused(fit(&plan().discount_rate(value), &log), "INVALID_PARAMETER", "discount_rate");
    }
    for value in [f64::NAN, -0.1, 1.0, 7.0] {
        assert_refused(fit(&plan().holdout_share(value), &log), "INVALID_PARAMETER", "holdout_share");
    }
    assert_refused(fit(&plan().margin(f64::NAN), &log), "INVALID_PARAMETER", "margin");
    assert_refused(fit(&plan().tz("Europe/Atlantis".to_owned()), &log), "INVALID_PARAMETER", "tz");
    assert_refused(fit(&plan().n_threads(0), &log), "INVALID_PARAMETER", "n_threads");
    assert_refused(fit(&plan().actions(vec![]), &log), "INVALID_PARAMETER", "actions");
    let unknown = vec![Rule::new(Some("gold"), None, "greet"), Rule::new(None, None, "wait")];
    assert_refused(fit(&plan().actions(unknown), &log), "INVALID_PARAMETER", "actions");
    assert_refused(fit(&plan().risks(Tiers::new(["a", "b"], [])), &log), "INVALID_PARAMETER", "risks");
    assert_refused(fit(&plan().tiers(Tiers::new(["a", "a"], [1.0])), &log), "INVALID_PARAMETER", "tiers");
}

#[test]
fn logs_that_teach_nothing_are_named() {
    let plan = Scorecard::new();
    assert_refused(fit(&plan, &(vec![], vec![], vec![])), "TOO_FEW_ROWS", "time");
    assert_refused(fit(&plan, &(vec![1], vec![0], vec![1.0])), "TOO_FEW_ROWS", "customers");
    assert_refused(fit(&plan, &(vec![1, 2, 3], vec![0, 1, 2], vec![1.0; 3])), "DEGENERATE", "horizon_days");
    let (ids, mut times, amounts) = columns();
    assert_refused(
        fit(&plan, &(ids.clone(), times[1..].to_vec(), amounts.clone())),
        "SHAPE_MISMATCH",
        "time",
    );
    times[4] = i64::MIN;
    assert_refused(fit(&plan, &(ids.clone(), times.clone(), amounts.clone())), "INVALID_VALUE", "time");
    times[4] = i64::MAX;
    assert_refused(fit(&plan, &(ids, times, amounts)), "DEGENERATE", "holdout_share");

    let (ids, times, amounts) = columns();
    let log = OrderLog::new(Transactions::new(&ids, &times, &amounts));
    assert_refused(plan.fit(&log.usage(&[1.0])), "SHAPE_MISMATCH", "usage");
    let mut feedback = vec![f64::NAN; ids.len()];
    plan.fit(&log.feedback(&feedback)).unwrap();
    feedback[7] = f64::INFINITY;
    assert_refused(plan.fit(&log.feedback(&feedback)), "NON_FINITE", "feedback");
}

#[test]
fn the_row_of_an_error_is_that_of_the_whole_log() {
    let rows = 250_000;
    let ids: Vec<i64> = (0..rows).map(|i| i % 1000).collect();
    let mut times = vec![0; rows as usize];
    times[234_567] = i64::MIN;
    let amounts = vec![1.0; rows as usize];
    let log = OrderLog::new(Transactions::new(&ids, &times, &amounts));
    let error = Scorecard::new().fit(&log).unwrap_err();
    assert!(matches!(&error, Error::InvalidValue { name, row: 234_567, .. } if name == "time"), "{error}");
}

#[test]
fn parts_that_do_not_fit_together_are_named() {
    let (ids, times, amounts) = columns();
    let log = OrderLog::new(Transactions::new(&ids, &times, &amounts));
    let mut usage = vec![1.0; ids.len()];
    let plan = Scorecard::new();
    let fit = |parts: &[OrderLog<'_>]| plan.fit_parts(parts, &mut Monitor::silent());
    for parts in [[log, log.usage(&usage)], [log.usage(&usage), log]] {
        assert_refused(fit(&parts), "SHAPE_MISMATCH", "usage");
        let card = fit(&[log]).unwrap();
        let scores = card.score_parts(&parts, None, None, &mut Monitor::silent());
        assert_refused(scores, "SHAPE_MISMATCH", "usage");
    }
    assert_refused(fit(&[log.feedback(&usage), log]), "SHAPE_MISMATCH", "feedback");
    let texts = Transactions::new(&["a"], &[0], &[1.0]);
    assert_refused(fit(&[log, OrderLog::new(texts)]), "SHAPE_MISMATCH", "customer");
    assert_refused(fit(&[]), "TOO_FEW_ROWS", "time");

    usage[3] = f64::INFINITY;
    let row = ids.len() + 3;
    let error = fit(&[log.usage(&vec![1.0; ids.len()]), log.usage(&usage)]).unwrap_err();
    assert!(
        matches!(&error, Error::NonFinite { name, row: r, .. } if name == "usage" && *r == row),
        "{error}"
    );
    let mut times = times.clone();
    times[3] = i64::MIN;
    let error = fit(&[log, OrderLog::new(Transactions::new(&ids, &times, &amounts))]).unwrap_err();
    assert!(
        matches!(&error, Error::InvalidValue { name, row: r, .. } if name == "time" && *r == row),
        "{error}"
    );
}

#[test]
fn a_model_keeps_its_time_zone() {
    let plan = Scorecard::new().tz("Pacific/Auckland".to_owned());
    let card = fit(&plan, &columns()).unwrap();
    let text = card.to_json().unwrap();
    assert_eq!(FittedScorecard::from_json(&text).unwrap().params().tz, plan.tz);

    // A file from before there were time zones, and one from a place unknown.
    let before = text.replace(r#""tz":"Pacific/Auckland","#, "");
    assert!(before.len() < text.len());
    assert_eq!(FittedScorecard::from_json(&before).unwrap().params().tz, None);
    let unknown = FittedScorecard::from_json(&text.replace("Pacific/Auckland", "Pacific/Lemuria"));
    assert_eq!(unknown.unwrap_err().code(), "BAD_MODEL");
}

#[test]
fn extreme_amounts_give_finite_scores() {
    let (ids, times, _) = columns();
    for amount in [0.0, 5e-324, 1e-300, 1e150, 1e300] {
        let amounts: Vec<f64> = ids.iter().map(|&id| amount * (1.0 + id as f64 / 100.0)).collect();
        let log = OrderLog::new(Transactions::new(&ids, &times, &amounts));
        let card = Scorecard::new().fit(&log).unwrap();
        for score in card.score(&log, None).unwrap().rows {
            assert!(
                score.loyalty.is_finite() && score.churn_probability.is_finite() && score.clv.is_finite()
            );
        }
    }
}

#[test]
fn impossible_customers_are_named() {
    let card = fit(&Scorecard::new(), &columns()).unwrap();
    let usual = CustomerInput {
        recency_days: 12.0,
        n_purchases: 8,
        total_amount: 530.5,
        tenure_days: 400.0,
        usage: None,
        feedback: None,
    };
    card.score_one(&usual).unwrap();
    for value in [f64::NAN, f64::INFINITY, -1.0, 400.5] {
        assert_refused(
            card.score_one(&CustomerInput { recency_days: value, ..usual }),
            "INVALID_PARAMETER",
            "recency_days",
        );
    }
    assert_refused(
        card.score_one(&CustomerInput { n_purchases: 0, ..usual }),
        "INVALID_PARAMETER",
        "n_purchases",
    );
    if let Err(error) = card.score_one(&CustomerInput { total_amount: f64::MAX, tenure_days: 12.0, ..usual })
    {
        assert_eq!((error.code(), error.argument()), ("INVALID_PARAMETER", Some("total_amount")));
    }
    for (total_amount, tenure_days) in [(-f64::MAX, 12.0), (1e307, 12.0), (f64::MAX, 1e300), (5e-324, 1e300)]
    {
        let score = card
            .score_one(&CustomerInput { total_amount, tenure_days, n_purchases: u64::MAX, ..usual })
            .unwrap();
        assert!(score.clv.is_finite() && score.clv >= 0.0 && score.churn_probability.is_finite());
    }
    let zero = CustomerInput { recency_days: 0.0, tenure_days: 0.0, ..usual };
    assert!(card.score_one(&zero).unwrap().loyalty.is_finite());
}

#[test]
fn a_fit_stops_at_whichever_step_it_is_told_to() {
    let (ids, times, amounts) = columns();
    let log = OrderLog::new(Transactions::new(&ids, &times, &amounts));
    let mut steps = 0;
    let mut count = |_: Progress| {
        steps += 1;
        ControlFlow::Continue(())
    };
    Scorecard::new().n_threads(1).fit_with(&log, &mut Monitor::new(&mut count)).unwrap();
    for stop in (1..=steps).step_by(steps / 20 + 1) {
        let mut left = stop;
        let mut listener = |_: Progress| {
            left -= 1;
            if left == 0 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        };
        let stopped = Scorecard::new().n_threads(1).fit_with(&log, &mut Monitor::new(&mut listener));
        assert_eq!(stopped, Err(Error::Cancelled), "step {stop} of {steps}");
    }
}
