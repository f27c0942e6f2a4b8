//! What goes into a scorecard: an order log, and one customer's figures.

use crate::check;
use crate::customers::{Customers, NULL_TIME, Transactions};
use crate::error::{Error, Result};
use crate::numeric::elementary::{ln, ln_1p};
use crate::numeric::sum::ExactSum;

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

/// A column that a log may have.
type Column<'a> = fn(&OrderLog<'a>) -> Option<&'a [f64]>;

impl<'a> OrderLogParts<'a> {
    /// Refuses columns of different length, values that are infinite, and a column that only some parts have.
    pub(super) fn new(parts: &'a [OrderLog<'a>]) -> Result<Self> {
        let log = Self { parts };
        let columns: [(&'static str, Column<'a>); 2] = [("usage", |p| p.usage), ("feedback", |p| p.feedback)];
        for (first, part) in log.parts() {
            part.transactions.check_lengths()?;
            for (name, column) in columns {
                let values = column(part);
                if values.is_some() != column(&parts[0]).is_some() {
                    return Err(Error::ShapeMismatch {
                        name: name.into(),
                        got: "values for some parts of the log".to_owned(),
                        expected: "values for all parts or for none".to_owned(),
                    });
                }
                let Some(values) = values else { continue };
                check::same_rows(name, values.len(), part.transactions.time.len())?;
                check_not_infinite(name, values).map_err(|error| error.in_rows_from(first))?;
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

    /// One input a customer, in the order of `customers`.
    pub(super) fn inputs(&self, customers: &Customers) -> Result<Vec<CustomerInput>> {
        let usage = self.per_customer("usage", |part| part.usage, customers, |sum, _| sum)?;
        let feedback = self.per_customer("feedback", |part| part.feedback, customers, |sum, n| sum / n)?;
        let mut inputs = CustomerInput::all(customers);
        for (i, input) in inputs.iter_mut().enumerate() {
            input.usage = usage.get(i).copied().flatten();
            input.feedback = feedback.get(i).copied().flatten();
        }
        Ok(inputs)
    }

    /// Sums a column over each customer's rows up to `as_of`, and `finish`es the sum with the number of values in it.
    fn per_customer(
        &self,
        name: &'static str,
        column: Column<'a>,
        customers: &Customers,
        finish: impl Fn(f64, f64) -> f64,
    ) -> Result<Vec<Option<f64>>> {
        let mut known: Vec<(usize, f64)> = Vec::new();
        for part in self.parts {
            let Some(values) = column(part) else { return Ok(Vec::new()) };
            let log = &part.transactions;
            let places = customers.ids.places(log.customer);
            let counts = |row: usize| {
                let valid = log.time[row] != NULL_TIME && log.amount[row].is_finite();
                valid && log.time[row] <= customers.as_of && !values[row].is_nan()
            };
            let rows = (0..values.len()).filter(|&row| counts(row));
            known.extend(rows.filter_map(|row| Some((places[row]?, values[row]))));
        }
        known.sort_by_key(|&(customer, _)| customer);

        let mut values = vec![None; customers.len()];
        for rows in known.chunk_by(|a, b| a.0 == b.0) {
            let mut sum = ExactSum::default();
            rows.iter().for_each(|&(_, value)| sum.add(value));
            let (customer, sum) = (rows[0].0, sum.value());
            if sum.is_infinite() {
                let label = customers.ids.label(customer);
                let reason =
                    format!("customer {label}: adds up to more than the largest float; use a larger unit");
                return Err(Error::Degenerate { name: name.into(), reason: reason.into() });
            }
            values[customer] = Some(finish(sum, rows.len() as f64));
        }
        Ok(values)
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
    pub(super) fn all(customers: &Customers) -> Vec<Self> {
        (0..customers.len())
            .map(|i| Self {
                recency_days: customers.recency_days[i],
                n_purchases: customers.n_purchases[i],
                total_amount: customers.total_amount[i],
                tenure_days: customers.tenure_days[i],
                usage: None,
                feedback: None,
            })
            .collect()
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
