//! `customers`: neither order nor batches, merges and threads change a bit, and a slow obvious program agrees.

use jiff::civil::Date;
use jiff::tz::{TimeZone, TimeZoneDatabase};
use jiff::{Timestamp, ToSpan};
use loyalty_core::customers::{
    Accumulator, CustomerIds, Customers, Ids, MICROSECONDS_PER_DAY as DAY, NULL_TIME, OnInvalid, Period,
    Refunds, SummaryParams, TimeUnit, Transactions, summarize, summarize_with,
};
use loyalty_core::monitor::Monitor;
use loyalty_core::numeric::sum::{ExactSum, exact_sum};
use loyalty_core::{Error, Result};
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

#[derive(Debug, Clone, Copy, PartialEq)]
struct Row {
    customer: Option<i64>,
    time: i64,
    amount: f64,
    order: Option<i64>,
}

fn amounts() -> impl Strategy<Value = f64> {
    prop_oneof![
        8 => (-2_000_i32..10_000).prop_map(|cents| f64::from(cents) / 100.0),
        1 => Just(0.0),
        1 => Just(-0.0),
        1 => any::<f64>().prop_filter("finite", |a| a.abs() < 1e305),
    ]
}

fn times() -> impl Strategy<Value = i64> {
    prop_oneof![
        4 => -60 * DAY..60 * DAY,
        4 => midnights(),
        2 => 0_i64..4,
        1 => i64::MIN + 1..=i64::MAX,
    ]
}

/// The first and the last microseconds of days.
fn midnights() -> impl Strategy<Value = i64> {
    (-8_i64..8, 0_i64..2).prop_map(|(day, before)| day * DAY - before)
}

fn row() -> impl Strategy<Value = Row> {
    let customer = prop_oneof![6 => -3_i64..4, 1 => any::<i64>()];
    (customer, times(), amounts(), prop::option::weighted(0.7, 0_i64..5))
        .prop_map(|(customer, time, amount, order)| Row { customer: Some(customer), time, amount, order })
}

/// Rows of which some are null or not finite.
fn holey_row() -> impl Strategy<Value = Row> {
    (row(), 0..12_u8).prop_map(|(row, hole)| match hole {
        0 => Row { customer: None, ..row },
        1 => Row { time: NULL_TIME, ..row },
        2 => Row { amount: f64::NAN, ..row },
        3 => Row { amount: f64::NEG_INFINITY, customer: None, ..row },
        _ => row,
    })
}

fn params() -> impl Strategy<Value = SummaryParams> {
    let period = prop::sample::select(vec![Period::None, Period::Day, Period::Week, Period::Month]);
    let unit = prop::sample::select(vec![
        TimeUnit::Hour,
        TimeUnit::Day,
        TimeUnit::Week,
        TimeUnit::Month,
        TimeUnit::Year,
    ]);
    let refunds = prop::sample::select(vec![Refunds::Net, Refunds::Ignore]);
    let as_of = prop::option::of(prop_oneof![-70 * DAY..70 * DAY, Just(i64::MAX), Just(i64::MIN + 1)]);
    (period, unit, refunds, as_of).prop_map(|(period, unit, refunds, as_of)| {
        SummaryParams::default()
            .period(period)
            .time_unit(unit)
            .refunds(refunds)
            .on_invalid(OnInvalid::Drop)
            .as_of(as_of)
            .n_threads(1)
    })
}

/// The columns of some rows.
struct Columns {
    customer: Vec<Option<i64>>,
    time: Vec<i64>,
    amount: Vec<f64>,
    order: Option<Vec<Option<i64>>>,
}

impl Columns {
    fn of(rows: &[Row], with_orders: bool) -> Self {
        Self {
            customer: rows.iter().map(|row| row.customer).collect(),
            time: rows.iter().map(|row| row.time).collect(),
            amount: rows.iter().map(|row| row.amount).collect(),
            order: with_orders.then(|| rows.iter().map(|row| row.order).collect()),
        }
    }

    fn log(&self) -> Transactions<'_> {
        let log = Transactions::new(&self.customer, &self.time, &self.amount);
        match &self.order {
            Some(ids) => log.order(ids),
            None => log,
        }
    }
}

