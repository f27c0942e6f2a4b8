//! Lifetime values from a retention rate.

use super::{PerCustomer, check_discount_rate, in_range, times};
use crate::check;
use crate::error::Result;
use crate::numeric::double_double::DoubleDouble;
use serde::{Deserialize, Serialize};

/// How many margins a customer may bring.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Horizon {
    /// At most so many, at least 1.
    Finite(u32),
    /// No limit.
    #[default]
    Infinite,
}

/// When a customer brings the first margin.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FirstMargin {
    /// Now, for certain: t = 0, 1, … in the sum.
    Now,
    /// After one period, if the customer is still there: t = 1, 2, … in the sum.
    #[default]
    NextPeriod,
}

/// The terms of a lifetime value from a retention rate.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct RetentionTerms {
    /// The discount rate per period, above −1.
    pub discount_rate: f64,
    /// How many margins a customer may bring. Default: no limit.
    #[serde(default)]
    pub horizon: Horizon,
    /// When the first margin comes. Default: after one period.
    #[serde(default)]
    pub first_margin: FirstMargin,
}

impl RetentionTerms {
    /// At this discount rate per period, without limit, the first margin after one period.
    pub fn new(discount_rate: f64) -> Self {
        Self { discount_rate, horizon: Horizon::default(), first_margin: FirstMargin::default() }
    }

    /// Sets [`discount_rate`](Self::discount_rate).
    #[must_use]
    pub fn discount_rate(mut self, discount_rate: f64) -> Self {
        self.discount_rate = discount_rate;
        self
    }

    /// Sets [`horizon`](Self::horizon).
    #[must_use]
    pub fn horizon(mut self, horizon: Horizon) -> Self {
        self.horizon = horizon;
        self
    }

    /// Sets [`first_margin`](Self::first_margin).
    #[must_use]
    pub fn first_margin(mut self, first_margin: FirstMargin) -> Self {
        self.first_margin = first_margin;
        self
    }

    /// What a margin of 1 per period is worth: the sum of [`retention`], for one retention rate. Allocates nothing.
    ///
    /// # Errors
    /// As [`retention`].
    pub fn margin_multiple(&self, retention_rate: f64) -> Result<f64> {
        self.check(PerCustomer::All(retention_rate))?;
        in_range(self.multiple(retention_rate).high(), "retention_rate", 0)
    }

    fn check(&self, retention_rate: PerCustomer<'_>) -> Result<()> {
        check_discount_rate(self.discount_rate)?;
        if self.horizon == Horizon::Finite(0) {
            return check::invalid("horizon", 0, "at least 1");
        }
        retention_rate.require("retention_rate", |rate| (0.0..=1.0).contains(&rate), "between 0 and 1")?;
        if self.horizon == Horizon::Infinite {
            let converges = |rate| self.gap(rate).high() > 0.0;
            let must = "below 1 + discount_rate, or the horizon finite";
            retention_rate.require("retention_rate", converges, must)?;
        }
        Ok(())
    }

    /// 1 + d.
    fn growth(&self) -> DoubleDouble {
        DoubleDouble::sum(1.0, self.discount_rate)
    }

    /// 1 + d − ρ: above 0 if and only if the endless sum converges.
    fn gap(&self, retention_rate: f64) -> DoubleDouble {
        self.growth() + -retention_rate
    }

    /// What a margin is to be multiplied by.
    fn multiple(&self, retention_rate: f64) -> DoubleDouble {
        let growth = self.growth();
        let factor = DoubleDouble::from(retention_rate) / growth;
        let from_now = match self.horizon {
            Horizon::Infinite => growth / self.gap(retention_rate),
            Horizon::Finite(n) => geometric_sum(factor, n),
        };
        match self.first_margin {
            FirstMargin::Now => from_now,
            FirstMargin::NextPeriod => times(factor, from_now),
        }
    }
}

