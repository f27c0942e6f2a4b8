//! The figures of each customer, from numbered rows.
//!
//! Orders that neither merge nor have lines need no sorting: one pass adds each row to its customer. Otherwise the rows
//! are counted out to their customers, and each customer's few rows are sorted. All sums are exact, so it is of no
//! consequence how rows and customers are shared out to threads.

use super::accumulator::overflow;
use super::calendar::Calendar;
use super::ids::{Index, NONE};
use super::periods::{Period, TimeUnit};
use super::{Customers, RowCounts, SummaryParams};
use crate::error::Result;
use crate::monitor::Monitor;
use crate::numeric::blocks::{self, Blocks};
use crate::numeric::sum::{ExactSum, RunningSum, exact_sum};

/// An order log whose ids are numbers.
pub(super) struct Log<'a> {
    /// [`NONE`] for a row that is left out.
    pub(super) customer: &'a [u32],
    pub(super) time: &'a [i64],
    pub(super) amount: &'a [f64],
    /// [`NONE`] for a row that is an order of its own.
    pub(super) order: Option<&'a [u32]>,
    pub(super) index: &'a Index,
}

/// One row of a customer.
#[derive(Debug, Clone, Copy)]
struct Line {
    time: i64,
    amount: f64,
    order: u32,
    /// Of the row, and later of its order.
    purchase: bool,
}

/// What a customer's row is made of.
#[derive(Debug, Clone, Copy, Default)]
struct Figures {
    /// 0 for a customer without a purchase, of whom the rest says nothing.
    n_purchases: u64,
    first_time: i64,
    last_time: i64,
    /// Of the last purchase after merging, at the earliest of its orders.
    last_purchase: i64,
    /// ±∞ beyond the largest float; NaN as long as it is unknown.
    total: f64,
    /// Of all rows outside the first purchase, if there are more purchases; likewise.
    rest: f64,
}