fn summary(rows: &[Row], with_orders: bool, params: &SummaryParams) -> Result<Customers> {
    summarize(&Columns::of(rows, with_orders).log(), params)
}

fn accumulator(rows: &[Row], with_orders: bool, params: &SummaryParams) -> Accumulator {
    let mut accumulator = Accumulator::new(params.clone()).unwrap();
    accumulator.update(&Columns::of(rows, with_orders).log()).unwrap();
    accumulator
}

// The slow obvious program: maps of maps, one order after the other.

/// An order: its time, whether it is a purchase, and its amounts.
type Order = (i64, bool, Vec<f64>);

fn orders(rows: &[Row], with_orders: bool) -> Vec<Order> {
    let mut groups: BTreeMap<(Option<i64>, usize), Vec<Row>> = BTreeMap::new();
    for (i, row) in rows.iter().enumerate() {
        let order = row.order.filter(|_| with_orders);
        groups.entry((order, if order.is_some() { 0 } else { i })).or_default().push(*row);
    }
    let order = |lines: Vec<Row>| {
        let time_of_purchase = lines.iter().filter(|row| row.amount >= 0.0).map(|row| row.time).min();
        let time = time_of_purchase.or(lines.iter().map(|row| row.time).min()).unwrap();
        (time, time_of_purchase.is_some(), lines.iter().map(|row| row.amount).collect())
    };
    groups.into_values().map(order).collect()
}

/// The number of the period around `time`.
fn number_of(time: i64, period: Period) -> i128 {
    let day = time.div_euclid(DAY);
    match period {
        Period::Day => day.into(),
        Period::Week => (day + 3).div_euclid(7).into(),
        _ => {
            // Years of 1970's cycle of 400, then one month after the other.
            let (mut rest, mut month) = (day.rem_euclid(146_097), 4800 * i128::from(day.div_euclid(146_097)));
            for year in 1970_i64.. {
                let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
                for length in [31, if leap { 29 } else { 28 }, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31] {
                    if rest < length {
                        return month;
                    }
                    rest -= length;
                    month += 1;
                }
            }
            month
        }
    }
}

/// Python's `math.fsum`: Shewchuk's partial sums. `None` where it would overflow.
fn fsum(values: &[f64]) -> Option<f64> {
    let mut partials: Vec<f64> = Vec::new();
    for &value in values {
        let (mut x, mut kept) = (value, Vec::new());
        for &y in &partials {
            let (big, small) = if x.abs() < y.abs() { (y, x) } else { (x, y) };
            let sum = big + small;
            let low = small - (sum - big);
            if low != 0.0 {
                kept.push(low);
            }
            x = sum;
        }
        kept.push(x);
        partials = kept;
    }
    let mut sum = partials.pop().unwrap_or(0.0);
    let mut low = 0.0;
    while let Some(y) = partials.pop() {
        let x = sum;
        sum = x + y;
        low = y - (sum - x);
        if low != 0.0 {
            break;
        }
    }
    // Half-way cases need a look at the sign of what is left.
    if let Some(&next) = partials.last()
        && ((low < 0.0 && next < 0.0) || (low > 0.0 && next > 0.0))
    {
        let doubled = low * 2.0;
        let x = sum + doubled;
        if x - sum == doubled {
            sum = x;
        }
    }
    sum.is_finite().then_some(sum)
}

struct Slow {
    n_purchases: u64,
    total: f64,
    first_time: i64,
    last_time: i64,
    t_x: f64,
    repeat_mean: f64,
}

