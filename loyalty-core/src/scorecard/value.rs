//! What a customer is expected to bring over the horizon.

use super::{CustomerInput, Scorecard};
use crate::check;
use crate::clv::{Horizon, RetentionTerms};
use crate::error::{Error, Result};
use crate::numeric::elementary::pow;

const DAYS_PER_YEAR: f64 = 365.25;
const DAYS_PER_MONTH: f64 = DAYS_PER_YEAR / 12.0;

/// The horizon in months of equal length, and what money is worth in each.
pub(super) struct Valuation {
    months: f64,
    month_days: f64,
    margin: f64,
    terms: RetentionTerms,
}

impl Valuation {
    /// Refuses a discount rate that is no rate, or under which the last month would be worth more than a float can hold.
    pub(super) fn check(plan: &Scorecard) -> Result<()> {
        check::finite("discount_rate", plan.discount_rate)?;
        if plan.discount_rate <= -1.0 {
            return check::invalid("discount_rate", plan.discount_rate, "above -1");
        }
        if Self::of(plan).terms.margin_multiple(1.0).is_err() {
            return check::invalid("discount_rate", plan.discount_rate, "larger, for so long a horizon");
        }
        Ok(())
    }

    /// That of a plan that has been checked.
    pub(super) fn of(plan: &Scorecard) -> Self {
        let months = (plan.horizon_days / DAYS_PER_MONTH).round().max(1.0);
        let month_days = plan.horizon_days / months;
        let rate = pow(1.0 + plan.discount_rate, month_days / DAYS_PER_YEAR) - 1.0;
        let terms = RetentionTerms::new(rate).horizon(Horizon::Finite(months as u32));
        Self { months, month_days, margin: plan.margin, terms }
    }

    /// A customer earns a month what it earned a month so far, for as long as it is retained, and is retained over the whole
    /// horizon with the probability not to churn.
    pub(super) fn of_customer(&self, input: &CustomerInput, churn_probability: f64) -> Result<f64> {
        let retention_rate = pow(1.0 - churn_probability, 1.0 / self.months);
        // Less than a month of history is no ground for more than a month's earnings.
        let months_so_far = input.tenure_days.max(self.month_days) / self.month_days;
        let earned = self.margin * (input.total_amount.max(0.0) / months_so_far);
        let value = earned * self.terms.margin_multiple(retention_rate)?;
        if value.is_finite() {
            return Ok(value);
        }
        Err(Error::InvalidParameter {
            name: "total_amount".into(),
            value: check::number(input.total_amount),
            must: "such that the value over the horizon is within the range of numbers".into(),
        })
    }
}
