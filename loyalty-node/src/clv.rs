//! Customer lifetime value.

use crate::convert::{Floats, FloatsView, Matrix, MatrixView, matrix, number, number_text, shown, whole};
use crate::error::{Fallible, guarded};
use crate::options::{Options, wrong_type};
use loyalty_core::Error;
use loyalty_core::clv::{self, Costs, Discounting, Horizon, PerCustomer, PerPeriod, RetentionTerms, Timing};
use napi::bindgen_prelude::{Either, Float64Array, FromNapiValue, Unknown};
use napi::{Env, ValueType};
use napi_derive::napi;

/// One number for all, or a column with one for each customer.
enum Each<'env> {
    All(f64),
    Column(Floats<'env>),
}

/// The same to read now.
enum EachView<'a> {
    All(f64),
    Column(FloatsView<'a>),
}

impl<'env> Each<'env> {
    fn new(name: &str, value: Unknown<'env>) -> Fallible<Self> {
        match value.get_type()? {
            ValueType::Number => Ok(Each::All(FromNapiValue::from_unknown(value)?)),
            ValueType::Object => Floats::new(name, value).map(Each::Column),
            _ => wrong_type(name, &shown(value), "a number, a Float64Array or an array of numbers"),
        }
    }

    fn view(&self) -> Fallible<EachView<'_>> {
        Ok(match self {
            Each::All(value) => EachView::All(*value),
            Each::Column(column) => EachView::Column(column.view()?),
        })
    }
}

impl EachView<'_> {
    /// How many customers there are, if this says it.
    fn rows(&self) -> Option<usize> {
        match self {
            EachView::All(_) => None,
            EachView::Column(column) => Some(column.len()),
        }
    }

    fn per_customer(&self) -> PerCustomer<'_> {
        match self {
            EachView::All(value) => PerCustomer::All(*value),
            EachView::Column(column) => PerCustomer::Each(column),
        }
    }

    /// One number for each of so many customers: for arguments of which the core takes no single one.
    fn repeated(&self, rows: usize) -> Vec<f64> {
        match self {
            EachView::All(value) => vec![*value; rows],
            EachView::Column(column) => column.to_vec(),
        }
    }
}

/// One number if only single numbers were given, else a column.
fn alike(rows: Option<usize>, found: Vec<f64>) -> Either<f64, Float64Array> {
    match (rows, found.as_slice()) {
        (None, &[value]) => Either::A(value),
        _ => Either::B(found.into()),
    }
}

/// One number for all, or a matrix with one for each customer and period.
enum EachPeriod<'env> {
    All(f64),
    Matrix(Matrix<'env>),
}

/// Cash flows as they were given.
struct Flows<'env> {
    revenue: Matrix<'env>,
    cost: Option<EachPeriod<'env>>,
    acquisition_cost: Option<Each<'env>>,
}

impl<'env> Flows<'env> {
    fn new(revenue: Unknown<'env>, options: &mut Options<'env>) -> Fallible<Self> {
        let cost = options.take("cost").map(|value| match value.get_type()? {
            ValueType::Number => Ok(EachPeriod::All(FromNapiValue::from_unknown(value)?)),
            ValueType::Object => matrix("cost", value).map(EachPeriod::Matrix),
            _ => wrong_type("cost", &shown(value), "a number, { data, rows, cols } or an array of rows"),
        });
        let cost = cost.transpose()?;
        Ok(Self { cost, acquisition_cost: acquisition_cost(options)?, revenue: matrix("revenue", revenue)? })
    }

    /// Calls the core with what was given.
    fn valued(
        &self,
        value: impl FnOnce(&MatrixView<'_>, Costs<'_>) -> Fallible<Vec<f64>>,
    ) -> Fallible<Float64Array> {
        let (cost_all, cost_view) = match &self.cost {
            None => (None, None),
            Some(EachPeriod::All(value)) => (Some(*value), None),
            Some(EachPeriod::Matrix(matrix)) => (None, Some(matrix.view()?)),
        };
        let acquisition_cost = self.acquisition_cost.as_ref().map(Each::view).transpose()?;
        let mut costs = Costs::default();
        if let Some(value) = cost_all {
            costs = costs.cost(value);
        }
        if let Some(view) = &cost_view {
            costs = costs.cost(PerPeriod::Each(view.array()?));
        }
        if let Some(view) = &acquisition_cost {
            costs = costs.acquisition_cost(view.per_customer());
        }
        Ok(value(&self.revenue.view()?, costs)?.into())
    }
}

