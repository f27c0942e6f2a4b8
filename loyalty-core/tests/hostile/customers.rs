//! `customers` under hostile input.

use loyalty_core::Error;
use loyalty_core::customers::{
    Accumulator, CustomerIds, Customers, Ids, NULL_TIME, OnInvalid, Period, Refunds, SummaryParams, TimeUnit,
    Transactions, summarize, summarize_with,
};
use loyalty_core::monitor::{Monitor, Progress};
use std::ops::ControlFlow;
use std::time::{Duration, Instant};

const PERIODS: [Period; 4] = [Period::None, Period::Day, Period::Week, Period::Month];

#[track_caller]
fn refused<T>(answer: Result<T, Error>, code: &str, argument: &str) -> Error {
    let error = answer.err().expect("an error");
    assert_eq!((error.code(), error.argument()), (code, Some(argument)), "{error}");
    error
}

fn dropping() -> SummaryParams {
    SummaryParams::default().on_invalid(OnInvalid::Drop)
}

#[test]
fn columns_of_different_length() {
    let params = SummaryParams::default();
    refused(summarize(&Transactions::new(&[1, 2], &[0], &[1.0, 1.0]), &params), "SHAPE_MISMATCH", "time");
    refused(summarize(&Transactions::new(&[1, 2], &[0, 0], &[]), &params), "SHAPE_MISMATCH", "amount");
    let log = Transactions::new(&[1, 2], &[0, 0], &[1.0, 1.0]);
    refused(summarize(&log.order(&["a"; 3]), &params), "SHAPE_MISMATCH", "order");
    refused(summarize(&Transactions::new(&[] as &[i64; 0], &[0], &[]), &params), "SHAPE_MISMATCH", "time");
}

#[test]
fn parameters_out_of_range() {
    let log = Transactions::new(&[1], &[0], &[1.0]);
    for params in [SummaryParams::default().as_of(NULL_TIME), SummaryParams::default().n_threads(0)] {
        let name = if params.as_of.is_some() { "as_of" } else { "n_threads" };
        refused(summarize(&log, &params), "INVALID_PARAMETER", name);
        refused(Accumulator::new(params), "INVALID_PARAMETER", name);
    }
    for tz in [
        "",
        "Mars/Olympus",
        "Etc/Unknown",
        "Europe/Berlin ",
        "+01:00",
        "../etc/passwd",
        "localtime",
        "EST5EDT4",
    ] {
        let params = SummaryParams::default().tz(tz.to_owned()).period(Period::None);
        let error = refused(summarize(&log, &params), "INVALID_PARAMETER", "tz");
        assert!(error.to_string().contains(&format!("tz is {tz};")), "{error}");
        refused(Accumulator::new(params), "INVALID_PARAMETER", "tz");
    }
    let params = SummaryParams::default().tz("europe/BERLIN".to_owned());
    assert_eq!(Accumulator::new(params).unwrap().params().tz.as_deref(), Some("europe/BERLIN"));
    let accumulator = Accumulator::new(SummaryParams::default()).unwrap();
    refused(accumulator.finish(Some(NULL_TIME)), "INVALID_PARAMETER", "as_of");
    assert!(summarize(&log, &SummaryParams::default().n_threads(usize::MAX)).is_ok());
}

