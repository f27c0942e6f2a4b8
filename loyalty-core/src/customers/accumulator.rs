//! An order log taken in batches.

use super::deal::{Hands, NONE, worthwhile};
use super::ids::{EMPTY, Ids, extent, united};
use super::index::Index;
use super::summary::{Log, Numbers, Who};
use super::{
    CustomerIds, Customers, NULL_TIME, OnInvalid, Refunds, RowCounts, SummaryParams, Transactions,
    check_as_of,
};
use crate::check;
use crate::error::{Error, Result};
use crate::monitor::Monitor;
use crate::numeric::blocks::{self, Blocks, STEP};
use std::fmt::Debug;

/// The place of a row whose customer has none.
pub(crate) const NO_PLACE: u32 = NONE;

/// Takes an order log in batches, merges with other accumulators, and summarises as of any moment.
///
/// The result is that of [`summarize`](super::summarize) over all rows at once, to the bit, in whatever order they came.
/// It keeps what any `as_of` needs: 20 bytes a row (24 where there are orders) and each distinct id once. A call that
/// fails or is cancelled leaves it as it was.
///
/// ```
/// use loyalty_core::customers::{Accumulator, MICROSECONDS_PER_DAY as DAY, NULL_TIME, SummaryParams, Transactions};
///
/// let mut january = Accumulator::new(SummaryParams::default())?;
/// january.update(&Transactions::new(&[1, 2, 1], &[0, 5 * DAY, 30 * DAY], &[9.0, 4.0, 7.0]))?;
/// let mut february = Accumulator::new(SummaryParams::default())?;
/// february.update(&Transactions::new(&[1], &[45 * DAY], &[3.0]))?;
/// january.merge(february)?;
///
/// let cutoff = 31 * DAY;
/// let customers = january.finish(Some(cutoff))?;
/// assert_eq!(customers.n_purchases, [2, 1]);
/// assert_eq!(january.next_purchase(&customers, cutoff), [45 * DAY, NULL_TIME]);
/// assert_eq!(january.finish(None)?.total_amount, [19.0, 4.0]);
/// # Ok::<(), loyalty_core::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Accumulator {
    params: SummaryParams,
    n_threads: usize,
    customers: Index,
    orders: Index,
    customer: Vec<u32>,
    time: Vec<i64>,
    amount: Vec<f64>,
    /// Empty as long as no batch had orders.
    order: Vec<u32>,
    /// Earliest and latest time of all valid rows.
    span: Option<(i64, i64)>,
    counts: RowCounts,
}

impl Accumulator {
    /// An accumulator without rows.
    ///
    /// # Errors
    /// [`InvalidParameter`](Error::InvalidParameter) as for [`summarize`](super::summarize).
    pub fn new(params: SummaryParams) -> Result<Self> {
        Ok(Self {
            n_threads: params.check()?,
            params,
            customers: Index::default(),
            orders: Index::default(),
            customer: Vec::new(),
            time: Vec::new(),
            amount: Vec::new(),
            order: Vec::new(),
            span: None,
            counts: RowCounts::default(),
        })
    }

    /// The parameters.
    pub fn params(&self) -> &SummaryParams {
        &self.params
    }

    /// Takes a batch of rows. Lines of one order may be in different batches, and some batches may have no orders.
    ///
    /// # Errors
    /// Those of [`summarize`](super::summarize) for the batch, rows counted within it;
    /// [`ShapeMismatch`](Error::ShapeMismatch) if its ids are of another kind than those before.
    pub fn update(&mut self, tx: &Transactions<'_>) -> Result<()> {
        self.update_with(tx, &mut Monitor::silent())
    }

    /// As [`update`](Self::update); `monitor` hears `customers`.
    ///
    /// # Errors
    /// As [`update`](Self::update), and [`Cancelled`](Error::Cancelled).
    pub fn update_with(&mut self, tx: &Transactions<'_>, monitor: &mut Monitor<'_>) -> Result<()> {
        monitor.report("customers", 0, None)?;
        self.take(tx, monitor)
    }

    /// [`update_with`](Self::update_with) within a stage of the caller's.
    pub(crate) fn take(&mut self, tx: &Transactions<'_>, monitor: &mut Monitor<'_>) -> Result<()> {
        let screen = Screen::of(tx, &self.params, self.n_threads, monitor)?;
        self.customers.check("customer", tx.customer)?;
        tx.order.map_or(Ok(()), |ids| self.orders.check("order", ids))?;

        let (customers, orders) = (self.customers.mark(), self.orders.mark());
        let (rows, order_rows) = (self.customer.len(), self.order.len());
        self.append(tx, &screen, monitor).inspect_err(|_| {
            self.customers.back_to(&customers);
            self.orders.back_to(&orders);
            self.customer.truncate(rows);
            self.time.truncate(rows);
            self.amount.truncate(rows);
            self.order.truncate(order_rows);
        })?;
        self.end_batch(screen.span, &screen.counts);
        Ok(())
    }

