//! Customers: from an order log to one row per customer.
//!
//! [`summarize`] answers at once; an [`Accumulator`] takes the log in batches, merges with others, and answers at any
//! moment `as_of`. Both give the same bits, whatever the order of the rows, the batches, the merges and the threads:
//! times are integers and every sum of money is exact until it is rounded once.
//!
//! **Words.** A row is one line of the log: a customer, a time, an amount, and, where there is such a column, the id of
//! its order. A row of amount ≥ 0 is a purchase line, a negative one a refund line. The rows of one customer with the
//! same order id are one *order*; without an id each row is an order of its own. An order takes place at its earliest
//! purchase line; one without any is a refund: it changes the total and is no purchase. Orders of one customer in the
//! same [`Period`] of the calendar merge into one *purchase*, at the time of the earliest. Rows after `as_of` do not
//! count; that is decided before orders are made.
//!
//! **Calendars.** The calendar is that of UTC, or of the zone [`tz`](SummaryParams::tz). A day of a zone begins at the first
//! instant at which a clock there shows its date: later than midnight where the clock leaps over it, and once alone where the
//! clock is set back over it. Weeks and months begin with their first day. Times are instants, compared and reported in UTC.
//! The zones' rules are those of the IANA database that is part of this crate, and the same on every machine: before a
//! zone's first change of offset its first offset holds, after the year 9999 the last.

mod accumulator;
mod ascending;
mod calendar;
mod deal;
mod hash;
mod ids;
mod index;
mod lines;
mod periods;
mod summary;
mod tally;
mod texts;

pub use accumulator::Accumulator;
pub(crate) use accumulator::NO_PLACE;
pub use ids::{CustomerIds, Ids};
pub use periods::{MICROSECONDS_PER_DAY, Period, TimeUnit};

use crate::check;
use crate::error::Result;
use crate::monitor::Monitor;
use accumulator::{Screen, as_of_or};
use deal::NONE;
use index::Index;
use serde::{Deserialize, Serialize};
use std::ops::Range;
use std::slice;
use summary::{Log, Numbers, Who};

/// A time that is null: the value of NumPy and Arrow for "not a time".
pub const NULL_TIME: i64 = i64::MIN;

/// An order log by columns, one row a line of the log.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct Transactions<'a> {
    /// Whose row it is.
    pub customer: Ids<'a>,
    /// When, in microseconds since 1970-01-01T00:00:00Z; [`NULL_TIME`] is a null.
    pub time: &'a [i64],
    /// How much money, in any one currency; negative for a refund.
    pub amount: &'a [f64],
    /// Which order it is a line of; a null id makes the row an order of its own.
    pub order: Option<Ids<'a>>,
}

impl<'a> Transactions<'a> {
    /// A log in which each row is an order.
    pub fn new(customer: impl Into<Ids<'a>>, time: &'a [i64], amount: &'a [f64]) -> Self {
        Self { customer: customer.into(), time, amount, order: None }
    }

    /// Some of the rows; the columns have been found to be of the same length.
    pub(crate) fn rows(&self, rows: Range<usize>) -> Self {
        Self {
            customer: self.customer.rows(rows.clone()),
            time: &self.time[rows.clone()],
            amount: &self.amount[rows.clone()],
            order: self.order.map(|ids| ids.rows(rows)),
        }
    }

    /// That all columns have the same length.
    pub(crate) fn check_lengths(&self) -> Result<()> {
        let rows = self.customer.len();
        check::same_rows("time", self.time.len(), rows)?;
        check::same_rows("amount", self.amount.len(), rows)?;
        self.order.map_or(Ok(()), |ids| check::same_rows("order", ids.len(), rows))
    }

    /// The column of order ids; ids of different customers are different orders.
    #[must_use]
    pub fn order(mut self, ids: impl Into<Ids<'a>>) -> Self {
        self.order = Some(ids.into());
        self
    }
}

