//! The figures of each customer, from numbered rows.
//!
//! Orders that neither merge nor have lines need no sorting: one pass adds each row to its customer. Otherwise the rows
//! are counted out to their customers, and each customer's few rows are sorted. All sums are exact, so it is of no
//! consequence how rows and customers are shared out to threads.

use super::accumulator::overflow;
use super::calendar::Calendar;
use super::deal::{BATCH, Deal, Hands, NONE, ROOM, batches, worthwhile};
use super::index::Index;
use super::lines;
use super::periods::{Period, TimeUnit};
use super::tally::Tally;
use super::{CustomerIds, Customers, RowCounts, SummaryParams};
use crate::error::Result;
use crate::monitor::Monitor;
use crate::numeric::blocks::{self, Blocks, STEP};
use std::array;
use std::hint::black_box;
use std::ops::Range;

/// An order log whose ids are numbers.
pub(super) struct Log<'a> {
    pub(super) customer: Numbers<'a>,
    pub(super) time: &'a [i64],
    pub(super) amount: &'a [f64],
    pub(super) order: Option<Numbers<'a>>,
    pub(super) who: Who<'a>,
    /// Earliest and latest time of all rows.
    pub(super) span: (i64, i64),
    pub(super) n_threads: usize,
}

/// The numbers of a column of ids.
#[derive(Debug, Clone, Copy)]
pub(super) enum Numbers<'a> {
    /// One for each row; [`NONE`] for a row that is left out, or an order of its own.
    Given(&'a [u32]),
    /// How far each id lies beyond the base.
    Offsets { ids: &'a [i64], base: i64 },
}

impl Numbers<'_> {
    #[inline]
    pub(super) fn get(&self, row: usize) -> u32 {
        match self {
            Numbers::Given(numbers) => numbers[row],
            Numbers::Offsets { ids, base } => ids[row].abs_diff(*base) as u32,
        }
    }

    /// Those of the rows of a batch.
    #[inline]
    pub(super) fn batch<'n>(&self, rows: Range<usize>, room: &'n mut [u32; BATCH]) -> &'n [u32] {
        let room = &mut room[..rows.len()];
        match self {
            Numbers::Given(numbers) => room.copy_from_slice(&numbers[rows]),
            Numbers::Offsets { ids, base } => {
                room.iter_mut().zip(&ids[rows]).for_each(|(slot, id)| *slot = id.wrapping_sub(*base) as u32);
            }
        }
        room
    }
}

/// Whose the numbers are.
#[derive(Debug, Clone, Copy)]
pub(super) enum Who<'a> {
    /// Those of an index.
    Index(&'a Index),
    /// Those of the ids from `base` on that have a row.
    From { base: i64, count: usize },
}

/// What a customer's row is made of.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Figures {
    /// 0 for a customer without a purchase, of whom the rest says nothing.
    pub(super) n_purchases: u64,
    pub(super) first_time: i64,
    pub(super) last_time: i64,
    /// Of the last purchase after merging, at the earliest of its orders.
    pub(super) last_purchase: i64,
    /// ±∞ beyond the largest float; NaN as long as it is unknown.
    pub(super) total: f64,
    /// Of all rows outside the first purchase, if there are more purchases; likewise.
    pub(super) rest: f64,
}

impl Figures {
    /// Of a customer without a purchase; one with rows has a total below 0.
    pub(super) fn without_purchase(any_rows: bool) -> Self {
        Self { total: if any_rows { -1.0 } else { 0.0 }, ..Self::default() }
    }

    fn has_rows(&self) -> bool {
        self.n_purchases > 0 || self.total != 0.0
    }
}

