//! Customer lifetime value.

use crate::convert::{Matrix, Vector, array, core, slice, specification};
use crate::error::guarded;
use crate::monitor::run;
use loyalty_core::clv::{self, Costs, Discounting, PerCustomer, PerPeriod, RetentionTerms};
use numpy::PyArray1;
use pyo3::prelude::*;

/// One number for all, or an array with one for each.
#[derive(FromPyObject)]
pub(crate) enum Each<'py> {
    /// For each customer.
    Vector(Vector<'py>),
    /// For each customer and period.
    Matrix(Matrix<'py>),
    /// For all.
    Number(f64),
}

impl Each<'_> {
    fn per_customer(&self) -> PyResult<PerCustomer<'_>> {
        match self {
            Each::Vector(values) => slice(values).map(PerCustomer::Each),
            Each::Number(value) => Ok(PerCustomer::All(*value)),
            Each::Matrix(_) => Err(two_dimensional()),
        }
    }

    fn per_period(&self) -> PyResult<PerPeriod<'_>> {
        match self {
            Each::Matrix(values) => Ok(PerPeriod::Each(values.as_array())),
            Each::Number(value) => Ok(PerPeriod::All(*value)),
            Each::Vector(_) => Err(two_dimensional()),
        }
    }
}

/// The package gives arrays of the right dimension.
fn two_dimensional() -> PyErr {
    pyo3::exceptions::PyTypeError::new_err("an array of the wrong dimension")
}

#[pyfunction]
pub(crate) fn clv_discounted<'py>(
    py: Python<'py>,
    params: &str,
    revenue: Matrix<'py>,
    cost: Each<'py>,
    acquisition_cost: Each<'py>,
) -> PyResult<Bound<'py, PyArray1<f64>>> {
    guarded(py, || {
        let discounting: Discounting = specification(py, params)?;
        let costs =
            Costs::default().cost(cost.per_period()?).acquisition_cost(acquisition_cost.per_customer()?);
        let revenue = revenue.as_array();
        run(py, None, |_| clv::discounted(revenue, costs, &discounting)).map(|values| array(py, values))
    })
}

#[pyfunction]
pub(crate) fn clv_undiscounted<'py>(
    py: Python<'py>,
    revenue: Matrix<'py>,
    cost: Each<'py>,
    acquisition_cost: Each<'py>,
) -> PyResult<Bound<'py, PyArray1<f64>>> {
    guarded(py, || {
        let costs =
            Costs::default().cost(cost.per_period()?).acquisition_cost(acquisition_cost.per_customer()?);
        let revenue = revenue.as_array();
        run(py, None, |_| clv::undiscounted(revenue, costs)).map(|values| array(py, values))
    })
}

#[pyfunction]
pub(crate) fn clv_historic<'py>(
    py: Python<'py>,
    average_order_value: Vector<'py>,
    purchases_per_period: Vector<'py>,
    lifespan_periods: Vector<'py>,
) -> PyResult<Bound<'py, PyArray1<f64>>> {
    guarded(py, || {
        let (value, rate, span) =
            (slice(&average_order_value)?, slice(&purchases_per_period)?, slice(&lifespan_periods)?);
        run(py, None, |_| clv::historic(value, rate, span)).map(|values| array(py, values))
    })
}

#[pyfunction]
pub(crate) fn clv_lifespan<'py>(
    py: Python<'py>,
    churn_rate: Vector<'py>,
) -> PyResult<Bound<'py, PyArray1<f64>>> {
    guarded(py, || core(py, clv::lifespan(slice(&churn_rate)?)).map(|periods| array(py, periods)))
}

#[pyfunction]
pub(crate) fn clv_retention<'py>(
    py: Python<'py>,
    params: &str,
    margin: Vector<'py>,
    retention_rate: Each<'py>,
    acquisition_cost: Each<'py>,
) -> PyResult<Bound<'py, PyArray1<f64>>> {
    guarded(py, || {
        let terms: RetentionTerms = specification(py, params)?;
        let margin = slice(&margin)?;
        let (rate, cost) = (retention_rate.per_customer()?, acquisition_cost.per_customer()?);
        run(py, None, |_| clv::retention(margin, rate, cost, &terms)).map(|values| array(py, values))
    })
}

#[pyfunction]
pub(crate) fn clv_margin_multiple(py: Python<'_>, params: &str, retention_rate: f64) -> PyResult<f64> {
    guarded(py, || {
        let terms: RetentionTerms = specification(py, params)?;
        core(py, terms.margin_multiple(retention_rate))
    })
}

#[pyfunction]
pub(crate) fn clv_retention_rate(
    py: Python<'_>,
    customers_at_start: u64,
    customers_at_end: u64,
    new_customers: u64,
) -> PyResult<f64> {
    guarded(py, || core(py, clv::retention_rate(customers_at_start, customers_at_end, new_customers)))
}
