//! Customer lifetime value: what a customer's future, or past, is worth in money of today.
//!
//! * [`discounted`]: cash flows period by period, each brought to today's money; [`undiscounted`]: at face value.
//! * [`retention`]: one margin a period, for as long as the customer stays; [`retention_rate`] from three counts.
//! * [`historic`]: average order value × purchases per period × lifespan; [`lifespan`] from a churn rate.
//!
//! Money is in any one currency and rates are per period, 0.1 for 10 %. All sums and powers are carried to
//! about 31 digits and rounded once, so that long horizons and flows that nearly cancel lose nothing. No answer
//! is infinite or NaN: what lies beyond the range of numbers is an error.
//!
//! ```
//! use loyalty_core::clv::{self, Costs, Discounting, RetentionTerms};
//! use loyalty_core::ndarray::array;
//!
//! let revenue = array![[1000.0, 800.0, 600.0], [200.0, 200.0, 200.0]];
//! let costs = Costs::default().cost(50.0).acquisition_cost(&[120.0, 80.0]);
//! let values = clv::discounted(revenue.view(), costs, &Discounting::new(0.1))?;
//! assert_eq!(values.iter().map(|v| v.round()).collect::<Vec<_>>(), [1777.0, 293.0]);
//!
//! // 100 a year from customers of whom 80 % stay each year, at 10 %: 100 · 0.8 / (1 + 0.1 − 0.8).
//! let values = clv::retention(&[100.0], 0.8, 0.0, &RetentionTerms::new(0.1))?;
//! assert_eq!(values[0].round(), 267.0);
//! # Ok::<(), loyalty_core::Error>(())
//! ```

use crate::check;
use crate::error::Result;
use crate::numeric::double_double::DoubleDouble;
use crate::numeric::elementary::pow;
use ndarray::ArrayView2;
use serde::{Deserialize, Serialize};

mod retention;

pub use retention::{FirstMargin, Horizon, RetentionTerms, retention, retention_rate};

/// How far from today the cash flows may be shifted, in periods.
const MAX_OFFSET: f64 = 1e6;

/// One amount for all customers, or one for each.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum PerCustomer<'a> {
    /// The same for all.
    All(f64),
    /// One a customer.
    Each(&'a [f64]),
}

/// One amount for all customers and periods, or one for each.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum PerPeriod<'a> {
    /// The same for all.
    All(f64),
    /// Customers × periods.
    Each(ArrayView2<'a, f64>),
}

impl From<f64> for PerCustomer<'_> {
    fn from(value: f64) -> Self {
        Self::All(value)
    }
}

impl<'a> From<&'a [f64]> for PerCustomer<'a> {
    fn from(values: &'a [f64]) -> Self {
        Self::Each(values)
    }
}

impl<'a, const N: usize> From<&'a [f64; N]> for PerCustomer<'a> {
    fn from(values: &'a [f64; N]) -> Self {
        Self::Each(values)
    }
}

impl<'a> From<&'a Vec<f64>> for PerCustomer<'a> {
    fn from(values: &'a Vec<f64>) -> Self {
        Self::Each(values)
    }
}

impl From<f64> for PerPeriod<'_> {
    fn from(value: f64) -> Self {
        Self::All(value)
    }
}

impl<'a> From<ArrayView2<'a, f64>> for PerPeriod<'a> {
    fn from(values: ArrayView2<'a, f64>) -> Self {
        Self::Each(values)
    }
}

impl PerCustomer<'_> {
    fn at(&self, row: usize) -> f64 {
        match self {
            Self::All(value) => *value,
            Self::Each(values) => values[row],
        }
    }

    fn check(&self, name: &'static str, rows: usize) -> Result<()> {
        match self {
            Self::All(value) => check::finite(name, *value),
            Self::Each(values) => {
                check::same_rows(name, values.len(), rows)?;
                check::finite_vector(name, values)
            }
        }
    }

    /// Refuses the first value that does not hold.
    fn require(&self, name: &'static str, holds: impl Fn(f64) -> bool, must: &'static str) -> Result<()> {
        match self {
            Self::All(value) if !holds(*value) => check::invalid(name, value, must),
            Self::All(_) => Ok(()),
            Self::Each(values) => require(name, values, holds, must),
        }
    }
}