#[test]
fn the_first_bad_row_is_named() {
    let time = [0, NULL_TIME, 0, 0];
    for (amount, row, name) in [([1.0, 1.0, 1.0, 1.0], 1, "time"), ([f64::NAN, 1.0, 1.0, 1.0], 0, "amount")] {
        let error = summarize(&Transactions::new(&[1, 2, 3, 4], &time, &amount), &SummaryParams::default())
            .unwrap_err();
        assert_eq!(error.argument(), Some(name));
        assert!(error.to_string().contains(&format!("in row {row}")), "{error}");
    }
    let ids = [Some("a"), Some(""), None];
    let log = Transactions::new(&ids, &[0, 1, 2], &[1.0, 2.0, f64::INFINITY]);
    let error = refused(summarize(&log, &SummaryParams::default()), "INVALID_VALUE", "customer");
    assert!(matches!(error, Error::InvalidValue { row: 2, .. }));
    let customers = summarize(&log, &dropping()).unwrap();
    assert_eq!(customers.ids, CustomerIds::Str(vec![String::new(), "a".to_owned()]));

    let refund = Transactions::new(&[1, 1], &[0, 1], &[1.0, -1e-320]);
    let refuse = SummaryParams::default().refunds(Refunds::Refuse);
    let error = refused(summarize(&refund, &refuse), "INVALID_VALUE", "amount");
    assert!(matches!(error, Error::InvalidValue { row: 1, .. }));
    // −0 is no refund.
    assert!(summarize(&Transactions::new(&[1], &[0], &[-0.0]), &refuse).is_ok());
}

#[test]
fn nothing_to_summarise() {
    let none = Transactions::new(&[] as &[&str; 0], &[], &[]);
    refused(summarize(&none, &SummaryParams::default()), "TOO_FEW_ROWS", "time");
    let customers = summarize(&none, &SummaryParams::default().as_of(0)).unwrap();
    assert_eq!(customers.ids, CustomerIds::Str(Vec::new()));
    assert!(customers.is_empty() && customers.ids.label(0).is_empty());

    let invalid = Transactions::new(&[None::<i64>, Some(1)], &[0, NULL_TIME], &[1.0, 1.0]);
    refused(summarize(&invalid, &dropping()), "TOO_FEW_ROWS", "time");
    let customers = summarize(&invalid, &dropping().as_of(7)).unwrap();
    assert_eq!((customers.counts.null_id, customers.counts.null_time, customers.counts.counted), (1, 1, 0));

    let accumulator = Accumulator::new(SummaryParams::default()).unwrap();
    refused(accumulator.finish(None), "TOO_FEW_ROWS", "time");
    assert!(accumulator.finish(Some(0)).unwrap().is_empty());
    assert_eq!((accumulator.earliest_time(), accumulator.latest_time()), (None, None));

    // Refunds alone make no customer.
    for period in PERIODS {
        let refunds = Transactions::new(&[1, 2], &[0, 1], &[-1.0, -2.0]);
        let customers = summarize(&refunds, &SummaryParams::default().period(period)).unwrap();
        assert!(customers.is_empty());
        assert_eq!((customers.counts.without_purchase, customers.counts.customers_without_purchase), (2, 2));
        let mut accumulator =
            Accumulator::new(SummaryParams::default().period(period).refunds(Refunds::Ignore)).unwrap();
        accumulator.update(&refunds).unwrap();
        let ignored = accumulator.finish(None).unwrap();
        assert_eq!(summarize(&refunds, accumulator.params()).unwrap(), ignored);
        assert_eq!(
            (ignored.as_of, ignored.counts.refund_ignored, ignored.counts.customers_without_purchase),
            (1, 2, 2)
        );
    }
}

#[test]
fn the_ends_of_time() {
    let time = [i64::MIN + 1, i64::MAX, 0, i64::MAX - 1];
    for period in PERIODS {
        for unit in [TimeUnit::Hour, TimeUnit::Day, TimeUnit::Week, TimeUnit::Month, TimeUnit::Year] {
            for as_of in [i64::MIN + 1, -1, 0, i64::MAX] {
                let params = SummaryParams::default().period(period).time_unit(unit);
                let log = Transactions::new(&[i64::MIN, i64::MAX, i64::MIN, i64::MIN], &time, &[1.0; 4]);
                for log in [log, log.order(&["", "", "", "x"])] {
                    let mut accumulator = Accumulator::new(params.clone()).unwrap();
                    accumulator.update(&log).unwrap();
                    let customers = accumulator.finish(Some(as_of)).unwrap();
                    assert_eq!(customers.first_time[0], i64::MIN + 1);
                    for column in
                        [&customers.recency_days, &customers.tenure_days, &customers.t, &customers.t_x]
                    {
                        assert!(column.iter().all(|value| value.is_finite() && *value >= 0.0));
                    }
                    accumulator.next_purchase(&customers, as_of);
                    accumulator.purchase_totals(&customers, as_of, i64::MIN).unwrap();
                    accumulator.purchase_totals(&customers, i64::MIN, as_of).unwrap();
                }
            }
        }
    }
}

