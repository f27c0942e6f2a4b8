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
use crate::numeric::blocks::{self, Blocks, STEP};
use crate::numeric::sum::{ExactSum, RunningSum};

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
        monitor: &mut Monitor<'_>,
    ) -> Result<Customers> {
        let wanted = |_, time| time <= as_of;
        let figures = if params.period != Period::None {
            let calendar = Calendar::new(params.period, params.tz.as_deref(), span)?;
            self.by_customer(n_threads, monitor, wanted, |lines, monitor| {
                self.join_orders(lines, monitor)?;
                figures_by_period(lines, &calendar, monitor)
            })
        } else if self.order.is_some() {
            self.by_customer(n_threads, monitor, wanted, |lines, monitor| {
                self.join_orders(lines, monitor)?;
                figures_of_orders(lines, monitor)
            })
        } else {
            self.tallied(as_of, n_threads, monitor)
        }?;
        let counts = self.count(&figures, as_of, counts, monitor)?;
        self.table(figures, params.time_unit, as_of, counts, monitor)
    }

    /// For each customer number the time of the first order after `after`, or [`NULL_TIME`](super::NULL_TIME).
    pub(super) fn next_purchase(
        &self,
        after: i64,
        n_threads: usize,
        monitor: &mut Monitor<'_>,
    ) -> Result<Vec<i64>> {
        // An order is known by its earliest line, which may lie before.
        let wanted = |_, time| time > after || self.order.is_some();
        self.by_customer(n_threads, monitor, wanted, |lines, monitor| {
            self.join_orders(lines, monitor)?;
            let later = lines.iter().filter(|line| line.purchase && line.time > after);
            Ok(later.map(|line| line.time).min().unwrap_or(super::NULL_TIME))
        })
    }

    /// For each customer number the sum of all amounts at times in (`from`, `to`].
    pub(super) fn totals(
        &self,
        from: i64,
        to: i64,
        n_threads: usize,
        monitor: &mut Monitor<'_>,
    ) -> Result<Vec<f64>> {
        let wanted = |_, time| from < time && time <= to;
        self.by_customer(n_threads, monitor, wanted, |lines, monitor| total(lines, |_| true, monitor))
    }

    /// `digest` of each customer's rows, without those that are not `wanted`, by customer number.
    fn by_customer<T: Copy + Send>(
        &self,
        n_threads: usize,
        monitor: &mut Monitor<'_>,
        wanted: impl Fn(u32, i64) -> bool + Sync,
        digest: impl Fn(&mut [Line], &mut Monitor<'_>) -> Result<T> + Sync,
    ) -> Result<Vec<T>> {
        let customers = self.index.len();
        let parts = n_threads.min(1 + self.time.len() / 16_384).max(1);
        let blocks = Blocks::new(customers, customers.div_ceil(parts));
        let parts = blocks::map_long(blocks.count(), n_threads, monitor, |part, monitor| {
            let numbers = blocks.range(part);
            let first = numbers.start as u32;
            let place = |row: usize| {
                let place = self.customer[row].wrapping_sub(first) as usize;
                (place < numbers.len() && wanted(self.customer[row], self.time[row])).then_some(place)
            };

            // Counting sort: ends[i + 1] counts customer i's rows, then tells where they start, and at last where they end.
            let mut ends = vec![0; numbers.len() + 1];
            for step in blocks::steps(self.time.len()) {
                monitor.poll()?;
                step.filter_map(place).for_each(|i| ends[i + 1] += 1);
            }
            let rows = ends.iter_mut().fold(0, |start, end| start + std::mem::replace(end, start));
            let blank = Line { time: 0, amount: 0.0, order: NONE, purchase: false };
            let mut lines = blocks::collect(rows, monitor, |_| blank)?;
            for step in blocks::steps(self.time.len()) {
                monitor.poll()?;
                for row in step {
                    if let Some(i) = place(row) {
                        lines[ends[i + 1]] = self.line(row);
                        ends[i + 1] += 1;
                    }
                }
            }

            let mut digests = Vec::with_capacity(numbers.len());
            let mut since_poll = 0;
            for ends in ends.windows(2) {
                let lines = &mut lines[ends[0]..ends[1]];
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

        let mut all = Vec::with_capacity(customers);
        for part in parts {
            if all.is_empty() {
                all = part;
                continue;
            }
            for step in blocks::steps(part.len()) {
                monitor.poll()?;
                all.extend_from_slice(&part[step]);
            }
        }
        Ok(all)
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
    fn join_orders(&self, lines: &mut [Line], monitor: &mut Monitor<'_>) -> Result<()> {
        if self.order.is_none() {
            return Ok(());
        }
        // An order's earliest purchase line comes first, or its earliest line if it has none.
        let key = |line: &Line| (line.order, !line.purchase, line.time);
        blocks::sort(lines, monitor, |a, b| key(a).cmp(&key(b)))?;
        for order in lines.chunk_by_mut(same_order) {
            let Line { time, purchase, .. } = order[0];
            for line in order {
                (line.time, line.purchase) = (time, purchase);
            }
        }
        Ok(())
    }

    /// The figures where each row is an order and each order a purchase.
    fn tallied(&self, as_of: i64, n_threads: usize, monitor: &mut Monitor<'_>) -> Result<Vec<Figures>> {
        let (rows, customers) = (self.time.len(), self.index.len());
        // Each thread has its own tallies, which must not cost more than they save.
        let parts = n_threads.min(rows / (4 * customers + 65_536)).max(1);
        let blocks = Blocks::new(rows, rows.div_ceil(parts));
        let mut tallies = blocks::map_long(blocks.count(), n_threads, monitor, |part, monitor| {
            let mut tallies = blocks::collect(customers, monitor, |_| Tally::default())?;
            let block = blocks.range(part);
            let (customer, time) = (&self.customer[block.clone()], &self.time[block.clone()]);
            let amount = &self.amount[block.clone()];
            for step in blocks::steps(block.len()) {
                monitor.poll()?;
                let columns = customer[step.clone()].iter().zip(&time[step.clone()]).zip(&amount[step]);
                for ((&customer, &time), &amount) in columns {
                    if customer != NONE && time <= as_of {
                        tallies[customer as usize].add(time, amount);
                    }
                }
            }
            Ok(tallies)
        })?;
        blocks::merge(&mut tallies, |left, right| {
            left.iter_mut().zip(right).for_each(|(left, right)| left.merge(right));
        });

        // Without rows there is no block, though there may be customers of whom no row counts.
        let tallies = tallies.into_iter().next().unwrap_or_else(|| vec![Tally::default(); customers]);
        let mut lossy = false;
        let mut figures = blocks::collect(customers, monitor, |customer| {
            let figures = tallies[customer].figures();
            lossy |= figures.total.is_nan();
            figures
        })?;
        if lossy {
            let lossy = |customer: u32, time| time <= as_of && figures[customer as usize].total.is_nan();
            let exact = self.by_customer(n_threads, monitor, lossy, figures_of_orders)?;
            for (figures, exact) in figures.iter_mut().zip(exact) {
                if figures.total.is_nan() {
                    *figures = exact;
                }
            }
        }
        Ok(figures)
    }

    /// Accounts for all rows.
    fn count(
        &self,
        figures: &[Figures],
        as_of: i64,
        mut counts: RowCounts,
        monitor: &mut Monitor<'_>,
    ) -> Result<RowCounts> {
        for step in blocks::steps(figures.len()) {
            monitor.poll()?;
            let idle = figures[step].iter().filter(|f| f.n_purchases == 0).count();
            counts.customers_without_purchase += idle as u64;
        }
        let any_idle = counts.customers_without_purchase > 0;
        for step in blocks::steps(self.time.len()) {
            monitor.poll()?;
            let rows = || self.customer[step.clone()].iter().zip(&self.time[step.clone()]);
            counts.after_as_of += rows().filter(|&(&c, &time)| c != NONE && time > as_of).count() as u64;
            if any_idle {
                let idle = |&(&c, &time): &(&u32, &i64)| {
                    c != NONE && time <= as_of && figures[c as usize].n_purchases == 0
                };
                counts.without_purchase += rows().filter(idle).count() as u64;
            }
        }
        let left_out = counts.null_id
            + counts.null_time
            + counts.non_finite_amount
            + counts.refund_ignored
            + counts.after_as_of
            + counts.without_purchase;
        counts.counted = counts.rows - left_out;
        Ok(counts)
    }

    fn table(
        &self,
        all_figures: Vec<Figures>,
        unit: TimeUnit,
        as_of: i64,
        counts: RowCounts,
        monitor: &mut Monitor<'_>,
    ) -> Result<Customers> {
        let all = self.index.ascending(monitor)?;
        let mut numbers = Vec::with_capacity(all.len());
        for step in blocks::steps(all.len()) {
            monitor.poll()?;
            numbers.extend(all[step].iter().filter(|&&number| all_figures[number as usize].n_purchases > 0));
        }
        let mut beyond = None;
        let figures = blocks::collect(numbers.len(), monitor, |i| {
            let f = all_figures[numbers[i] as usize];
            if f.total.is_infinite() || f.rest.is_infinite() {
                beyond.get_or_insert(i);
            }
            f
        })?;
        drop(all_figures);
        if let Some(i) = beyond {
            return Err(overflow(&self.index.ids(&numbers[i..=i], monitor)?.label(0)));
        }

        let repeat_mean =
            |f: &Figures| if f.n_purchases > 1 { f.rest / (f.n_purchases - 1) as f64 } else { 0.0 };
        Ok(Customers {
            ids: self.index.ids(&numbers, monitor)?,
            n_purchases: column(&figures, monitor, |f| f.n_purchases)?,
            total_amount: column(&figures, monitor, |f| f.total)?,
            mean_amount: column(&figures, monitor, |f| f.total / f.n_purchases as f64)?,
            first_time: column(&figures, monitor, |f| f.first_time)?,
            last_time: column(&figures, monitor, |f| f.last_time)?,
            recency_days: column(&figures, monitor, |f| TimeUnit::Day.between(f.last_time, as_of))?,
            tenure_days: column(&figures, monitor, |f| TimeUnit::Day.between(f.first_time, as_of))?,
            frequency: column(&figures, monitor, |f| f.n_purchases - 1)?,
            t_x: column(&figures, monitor, |f| unit.between(f.first_time, f.last_purchase))?,
            t: column(&figures, monitor, |f| unit.between(f.first_time, as_of))?,
            repeat_mean_amount: column(&figures, monitor, repeat_mean)?,
            as_of,
            counts,
        })
    }
}

fn column<T>(
    figures: &[Figures],
    monitor: &mut Monitor<'_>,
    value: impl Fn(&Figures) -> T,
) -> Result<Vec<T>> {
    blocks::collect(figures.len(), monitor, |i| value(&figures[i]))
}

fn same_order(a: &Line, b: &Line) -> bool {
    a.order == b.order && a.order != NONE
}

/// The exact sum of the lines that count.
fn total(lines: &[Line], counts: impl Fn(&Line) -> bool, monitor: &mut Monitor<'_>) -> Result<f64> {
    let mut sum = RunningSum::default();
    for step in blocks::steps(lines.len()) {
        monitor.poll()?;
        lines[step].iter().filter(|line| counts(line)).for_each(|line| sum.add(line.amount));
    }
    sum.exact().map_or_else(|| Ok(superaccumulated(lines, counts, monitor)?.value()), Ok)
}

fn superaccumulated(
    lines: &[Line],
    counts: impl Fn(&Line) -> bool,
    monitor: &mut Monitor<'_>,
) -> Result<ExactSum> {
    let mut sum = ExactSum::default();
    for step in blocks::steps(lines.len()) {
        monitor.poll()?;
        lines[step].iter().filter(|line| counts(line)).for_each(|line| sum.add(line.amount));
    }
    Ok(sum)
}

/// The figures where orders in the same period are one purchase.
fn figures_by_period(lines: &mut [Line], calendar: &Calendar, monitor: &mut Monitor<'_>) -> Result<Figures> {
    blocks::sort(lines, monitor, |a, b| a.time.cmp(&b.time))?;
    let first_time = lines.iter().find(|line| line.purchase).map(|line| line.time);
    let Some(first_time) = first_time else { return Ok(Figures::default()) };

    let (start, first_end) = calendar.bounds(first_time);
    let (mut n_purchases, mut end) = (1, first_end);
    let (mut last_time, mut last_purchase) = (first_time, first_time);
    for step in blocks::steps(lines.len()) {
        monitor.poll()?;
        for line in lines[step].iter().filter(|line| line.purchase) {
            last_time = line.time;
            if line.time > end {
                n_purchases += 1;
                last_purchase = line.time;
                end = calendar.bounds(line.time).1;
            }
        }
    }

    let outside = |line: &Line| line.time < start || line.time > first_end;
    let rest = if n_purchases == 1 { 0.0 } else { total(lines, outside, monitor)? };
    let total = total(lines, |_| true, monitor)?;
    Ok(Figures { n_purchases, first_time, last_time, last_purchase, total, rest })
}

/// The figures where each order is a purchase.
fn figures_of_orders(lines: &mut [Line], monitor: &mut Monitor<'_>) -> Result<Figures> {
    let key = |line: &Line| (!line.purchase, line.time, line.order);
    blocks::sort(lines, monitor, |a, b| key(a).cmp(&key(b)))?;
    let purchases = &lines[..lines.partition_point(|line| line.purchase)];
    let (Some(first), Some(last)) = (purchases.first(), purchases.last()) else {
        return Ok(Figures::default());
    };
    let (first_time, last_time) = (first.time, last.time);

    let orders = || purchases.chunk_by(same_order);
    let n_purchases = orders().count() as u64;
    monitor.poll()?;
    let first_lines = orders().next().map_or(0, <[Line]>::len);
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
    lines: &[Line],
    orders: impl Iterator<Item = &'a [Line]>,
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