impl Log<'_> {
    /// The summary of all rows up to `as_of`, all within `span`; `counts` knows what became of rows before they were numbered.
    pub(super) fn summary(
        &self,
        params: &SummaryParams,
        as_of: i64,
        span: (i64, i64),
        counts: RowCounts,
        n_threads: usize,
    ) -> Result<Customers> {
        let figures = if params.period == Period::None && self.order.is_none() {
            self.tallied(as_of, n_threads)
        } else {
            let calendar = Calendar::new(params.period, params.tz.as_deref(), span)?;
            self.by_customer(
                n_threads,
                |_, time| time <= as_of,
                |lines| self.figures(lines, params.period, &calendar),
            )
        };
        let counts = self.count(&figures, as_of, counts);
        self.table(&figures, params.time_unit, as_of, counts)
    }

    /// For each customer number the time of the first order after `after`, or [`NULL_TIME`](super::NULL_TIME).
    pub(super) fn next_purchase(&self, after: i64, n_threads: usize) -> Vec<i64> {
        // An order is known by its earliest line, which may lie before.
        let wanted = |_, time| time > after || self.order.is_some();
        self.by_customer(n_threads, wanted, |lines| {
            self.join_orders(lines);
            let later = lines.iter().filter(|line| line.purchase && line.time > after);
            later.map(|line| line.time).min().unwrap_or(super::NULL_TIME)
        })
    }

    /// For each customer number the sum of all amounts at times in (`from`, `to`].
    pub(super) fn totals(&self, from: i64, to: i64, n_threads: usize) -> Vec<f64> {
        let wanted = |_, time| from < time && time <= to;
        self.by_customer(n_threads, wanted, |lines| total(lines))
    }

    /// `digest` of each customer's rows, without those that are not `wanted`, by customer number.
    fn by_customer<T: Send>(
        &self,
        n_threads: usize,
        wanted: impl Fn(u32, i64) -> bool + Sync,
        digest: impl Fn(&mut [Line]) -> T + Sync,
    ) -> Vec<T> {
        let customers = self.index.len();
        let parts = n_threads.min(1 + self.time.len() / 16_384).max(1);
        let blocks = Blocks::new(customers, customers.div_ceil(parts));
        in_parallel(blocks.count(), n_threads, |part| {
            let numbers = blocks.range(part);
            let first = numbers.start as u32;
            let place = |row: usize| {
                let place = self.customer[row].wrapping_sub(first) as usize;
                (place < numbers.len() && wanted(self.customer[row], self.time[row])).then_some(place)
            };

            // Counting sort: ends[i + 1] counts customer i's rows, then tells where they start, and at last where they end.
            let mut ends = vec![0; numbers.len() + 1];
            (0..self.time.len()).filter_map(place).for_each(|i| ends[i + 1] += 1);
            let rows = ends.iter_mut().fold(0, |start, end| start + std::mem::replace(end, start));
            let mut lines = vec![Line { time: 0, amount: 0.0, order: NONE, purchase: false }; rows];
            for row in 0..self.time.len() {
                if let Some(i) = place(row) {
                    lines[ends[i + 1]] = self.line(row);
                    ends[i + 1] += 1;
                }
            }
            ends.windows(2).map(|ends| digest(&mut lines[ends[0]..ends[1]])).collect::<Vec<T>>()
        })
        .into_iter()
        .flatten()
        .collect()
    }

    fn line(&self, row: usize) -> Line {
        Line {
            time: self.time[row],
            amount: self.amount[row],
            order: self.order.map_or(NONE, |order| order[row]),
            purchase: self.amount[row] >= 0.0,
        }
    }

    /// Gives each line the time of its order, and says whether that is a purchase.
    fn join_orders(&self, lines: &mut [Line]) {
        if self.order.is_none() {
            return;
        }
        // An order's earliest purchase line comes first, or its earliest line if it has none.
        lines.sort_unstable_by_key(|line| (line.order, !line.purchase, line.time));
        for order in lines.chunk_by_mut(same_order) {
            let Line { time, purchase, .. } = order[0];
            for line in order {
                (line.time, line.purchase) = (time, purchase);
            }
        }
    }

    fn figures(&self, lines: &mut [Line], period: Period, calendar: &Calendar) -> Figures {
        self.join_orders(lines);
        if period == Period::None { figures_of_orders(lines) } else { figures_by_period(lines, calendar) }
    }

    /// The figures where each row is an order and each order a purchase.
    fn tallied(&self, as_of: i64, n_threads: usize) -> Vec<Figures> {
        let (rows, customers) = (self.time.len(), self.index.len());
        // Each thread has its own tallies, which must not cost more than they save.
        let parts = n_threads.min(rows / (4 * customers + 65_536)).max(1);
        let blocks = Blocks::new(rows, rows.div_ceil(parts));
        let mut tallies = in_parallel(blocks.count(), n_threads, |part| {
            let mut tallies = vec![Tally::default(); customers];
            let rows = blocks.range(part);
            let columns =
                self.customer[rows.clone()].iter().zip(&self.time[rows.clone()]).zip(&self.amount[rows]);
            for ((&customer, &time), &amount) in columns {
                if customer != NONE && time <= as_of {
                    tallies[customer as usize].add(time, amount);
                }
            }
            tallies
        });
        blocks::merge(&mut tallies, |left, right| {
            left.iter_mut().zip(right).for_each(|(left, right)| left.merge(right));
        });

        // Without rows there is no block, though there may be customers of whom no row counts.
        let tallies = tallies.into_iter().next().unwrap_or_else(|| vec![Tally::default(); customers]);
        let mut figures: Vec<Figures> = tallies.into_iter().map(Tally::figures).collect();
        if figures.iter().any(|f| f.total.is_nan()) {
            let lossy = |customer: u32, time| time <= as_of && figures[customer as usize].total.is_nan();
            let exact = self.by_customer(n_threads, lossy, figures_of_orders);
            for (figures, exact) in figures.iter_mut().zip(exact) {
                if figures.total.is_nan() {
                    *figures = exact;
                }
            }
        }
        figures
    }

    /// Accounts for all rows.
    fn count(&self, figures: &[Figures], as_of: i64, mut counts: RowCounts) -> RowCounts {
        let rows = || self.customer.iter().zip(self.time).filter(|(customer, _)| **customer != NONE);
        counts.after_as_of = rows().filter(|(_, time)| **time > as_of).count() as u64;
        counts.customers_without_purchase = figures.iter().filter(|f| f.n_purchases == 0).count() as u64;
        if counts.customers_without_purchase > 0 {
            let idle = |(customer, time): &(&u32, &i64)| {
                **time <= as_of && figures[**customer as usize].n_purchases == 0
            };
            counts.without_purchase = rows().filter(idle).count() as u64;
        }
        let left_out = counts.null_id
            + counts.null_time
            + counts.non_finite_amount
            + counts.refund_ignored
            + counts.after_as_of
            + counts.without_purchase;
        counts.counted = counts.rows - left_out;
        counts
    }

    fn table(&self, figures: &[Figures], unit: TimeUnit, as_of: i64, counts: RowCounts) -> Result<Customers> {
        let mut numbers = self.index.ascending();
        numbers.retain(|&number| figures[number as usize].n_purchases > 0);
        let figures: Vec<Figures> = numbers.iter().map(|&number| figures[number as usize]).collect();
        let ids = self.index.ids(&numbers);
        if let Some(i) = figures.iter().position(|f| f.total.is_infinite() || f.rest.is_infinite()) {
            return Err(overflow(&ids.label(i)));
        }

        let repeat_mean =
            |f: &Figures| if f.n_purchases > 1 { f.rest / (f.n_purchases - 1) as f64 } else { 0.0 };
        Ok(Customers {
            ids,
            n_purchases: column(&figures, |f| f.n_purchases),
            total_amount: column(&figures, |f| f.total),
            mean_amount: column(&figures, |f| f.total / f.n_purchases as f64),
            first_time: column(&figures, |f| f.first_time),
            last_time: column(&figures, |f| f.last_time),
            recency_days: column(&figures, |f| TimeUnit::Day.between(f.last_time, as_of)),
            tenure_days: column(&figures, |f| TimeUnit::Day.between(f.first_time, as_of)),
            frequency: column(&figures, |f| f.n_purchases - 1),
            t_x: column(&figures, |f| unit.between(f.first_time, f.last_purchase)),
            t: column(&figures, |f| unit.between(f.first_time, as_of)),
            repeat_mean_amount: column(&figures, repeat_mean),
            as_of,
            counts,
        })
    }
}