/// What becomes of rows with a negative amount.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Refunds {
    /// They lower the total and count as no purchase.
    #[default]
    Net,
    /// They are left out, and counted.
    Ignore,
    /// They are an error.
    Refuse,
}

/// What becomes of rows with a null id, a null time or an amount that is not finite.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum OnInvalid {
    /// They are an error that names the row.
    #[default]
    Error,
    /// They are left out, and counted.
    Drop,
}

/// How customers are summarised.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct SummaryParams {
    /// In what period several orders are one purchase; default a day.
    pub period: Period,
    /// The time zone whose calendar bounds days, weeks and months, by its name in the IANA database (in any case of its
    /// letters); default UTC. See the [module](self).
    pub tz: Option<String>,
    /// What becomes of negative amounts; default: they lower the total.
    pub refunds: Refunds,
    /// What becomes of rows that make no sense; default: an error.
    pub on_invalid: OnInvalid,
    /// The unit of `t_x` and `t`; default a day.
    pub time_unit: TimeUnit,
    /// The moment of the summary, in microseconds since 1970 UTC; default the latest time of the log.
    pub as_of: Option<i64>,
    /// Threads to use; default one for each core. The result does not depend on it.
    #[serde(skip)]
    pub n_threads: Option<usize>,
}

impl SummaryParams {
    /// The defaults.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets [`period`](Self::period).
    #[must_use]
    pub fn period(mut self, period: Period) -> Self {
        self.period = period;
        self
    }

    /// Sets [`tz`](Self::tz).
    #[must_use]
    pub fn tz(mut self, tz: impl Into<Option<String>>) -> Self {
        self.tz = tz.into();
        self
    }

    /// Sets [`refunds`](Self::refunds).
    #[must_use]
    pub fn refunds(mut self, refunds: Refunds) -> Self {
        self.refunds = refunds;
        self
    }

    /// Sets [`on_invalid`](Self::on_invalid).
    #[must_use]
    pub fn on_invalid(mut self, on_invalid: OnInvalid) -> Self {
        self.on_invalid = on_invalid;
        self
    }

    /// Sets [`time_unit`](Self::time_unit).
    #[must_use]
    pub fn time_unit(mut self, time_unit: TimeUnit) -> Self {
        self.time_unit = time_unit;
        self
    }

    /// Sets [`as_of`](Self::as_of).
    #[must_use]
    pub fn as_of(mut self, as_of: impl Into<Option<i64>>) -> Self {
        self.as_of = as_of.into();
        self
    }

    /// Sets [`n_threads`](Self::n_threads).
    #[must_use]
    pub fn n_threads(mut self, n_threads: impl Into<Option<usize>>) -> Self {
        self.n_threads = n_threads.into();
        self
    }

    /// The number of threads, once all parameters are in range.
    fn check(&self) -> Result<usize> {
        self.as_of.map_or(Ok(()), check_as_of)?;
        check_tz(self.tz.as_deref())?;
        check::n_threads(self.n_threads)
    }
}

/// That a time zone has this name.
pub(crate) fn check_tz(tz: Option<&str>) -> Result<()> {
    calendar::zone(tz).map(drop)
}

fn check_as_of(as_of: i64) -> Result<()> {
    if as_of == NULL_TIME { check::invalid("as_of", "null", "a time") } else { Ok(()) }
}

