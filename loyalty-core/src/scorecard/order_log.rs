//! What goes into a scorecard: an order log, and one customer's figures.

use crate::check;
use crate::customers::{Accumulator, Customers, NO_PLACE, NULL_TIME, Transactions};
use crate::error::{Error, Result};
use crate::monitor::Monitor;
use crate::numeric::blocks;
use crate::numeric::elementary::{ln, ln_1p};
use crate::numeric::sum::{RunningSum, exact_sum};

/// An order log with, where the caller has them, how much was used and how it was liked.
///
/// The optional columns have one value a row, NaN where none is known. `usage` is an amount of use (visits, minutes,
/// points collected) and is summed over a customer's rows; `feedback` is a rating and is averaged over those that have one.
/// Rows without id, time or amount do not count, nor do those after the moment of scoring; refunds do.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct OrderLog<'a> {
    /// Who ordered when for how much.
    pub transactions: Transactions<'a>,
    /// Amount of use.
    pub usage: Option<&'a [f64]>,
    /// Rating; higher is better.
    pub feedback: Option<&'a [f64]>,
}

impl<'a> OrderLog<'a> {
    /// A log of orders alone.
    pub fn new(transactions: Transactions<'a>) -> Self {
        Self { transactions, usage: None, feedback: None }
    }

    /// With an amount of use a row.
    #[must_use]
    pub fn usage(mut self, usage: &'a [f64]) -> Self {
        self.usage = Some(usage);
        self
    }

    /// With a rating a row.
    #[must_use]
    pub fn feedback(mut self, feedback: &'a [f64]) -> Self {
        self.feedback = Some(feedback);
        self
    }
}

/// An order log in parts, whose columns fit together.
pub(super) struct OrderLogParts<'a> {
    parts: &'a [OrderLog<'a>],
}

impl<'a> OrderLogParts<'a> {
    /// Refuses columns of different length, values that are infinite, and a column that only some parts have.
    pub(super) fn new(parts: &'a [OrderLog<'a>], monitor: &mut Monitor<'_>) -> Result<Self> {
        let log = Self { parts };
        for (first, part) in log.parts() {
            part.transactions.check_lengths()?;
            for column in [USAGE, FEEDBACK] {
                let Some(values) = column.of(part) else { continue };
                check::same_rows(column.name, values.len(), part.transactions.time.len())?;
                if parts.iter().any(|part| column.of(part).is_none()) {
                    return Err(Error::ShapeMismatch {
                        name: column.name.into(),
                        got: "values for some parts of the log".to_owned(),
                        expected: "values for all parts or for none".to_owned(),
                    });
                }
                for step in blocks::steps(values.len()) {
                    monitor.poll()?;
                    check_not_infinite(column.name, &values[step.clone()])
                        .map_err(|error| error.in_rows_from(first + step.start))?;
                }
            }
        }
        Ok(log)
    }

    /// Each part, with the number of its first row.
    pub(super) fn parts(&self) -> impl Iterator<Item = (usize, &'a OrderLog<'a>)> {
        self.parts.iter().scan(0, |next, part| {
            let first = *next;
            *next += part.transactions.time.len();
            Some((first, part))
        })
    }

    /// One input a customer, in the order of `customers`, who are those of `orders`.
    pub(super) fn inputs(
        &self,
        orders: &Accumulator,
        customers: &Customers,
        monitor: &mut Monitor<'_>,
    ) -> Result<Vec<CustomerInput>> {
        let mut inputs = CustomerInput::all(customers, monitor)?;
        if self.has(USAGE) {
            let sums = self.per_customer(USAGE, orders, customers, monitor)?;
            for (input, (sum, n)) in inputs.iter_mut().zip(sums) {
                input.usage = (n > 0).then_some(sum);
            }
        }
        if self.has(FEEDBACK) {
            let sums = self.per_customer(FEEDBACK, orders, customers, monitor)?;
            for (input, (sum, n)) in inputs.iter_mut().zip(sums) {
                input.feedback = (n > 0).then(|| sum / n as f64);
            }
        }
        Ok(inputs)
    }

    fn has(&self, column: Column) -> bool {
        self.parts.iter().any(|part| column.of(part).is_some())
    }

    /// The sum of a column over each customer's rows up to `as_of`, and how many values are in it.
    fn per_customer(
        &self,
        column: Column,
        orders: &Accumulator,
        customers: &Customers,
        monitor: &mut Monitor<'_>,
    ) -> Result<Vec<(f64, u64)>> {
        let mut sums = blocks::collect(customers.len(), monitor, |_| (RunningSum::default(), 0_u64))?;
        self.each_value(column, orders, customers, monitor, |place, value| {
            sums[place].0.add(value);
            sums[place].1 += 1;
        })?;
        let mut sums =
            blocks::collect(sums.len(), monitor, |i| (sums[i].0.exact().unwrap_or(f64::NAN), sums[i].1))?;
        if !sums.iter().any(|(sum, _)| sum.is_nan()) {
            return Ok(sums);
        }

        // The few sums that lost a bit, again.
        let mut values: Vec<(usize, f64)> = Vec::new();
        self.each_value(column, orders, customers, monitor, |place, value| {
            if sums[place].0.is_nan() {
                values.push((place, value));
            }
        })?;
        blocks::sort(&mut values, monitor, |a, b| a.0.cmp(&b.0))?;
        for values in values.chunk_by(|a, b| a.0 == b.0) {
            let place = values[0].0;
            let sum = exact_sum(values.iter().map(|&(_, value)| value));
            if sum.is_infinite() {
                let label = customers.ids.label(place);
                let reason =
                    format!("customer {label}: adds up to more than the largest float; use a larger unit");
                return Err(Error::Degenerate { name: column.name.into(), reason: reason.into() });
            }
            sums[place].0 = sum;
        }
        Ok(sums)
    }

    /// Calls `take` with each value that counts and the place of its customer.
    fn each_value(
        &self,
        column: Column,
        orders: &Accumulator,
        customers: &Customers,
        monitor: &mut Monitor<'_>,
        mut take: impl FnMut(usize, f64),
    ) -> Result<()> {
        for part in self.parts {
            let (log, Some(values)) = (&part.transactions, column.of(part)) else { continue };
            let places = orders.places(customers, log.customer, monitor)?;
            for step in blocks::steps(values.len()) {
                monitor.poll()?;
                for row in step {
                    let valid = log.time[row] != NULL_TIME && log.amount[row].is_finite();
                    let counts = valid && log.time[row] <= customers.as_of && !values[row].is_nan();
                    if counts && places[row] != NO_PLACE {
                        take(places[row] as usize, values[row]);
                    }
                }
            }
        }
        Ok(())
    }
}