/// `None` for a customer without a purchase.
fn slow(rows: &[Row], with_orders: bool, params: &SummaryParams) -> Option<Slow> {
    let orders = orders(rows, with_orders);
    let purchases: Vec<&Order> = orders.iter().filter(|order| order.1).collect();
    let (first_time, last_time) =
        (purchases.iter().map(|order| order.0).min()?, purchases.iter().map(|order| order.0).max()?);
    let amounts =
        |orders: &[&Order]| -> Vec<f64> { orders.iter().flat_map(|order| order.2.clone()).collect() };
    let all: Vec<&Order> = orders.iter().collect();

    let (n_purchases, last_purchase, rest) = if params.period == Period::None {
        let rests = (0..orders.len()).filter(|&i| orders[i].1 && orders[i].0 == first_time).map(|first| {
            let others: Vec<&Order> = (0..orders.len()).filter(|&i| i != first).map(|i| &orders[i]).collect();
            fsum(&amounts(&others)).unwrap()
        });
        (purchases.len(), last_time, rests.fold(f64::NEG_INFINITY, f64::max))
    } else {
        let number = |order: &Order| number_of(order.0, params.period);
        let periods: BTreeSet<i128> = purchases.iter().map(|order| number(order)).collect();
        let (first, last) = (*periods.first()?, *periods.last()?);
        let others: Vec<&Order> = orders.iter().filter(|order| number(order) != first).collect();
        let last_purchase =
            purchases.iter().filter(|order| number(order) == last).map(|order| order.0).min()?;
        (periods.len(), last_purchase, fsum(&amounts(&others)).unwrap())
    };
    Some(Slow {
        n_purchases: n_purchases as u64,
        total: fsum(&amounts(&all)).unwrap(),
        first_time,
        last_time,
        t_x: params.time_unit.between(first_time, last_purchase),
        repeat_mean: if n_purchases > 1 { rest / (n_purchases - 1) as f64 } else { 0.0 },
    })
}

/// Compares a summary with the slow program's, customer by customer.
fn check_against_slow(rows: &[Row], with_orders: bool, params: &SummaryParams, fast: &Customers) {
    let invalid = |row: &Row| row.customer.is_none() || row.time == NULL_TIME || !row.amount.is_finite();
    let ignored = |row: &Row| params.refunds == Refunds::Ignore && row.amount < 0.0;
    let mut by_customer: BTreeMap<i64, Vec<Row>> = BTreeMap::new();
    let (mut dropped, mut left_out, mut late) = (0, 0, 0);
    for row in rows {
        if invalid(row) {
            dropped += 1;
            continue;
        }
        let own = by_customer.entry(row.customer.unwrap()).or_default();
        if ignored(row) {
            left_out += 1;
        } else if row.time > fast.as_of {
            late += 1;
        } else {
            own.push(*row);
        }
    }

    let CustomerIds::Int(ids) = &fast.ids else { panic!("integer ids") };
    let mut expected =
        by_customer.iter().filter_map(|(id, rows)| Some((*id, rows, slow(rows, with_orders, params)?)));
    for (i, &id) in ids.iter().enumerate() {
        let (expected_id, _, slow) = expected.next().expect("as many customers");
        assert_eq!(id, expected_id);
        assert_eq!((fast.n_purchases[i], fast.frequency[i]), (slow.n_purchases, slow.n_purchases - 1));
        assert_eq!((fast.first_time[i], fast.last_time[i]), (slow.first_time, slow.last_time));
        assert_eq!((fast.total_amount[i], fast.t_x[i]), (slow.total, slow.t_x));
        assert_eq!(fast.mean_amount[i], slow.total / slow.n_purchases as f64);
        assert_eq!(fast.repeat_mean_amount[i], slow.repeat_mean);
        assert_eq!(fast.recency_days[i], TimeUnit::Day.between(slow.last_time, fast.as_of));
        assert_eq!(fast.tenure_days[i], TimeUnit::Day.between(slow.first_time, fast.as_of));
        assert_eq!(fast.t[i], params.time_unit.between(slow.first_time, fast.as_of));
        if params.period != Period::None {
            assert_eq!(fast.frequency[i] == 0, fast.t_x[i] == 0.0);
        }
    }
    assert!(expected.next().is_none());

    let counts = fast.counts;
    assert_eq!(counts.rows, rows.len() as u64);
    assert_eq!(counts.null_id + counts.null_time + counts.non_finite_amount, dropped);
    assert_eq!((counts.refund_ignored, counts.after_as_of), (left_out, late));
    assert_eq!(counts.rows, counts.counted + counts.without_purchase + dropped + left_out + late);
    assert_eq!(counts.customers_without_purchase, (by_customer.len() - ids.len()) as u64);
}

// Periods of a time zone, from what a clock there shows at each minute.

const ZONES: [&str; 7] = [
    "Europe/Berlin",
    "America/St_Johns",
    "America/Sao_Paulo",
    "Asia/Kathmandu",
    "Pacific/Apia",
    "Africa/Cairo",
    "Australia/Lord_Howe",
];