impl Log<'_> {
    /// What all customers' numbers are below.
    pub(super) fn end(&self) -> usize {
        match self.who {
            Who::Index(index) => index.end(),
            Who::From { count, .. } => count,
        }
    }

    /// The summary of all rows up to `as_of`; `counts` knows what became of rows before they were numbered.
    pub(super) fn summary(
        &self,
        params: &SummaryParams,
        as_of: i64,
        counts: RowCounts,
        monitor: &mut Monitor<'_>,
    ) -> Result<Customers> {
        let wanted = |_, time| time <= as_of;
        let figures = if params.period != Period::None {
            let calendar = Calendar::new(params.period, params.tz.as_deref(), self.span)?;
            if self.order.is_none() {
                self.by_customer(monitor, wanted, Self::order, |orders, monitor| {
                    lines::figures_by_period(orders, &calendar, monitor)
                })
            } else {
                self.by_customer(monitor, wanted, Self::item, |items, monitor| {
                    lines::join(items, monitor)?;
                    lines::figures_by_period(items, &calendar, monitor)
                })
            }
        } else if self.order.is_some() {
            self.by_customer(monitor, wanted, Self::item, |items, monitor| {
                lines::join(items, monitor)?;
                lines::figures_of_orders(items, monitor)
            })
        } else {
            self.tallied(as_of, monitor)
        }?;
        let counts = self.count(&figures, as_of, counts, monitor)?;
        self.table(figures, params.time_unit, as_of, counts, monitor)
    }

    /// The figures where each row is an order and each order a purchase.
    fn tallied(&self, as_of: i64, monitor: &mut Monitor<'_>) -> Result<Hands<Figures>> {
        let deal = Deal::among(self.n_threads, self.time.len());
        let parts = blocks::map_long(deal.parts(), self.n_threads, monitor, |part, monitor| {
            let mut tallies = blocks::collect(deal.places(part, self.end()), monitor, |_| Tally::default())?;
            self.tally(deal, part, as_of, &mut tallies, monitor)?;
            // Of the same size, so that they take the place of the tallies.
            let figures = tallies.into_iter().enumerate().map(|(place, tally)| {
                if place % STEP == 0 {
                    monitor.poll()?;
                }
                Ok(tally.figures())
            });
            figures.collect::<Result<Vec<_>>>()
        })?;
        let mut figures = Hands { deal, parts };

        let unknown = |figures: &Figures| figures.total.is_nan();
        let mut any = false;
        for part in &figures.parts {
            for step in blocks::steps(part.len()) {
                monitor.poll()?;
                any |= part[step].iter().any(unknown);
            }
        }
        if any {
            let lossy = |customer, time| time <= as_of && figures.get(customer).is_some_and(unknown);
            let exact = self.by_customer(monitor, lossy, Self::item, lines::figures_of_orders)?;
            for (part, exact) in figures.parts.iter_mut().zip(exact.parts) {
                for (figures, exact) in part.iter_mut().zip(exact).filter(|(figures, _)| unknown(figures)) {
                    *figures = exact;
                }
            }
        }
        Ok(figures)
    }

    /// Adds the rows of a part's customers to their tallies.
    fn tally(
        &self,
        deal: Deal,
        part: usize,
        as_of: i64,
        tallies: &mut [Tally],
        monitor: &mut Monitor<'_>,
    ) -> Result<()> {
        let (mut room, mut picked) = ([0; BATCH], [(0, 0); ROOM]);
        for step in blocks::steps(self.time.len()) {
            monitor.poll()?;
            for rows in batches(step) {
                let (time, amount) = (&self.time[rows.clone()], &self.amount[rows.clone()]);
                let numbers = self.customer.batch(rows, &mut room);
                let picked = deal.pick(part, numbers, |offset, _| time[offset] <= as_of, &mut picked);
                // All of them first, so that none need wait for another.
                black_box(picked.iter().fold(0, |all, &(_, place)| all ^ tallies[place as usize].touch()));
                for &(offset, place) in picked {
                    tallies[place as usize].add(time[offset as usize], amount[offset as usize]);
                }
            }
        }
        Ok(())
    }

    /// Accounts for all rows.
    fn count(
        &self,
        figures: &Hands<Figures>,
        as_of: i64,
        mut counts: RowCounts,
        monitor: &mut Monitor<'_>,
    ) -> Result<RowCounts> {
        let tells = blocks::map_long(figures.parts.len(), self.n_threads, monitor, |part, monitor| {
            let (mut with_purchase, mut with_rows) = (0, 0);
            for part in figures.parts[part].chunks(STEP) {
                monitor.poll()?;
                with_purchase += part.iter().filter(|figures| figures.n_purchases > 0).count();
                with_rows += part.iter().filter(|figures| figures.has_rows()).count();
            }
            Ok((with_purchase, with_rows))
        })?;
        let with_purchase: usize = tells.iter().map(|tell| tell.0).sum();
        let with_rows: usize = tells.iter().map(|tell| tell.1).sum();

        let any_later = self.span.1 > as_of;
        if any_later || with_rows > with_purchase {
            for step in blocks::steps(self.time.len()) {
                monitor.poll()?;
                for row in step {
                    let (number, later) = (self.customer.get(row), self.time[row] > as_of);
                    let idle = || figures.get(number).is_some_and(|figures| figures.n_purchases == 0);
                    counts.after_as_of += u64::from(number != NONE && later);
                    counts.without_purchase += u64::from(number != NONE && !later && idle());
                }
            }
        }
        let distinct = match self.who {
            Who::Index(index) => index.len(),
            Who::From { .. } if !any_later => with_rows,
            Who::From { count, .. } => self.distinct(count, monitor)?,
        };
        counts.customers_without_purchase = (distinct - with_purchase) as u64;
        let left_out = counts.null_id
            + counts.null_time
            + counts.non_finite_amount
            + counts.refund_ignored
            + counts.after_as_of
            + counts.without_purchase;
        counts.counted = counts.rows - left_out;
        Ok(counts)
    }

    /// How many of the numbers below `count` have a row.
    fn distinct(&self, count: usize, monitor: &mut Monitor<'_>) -> Result<usize> {
        let mut seen = blocks::collect(count, monitor, |_| false)?;
        for step in blocks::steps(self.time.len()) {
            monitor.poll()?;
            step.for_each(|row| seen[self.customer.get(row) as usize] = true);
        }
        Ok(seen.into_iter().filter(|&seen| seen).count())
    }

    /// The numbers of all customers with a purchase, in the order of their ids.
    fn ascending(&self, figures: &Hands<Figures>, monitor: &mut Monitor<'_>) -> Result<Vec<u32>> {
        let purchases = |number| figures.get(number).is_some_and(|figures| figures.n_purchases > 0);
        let all = match self.who {
            Who::Index(index) => index.ascending(self.n_threads, monitor)?,
            Who::From { count, .. } => blocks::collect(count, monitor, |number| number as u32)?,
        };
        // Each step of the numbers is thinned out by whichever thread comes to it.
        let blocks = Blocks::new(all.len(), STEP);
        let kept = blocks::map(blocks.count(), self.n_threads, monitor, |block| {
            all[blocks.range(block)].iter().copied().filter(|&number| purchases(number)).collect::<Vec<_>>()
        })?;
        if kept.iter().map(Vec::len).sum::<usize>() == all.len() {
            return Ok(all);
        }
        let mut ascending = Vec::with_capacity(all.len());
        for kept in kept {
            monitor.poll()?;
            ascending.extend(kept);
        }
        Ok(ascending)
    }

    fn table(
        &self,
        figures: Hands<Figures>,
        unit: TimeUnit,
        as_of: i64,
        counts: RowCounts,
        monitor: &mut Monitor<'_>,
    ) -> Result<Customers> {
        /// Customers that a thread writes at a time.
        const BLOCK: usize = 4096;

        let numbers = self.ascending(&figures, monitor)?;
        let n_threads = self.n_threads.min(worthwhile(4 * numbers.len()));
        let rows = numbers.len();
        let mut whole: [Vec<u64>; 2] = array::from_fn(|_| vec![0; rows]);
        let mut times: [Vec<i64>; 2] = array::from_fn(|_| vec![0; rows]);
        let mut floats: [Vec<f64>; 7] = array::from_fn(|_| vec![0.0; rows]);

        let mut columns = (
            whole.each_mut().map(|column| column.chunks_mut(BLOCK)),
            times.each_mut().map(|column| column.chunks_mut(BLOCK)),
            floats.each_mut().map(|column| column.chunks_mut(BLOCK)),
        );
        let mut blocks: Vec<_> = numbers
            .chunks(BLOCK)
            .map(|numbers| {
                let whole = columns.0.each_mut().map(|column| column.next().unwrap_or_default());
                let times = columns.1.each_mut().map(|column| column.next().unwrap_or_default());
                let floats = columns.2.each_mut().map(|column| column.next().unwrap_or_default());
                (numbers, whole, times, floats, None)
            })
            .collect();
        blocks::for_each(&mut blocks, n_threads, monitor, |_, (numbers, whole, times, floats, beyond)| {
            let [n_purchases, frequency] = whole;
            let [first_time, last_time] = times;
            let [total_amount, mean_amount, recency_days, tenure_days, t_x, t, repeat_mean_amount] = floats;
            for (i, &number) in numbers.iter().enumerate() {
                let Some(f) = figures.get(number) else { continue };
                if f.total.is_infinite() || f.rest.is_infinite() {
                    beyond.get_or_insert(number);
                }
                n_purchases[i] = f.n_purchases;
                frequency[i] = f.n_purchases - 1;
                first_time[i] = f.first_time;
                last_time[i] = f.last_time;
                total_amount[i] = f.total;
                mean_amount[i] = f.total / f.n_purchases as f64;
                recency_days[i] = TimeUnit::Day.between(f.last_time, as_of);
                tenure_days[i] = TimeUnit::Day.between(f.first_time, as_of);
                t_x[i] = unit.between(f.first_time, f.last_purchase);
                t[i] = unit.between(f.first_time, as_of);
                let repeats = f.n_purchases > 1;
                repeat_mean_amount[i] = if repeats { f.rest / (f.n_purchases - 1) as f64 } else { 0.0 };
            }
        })?;
        if let Some(number) = blocks.iter().find_map(|block| block.4) {
            return Err(overflow(&self.ids(&[number], monitor)?.label(0)));
        }
        drop(blocks);
        drop(figures);

        let ids = self.ids(&numbers, monitor)?;
        let [n_purchases, frequency] = whole;
        let [first_time, last_time] = times;
        let [total_amount, mean_amount, recency_days, tenure_days, t_x, t, repeat_mean_amount] = floats;
        Ok(Customers {
            ids,
            n_purchases,
            total_amount,
            mean_amount,
            first_time,
            last_time,
            recency_days,
            tenure_days,
            frequency,
            t_x,
            t,
            repeat_mean_amount,
            as_of,
            counts,
        })
    }

    fn ids(&self, numbers: &[u32], monitor: &mut Monitor<'_>) -> Result<CustomerIds> {
        match self.who {
            Who::Index(index) => index.ids(numbers, self.n_threads.min(worthwhile(numbers.len())), monitor),
            Who::From { base, .. } => {
                let id = |i: usize| base + i64::from(numbers[i]);
                Ok(CustomerIds::Int(blocks::collect(numbers.len(), monitor, id)?))
            }
        }
    }
}