    /// Adds the rows of a batch that are kept.
    fn append(&mut self, tx: &Transactions<'_>, screen: &Screen, monitor: &mut Monitor<'_>) -> Result<()> {
        let customer = screen.number(&mut self.customers, tx.customer, self.n_threads, monitor)?;
        let kept = |row: &usize| customer[*row] != NONE;
        if let Some(ids) = tx.order {
            let order = self.orders.number(ids, |row| kept(&row), self.n_threads, monitor)?;
            self.order.resize(self.customer.len(), NONE);
            for step in blocks::steps(order.len()) {
                monitor.poll()?;
                self.order.extend(step.filter(kept).map(|row| order[row]));
            }
        }
        for step in blocks::steps(customer.len()) {
            monitor.poll()?;
            let rows = || step.clone().filter(kept);
            self.customer.extend(rows().map(|row| customer[row]));
            self.time.extend(rows().map(|row| tx.time[row]));
            self.amount.extend(rows().map(|row| tx.amount[row]));
        }
        Ok(())
    }

    /// Takes all rows of another accumulator with the same parameters. The result does not depend on which of the two
    /// takes the other, nor on the order of several merges.
    ///
    /// # Errors
    /// [`InvalidParameter`](Error::InvalidParameter) naming a parameter in which they differ (threads may);
    /// [`ShapeMismatch`](Error::ShapeMismatch) if their ids are of different kinds.
    pub fn merge(&mut self, other: Accumulator) -> Result<()> {
        let (ours, theirs) = (&self.params, &other.params);
        same("period", &ours.period, &theirs.period)?;
        same("tz", &ours.tz, &theirs.tz)?;
        same("refunds", &ours.refunds, &theirs.refunds)?;
        same("on_invalid", &ours.on_invalid, &theirs.on_invalid)?;
        same("time_unit", &ours.time_unit, &theirs.time_unit)?;
        same("as_of", &ours.as_of, &theirs.as_of)?;
        self.customers.check_index("customer", &other.customers)?;
        self.orders.check_index("order", &other.orders)?;

        let customers = self.customers.absorb(&other.customers)?;
        let orders = self.orders.absorb(&other.orders)?;
        if !other.order.is_empty() {
            self.order.resize(self.customer.len(), NONE);
            let renumbered = |&number: &u32| orders.get(number as usize).copied().unwrap_or(NONE);
            self.order.extend(other.order.iter().map(renumbered));
        }
        self.customer.extend(other.customer.iter().map(|&number| customers[number as usize]));
        self.time.extend_from_slice(&other.time);
        self.amount.extend_from_slice(&other.amount);
        self.end_batch(other.span, &other.counts);
        Ok(())
    }

    fn end_batch(&mut self, span: Option<(i64, i64)>, counts: &RowCounts) {
        if !self.order.is_empty() {
            self.order.resize(self.customer.len(), NONE);
        }
        self.span = match (self.span, span) {
            (Some(a), Some(b)) => Some((a.0.min(b.0), a.1.max(b.1))),
            (a, b) => a.or(b),
        };
        self.counts.add(counts);
    }

    /// One row per customer as of `as_of`; `None` means the parameters' `as_of`, and failing that the latest time.
    ///
    /// # Errors
    /// Those of [`summarize`](super::summarize) that do not concern single rows.
    pub fn finish(&self, as_of: Option<i64>) -> Result<Customers> {
        self.finish_with(as_of, &mut Monitor::silent())
    }

    /// As [`finish`](Self::finish); `monitor` hears `summary`.
    ///
    /// # Errors
    /// As [`finish`](Self::finish), and [`Cancelled`](Error::Cancelled).
    pub fn finish_with(&self, as_of: Option<i64>, monitor: &mut Monitor<'_>) -> Result<Customers> {
        monitor.report("summary", 0, None)?;
        as_of.map_or(Ok(()), check_as_of)?;
        let as_of = as_of_or(as_of.or(self.params.as_of), self.span)?;
        self.log().summary(&self.params, as_of, self.counts, monitor)
    }

    /// The earliest time of all rows taken, dropped ones aside.
    pub fn earliest_time(&self) -> Option<i64> {
        self.span.map(|(earliest, _)| earliest)
    }

    /// The latest time of all rows taken, dropped ones aside.
    pub fn latest_time(&self) -> Option<i64> {
        self.span.map(|(_, latest)| latest)
    }