fn column<T>(figures: &[Figures], value: impl Fn(&Figures) -> T) -> Vec<T> {
    figures.iter().map(value).collect()
}

fn in_parallel<T: Send>(count: usize, n_threads: usize, work: impl Fn(usize) -> T + Sync) -> Vec<T> {
    // A silent monitor never cancels, so there always is an answer.
    blocks::map(count, n_threads, &mut Monitor::silent(), work).unwrap_or_default()
}

fn same_order(a: &Line, b: &Line) -> bool {
    a.order == b.order && a.order != NONE
}

fn total(lines: &[Line]) -> f64 {
    exact_sum(lines.iter().map(|line| line.amount))
}

/// The figures where orders in the same period are one purchase.
fn figures_by_period(lines: &mut [Line], calendar: &Calendar) -> Figures {
    lines.sort_unstable_by_key(|line| line.time);
    let mut purchases = lines.iter().filter(|line| line.purchase).map(|line| line.time);
    let Some(first_time) = purchases.next() else { return Figures::default() };

    let (start, first_end) = calendar.bounds(first_time);
    let (mut n_purchases, mut end) = (1, first_end);
    let (mut last_time, mut last_purchase) = (first_time, first_time);
    for time in purchases {
        last_time = time;
        if time > end {
            n_purchases += 1;
            last_purchase = time;
            end = calendar.bounds(time).1;
        }
    }

    let outside = |line: &&Line| line.time < start || line.time > first_end;
    let rest =
        if n_purchases == 1 { 0.0 } else { exact_sum(lines.iter().filter(outside).map(|line| line.amount)) };
    Figures { n_purchases, first_time, last_time, last_purchase, total: total(lines), rest }
}

