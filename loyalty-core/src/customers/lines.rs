//! Rows counted out to their customers, and what is made of one customer's lines.

use super::calendar::Calendar;
use super::deal::{BATCH, Deal, Hands, NONE, ROOM, batches};
use super::summary::{Figures, Log};
use crate::error::Result;
use crate::monitor::Monitor;
use crate::numeric::blocks::{self, STEP};
use crate::numeric::sum::{ExactSum, RunningSum};
use std::mem;

/// One row of a customer, as its order makes it.
pub(super) trait Line: Copy + Default + Send {
    /// When the order took place.
    fn time(&self) -> i64;
    fn amount(&self) -> f64;
    /// Whether the order is a purchase.
    fn purchase(&self) -> bool;
}

/// A row that is an order of its own.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Order {
    time: i64,
    amount: f64,
}

impl Line for Order {
    fn time(&self) -> i64 {
        self.time
    }

    fn amount(&self) -> f64 {
        self.amount
    }

    fn purchase(&self) -> bool {
        self.amount >= 0.0
    }
}

/// A row that may be a line of an order.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Item {
    time: i64,
    amount: f64,
    order: u32,
    /// Of the row, and later of its order.
    purchase: bool,
}

impl Line for Item {
    fn time(&self) -> i64 {
        self.time
    }

    fn amount(&self) -> f64 {
        self.amount
    }

    fn purchase(&self) -> bool {
        self.purchase
    }
}

impl Log<'_> {
    /// For each customer number the time of the first order after `after`, or [`NULL_TIME`](super::NULL_TIME).
    pub(super) fn next_purchase(&self, after: i64, monitor: &mut Monitor<'_>) -> Result<Hands<i64>> {
        // An order is known by its earliest line, which may lie before.
        let wanted = |_, time| time > after || self.order.is_some();
        self.by_customer(monitor, wanted, Self::item, |items, monitor| {
            join(items, monitor)?;
            let later = items.iter().filter(|item| item.purchase && item.time > after);
            Ok(later.map(|item| item.time).min().unwrap_or(super::NULL_TIME))
        })
    }

    /// For each customer number the sum of all amounts at times in (`from`, `to`].
    pub(super) fn totals(&self, from: i64, to: i64, monitor: &mut Monitor<'_>) -> Result<Hands<f64>> {
        let wanted = |_, time| from < time && time <= to;
        self.by_customer(monitor, wanted, Self::order, |orders, monitor| total(orders, |_| true, monitor))
    }

    /// `digest` of each customer's lines, without those of rows that are not `wanted`, by customer number.
    pub(super) fn by_customer<L: Line, T: Copy + Send>(
        &self,
        monitor: &mut Monitor<'_>,
        wanted: impl Fn(u32, i64) -> bool + Sync,
        line: impl Fn(&Self, usize) -> L + Sync,
        digest: impl Fn(&mut [L], &mut Monitor<'_>) -> Result<T> + Sync,
    ) -> Result<Hands<T>> {
        let deal = Deal::among(self.n_threads, self.time.len());
        let parts = blocks::map_long(deal.parts(), self.n_threads, monitor, |part, monitor| {
            let (ends, mut lines) = self.count_out(deal, part, &wanted, &line, monitor)?;
            let mut digests = Vec::with_capacity(ends.len());
            let (mut start, mut since_poll) = (0, 0);
            for end in ends {
                let lines = &mut lines[start..end];
                start = end;
                since_poll += 1 + lines.len();
                if since_poll >= STEP {
                    monitor.poll()?;
                    since_poll = 0;
                }
                // One with few rows is soon done.
                let unheard = &mut Monitor::silent();
                digests.push(digest(lines, if lines.len() < STEP { unheard } else { monitor })?);
            }
            Ok(digests)
        })?;
        Ok(Hands { deal, parts })
    }

    /// The wanted rows of a part's customers, one customer after the other, and where each one's end.
    fn count_out<L: Line>(
        &self,
        deal: Deal,
        part: usize,
        wanted: impl Fn(u32, i64) -> bool,
        line: impl Fn(&Self, usize) -> L,
        monitor: &mut Monitor<'_>,
    ) -> Result<(Vec<usize>, Vec<L>)> {
        let (mut room, mut picked) = ([0; BATCH], [(0, 0); ROOM]);
        // Counting sort: ends[i] counts customer i's rows, then tells where they start, and at last where they end.
        let mut ends = blocks::collect(deal.places(part, self.end()), monitor, |_| 0)?;
        for step in blocks::steps(self.time.len()) {
            monitor.poll()?;
            for rows in batches(step) {
                let time = &self.time[rows.clone()];
                let numbers = self.customer.batch(rows, &mut room);
                let wanted = |offset: usize, number| wanted(number, time[offset]);
                for &(_, place) in deal.pick(part, numbers, wanted, &mut picked) {
                    ends[place as usize] += 1;
                }
            }
        }
        let mut count = 0;
        for step in blocks::steps(ends.len()) {
            monitor.poll()?;
            count = ends[step].iter_mut().fold(count, |start, end| start + mem::replace(end, start));
        }
        let mut lines = blocks::collect(count, monitor, |_| L::default())?;
        for step in blocks::steps(self.time.len()) {
            monitor.poll()?;
            for rows in batches(step) {
                let (first, time) = (rows.start, &self.time[rows.clone()]);
                let numbers = self.customer.batch(rows, &mut room);
                let wanted = |offset: usize, number| wanted(number, time[offset]);
                for &(offset, place) in deal.pick(part, numbers, wanted, &mut picked) {
                    let end = &mut ends[place as usize];
                    lines[*end] = line(self, first + offset as usize);
                    *end += 1;
                }
            }
        }
        Ok((ends, lines))
    }

    pub(super) fn order(&self, row: usize) -> Order {
        Order { time: self.time[row], amount: self.amount[row] }
    }

    pub(super) fn item(&self, row: usize) -> Item {
        let Order { time, amount } = self.order(row);
        Item { time, amount, order: self.order.map_or(NONE, |order| order.get(row)), purchase: amount >= 0.0 }
    }
}