impl PerPeriod<'_> {
    fn at(&self, row: usize, period: usize) -> f64 {
        match self {
            Self::All(value) => *value,
            Self::Each(values) => values[[row, period]],
        }
    }

    fn check(&self, name: &'static str, (rows, periods): (usize, usize)) -> Result<()> {
        match self {
            Self::All(value) => check::finite(name, *value),
            Self::Each(values) => {
                check::same_rows(name, values.nrows(), rows)?;
                check::same_columns(name, values.ncols(), periods)?;
                check::finite_matrix(name, *values)
            }
        }
    }
}

fn require(
    name: &'static str,
    values: &[f64],
    holds: impl Fn(f64) -> bool,
    must: &'static str,
) -> Result<()> {
    match values.iter().position(|&value| !holds(value)) {
        None => Ok(()),
        Some(row) => check::invalid_value(name, row, values[row], must),
    }
}

/// What customers cost. Default: nothing.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct Costs<'a> {
    /// To serve the customer in each period.
    pub cost: PerPeriod<'a>,
    /// To win the customer, today and once.
    pub acquisition_cost: PerCustomer<'a>,
}

impl Default for Costs<'_> {
    fn default() -> Self {
        Self { cost: PerPeriod::All(0.0), acquisition_cost: PerCustomer::All(0.0) }
    }
}

impl<'a> Costs<'a> {
    /// Sets [`cost`](Self::cost).
    #[must_use]
    pub fn cost(mut self, cost: impl Into<PerPeriod<'a>>) -> Self {
        self.cost = cost.into();
        self
    }

    /// Sets [`acquisition_cost`](Self::acquisition_cost).
    #[must_use]
    pub fn acquisition_cost(mut self, acquisition_cost: impl Into<PerCustomer<'a>>) -> Self {
        self.acquisition_cost = acquisition_cost.into();
        self
    }
}

/// When in its period a cash flow falls due.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Timing {
    /// At its end: the flow of period t is t periods away.
    #[default]
    End,
    /// In its middle: t − ½ periods away.
    Mid,
    /// At its start: t − 1 periods away, so that the first is not discounted.
    Start,
    /// The first flow is so many periods away, between −10⁶ and 10⁶, and each further one a period more. `End` is
    /// `Offset(1.0)`.
    Offset(f64),
}

impl Timing {
    /// How many periods the first flow is away.
    fn first(self) -> f64 {
        match self {
            Self::End => 1.0,
            Self::Mid => 0.5,
            Self::Start => 0.0,
            Self::Offset(periods) => periods,
        }
    }
}

/// How money of later periods is brought to today's.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Discounting {
    /// The rate per period, above −1.
    pub discount_rate: f64,
    /// When in its period a cash flow falls due. Default: at its end.
    #[serde(default)]
    pub timing: Timing,
}

impl Discounting {
    /// At this rate per period, each flow due at the end of its period.
    pub fn new(discount_rate: f64) -> Self {
        Self { discount_rate, timing: Timing::default() }
    }

    /// Sets [`discount_rate`](Self::discount_rate).
    #[must_use]
    pub fn discount_rate(mut self, discount_rate: f64) -> Self {
        self.discount_rate = discount_rate;
        self
    }

    /// Sets [`timing`](Self::timing).
    #[must_use]
    pub fn timing(mut self, timing: Timing) -> Self {
        self.timing = timing;
        self
    }

    fn check(&self) -> Result<()> {
        check_discount_rate(self.discount_rate)?;
        check::within("timing", self.timing.first(), -MAX_OFFSET..=MAX_OFFSET)
    }

    /// The factors that bring the flows of the first `periods` periods to today's money.
    fn factors(&self, periods: usize) -> Vec<DoubleDouble> {
        let growth = DoubleDouble::sum(1.0, self.discount_rate);
        let discount = DoubleDouble::ONE / growth;
        let first = self.timing.first();
        let (whole, part) = (first.floor(), first - first.floor());
        let by_whole = if whole < 0.0 { growth } else { discount }.power(whole.abs() as u32);
        let first = by_whole * pow(growth.high(), -part).into();
        std::iter::successors(Some(first), |&factor| Some(factor * discount)).take(periods).collect()
    }
}