/// 1 + q + … + q^(n−1).
///
/// By S₂ₖ = Sₖ·(1 + qᵏ) and Sₖ₊₁ = 1 + q·Sₖ along the binary digits of n: nothing is subtracted, so nothing
/// cancels where the closed form (1 − qⁿ)/(1 − q) does, near q = 1.
fn geometric_sum(q: DoubleDouble, n: u32) -> DoubleDouble {
    // The first digit is a 1, for which Sₖ = 1 and qᵏ = q.
    let (mut sum, mut power) = (DoubleDouble::ONE, q);
    for digit in (0..n.max(1).ilog2()).rev() {
        sum = sum * (power + 1.0);
        power = power * power;
        if n >> digit & 1 == 1 {
            sum = q * sum + 1.0;
            power = power * q;
        }
    }
    sum
}

/// The lifetime value of each customer from a margin per period and a retention rate.
///
/// CLV = m · Σ (ρ / (1 + d))^t − acquisition cost. With q = ρ/(1 + d), the sum has a closed form:
///
/// | first margin | n margins | no limit |
/// |---|---|---|
/// | after one period (t = 1..n) | q·(1 − qⁿ)/(1 − q) | ρ/(1 + d − ρ) |
/// | now (t = 0..n−1) | (1 − qⁿ)/(1 − q) | (1 + d)/(1 + d − ρ) |
///
/// Arguments: `margin` m, in money per period, one a customer, any finite amount; `retention_rate` ρ, the share
/// of customers who stay from one period to the next, within [0, 1], for all or for each; `acquisition_cost`,
/// for all or for each; `terms` with the discount rate d > −1 per period, the number of margins n and the time
/// of the first.
///
/// Returns one value a customer, in money of today.
///
/// # Errors
/// [`InvalidParameter`](crate::Error::InvalidParameter) for a discount rate of −1 or less or a horizon of 0;
/// for a retention rate outside [0, 1], or of 1 + d or more without limit, where the sum does not converge, the
/// same or, of one customer, [`InvalidValue`](crate::Error::InvalidValue) with the row;
/// [`ShapeMismatch`](crate::Error::ShapeMismatch) if the lengths differ; [`NonFinite`](crate::Error::NonFinite)
/// for NaN and infinities; [`InvalidValue`](crate::Error::InvalidValue) if a value lies beyond the range of
/// numbers.
///
/// Source: Gupta and Lehmann (2003, Journal of Interactive Marketing 17), whose margin multiple is ρ/(1 + d − ρ);
/// Berger and Nasr (1998, Journal of Interactive Marketing 12) for finite horizons.
///
/// ```
/// use loyalty_core::clv::{self, FirstMargin, Horizon, RetentionTerms};
///
/// let terms = RetentionTerms::new(0.25);
/// assert_eq!(clv::retention(&[100.0], 0.75, 30.0, &terms)?, [120.0]);
/// assert_eq!(clv::retention(&[100.0], 0.75, 30.0, &terms.first_margin(FirstMargin::Now))?, [220.0]);
/// assert_eq!(clv::retention(&[100.0], &[0.75], 30.0, &terms.horizon(Horizon::Finite(2)))?, [66.0]);
/// # Ok::<(), loyalty_core::Error>(())
/// ```
pub fn retention<'a>(
    margin: &[f64],
    retention_rate: impl Into<PerCustomer<'a>>,
    acquisition_cost: impl Into<PerCustomer<'a>>,
    terms: &RetentionTerms,
) -> Result<Vec<f64>> {
    let (retention_rate, acquisition_cost) = (retention_rate.into(), acquisition_cost.into());
    check::finite_vector("margin", margin)?;
    acquisition_cost.check("acquisition_cost", margin.len())?;
    retention_rate.check("retention_rate", margin.len())?;
    terms.check(retention_rate)?;

    let common = match retention_rate {
        PerCustomer::All(rate) => Some(terms.multiple(rate)),
        PerCustomer::Each(_) => None,
    };
    let value = |(row, &margin): (usize, &f64)| {
        let multiple = common.unwrap_or_else(|| terms.multiple(retention_rate.at(row)));
        let total = times(margin.into(), multiple) + -acquisition_cost.at(row);
        in_range(total.high(), "margin", row)
    };
    margin.iter().enumerate().map(value).collect()
}