#[test]
fn the_ends_of_the_floats() {
    let params = |period| SummaryParams::default().period(period);
    let day = 86_400_000_000;
    for period in PERIODS {
        // Tiny amounts are kept to the last bit, huge ones pass the largest float on the way and come back.
        let tiny = f64::from_bits(1);
        let time = [0, 40 * day, 0, 40 * day, 80 * day];
        let amount = [tiny, tiny, f64::MAX, f64::MAX, -f64::MAX];
        let log = Transactions::new(&[1, 1, 2, 2, 2], &time, &amount);
        let customers = summarize(&log, &params(period)).unwrap();
        assert_eq!(customers.total_amount, [2.0 * tiny, f64::MAX]);
        assert_eq!(customers.repeat_mean_amount, [tiny, 0.0]);

        let log = Transactions::new(&["a", "z", "z"], &[0, 1, 2], &[1.0, f64::MAX, f64::MAX]);
        let error = refused(summarize(&log, &params(period)), "DEGENERATE", "amount");
        assert!(error.to_string().contains("\"z\""), "{error}");
        // The total is finite, the repeat purchases' sum is not.
        let time = [0, 0, 40 * day, 80 * day];
        let log = Transactions::new(&[1; 4], &time, &[0.0, -f64::MAX, f64::MAX, f64::MAX]);
        if period != Period::None {
            refused(summarize(&log, &params(period)), "DEGENERATE", "amount");
        }
    }
    let mut accumulator = Accumulator::new(SummaryParams::default()).unwrap();
    accumulator.update(&Transactions::new(&[1, 1, 1], &[0, 9, 10], &[1.0, f64::MAX, f64::MAX])).unwrap();
    let customers = accumulator.finish(Some(0)).unwrap();
    refused(accumulator.purchase_totals(&customers, 0, 10), "DEGENERATE", "amount");
    assert_eq!(accumulator.purchase_totals(&customers, 0, 9).unwrap(), [f64::MAX]);
}

#[test]
fn kinds_of_ids_do_not_mix_and_a_failure_changes_nothing() {
    let log = Transactions::new(&[5, 6], &[1, 2], &[1.0, 2.0]).order(&["a", "b"]);
    let mut accumulator = Accumulator::new(SummaryParams::default()).unwrap();
    accumulator.update(&log).unwrap();
    let before = accumulator.finish(None).unwrap();

    refused(accumulator.update(&Transactions::new(&["5"], &[9], &[1.0])), "SHAPE_MISMATCH", "customer");
    refused(
        accumulator.update(&Transactions::new(&[5], &[9], &[1.0]).order(&[1])),
        "SHAPE_MISMATCH",
        "order",
    );
    refused(
        accumulator.update(&Transactions::new(&[7, 8], &[9, 9], &[1.0, f64::NAN])),
        "NON_FINITE",
        "amount",
    );
    refused(accumulator.update(&Transactions::new(&[7], &[9], &[])), "SHAPE_MISMATCH", "amount");
    let mut texts = Accumulator::new(SummaryParams::default()).unwrap();
    texts.update(&Transactions::new(&["5"], &[9], &[1.0])).unwrap();
    refused(accumulator.merge(texts.clone()), "SHAPE_MISMATCH", "customer");
    for (params, name) in [
        (SummaryParams::default().period(Period::Week), "period"),
        (SummaryParams::default().tz("Asia/Kathmandu".to_owned()), "tz"),
        (SummaryParams::default().refunds(Refunds::Ignore), "refunds"),
        (dropping(), "on_invalid"),
        (SummaryParams::default().time_unit(TimeUnit::Year), "time_unit"),
        (SummaryParams::default().as_of(3), "as_of"),
    ] {
        refused(accumulator.merge(Accumulator::new(params).unwrap()), "INVALID_PARAMETER", name);
    }
    assert_eq!(accumulator.finish(None).unwrap(), before);

    // Threads may differ, and customers of another kind are simply unknown.
    accumulator.merge(Accumulator::new(SummaryParams::default().n_threads(3)).unwrap()).unwrap();
    let strangers = texts.finish(None).unwrap();
    assert_eq!(accumulator.next_purchase(&strangers, 0), [NULL_TIME]);
    assert_eq!(accumulator.purchase_totals(&strangers, 0, 99).unwrap(), [0.0]);
    assert_eq!(accumulator.finish(None).unwrap(), before);
}