fn check_discount_rate(discount_rate: f64) -> Result<()> {
    if discount_rate.is_finite() && discount_rate > -1.0 {
        return Ok(());
    }
    check::invalid("discount_rate", discount_rate, "a finite number above -1")
}

/// The amount times the factor; a factor beyond the range of numbers does not matter to an amount of 0.
fn times(amount: DoubleDouble, factor: DoubleDouble) -> DoubleDouble {
    if amount == DoubleDouble::ZERO { amount } else { amount * factor }
}

/// A value that is a number.
fn in_range(value: f64, name: &'static str, row: usize) -> Result<f64> {
    if value.is_finite() {
        return Ok(value);
    }
    check::invalid_value(
        name,
        row,
        "too large",
        "such that the customer's value stays within the range of numbers",
    )
}

/// The discounted lifetime value of each customer.
///
/// CLV = Σ (Rₜ − Cₜ)·(1 + r)^−t − acquisition cost, t = 1..n at the ends of the periods; [`Timing`] has the
/// other choices.
///
/// For 1000, 800 and 600 at 10 % this is **2021.0368** (a source of the formula prints 2366.67). And 1000 in
/// each of five periods at 10 %, the sum divided once more by 1.1, less 50, is **3396.17** (printed: 3314.55):
/// the further division makes it [`Timing::Offset`] of 2 and no longer the ends of the periods.
///
/// Arguments: `revenue` R (customers × periods) in money, any finite amounts; `costs` C for all or for each
/// customer and period, and the acquisition cost for all or for each customer; `discounting` with the rate r >
/// −1 per period.
///
/// Returns one value a customer, in money of today. Without periods it is minus the acquisition cost.
///
/// # Errors
/// [`InvalidParameter`](crate::Error::InvalidParameter) for a rate of −1 or less, or an offset beyond its range;
/// [`ShapeMismatch`](crate::Error::ShapeMismatch) if costs do not fit `revenue`;
/// [`NonFinite`](crate::Error::NonFinite) for NaN and infinities;
/// [`InvalidValue`](crate::Error::InvalidValue), naming the row, if a value lies beyond the range of numbers.
///
/// Source: Gupta et al. (2006, Journal of Service Research 9), equation 1, with the probability of being alive at 1.
///
/// ```
/// use loyalty_core::clv::{self, Costs, Discounting, Timing};
/// use loyalty_core::ndarray::array;
///
/// let values = clv::discounted(array![[1000.0, 800.0, 600.0]].view(), Costs::default(), &Discounting::new(0.1))?;
/// assert_eq!((values[0] * 1e4).round(), 2021_0368.0);
///
/// let revenue = array![[1000.0, 1000.0, 1000.0, 1000.0, 1000.0]];
/// let later = Discounting::new(0.1).timing(Timing::Offset(2.0));
/// let values = clv::discounted(revenue.view(), Costs::default().acquisition_cost(50.0), &later)?;
/// assert_eq!((values[0] * 1e2).round(), 3396_17.0);
/// # Ok::<(), loyalty_core::Error>(())
/// ```
pub fn discounted(
    revenue: ArrayView2<'_, f64>,
    costs: Costs<'_>,
    discounting: &Discounting,
) -> Result<Vec<f64>> {
    discounting.check()?;
    check::finite_matrix("revenue", revenue)?;
    costs.cost.check("cost", revenue.dim())?;
    costs.acquisition_cost.check("acquisition_cost", revenue.nrows())?;

    let factors = discounting.factors(revenue.ncols());
    let value = |row: usize| {
        let mut total = DoubleDouble::ZERO + -costs.acquisition_cost.at(row);
        for ((period, &revenue), &factor) in revenue.row(row).iter().enumerate().zip(&factors) {
            total = total + times(DoubleDouble::sum(revenue, -costs.cost.at(row, period)), factor);
        }
        in_range(total.high(), "revenue", row)
    };
    (0..revenue.nrows()).map(value).collect()
}