/// The figures where each order is a purchase.
fn figures_of_orders(lines: &mut [Line]) -> Figures {
    lines.sort_unstable_by_key(|line| (!line.purchase, line.time, line.order));
    let purchases = &lines[..lines.partition_point(|line| line.purchase)];
    let (Some(first), Some(last)) = (purchases.first(), purchases.last()) else { return Figures::default() };
    let (first_time, last_time) = (first.time, last.time);

    let orders = || purchases.chunk_by(same_order);
    let n_purchases = orders().count() as u64;
    let first_lines = orders().next().map_or(0, <[Line]>::len);
    let tied = || orders().take_while(|order| order[0].time == first_time);
    let rest = match (n_purchases, tied().count()) {
        (1, _) => 0.0,
        (_, 1) => total(&lines[first_lines..]),
        _ => largest_rest(lines, tied()),
    };
    Figures { n_purchases, first_time, last_time, last_purchase: last_time, total: total(lines), rest }
}

/// The sum of all lines outside the order of the smallest amount, of these `orders`.
fn largest_rest<'a>(lines: &[Line], orders: impl Iterator<Item = &'a [Line]>) -> f64 {
    let mut sum = ExactSum::default();
    lines.iter().for_each(|line| sum.add(line.amount));
    // Rounding is monotone: the largest rounded rest is that of the smallest exact amount.
    let rest = |order: &[Line]| {
        let mut rest = sum.clone();
        order.iter().for_each(|line| rest.add(-line.amount));
        rest.value()
    };
    orders.map(rest).fold(f64::NEG_INFINITY, f64::max)
}

/// The figures of a customer whose rows are orders, as they come.
#[derive(Debug, Clone, Copy)]
struct Tally {
    n_purchases: u64,
    first_time: i64,
    /// The smallest, if several purchases are the first.
    first_amount: f64,
    last_time: i64,
    sum: RunningSum,
}

impl Default for Tally {
    fn default() -> Self {
        Self {
            n_purchases: 0,
            first_time: i64::MAX,
            first_amount: f64::INFINITY,
            last_time: i64::MIN,
            sum: RunningSum::default(),
        }
    }
}

impl Tally {
    #[inline]
    fn add(&mut self, time: i64, amount: f64) {
        self.sum.add(amount);
        if amount >= 0.0 {
            self.n_purchases += 1;
            self.last_time = self.last_time.max(time);
            self.first(time, amount);
        }
    }

    fn merge(&mut self, other: &Self) {
        self.sum.merge(other.sum);
        self.n_purchases += other.n_purchases;
        self.last_time = self.last_time.max(other.last_time);
        self.first(other.first_time, other.first_amount);
    }

    #[inline]
    fn first(&mut self, time: i64, amount: f64) {
        if time < self.first_time || (time == self.first_time && amount < self.first_amount) {
            (self.first_time, self.first_amount) = (time, amount);
        }
    }

    /// With a total of NaN if the sums have lost a bit.
    fn figures(self) -> Figures {
        let Self { n_purchases, first_time, first_amount, last_time, sum } = self;
        if n_purchases == 0 {
            return Figures::default();
        }
        let mut rest = sum;
        rest.add(-first_amount);
        let (total, rest) = match (sum.exact(), rest.exact()) {
            (Some(total), _) if n_purchases == 1 => (total, 0.0),
            (Some(total), Some(rest)) => (total, rest),
            _ => (f64::NAN, f64::NAN),
        };
        Figures { n_purchases, first_time, last_time, last_purchase: last_time, total, rest }
    }
}