/// One row per customer, ascending by id. All columns have the same length.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Customers {
    /// Who.
    pub ids: CustomerIds,
    /// Purchases, after merging.
    pub n_purchases: Vec<u64>,
    /// Sum of all amounts, refunds included unless ignored; the exact sum, rounded once.
    pub total_amount: Vec<f64>,
    /// `total_amount / n_purchases`.
    pub mean_amount: Vec<f64>,
    /// Time of the earliest order.
    pub first_time: Vec<i64>,
    /// Time of the latest order.
    pub last_time: Vec<i64>,
    /// Days from `last_time` to `as_of`, with their fraction.
    pub recency_days: Vec<f64>,
    /// Days from `first_time` to `as_of`, with their fraction.
    pub tenure_days: Vec<f64>,
    /// Repeat purchases: `n_purchases − 1`.
    pub frequency: Vec<u64>,
    /// From the first purchase to the last, in the time unit: 0 without a repeat purchase.
    pub t_x: Vec<f64>,
    /// From the first purchase to `as_of`, in the time unit.
    pub t: Vec<f64>,
    /// Sum of all amounts outside the first purchase, divided by `frequency`; 0 without a repeat purchase.
    pub repeat_mean_amount: Vec<f64>,
    /// The moment of the summary.
    pub as_of: i64,
    /// What became of every row of the log.
    pub counts: RowCounts,
}

impl Customers {
    /// How many customers there are.
    pub fn len(&self) -> usize {
        self.ids.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.ids.is_empty()
    }
}

/// What became of the rows of a log. Each row counts once, under the first of the reasons that applies, so that
/// `rows` is the sum of all other fields but the last.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct RowCounts {
    /// All rows.
    pub rows: u64,
    /// Rows that are part of some customer's summary.
    pub counted: u64,
    /// Dropped: the customer's id is null.
    pub null_id: u64,
    /// Dropped: the time is null.
    pub null_time: u64,
    /// Dropped: the amount is NaN or infinite.
    pub non_finite_amount: u64,
    /// Left out: a refund, and refunds are ignored.
    pub refund_ignored: u64,
    /// Left out: later than `as_of`.
    pub after_as_of: u64,
    /// Left out: refunds of a customer who has no purchase up to `as_of`.
    pub without_purchase: u64,
    /// Customers of the log, dropped rows aside, who have no purchase up to `as_of` and so no row in the summary.
    pub customers_without_purchase: u64,
}

impl RowCounts {
    fn add(&mut self, other: &RowCounts) {
        self.rows += other.rows;
        self.null_id += other.null_id;
        self.null_time += other.null_time;
        self.non_finite_amount += other.non_finite_amount;
        self.refund_ignored += other.refund_ignored;
    }
}

/// One row per customer from a whole order log.
///
/// For the purchases of a customer at times τ₁ < … < τₙ ≤ `as_of`, and with the amounts summed exactly:
/// frequency = n − 1, t_x = τₙ − τ₁, t = `as_of` − τ₁. What rows, orders and purchases are, see the
/// [module](self). With [`Period::None`] purchases at the same moment stay apart; the first of several is then the one
/// of the smallest amount.
///
/// # Arguments
/// The columns have one value for each row, in any order. Times are microseconds since 1970 UTC, over the whole range of
/// `i64`. Work is linear in the rows; with periods or orders, times the logarithm of one customer's rows.
///
/// # Errors
/// [`ShapeMismatch`](crate::Error::ShapeMismatch) for columns of different length;
/// [`InvalidValue`](crate::Error::InvalidValue) for a null id, a null time or a refused refund, and
/// [`NonFinite`](crate::Error::NonFinite) for an amount, naming the row; [`InvalidParameter`](crate::Error::InvalidParameter) for
/// an `as_of` of [`NULL_TIME`], an unknown time zone or no threads; [`TooFewRows`](crate::Error::TooFewRows) for a log without a valid row when
/// `as_of` is not given; [`Degenerate`](crate::Error::Degenerate) for a customer whose total is beyond the largest float.
///
/// # Source
/// Frequency, t_x and t as in Fader, Hardie and Lee (2005), "Counting Your Customers" the Easy Way, Marketing Science 24,
/// section 2; the repeat mean as in Fader, Hardie and Lee (2005), RFM and CLV, Journal of Marketing Research 42.
///
/// ```
/// use loyalty_core::customers::{self, CustomerIds, MICROSECONDS_PER_DAY as DAY, SummaryParams, Transactions};
///
/// let customer = ["ann", "bob", "ann", "ann"];
/// let time = [0, 2 * DAY, 2 * DAY, 2 * DAY + 1];
/// let amount = [10.0, 5.0, 20.0, -2.5];
/// let log = Transactions::new(&customer, &time, &amount);
///
/// let rows = customers::summarize(&log, &SummaryParams::default().as_of(10 * DAY))?;
/// assert_eq!(rows.ids, CustomerIds::Str(vec!["ann".to_owned(), "bob".to_owned()]));
/// assert_eq!(rows.n_purchases, [2, 1]);
/// assert_eq!(rows.total_amount, [27.5, 5.0]);
/// assert_eq!(rows.recency_days, [8.0, 8.0]);
/// assert_eq!(rows.repeat_mean_amount, [17.5, 0.0]);
/// # Ok::<(), loyalty_core::Error>(())
/// ```
pub fn summarize(tx: &Transactions<'_>, params: &SummaryParams) -> Result<Customers> {
    summarize_with(slice::from_ref(tx), params, &mut Monitor::silent())
}