/// The lifetime value of each customer at face value.
///
/// CLV = Σ (Rₜ − Cₜ) − acquisition cost: [`discounted`] at a rate of 0.
///
/// Arguments: `revenue` and `costs` as for [`discounted`].
///
/// Returns one value a customer, in money.
///
/// # Errors
/// As [`discounted`].
///
/// ```
/// use loyalty_core::clv::{self, Costs};
/// use loyalty_core::ndarray::array;
///
/// assert_eq!(clv::undiscounted(array![[1000.0, 800.0, 600.0]].view(), Costs::default().cost(100.0))?, [2100.0]);
/// # Ok::<(), loyalty_core::Error>(())
/// ```
pub fn undiscounted(revenue: ArrayView2<'_, f64>, costs: Costs<'_>) -> Result<Vec<f64>> {
    discounted(revenue, costs, &Discounting::new(0.0))
}

/// The lifetime value of each customer from habits of the past.
///
/// CLV = average order value × purchases per period × lifespan.
///
/// Arguments, one a customer: `average_order_value` in money, any finite amount; `purchases_per_period`, 0 or
/// more; `lifespan_periods`, 0 or more, in the same periods. For margin instead of revenue, give the margin of
/// the average order.
///
/// Returns one value a customer, in money.
///
/// # Errors
/// [`ShapeMismatch`](crate::Error::ShapeMismatch) if the lengths differ; [`NonFinite`](crate::Error::NonFinite)
/// for NaN and infinities; [`InvalidValue`](crate::Error::InvalidValue), naming the row, for a negative rate or
/// lifespan, and for a value beyond the range of numbers.
///
/// ```
/// assert_eq!(loyalty_core::clv::historic(&[50.0], &[4.0], &[3.0])?, [600.0]);
/// # Ok::<(), loyalty_core::Error>(())
/// ```
pub fn historic(
    average_order_value: &[f64],
    purchases_per_period: &[f64],
    lifespan_periods: &[f64],
) -> Result<Vec<f64>> {
    let rows = average_order_value.len();
    check::same_rows("purchases_per_period", purchases_per_period.len(), rows)?;
    check::same_rows("lifespan_periods", lifespan_periods.len(), rows)?;
    check::finite_vector("average_order_value", average_order_value)?;
    for (name, values) in
        [("purchases_per_period", purchases_per_period), ("lifespan_periods", lifespan_periods)]
    {
        check::finite_vector(name, values)?;
        require(name, values, |value| value >= 0.0, "0 or more")?;
    }
    let value = |row: usize| {
        let factors = [average_order_value[row], purchases_per_period[row], lifespan_periods[row]];
        in_range(product(factors), "average_order_value", row)
    };
    (0..rows).map(value).collect()
}

/// The product of three, the least with the greatest first, so that no step leaves the range of numbers unless
/// the product does.
fn product(mut factors: [f64; 3]) -> f64 {
    factors.sort_by(|a, b| a.abs().total_cmp(&b.abs()));
    let [least, middle, greatest] = factors.map(DoubleDouble::from);
    (least * greatest * middle).high()
}