    /// For each of `customers` the time of the first order after `after`, or [`NULL_TIME`] if there is none: what churn
    /// labels are made from.
    ///
    /// An order that began up to `after` is not counted, whatever the time of its later lines; periods play no part.
    /// A customer never seen here has none.
    pub fn next_purchase(&self, customers: &Customers, after: i64) -> Vec<i64> {
        // A silent monitor does not cancel.
        self.next_purchase_with(customers, after, &mut Monitor::silent()).unwrap_or_default()
    }

    /// As [`next_purchase`](Self::next_purchase); `monitor` hears `summary`.
    ///
    /// # Errors
    /// [`Cancelled`](Error::Cancelled).
    pub fn next_purchase_with(
        &self,
        customers: &Customers,
        after: i64,
        monitor: &mut Monitor<'_>,
    ) -> Result<Vec<i64>> {
        monitor.report("summary", 0, None)?;
        let next = self.log().next_purchase(after, monitor)?;
        self.look_up(&customers.ids, &next, NULL_TIME, monitor)
    }

    /// For each of `customers` the sum of all amounts at times in (`from`, `to`], refunds included unless ignored; 0
    /// without any.
    ///
    /// # Errors
    /// [`Degenerate`](Error::Degenerate) for a customer whose total is beyond the largest float.
    pub fn purchase_totals(&self, customers: &Customers, from: i64, to: i64) -> Result<Vec<f64>> {
        self.purchase_totals_with(customers, from, to, &mut Monitor::silent())
    }

    /// As [`purchase_totals`](Self::purchase_totals); `monitor` hears `summary`.
    ///
    /// # Errors
    /// As [`purchase_totals`](Self::purchase_totals), and [`Cancelled`](Error::Cancelled).
    pub fn purchase_totals_with(
        &self,
        customers: &Customers,
        from: i64,
        to: i64,
        monitor: &mut Monitor<'_>,
    ) -> Result<Vec<f64>> {
        monitor.report("summary", 0, None)?;
        let totals = self.log().totals(from, to, monitor)?;
        let totals = self.look_up(&customers.ids, &totals, 0.0, monitor)?;
        match totals.iter().position(|total| total.is_infinite()) {
            None => Ok(totals),
            Some(index) => Err(overflow(&customers.ids.label(index))),
        }
    }

    /// For each row of a column of ids the place of its customer among `customers`, [`NO_PLACE`] if it has none.
    pub(crate) fn places(
        &self,
        customers: &Customers,
        column: Ids<'_>,
        monitor: &mut Monitor<'_>,
    ) -> Result<Vec<u32>> {
        let numbers = self.customers.find(&customers.ids, monitor)?;
        let mut places = blocks::collect(self.customers.end(), monitor, |_| NO_PLACE)?;
        for step in blocks::steps(numbers.len()) {
            monitor.poll()?;
            for place in step {
                if let Some(slot) = places.get_mut(numbers[place] as usize) {
                    *slot = place as u32;
                }
            }
        }
        let numbers = self.customers.find_rows(column, monitor)?;
        let place = |row: usize| places.get(numbers[row] as usize).copied().unwrap_or(NO_PLACE);
        blocks::collect(numbers.len(), monitor, place)
    }

    fn look_up<T: Copy>(
        &self,
        ids: &CustomerIds,
        values: &Hands<T>,
        otherwise: T,
        monitor: &mut Monitor<'_>,
    ) -> Result<Vec<T>> {
        let numbers = self.customers.find(ids, monitor)?;
        let value = |i: usize| values.get(numbers[i]).copied().unwrap_or(otherwise);
        blocks::collect(numbers.len(), monitor, value)
    }

    fn log(&self) -> Log<'_> {
        Log {
            customer: Numbers::Given(&self.customer),
            time: &self.time,
            amount: &self.amount,
            order: (!self.order.is_empty()).then_some(Numbers::Given(&self.order)),
            who: Who::Index(&self.customers),
            span: self.span.unwrap_or_default(),
            n_threads: self.n_threads,
        }
    }
}

fn same<T: PartialEq + Debug>(name: &'static str, ours: &T, theirs: &T) -> Result<()> {
    if ours == theirs {
        return Ok(());
    }
    check::invalid(name, format!("{theirs:?} in one accumulator"), format!("the same in both: {ours:?}"))
}

/// The moment of a summary: as given, or the latest time.
pub(super) fn as_of_or(given: Option<i64>, span: Option<(i64, i64)>) -> Result<i64> {
    match (given, span) {
        (Some(as_of), _) | (None, Some((_, as_of))) => Ok(as_of),
        (None, None) => Err(Error::TooFewRows { name: "time".into(), rows: 0, need: 1 }),
    }
}