fn zone(tz: &str) -> TimeZone {
    TimeZoneDatabase::bundled().get(tz).unwrap()
}

/// Instants of 1975 to 2045, each with how far from the next change of the clock an order is to be, if at all.
fn instants() -> impl Strategy<Value = (i64, Option<i64>)> {
    let hour = DAY / 24;
    let distance =
        prop_oneof![2 => -30 * hour..30 * hour, 1 => -2 * hour..2 * hour, 1 => Just(0), 1 => Just(-1)];
    (5 * 365 * DAY..75 * 365 * DAY, prop::option::weighted(0.8, distance))
}

fn near_changes(tz: &str, instants: &[(i64, Option<i64>)]) -> Vec<i64> {
    let zone = zone(tz);
    let near = |&(time, distance): &(i64, Option<i64>)| {
        let change = zone.following(Timestamp::from_microsecond(time).unwrap()).next();
        distance.zip(change).map_or(time, |(distance, change)| change.timestamp().as_microsecond() + distance)
    };
    instants.iter().map(near).collect()
}

/// The date that a clock in the zone shows.
fn shown(zone: &TimeZone, time: i64) -> Date {
    zone.to_datetime(Timestamp::from_microsecond(time).unwrap()).date()
}

/// The first date of the period around `time`, where a date lasts until a clock shows a later one.
fn first_date(zone: &TimeZone, time: i64, period: Period) -> Date {
    const MINUTE: i64 = DAY / 1440;
    let minutes = (time - 2 * DAY).div_euclid(MINUTE)..=time.div_euclid(MINUTE);
    let date = minutes.map(|minute| shown(zone, minute * MINUTE)).max().unwrap();
    match period {
        Period::Week => date - i64::from(date.weekday().to_monday_zero_offset()).days(),
        Period::Month => date.first_of_month(),
        _ => date,
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn both_ways_agree_with_a_slow_obvious_program(
        rows in prop::collection::vec(holey_row(), 0..60),
        with_orders in any::<bool>(),
        params in params(),
    ) {
        let direct = summary(&rows, with_orders, &params);
        let accumulated = accumulator(&rows, with_orders, &params).finish(None);
        prop_assert_eq!(&direct, &accumulated);
        match direct {
            Ok(customers) => check_against_slow(&rows, with_orders, &params, &customers),
            Err(error) => prop_assert!(matches!(error, Error::TooFewRows { .. }), "{}", error),
        }
    }

    #[test]
    fn row_order_does_not_matter(
        (rows, shuffled) in prop::collection::vec(row(), 1..60)
            .prop_flat_map(|rows| (Just(rows.clone()), Just(rows).prop_shuffle())),
        with_orders in any::<bool>(),
        params in params(),
    ) {
        prop_assert_eq!(summary(&rows, with_orders, &params)?, summary(&shuffled, with_orders, &params)?);
    }

    #[test]
    fn batches_and_merges_do_not_matter(
        rows in prop::collection::vec(holey_row(), 0..60),
        cuts in (0.0..1.0_f64, 0.0..1.0_f64),
        with_orders in any::<bool>(),
        params in params(),
        as_of in prop_oneof![-70 * DAY..70 * DAY, midnights()],
    ) {
        let cut = |share: f64| (share * rows.len() as f64) as usize;
        let (low, high) = (cut(cuts.0.min(cuts.1)), cut(cuts.0.max(cuts.1)));
        let parts = [&rows[..low], &rows[low..high], &rows[high..]];
        let part = |i: usize| accumulator(parts[i], with_orders, &params);
        let whole = accumulator(&rows, with_orders, &params);

        let mut batches = Accumulator::new(params.clone())?;
        for part in parts {
            batches.update(&Columns::of(part, with_orders).log())?;
        }
        let mut left = part(0);
        left.merge(part(1))?;
        left.merge(part(2))?;
        let mut tail = part(1);
        tail.merge(part(2))?;
        let mut right = part(0);
        right.merge(tail)?;
        let mut reversed = part(2);
        reversed.merge(part(0))?;
        reversed.merge(part(1))?;

        let columns = parts.map(|part| Columns::of(part, with_orders));
        let logs = [0, 1, 2].map(|i| columns[i].log());
        prop_assert_eq!(summarize_with(&logs, &params, &mut Monitor::silent()), summary(&rows, with_orders, &params));

        let customers = whole.finish(Some(as_of))?;
        for other in [batches, left, right, reversed] {
            prop_assert_eq!(&whole.finish(Some(as_of))?, &other.finish(Some(as_of))?);
            prop_assert_eq!(whole.finish(None), other.finish(None));
            prop_assert_eq!((whole.earliest_time(), whole.latest_time()), (other.earliest_time(), other.latest_time()));
            prop_assert_eq!(whole.next_purchase(&customers, as_of), other.next_purchase(&customers, as_of));
            prop_assert_eq!(
                whole.purchase_totals(&customers, as_of, as_of + 9 * DAY),
                other.purchase_totals(&customers, as_of, as_of + 9 * DAY)
            );
        }
    }

    #[test]
    fn a_batch_without_orders_is_one_of_null_orders(
        rows in prop::collection::vec(row(), 1..40),
        plain in prop::collection::vec(row(), 1..40),
        params in params(),
    ) {
        let null_orders: Vec<Row> = plain.iter().map(|row| Row { order: None, ..*row }).collect();
        let all: Vec<Row> = null_orders.iter().chain(&rows).copied().collect();
        let expected = summary(&all, true, &params)?;

        let mut first = accumulator(&plain, false, &params);
        first.update(&Columns::of(&rows, true).log())?;
        let mut last = accumulator(&rows, true, &params);
        last.merge(accumulator(&plain, false, &params))?;
        prop_assert_eq!(&first.finish(None)?, &expected);
        prop_assert_eq!(&last.finish(None)?, &expected);
    }

    #[test]
    fn what_follows_a_cutoff_is_found(
        rows in prop::collection::vec(row(), 1..60),
        with_orders in any::<bool>(),
        cutoff in prop_oneof![-30 * DAY..30 * DAY, midnights()],
    ) {
        let params = SummaryParams::default();
        let accumulator = accumulator(&rows, with_orders, &params);
        let customers = accumulator.finish(Some(cutoff))?;
        let next = accumulator.next_purchase(&customers, cutoff);
        let totals = accumulator.purchase_totals(&customers, cutoff, cutoff + 10 * DAY)?;
        let CustomerIds::Int(ids) = &customers.ids else { panic!("integer ids") };
        for (i, &id) in ids.iter().enumerate() {
            let own: Vec<Row> = rows.iter().filter(|row| row.customer == Some(id)).copied().collect();
            let later = orders(&own, with_orders).into_iter().filter(|order| order.1 && order.0 > cutoff);
            prop_assert_eq!(next[i], later.map(|order| order.0).min().unwrap_or(NULL_TIME));
            let window = own.iter().filter(|row| row.time > cutoff && row.time <= cutoff + 10 * DAY);
            let window: Vec<f64> = window.map(|row| row.amount).collect();
            prop_assert_eq!(totals[i], fsum(&window).unwrap());
        }
    }

    #[test]
    fn texts_and_integers_tell_the_same(rows in prop::collection::vec(holey_row(), 1..40), params in params()) {
        let columns = Columns::of(&rows, true);
        let text = |id: &Option<i64>| id.map(|id| format!("{:020}", i128::from(id) - i128::from(i64::MIN)));
        let customer: Vec<Option<String>> = columns.customer.iter().map(text).collect();
        let order: Vec<Option<String>> = columns.order.iter().flatten().map(text).collect();
        let customer: Vec<Option<&str>> = customer.iter().map(Option::as_deref).collect();
        let order: Vec<Option<&str>> = order.iter().map(Option::as_deref).collect();
        let texts = Transactions::new(&customer, &columns.time, &columns.amount).order(&order);
        match (summarize(&texts, &params), summarize(&columns.log(), &params)) {
            (Ok(mut texts), Ok(integers)) => {
                let labels = |ids: &CustomerIds| (0..ids.len()).map(|i| ids.label(i)).collect::<Vec<_>>();
                let CustomerIds::Int(ids) = &integers.ids else { panic!("integer ids") };
                prop_assert_eq!(labels(&texts.ids), ids.iter().filter_map(|&id| text(&Some(id))).collect::<Vec<_>>());
                texts.ids = integers.ids.clone();
                prop_assert_eq!(texts, integers);
            }
            (texts, integers) => prop_assert_eq!(texts, integers),
        }
    }

    #[test]
    fn ids_that_are_their_own_numbers_tell_the_same(
        rows in prop::collection::vec(row(), 1..60),
        close in any::<bool>(),
        with_orders in any::<bool>(),
        params in params(),
    ) {
        let rows: Vec<Row> = rows
            .iter()
            .map(|row| {
                let customer = row.customer.map(|id| if close { id % 100 } else { id });
                Row { customer, order: Some(row.order.unwrap_or(9)), ..*row }
            })
            .collect();
        let customer: Vec<i64> = rows.iter().filter_map(|row| row.customer).collect();
        let order: Vec<i64> = rows.iter().filter_map(|row| row.order).collect();
        let columns = Columns::of(&rows, with_orders);
        let log = Transactions::new(&customer, &columns.time, &columns.amount);
        let log = if with_orders { log.order(&order) } else { log };
        prop_assert_eq!(summarize(&log, &params), summarize(&columns.log(), &params));
    }

    #[test]
    fn periods_of_a_zone_are_those_of_its_clocks(
        (tz, times) in (prop::sample::select(ZONES.to_vec()), prop::collection::vec(instants(), 1..8))
            .prop_map(|(tz, instants)| (tz, near_changes(tz, &instants))),
        period in prop::sample::select(vec![Period::Day, Period::Week, Period::Month]),
    ) {
        let zone = zone(tz);
        let labels: BTreeSet<Date> = times.iter().map(|&time| first_date(&zone, time, period)).collect();
        let params = SummaryParams::default().period(period).tz(tz.to_owned()).n_threads(1);
        let log = summarize(&Transactions::new(&vec![1; times.len()], &times, &vec![1.0; times.len()]), &params)?;
        prop_assert_eq!(log.n_purchases, [labels.len() as u64], "{} {:?}", tz, times);
    }

    #[test]
    fn exact_sums_are_those_of_fsum(values in prop::collection::vec(any::<f64>(), 0..40)) {
        let values: Vec<f64> = values.into_iter().filter(|v| v.abs() < 1e305).collect();
        let mut sum = ExactSum::default();
        values.iter().for_each(|&value| sum.add(value));
        prop_assert_eq!(Some(sum.value()), fsum(&values));
        prop_assert_eq!(exact_sum(values.iter().copied()).to_bits(), sum.value().to_bits());
    }
}

#[test]
fn threads_do_not_matter() {
    // Enough rows that each thread gets a part, and enough hard sums that some customers lose a bit on the way.
    let rows: Vec<Row> = (0..300_000_u64)
        .map(|i| {
            let random = i.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 20;
            let scale = if random % 97 == 0 { 1e60 } else { 0.01 };
            Row {
                customer: Some((random % 2_003) as i64),
                time: (random % 7_919) as i64 * DAY / 24,
                amount: ((random % 9_001) as f64 - 900.0) * scale,
                order: (random % 3 > 0).then_some((random % 11) as i64),
            }
        })
        .collect();
    let params = SummaryParams::default();
    for (period, with_orders) in
        [(Period::None, false), (Period::Day, false), (Period::None, true), (Period::Month, true)]
    {
        let params = params.clone().period(period);
        let columns = Columns::of(&rows, with_orders);
        let one = summarize(&columns.log(), &params.clone().n_threads(1)).unwrap();
        assert!(Ids::from(&columns.customer).len() == rows.len() && one.len() > 2_000);
        // The same customers, found in each of the other ways, in the same order.
        let ids: Vec<i64> = rows.iter().filter_map(|row| row.customer).collect();
        let far: Vec<i64> = ids.iter().map(|id| id * 1_000_000_007).collect();
        let texts: Vec<String> = ids.iter().map(|id| format!("customer number {id:09}")).collect();
        let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
        for customer in [columns.log().customer, Ids::from(&ids), Ids::from(&far), Ids::from(&texts)] {
            let mut log = columns.log();
            log.customer = customer;
            for n_threads in [1, 2, 3, 8] {
                let mut other = summarize(&log, &params.clone().n_threads(n_threads)).unwrap();
                other.ids = one.ids.clone();
                assert_eq!(other, one);
            }
        }
    }
}