fn acquisition_cost<'env>(options: &mut Options<'env>) -> Fallible<Option<Each<'env>>> {
    options.take("acquisitionCost").map(|value| Each::new("acquisitionCost", value)).transpose()
}

/// Takes out when the flows fall due.
fn timing(options: &mut Options<'_>) -> Fallible<Option<Timing>> {
    const MUST: &str = "'end', 'mid', 'start' or a number of periods";
    let Some(value) = options.take("timing") else { return Ok(None) };
    match value.get_type()? {
        ValueType::Number => Ok(Some(Timing::Offset(FromNapiValue::from_unknown(value)?))),
        ValueType::String => {
            let text = String::from_unknown(value)?;
            let invalid =
                |_| Error::InvalidParameter { name: "timing".into(), value: shown(value), must: MUST.into() };
            Ok(Some(serde_json::from_value(text.into()).map_err(invalid)?))
        }
        _ => wrong_type("timing", &shown(value), MUST),
    }
}

/// The terms of a retention.
fn terms(mut options: Options<'_>) -> Fallible<RetentionTerms> {
    const MUST: &str = "a whole number of at least 1 and below 2^32, or Infinity for no limit";
    let horizon = options.take("horizon").map(|value| {
        if value.get_type()? == ValueType::Number && f64::from_unknown(value)? == f64::INFINITY {
            return Ok(Horizon::Infinite);
        }
        let margins = whole("horizon", value).ok().and_then(|margins| u32::try_from(margins).ok());
        match (margins, value.get_type()?) {
            (Some(margins), _) => Ok(Horizon::Finite(margins)),
            (None, ValueType::Number) => {
                let value = number_text(FromNapiValue::from_unknown(value)?);
                Err(Error::InvalidParameter { name: "horizon".into(), value, must: MUST.into() }.into())
            }
            (None, _) => wrong_type("horizon", &shown(value), MUST),
        }
    });
    let horizon = horizon.transpose()?;
    let terms: RetentionTerms = options.specification()?;
    Ok(horizon.map_or(terms, |horizon| terms.horizon(horizon)))
}

/// The discounted lifetime value of each customer, in money of today.
///
/// CLV = Σ (Rₜ − Cₜ)·(1 + r)^−t − acquisition cost, t = 1..n at the ends of the periods; `timing` has other choices. Without
/// periods it is minus the acquisition cost.
///
/// For 1000, 800 and 600 at 10 % this is **2021.0368** (a source of the formula prints 2366.67). And 1000 in each of five
/// periods at 10 %, the sum divided once more by 1.1, less 50, is **3396.17** (printed: 3314.55): the further division makes
/// it an offset of 2 and no longer the ends of the periods.
///
/// Source: Gupta et al. (2006), Journal of Service Research 9, equation 1, with the probability of being alive at 1.
///
/// @param revenue Money R, any finite amounts: one row a customer, one column a period.
/// @throws {LoyaltyError} INVALID_PARAMETER for a rate of −1 or less or an offset beyond its range; SHAPE_MISMATCH if costs do
/// not fit `revenue`; NON_FINITE for NaN and infinities; INVALID_VALUE, with the row, if a value lies beyond the range of
/// numbers
/// @example
/// ```js
/// clv.discounted([[1000, 800, 600]], { discountRate: 0.1 }) // Float64Array [ 2021.0368… ]
/// clv.discounted([[1000, 1000, 1000, 1000, 1000]], { discountRate: 0.1, acquisitionCost: 50, timing: 2 }) // [ 3396.17… ]
/// ```
#[napi(namespace = "clv", ts_args_type = "revenue: Matrix, options: DiscountedOptions")]
pub fn discounted(env: &Env, revenue: Unknown<'_>, options: Unknown<'_>) -> napi::Result<Float64Array> {
    guarded(env, || {
        let mut options = Options::new("options", options)?;
        let (flows, timing) = (Flows::new(revenue, &mut options)?, timing(&mut options)?);
        let discounting: Discounting = options.specification()?;
        let discounting = timing.map_or(discounting, |timing| discounting.timing(timing));
        flows.valued(|revenue, costs| Ok(clv::discounted(revenue.array()?, costs, &discounting)?))
    })
}