/// As [`summarize`], of a log in several parts, such as the chunks of a columnar table: the bits are those of all rows in
/// one. Only a log of one part is not copied.
///
/// # Arguments
/// Some parts may have orders and others none; no parts are a log without rows. `monitor` hears `customers`, counted in
/// parts, and `summary`.
///
/// # Errors
/// Those of [`summarize`], with rows counted over all parts; [`ShapeMismatch`](crate::Error::ShapeMismatch) for parts whose ids are
/// of different kinds; [`Cancelled`](crate::Error::Cancelled).
pub fn summarize_with(
    parts: &[Transactions<'_>],
    params: &SummaryParams,
    monitor: &mut Monitor<'_>,
) -> Result<Customers> {
    if let [tx] = parts {
        return summarize_one(tx, params, monitor);
    }
    let mut log = Accumulator::new(params.clone())?;
    let mut first = 0;
    for (part, tx) in parts.iter().enumerate() {
        monitor.report("customers", part, Some(parts.len()))?;
        log.take(tx, monitor).map_err(|error| error.in_rows_from(first))?;
        first += tx.time.len();
    }
    log.finish_with(None, monitor)
}

fn summarize_one(
    tx: &Transactions<'_>,
    params: &SummaryParams,
    monitor: &mut Monitor<'_>,
) -> Result<Customers> {
    let n_threads = params.check()?;
    monitor.report("customers", 0, Some(1))?;
    let screen = Screen::of(tx, params, n_threads, monitor)?;
    let as_of = as_of_or(params.as_of, screen.span)?;

    let mut index = Index::default();
    index.check("customer", tx.customer)?;
    let most = if screen.keeps_all() { tx.time.len() + 1024 } else { 0 };
    let numbers;
    let (customer, who) = match tx.customer.close(most.min(NONE as usize), n_threads, monitor)? {
        Some((ids, base, count)) => (Numbers::Offsets { ids, base }, Who::From { base, count }),
        None => {
            numbers = screen.number(&mut index, tx.customer, n_threads, monitor)?;
            (Numbers::Given(&numbers), Who::Index(&index))
        }
    };
    let order_numbers;
    let order = match tx.order {
        None => None,
        Some(column) => Some(match column.close(NONE as usize, n_threads, monitor)? {
            Some((ids, base, _)) => Numbers::Offsets { ids, base },
            None => {
                let mut orders = Index::default();
                orders.check("order", column)?;
                let counts = |row| customer.get(row) != NONE;
                order_numbers = orders.number(column, counts, n_threads, monitor)?;
                Numbers::Given(&order_numbers)
            }
        }),
    };
    monitor.report("summary", 0, None)?;
    let span = screen.span.unwrap_or_default();
    let log = Log { customer, time: tx.time, amount: tx.amount, order, who, span, n_threads };
    log.summary(params, as_of, screen.counts, monitor)
}