/// The expected lifespan of each customer, in periods.
///
/// lifespan = 1 / churn rate: the mean number of periods until the customer leaves, if in each of them the same
/// share of customers leaves.
///
/// Arguments: `churn_rate` per period, one a customer, above 0 and at most 1.
///
/// Returns one number of periods a customer.
///
/// # Errors
/// [`NonFinite`](crate::Error::NonFinite) for NaN and infinities; [`InvalidValue`](crate::Error::InvalidValue),
/// naming the row, for a churn rate outside its range, or so small that the lifespan lies beyond the range of
/// numbers.
///
/// ```
/// assert_eq!(loyalty_core::clv::lifespan(&[0.25, 1.0])?, [4.0, 1.0]);
/// # Ok::<(), loyalty_core::Error>(())
/// ```
pub fn lifespan(churn_rate: &[f64]) -> Result<Vec<f64>> {
    check::finite_vector("churn_rate", churn_rate)?;
    let holds = |rate: f64| rate > 0.0 && rate <= 1.0 && (1.0 / rate).is_finite();
    require("churn_rate", churn_rate, holds, "above 0, not vanishingly small, and at most 1")?;
    Ok(churn_rate.iter().map(|rate| 1.0 / rate).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::{Array2, array};

    fn single(revenue: &[f64], discounting: Discounting) -> f64 {
        let revenue = ArrayView2::from_shape((1, revenue.len()), revenue).unwrap();
        discounted(revenue, Costs::default(), &discounting).unwrap()[0]
    }

    #[test]
    fn three_shrinking_years() {
        let value = single(&[1000.0, 800.0, 600.0], Discounting::new(0.1));
        assert!((value - 2021.0368).abs() < 5e-5, "{value}");
    }

    #[test]
    fn one_division_more_is_an_offset_of_two() {
        let revenue = array![[1000.0, 1000.0, 1000.0, 1000.0, 1000.0]];
        let costs = Costs::default().acquisition_cost(50.0);
        let discounting = Discounting::new(0.1).timing(Timing::Offset(2.0));
        let value = discounted(revenue.view(), costs, &discounting).unwrap()[0];
        assert!((value - 3396.17).abs() < 5e-3, "{value}");
    }

    #[test]
    fn timings() {
        let flows = [100.0, -30.0, 70.0];
        let at = |timing| single(&flows, Discounting::new(0.21).timing(timing));
        assert_eq!(at(Timing::Mid), at(Timing::Offset(0.5)));
        assert_eq!(at(Timing::Start), at(Timing::Offset(0.0)));
        assert_eq!(at(Timing::End), at(Timing::Offset(1.0)));
        // √1.21 = 1.1 and its floats are not exact.
        assert!((at(Timing::Mid) * 1.1 - at(Timing::Start)).abs() < 1e-13);
        assert!((at(Timing::Offset(-2.0)) - at(Timing::Start) * 1.21 * 1.21).abs() < 1e-13);
    }

    #[test]
    fn flows_that_cancel_keep_their_digits() {
        // 1 in 10¹⁶ is left over; floats alone would lose it.
        assert_eq!(single(&[1e16, 1.0, -1e16], Discounting::new(0.0)), 1.0);
        let revenue = array![[0.1 + 0.2]];
        let left = undiscounted(revenue.view(), Costs::default().cost(0.3)).unwrap();
        assert_eq!(left, [(0.1 + 0.2) - 0.3]);
    }

    #[test]
    fn costs_for_all_and_for_each() {
        let revenue = array![[10.0, 20.0], [30.0, 40.0]];
        let cost = Array2::from_elem((2, 2), 3.0);
        let all = undiscounted(revenue.view(), Costs::default().cost(3.0).acquisition_cost(5.0)).unwrap();
        let each = Costs::default().cost(cost.view()).acquisition_cost(&[5.0, 5.0]);
        assert_eq!(all, [19.0, 59.0]);
        assert_eq!(undiscounted(revenue.view(), each).unwrap(), all);
    }

    #[test]
    fn zeros_are_worth_nothing_at_any_rate() {
        let mut flows = vec![0.0; 2000];
        flows[0] = 1.0;
        assert_eq!(single(&flows, Discounting::new(-0.75)), 4.0);
        assert_eq!(
            retention(&[0.0], 1.0, 7.0, &RetentionTerms::new(-0.999).horizon(Horizon::Finite(9999))).unwrap(),
            [-7.0]
        );
    }

    #[test]
    fn values_beyond_the_range_of_numbers_are_refused() {
        let revenue = array![[1.0, 1.0], [f64::MAX, f64::MAX]];
        let error = undiscounted(revenue.view(), Costs::default()).unwrap_err();
        assert!(matches!(error, crate::Error::InvalidValue { row: 1, .. }), "{error}");
        assert_eq!(single(&[f64::MAX], Discounting::new(1.0)), f64::MAX / 2.0);
        assert!(retention(&[1e300], 1.0, 0.0, &RetentionTerms::new(1e-12)).is_err());
        assert!(historic(&[1e200], &[1e200], &[1.0]).is_err());
        assert_eq!(historic(&[1e200], &[1e200], &[0.0]).unwrap(), [0.0]);
    }

    #[test]
    fn products_stay_in_range_on_the_way() {
        let value = historic(&[1e200], &[1e200], &[1e-200]).unwrap()[0];
        assert!((value / 1e200 - 1.0).abs() < 1e-15);
    }
}