/// The lifetime value of each customer at face value, in money.
///
/// CLV = Σ (Rₜ − Cₜ) − acquisition cost: {@link discounted} at a rate of 0.
///
/// @param revenue Money R, any finite amounts: one row a customer, one column a period.
/// @throws {LoyaltyError} as {@link discounted}
/// @example
/// ```js
/// clv.undiscounted([[1000, 800, 600]], { cost: 100 }) // Float64Array [ 2100 ]
/// ```
#[napi(namespace = "clv", ts_args_type = "revenue: Matrix, options?: CostOptions")]
pub fn undiscounted(env: &Env, revenue: Unknown<'_>, options: Unknown<'_>) -> napi::Result<Float64Array> {
    guarded(env, || {
        let mut options = Options::new("options", options)?;
        let flows = Flows::new(revenue, &mut options)?;
        options.finish()?;
        flows.valued(|revenue, costs| Ok(clv::undiscounted(revenue.array()?, costs)?))
    })
}

/// The lifetime value of each customer from habits of the past, in money.
///
/// CLV = average order value × purchases per period × lifespan. Single numbers stand for all customers; of nothing but
/// single numbers the answer is one.
///
/// @param averageOrderValue In money, any finite amount; the margin of the average order for a value in margin.
/// @param purchasesPerPeriod 0 or more.
/// @param lifespanPeriods 0 or more, in the same periods.
/// @throws {LoyaltyError} SHAPE_MISMATCH if the lengths differ; NON_FINITE for NaN and infinities; INVALID_VALUE, with the row,
/// for a negative rate or lifespan, and for a value beyond the range of numbers
/// @example
/// ```js
/// clv.historic(50, 4, 3) // 600
/// clv.historic([50, 80], [4, 1.5], 3) // Float64Array [ 600, 360 ]
/// ```
#[napi(
    namespace = "clv",
    ts_generic_types = "A extends NumberOrColumn, B extends NumberOrColumn, C extends NumberOrColumn",
    ts_args_type = "averageOrderValue: A, purchasesPerPeriod: B, lifespanPeriods: C",
    ts_return_type = "NumberLike<A, B, C>"
)]
pub fn historic(
    env: &Env,
    average_order_value: Unknown<'_>,
    purchases_per_period: Unknown<'_>,
    lifespan_periods: Unknown<'_>,
) -> napi::Result<Either<f64, Float64Array>> {
    guarded(env, || {
        let given = [
            Each::new("averageOrderValue", average_order_value)?,
            Each::new("purchasesPerPeriod", purchases_per_period)?,
            Each::new("lifespanPeriods", lifespan_periods)?,
        ];
        let [value, rate, span] = &given;
        let given = [value.view()?, rate.view()?, span.view()?];
        let rows = given.iter().find_map(EachView::rows);
        let [value, rate, span] = given.map(|each| each.repeated(rows.unwrap_or(1)));
        Ok(alike(rows, clv::historic(&value, &rate, &span)?))
    })
}

/// The expected lifespan of each customer, in periods.
///
/// lifespan = 1 / churn rate: the mean number of periods until the customer leaves, if in each of them the same share of
/// customers leaves.
///
/// @param churnRate Per period, above 0 and at most 1: one number, or one a customer.
/// @throws {LoyaltyError} NON_FINITE for NaN and infinities; INVALID_VALUE, with the row, for a churn rate outside its range,
/// or so small that the lifespan lies beyond the range of numbers
/// @example
/// ```js
/// clv.lifespan(0.25) // 4
/// clv.lifespan([0.25, 1]) // Float64Array [ 4, 1 ]
/// ```
#[napi(
    namespace = "clv",
    ts_generic_types = "A extends NumberOrColumn",
    ts_args_type = "churnRate: A",
    ts_return_type = "NumberLike<A>"
)]
pub fn lifespan(env: &Env, churn_rate: Unknown<'_>) -> napi::Result<Either<f64, Float64Array>> {
    guarded(env, || {
        let churn_rate = Each::new("churnRate", churn_rate)?;
        let churn_rate = churn_rate.view()?;
        Ok(alike(churn_rate.rows(), clv::lifespan(&churn_rate.repeated(1))?))
    })
}