#[test]
fn parts_that_do_not_fit_together() {
    let params = SummaryParams::default();
    fn together(parts: &[Transactions<'_>], params: &SummaryParams) -> Result<Customers, Error> {
        summarize_with(parts, params, &mut Monitor::silent())
    }
    let good = Transactions::new(&[5, 6], &[1, 2], &[1.0, 2.0]);
    let texts = Transactions::new(&["5"], &[9], &[1.0]);
    refused(together(&[good, texts], &params), "SHAPE_MISMATCH", "customer");
    refused(together(&[good.order(&[1, 2]), good.order(&["a", "b"])], &params), "SHAPE_MISMATCH", "order");
    refused(together(&[good, Transactions::new(&[7], &[9], &[])], &params), "SHAPE_MISMATCH", "amount");
    let bad = Transactions::new(&[5, 6], &[1, 2], &[1.0, f64::NAN]);
    let error = refused(together(&[good, good, bad], &params), "NON_FINITE", "amount");
    assert!(matches!(error, Error::NonFinite { row: 5, .. }), "{error}");

    refused(together(&[], &params), "TOO_FEW_ROWS", "time");
    assert!(together(&[], &params.clone().as_of(7)).unwrap().is_empty());
    assert!(together(&[good, Transactions::new(&[] as &[i64; 0], &[], &[])], &params).unwrap().len() == 2);
}

#[test]
fn whatever_is_cancelled_leaves_nothing_behind() {
    let rows = 100_000;
    let texts: Vec<String> = (0..rows).map(|i| format!("{}", i % 70_001)).collect();
    let customer: Vec<&str> = texts.iter().map(String::as_str).collect();
    let order: Vec<i64> = (0..rows).map(|i| i / 2 * 1_000_003).collect();
    let (time, amount): (Vec<i64>, Vec<f64>) = (0..rows).map(|i| (i * 7_000_000, i as f64 - 9.0)).unzip();
    let log = Transactions::new(&customer, &time, &amount).order(&order);
    let mut accumulator = Accumulator::new(SummaryParams::default()).unwrap();
    accumulator.update(&Transactions::new(&["a", "7"], &[1, 2], &[1.0, 2.0])).unwrap();
    let before = accumulator.finish(None).unwrap();

    let mut cancelled = 0;
    for calls in 0.. {
        let mut left = calls;
        let mut listener = |progress: Progress| {
            assert_eq!(progress.stage, "customers");
            left -= 1;
            if left < 0 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        };
        match accumulator.update_with(&log, &mut Monitor::new(&mut listener)) {
            Ok(()) => break,
            Err(error) => assert_eq!(error, Error::Cancelled),
        }
        cancelled += 1;
        assert_eq!(accumulator.finish(None).unwrap(), before, "cancelled at call {calls}");
    }
    assert!(cancelled > 20);
    let mut fresh = Accumulator::new(SummaryParams::default()).unwrap();
    fresh.update(&Transactions::new(&["a", "7"], &[1, 2], &[1.0, 2.0])).unwrap();
    fresh.update(&log).unwrap();
    assert_eq!(accumulator.finish(None).unwrap(), fresh.finish(None).unwrap());

    let customers = fresh.finish(None).unwrap();
    let flag = std::sync::atomic::AtomicBool::new(true);
    let stopped = || Monitor::silent().cancelled_by(&flag);
    assert_eq!(summarize_with(&[log], &SummaryParams::default(), &mut stopped()), Err(Error::Cancelled));
    assert_eq!(fresh.finish_with(None, &mut stopped()), Err(Error::Cancelled));
    assert_eq!(fresh.next_purchase_with(&customers, 0, &mut stopped()), Err(Error::Cancelled));
    assert_eq!(fresh.purchase_totals_with(&customers, 0, 9, &mut stopped()), Err(Error::Cancelled));
}

#[test]
fn ids_of_any_size() {
    let huge = "x".repeat(1 << 20);
    let ids = [huge.as_str(), "", "\0", "\u{10FFFF}"];
    let customers =
        summarize(&Transactions::new(&ids, &[0; 4], &[1.0; 4]), &SummaryParams::default()).unwrap();
    assert_eq!((0..4).map(|i| customers.ids.label(i).len()).collect::<Vec<_>>(), [0, 1, 1 << 20, 4]);
    let ids = [i64::MAX, i64::MIN, 0, -1];
    let customers =
        summarize(&Transactions::new(&ids, &[0; 4], &[1.0; 4]), &SummaryParams::default()).unwrap();
    assert_eq!(customers.ids, CustomerIds::Int(vec![i64::MIN, -1, 0, i64::MAX]));
    assert!(Ids::from(&[] as &[Option<i64>; 0]).is_empty());
}

#[test]
fn no_shape_of_a_log_is_slow() {
    let n = 200_000;
    let time: Vec<i64> = (0..n).map(|i| (i * 7_919) % 100_000 * 3_600_000_000).collect();
    let amount: Vec<f64> = (0..n).map(|i| (i % 1_000) as f64 - 100.0).collect();
    let hard: Vec<f64> = (0..n).map(|i| if i % 2 == 0 { 1e80 } else { 1e-80 }).collect();
    let distinct: Vec<i64> = (0..n).collect();
    // Ids that differ in their high bits alone, and ids in a sequence that a multiplicative hash sends to one place.
    let high: Vec<i64> = (0..n).map(|i| i << 40).collect();
    let inverse: Vec<i64> = (0..n).map(|i| (i << 32).wrapping_mul(0x0F1D_E83E_1993_7F73)).collect();
    let one = vec![1; n as usize];
    let same_time = vec![0; n as usize];

    let summary = |customer: &[i64], order: Option<&[i64]>, time: &[i64], amount: &[f64]| -> Customers {
        let log = Transactions::new(customer, time, amount);
        let log = order.map_or(log, |ids| log.order(ids));
        let start = Instant::now();
        let none = summarize(&log, &SummaryParams::default().period(Period::None)).unwrap();
        summarize(&log, &SummaryParams::default()).unwrap();
        // Some 20 milliseconds each; quadratic work would take minutes.
        assert!(start.elapsed() < Duration::from_secs(10));
        none
    };
    for customer in [&distinct, &high, &inverse, &one] {
        summary(customer, None, &time, &amount);
        summary(customer, Some(&distinct), &time, &amount);
        summary(customer, Some(&one), &time, &amount);
        summary(customer, None, &time, &hard);
    }
    summary(&one, None, &same_time, &hard);
    assert_eq!(summary(&one, Some(&distinct), &same_time, &amount).len(), 1);
}