/// Gives each item the time of its order, and says whether that is a purchase.
pub(super) fn join(items: &mut [Item], monitor: &mut Monitor<'_>) -> Result<()> {
    // An order's earliest purchase line comes first, or its earliest line if it has none.
    let key = |item: &Item| (item.order, !item.purchase, item.time);
    blocks::sort(items, monitor, |a, b| key(a).cmp(&key(b)))?;
    for order in items.chunk_by_mut(same_order) {
        let Item { time, purchase, .. } = order[0];
        for item in order {
            (item.time, item.purchase) = (time, purchase);
        }
    }
    Ok(())
}

fn same_order(a: &Item, b: &Item) -> bool {
    a.order == b.order && a.order != NONE
}

/// The exact sum of the lines that count.
fn total<L: Line>(lines: &[L], counts: impl Fn(&L) -> bool, monitor: &mut Monitor<'_>) -> Result<f64> {
    let mut sum = RunningSum::default();
    for step in blocks::steps(lines.len()) {
        monitor.poll()?;
        lines[step].iter().filter(|line| counts(line)).for_each(|line| sum.add(line.amount()));
    }
    sum.exact().map_or_else(|| Ok(superaccumulated(lines, counts, monitor)?.value()), Ok)
}

fn superaccumulated<L: Line>(
    lines: &[L],
    counts: impl Fn(&L) -> bool,
    monitor: &mut Monitor<'_>,
) -> Result<ExactSum> {
    let mut sum = ExactSum::default();
    for step in blocks::steps(lines.len()) {
        monitor.poll()?;
        lines[step].iter().filter(|line| counts(line)).for_each(|line| sum.add(line.amount()));
    }
    Ok(sum)
}

/// The figures where orders in the same period are one purchase.
pub(super) fn figures_by_period<L: Line>(
    lines: &mut [L],
    calendar: &Calendar,
    monitor: &mut Monitor<'_>,
) -> Result<Figures> {
    blocks::sort(lines, monitor, |a, b| a.time().cmp(&b.time()))?;
    let first_time = lines.iter().find(|line| line.purchase()).map(Line::time);
    let Some(first_time) = first_time else { return Ok(Figures::without_purchase(!lines.is_empty())) };

    let (start, first_end) = calendar.bounds(first_time);
    let (mut n_purchases, mut end) = (1, first_end);
    let (mut last_time, mut last_purchase) = (first_time, first_time);
    for step in blocks::steps(lines.len()) {
        monitor.poll()?;
        for line in lines[step].iter().filter(|line| line.purchase()) {
            last_time = line.time();
            if line.time() > end {
                n_purchases += 1;
                last_purchase = line.time();
                end = calendar.bounds(line.time()).1;
            }
        }
    }

    let outside = |line: &L| line.time() < start || line.time() > first_end;
    let rest = if n_purchases == 1 { 0.0 } else { total(lines, outside, monitor)? };
    let total = total(lines, |_| true, monitor)?;
    Ok(Figures { n_purchases, first_time, last_time, last_purchase, total, rest })
}

/// The figures where each order is a purchase.
pub(super) fn figures_of_orders(lines: &mut [Item], monitor: &mut Monitor<'_>) -> Result<Figures> {
    let key = |line: &Item| (!line.purchase, line.time, line.order);
    blocks::sort(lines, monitor, |a, b| key(a).cmp(&key(b)))?;
    let purchases = &lines[..lines.partition_point(|line| line.purchase)];
    let (Some(first), Some(last)) = (purchases.first(), purchases.last()) else {
        return Ok(Figures::without_purchase(!lines.is_empty()));
    };
    let (first_time, last_time) = (first.time, last.time);

    let orders = || purchases.chunk_by(same_order);
    let n_purchases = orders().count() as u64;
    monitor.poll()?;
    let first_lines = orders().next().map_or(0, <[Item]>::len);
    let tied = || orders().take_while(|order| order[0].time == first_time);
    let rest = match (n_purchases, tied().count()) {
        (1, _) => 0.0,
        (_, 1) => total(&lines[first_lines..], |_| true, monitor)?,
        _ => largest_rest(lines, tied(), monitor)?,
    };
    let total = total(lines, |_| true, monitor)?;
    Ok(Figures { n_purchases, first_time, last_time, last_purchase: last_time, total, rest })
}

/// The sum of all lines outside the order of the smallest amount, of these `orders`.
fn largest_rest<'a>(
    lines: &[Item],
    orders: impl Iterator<Item = &'a [Item]>,
    monitor: &mut Monitor<'_>,
) -> Result<f64> {
    // So many sums take about as long as a step.
    const ORDERS: usize = 1024;
    let sum = superaccumulated(lines, |_| true, monitor)?;
    let mut largest = f64::NEG_INFINITY;
    for (i, order) in orders.enumerate() {
        if i % ORDERS == 0 {
            monitor.poll()?;
        }
        // Rounding is monotone: the largest rounded rest is that of the smallest exact amount.
        let mut rest = sum.clone();
        order.iter().for_each(|line| rest.add(-line.amount));
        largest = largest.max(rest.value());
    }
    Ok(largest)
}