/// The lifetime value of each customer from a margin per period and a retention rate, in money of today.
///
/// CLV = m · Σ (ρ / (1 + d))^t − acquisition cost. With q = ρ/(1 + d), the sum has a closed form:
///
/// | first margin | n margins | no limit |
/// |---|---|---|
/// | `'next_period'` (t = 1..n) | q·(1 − qⁿ)/(1 − q) | ρ/(1 + d − ρ) |
/// | `'now'` (t = 0..n−1) | (1 − qⁿ)/(1 − q) | (1 + d)/(1 + d − ρ) |
///
/// Single numbers stand for all customers; of nothing but single numbers the answer is one.
///
/// Source: Gupta and Lehmann (2003), Journal of Interactive Marketing 17, whose margin multiple is that without limit; Berger
/// and Nasr (1998), Journal of Interactive Marketing 12, for finite horizons.
///
/// @param margin The margin m, in money per period, any finite amount.
/// @param retentionRate The share ρ of customers who stay from one period to the next, within [0, 1].
/// @throws {LoyaltyError} INVALID_PARAMETER for a discount rate of −1 or less or a horizon of 0; for a retention rate outside
/// [0, 1], or of 1 + d or more without limit, where the sum does not converge, the same or, of one customer, INVALID_VALUE
/// with the row; SHAPE_MISMATCH if the lengths differ; NON_FINITE for NaN and infinities; INVALID_VALUE if a value lies beyond
/// the range of numbers
/// @example
/// ```js
/// clv.retention(100, 0.75, { discountRate: 0.25, acquisitionCost: 30 }) // 120
/// clv.retention([100, 200], 0.75, { discountRate: 0.25, acquisitionCost: 30, firstMargin: 'now' }) // [ 220, 470 ]
/// clv.retention(100, 0.75, { discountRate: 0.25, acquisitionCost: 30, horizon: 2 }) // 66
/// ```
#[napi(
    namespace = "clv",
    ts_generic_types = "A extends NumberOrColumn, B extends NumberOrColumn, C extends NumberOrColumn = number",
    ts_args_type = "margin: A, retentionRate: B, options: RetentionOptions<C>",
    ts_return_type = "NumberLike<A, B, C>"
)]
pub fn retention(
    env: &Env,
    margin: Unknown<'_>,
    retention_rate: Unknown<'_>,
    options: Unknown<'_>,
) -> napi::Result<Either<f64, Float64Array>> {
    guarded(env, || {
        let mut options = Options::new("options", options)?;
        let cost = acquisition_cost(&mut options)?;
        let terms = terms(options)?;
        let (margin, rate) = (Each::new("margin", margin)?, Each::new("retentionRate", retention_rate)?);
        let (margin, rate) = (margin.view()?, rate.view()?);
        let cost = cost.as_ref().map(Each::view).transpose()?;
        let rows = margin.rows().or(rate.rows()).or(cost.as_ref().and_then(EachView::rows));
        let cost = cost.as_ref().map_or(Costs::default().acquisition_cost, EachView::per_customer);
        let margins = margin.repeated(rows.unwrap_or(1));
        Ok(alike(rows, clv::retention(&margins, rate.per_customer(), cost, &terms)?))
    })
}

/// What a margin of 1 per period is worth: the sum of {@link retention}, for one retention rate; 0 or more.
///
/// Source: Gupta and Lehmann (2003), Journal of Interactive Marketing 17.
///
/// @param retentionRate The share of customers who stay from one period to the next, within [0, 1].
/// @throws {LoyaltyError} as {@link retention}
/// @example
/// ```js
/// clv.marginMultiple(0.75, { discountRate: 0.25 }) // 1.5
/// ```
#[napi(namespace = "clv", ts_args_type = "retentionRate: number, options: RetentionTerms")]
pub fn margin_multiple(env: &Env, retention_rate: Unknown<'_>, options: Unknown<'_>) -> napi::Result<f64> {
    guarded(env, || {
        let terms = terms(Options::new("options", options)?)?;
        Ok(terms.margin_multiple(number("retentionRate", retention_rate)?)?)
    })
}

/// The share of customers at the start of a period who are still there at its end, within [0, 1].
///
/// retention rate = (customers at end − new customers) / customers at start. New customers do not count: of 1000 at the
/// start 200 are lost and 100 won, which makes 900 at the end and a rate of **80 %**; a source's formula gives an impossible
/// 112.5 %.
///
/// @param customersAtStart At least 1.
/// @param customersAtEnd With the new ones.
/// @param newCustomers Those of the end who were not there at the start.
/// @throws {LoyaltyError} INVALID_PARAMETER if nobody was there at the start, or the counts contradict each other: more new
/// customers than customers at the end, or more old ones at the end than at the start
/// @example
/// ```js
/// clv.retentionRate(1000, 900, 100) // 0.8
/// ```
#[napi(
    namespace = "clv",
    ts_args_type = "customersAtStart: number, customersAtEnd: number, newCustomers: number"
)]
pub fn retention_rate(
    env: &Env,
    customers_at_start: Unknown<'_>,
    customers_at_end: Unknown<'_>,
    new_customers: Unknown<'_>,
) -> napi::Result<f64> {
    guarded(env, || {
        let start = whole("customersAtStart", customers_at_start)?;
        let end = whole("customersAtEnd", customers_at_end)?;
        Ok(clv::retention_rate(start, end, whole("newCustomers", new_customers)?)?)
    })
}