pub(super) fn overflow(customer: &str) -> Error {
    Error::Degenerate {
        name: "amount".into(),
        reason: format!(
            "the amounts of customer {customer:?} add up to more than the largest float; use a larger unit"
        )
        .into(),
    }
}

/// What a look at every row of a batch has found.
pub(super) struct Screen {
    /// One for each row, unless all are kept.
    fates: Option<Vec<Fate>>,
    /// Earliest and latest time of the rows that are not dropped.
    pub(super) span: Option<(i64, i64)>,
    pub(super) counts: RowCounts,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    Kept,
    /// An ignored refund: its customer and its time are known, its amount does not count.
    Ignored,
    Dropped,
}

impl Screen {
    /// Checks the columns of a batch; its first bad row is the error, unless such rows are to be dropped.
    pub(super) fn of(
        tx: &Transactions<'_>,
        params: &SummaryParams,
        n_threads: usize,
        monitor: &mut Monitor<'_>,
    ) -> Result<Self> {
        let rows = tx.customer.len();
        tx.check_lengths()?;
        let mut counts = RowCounts { rows: rows as u64, ..RowCounts::default() };
        let negative_matters = params.refunds != Refunds::Net;
        let bad = |amount: &f64| !amount.is_finite() | (negative_matters & (*amount < 0.0));
        let blocks = Blocks::new(rows, STEP);
        let n_threads = n_threads.min(worthwhile(rows));
        let looks = blocks::map(blocks.count(), n_threads, monitor, |block| {
            let tx = tx.rows(blocks.range(block));
            let suspicious =
                tx.customer.has_null() | tx.amount.iter().fold(false, |any, amount| any | bad(amount));
            (extent(tx.time), suspicious)
        })?;
        let mut span = looks.iter().fold(EMPTY, |all, look| united(all, look.0));
        if !looks.iter().any(|look| look.1) && span.0 != NULL_TIME {
            return Ok(Self { fates: None, span: (rows > 0).then_some(span), counts });
        }

        let mut fates = Vec::with_capacity(rows);
        span = EMPTY;
        for step in blocks::steps(rows) {
            monitor.poll()?;
            for row in step {
                let fate = fate(tx, params, row, &mut counts)?;
                if fate != Fate::Dropped {
                    span = united(span, (tx.time[row], tx.time[row]));
                }
                fates.push(fate);
            }
        }
        Ok(Self { fates: Some(fates), span: (span != EMPTY).then_some(span), counts })
    }

    /// Whether every row is kept.
    pub(super) fn keeps_all(&self) -> bool {
        self.fates.is_none()
    }

    /// Numbers the customers of all rows that are not dropped; the answer is [`NONE`] for rows that are not kept.
    pub(super) fn number(
        &self,
        index: &mut Index,
        ids: Ids<'_>,
        n_threads: usize,
        monitor: &mut Monitor<'_>,
    ) -> Result<Vec<u32>> {
        let Some(fates) = &self.fates else { return index.number(ids, |_| true, n_threads, monitor) };
        let mut numbers = index.number(ids, |row| fates[row] != Fate::Dropped, n_threads, monitor)?;
        for step in blocks::steps(fates.len()) {
            monitor.poll()?;
            for row in step.filter(|&row| fates[row] != Fate::Kept) {
                numbers[row] = NONE;
            }
        }
        Ok(numbers)
    }
}

/// What becomes of one row; a row that is not kept is counted.
fn fate(tx: &Transactions<'_>, params: &SummaryParams, row: usize, counts: &mut RowCounts) -> Result<Fate> {
    let amount = tx.amount[row];
    let invalid = |name: &'static str, value: String, must: &'static str| Error::InvalidValue {
        name: name.into(),
        row,
        value,
        must: must.into(),
    };
    let (count, error) = if tx.customer.is_null(row) {
        (&mut counts.null_id, invalid("customer", "null".to_owned(), "an id"))
    } else if tx.time[row] == NULL_TIME {
        (&mut counts.null_time, invalid("time", "null".to_owned(), "a time"))
    } else if !amount.is_finite() {
        let error = Error::NonFinite { name: "amount".into(), row, column: 0, value: amount };
        (&mut counts.non_finite_amount, error)
    } else if amount >= 0.0 || params.refunds == Refunds::Net {
        return Ok(Fate::Kept);
    } else if params.refunds == Refunds::Ignore {
        counts.refund_ignored += 1;
        return Ok(Fate::Ignored);
    } else {
        return Err(invalid("amount", amount.to_string(), "0 or more, as refunds are refused"));
    };
    match params.on_invalid {
        OnInvalid::Error => Err(error),
        OnInvalid::Drop => {
            *count += 1;
            Ok(Fate::Dropped)
        }
    }
}