/// The share of customers at the start of a period who are still there at its end.
///
/// retention rate = (customers at end − new customers) / customers at start. New customers do not count: of
/// 1000 at the start 200 are lost and 100 won, which makes 900 at the end and a rate of **80 %**; a source's
/// formula gives an impossible 112.5 %.
///
/// Arguments: three counts; `customers_at_end` includes `new_customers`.
///
/// Returns a rate within [0, 1].
///
/// # Errors
/// [`InvalidParameter`](crate::Error::InvalidParameter) if nobody was there at the start, or the counts
/// contradict each other: more new customers than customers at the end, or more old ones at the end than at the
/// start.
///
/// ```
/// assert_eq!(loyalty_core::clv::retention_rate(1000, 900, 100)?, 0.8);
/// # Ok::<(), loyalty_core::Error>(())
/// ```
pub fn retention_rate(customers_at_start: u64, customers_at_end: u64, new_customers: u64) -> Result<f64> {
    if customers_at_start == 0 {
        return check::invalid("customers_at_start", 0, "at least 1");
    }
    let Some(retained) = customers_at_end.checked_sub(new_customers) else {
        return check::invalid(
            "new_customers",
            new_customers,
            format!("at most customers_at_end, {customers_at_end}"),
        );
    };
    if retained > customers_at_start {
        let must =
            format!("at most customers_at_start + new_customers, {customers_at_start} + {new_customers}");
        return check::invalid("customers_at_end", customers_at_end, must);
    }
    Ok(retained as f64 / customers_at_start as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thousand_customers_of_whom_two_hundred_leave() {
        assert_eq!(retention_rate(1000, 900, 100).unwrap(), 0.8);
        assert_eq!(retention_rate(u64::MAX, u64::MAX, 0).unwrap(), 1.0);
        for (counts, argument) in
            [((0, 0, 0), "customers_at_start"), ((5, 3, 4), "new_customers"), ((5, 7, 1), "customers_at_end")]
        {
            let error = retention_rate(counts.0, counts.1, counts.2).unwrap_err();
            assert_eq!((error.code(), error.argument()), ("INVALID_PARAMETER", Some(argument)));
        }
    }

    #[test]
    fn the_geometric_sum_is_the_plain_one() {
        for q in [0.0, 1e-300, 0.3, 0.999_999_9, 1.0, 1.1] {
            let mut plain = DoubleDouble::ZERO;
            for n in 0..70 {
                assert!(
                    (geometric_sum(q.into(), n).high() / plain.high() - 1.0).abs() < 1e-15 || n == 0,
                    "{q} {n}"
                );
                plain = plain * q.into() + 1.0;
            }
        }
        assert_eq!(geometric_sum(DoubleDouble::ONE, u32::MAX).high(), f64::from(u32::MAX));
    }

    #[test]
    fn an_endless_sum_must_converge() {
        let error = retention(&[1.0], 1.0, 0.0, &RetentionTerms::new(0.0)).unwrap_err();
        assert_eq!((error.code(), error.argument()), ("INVALID_PARAMETER", Some("retention_rate")));
        let error = retention(&[1.0, 1.0], &[0.5, 0.95], 0.0, &RetentionTerms::new(-0.1)).unwrap_err();
        assert!(matches!(error, crate::Error::InvalidValue { row: 1, .. }), "{error}");
        let hair = 1.0 - f64::EPSILON / 2.0;
        let value = retention(&[1.0], hair, 0.0, &RetentionTerms::new(0.0)).unwrap()[0];
        assert_eq!(value, hair / (f64::EPSILON / 2.0));
    }
}