/// A column that a log may have.
#[derive(Clone, Copy)]
struct Column {
    name: &'static str,
    values: for<'a> fn(&OrderLog<'a>) -> Option<&'a [f64]>,
}

const USAGE: Column = Column { name: "usage", values: |log| log.usage };
const FEEDBACK: Column = Column { name: "feedback", values: |log| log.feedback };

impl Column {
    fn of<'a>(self, log: &OrderLog<'a>) -> Option<&'a [f64]> {
        (self.values)(log)
    }
}

fn check_not_infinite(name: &'static str, values: &[f64]) -> Result<()> {
    match values.iter().position(|v| v.is_infinite()) {
        None => Ok(()),
        Some(row) => Err(Error::NonFinite { name: name.into(), row, column: 0, value: values[row] }),
    }
}

impl<'a> From<Transactions<'a>> for OrderLog<'a> {
    fn from(transactions: Transactions<'a>) -> Self {
        Self::new(transactions)
    }
}

/// One customer as a scorecard sees it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CustomerInput {
    /// Days from the last purchase to the day of scoring.
    pub recency_days: f64,
    /// Number of purchases, at least 1.
    pub n_purchases: u64,
    /// Sum of all amounts.
    pub total_amount: f64,
    /// Days from the first purchase to the day of scoring.
    pub tenure_days: f64,
    /// Amount of use, if known.
    pub usage: Option<f64>,
    /// Mean rating, if known.
    pub feedback: Option<f64>,
}

impl CustomerInput {
    /// The purchases of each customer, in their order.
    pub(super) fn all(customers: &Customers, monitor: &mut Monitor<'_>) -> Result<Vec<Self>> {
        blocks::collect(customers.len(), monitor, |i| Self {
            recency_days: customers.recency_days[i],
            n_purchases: customers.n_purchases[i],
            total_amount: customers.total_amount[i],
            tenure_days: customers.tenure_days[i],
            usage: None,
            feedback: None,
        })
    }

    pub(super) fn check(&self) -> Result<()> {
        check::non_negative("recency_days", self.recency_days)?;
        check::non_negative("tenure_days", self.tenure_days)?;
        check::finite("total_amount", self.total_amount)?;
        if self.n_purchases == 0 {
            return check::invalid("n_purchases", 0, "at least 1");
        }
        if self.recency_days > self.tenure_days {
            let must = format!("at most tenure_days, which is {}", self.tenure_days);
            return check::invalid("recency_days", self.recency_days, must);
        }
        check::finite("usage", self.usage.unwrap_or(0.0))?;
        check::finite("feedback", self.feedback.unwrap_or(0.0))
    }

    pub(super) fn mean_amount(&self) -> f64 {
        self.total_amount / self.n_purchases as f64
    }

    /// What the churn model sees. The last is 1 for all who bought once; it falls as the silence since the last purchase
    /// becomes short for the customer's history.
    pub(super) fn churn_features(&self) -> [f64; 4] {
        let silence = if self.tenure_days > 0.0 { self.recency_days / self.tenure_days } else { 1.0 };
        [ln_1p(self.recency_days), ln(self.n_purchases as f64), ln_1p(self.mean_amount().max(0.0)), silence]
    }

    /// What the clusters are made from.
    pub(super) fn cluster_features(&self) -> [f64; 3] {
        [ln_1p(self.recency_days), ln(self.n_purchases as f64), ln_1p(self.total_amount.max(0.0))]
    }

    /// What the loyalty score weighs; NaN where unknown.
    pub(super) fn behaviours(&self) -> [f64; 5] {
        [
            self.recency_days,
            self.n_purchases as f64,
            self.total_amount,
            self.usage.unwrap_or(f64::NAN),
            self.feedback.unwrap_or(f64::NAN),
        ]
    }
}

pub(super) const CHURN_FEATURES: [&str; 4] =
    ["ln(1 + recency_days)", "ln(n_purchases)", "ln(1 + mean_amount)", "recency_days / tenure_days"];
pub(super) const CLUSTER_FEATURES: [&str; 3] =
    ["ln(1 + recency_days)", "ln(n_purchases)", "ln(1 + total_amount)"];
pub(super) const BEHAVIOURS: [&str; 5] = ["recency_days", "n_purchases", "total_amount", "usage", "feedback"];
