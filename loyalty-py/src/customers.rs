//! Customer rows.

use crate::columns::{Log, LogColumns, Texts};
use crate::convert::{array, core, specification};
use crate::error::guarded;
use crate::monitor::{Listener, run};
use loyalty_core::Error;
use loyalty_core::customers::{self, CustomerIds, SummaryParams, Transactions};
use loyalty_core::scorecard::OrderLog;
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::PyDict;
use std::sync::Mutex;

/// One row a customer, by columns.
pub(crate) fn table<'py>(py: Python<'py>, customers: customers::Customers) -> PyResult<Bound<'py, PyDict>> {
    let columns = PyDict::new(py);
    columns.set_item("ids", ids(py, customers.ids)?)?;
    columns.set_item("n_purchases", array(py, signed(customers.n_purchases)))?;
    columns.set_item("total_amount", array(py, customers.total_amount))?;
    columns.set_item("mean_amount", array(py, customers.mean_amount))?;
    columns.set_item("first_time", array(py, customers.first_time))?;
    columns.set_item("last_time", array(py, customers.last_time))?;
    columns.set_item("recency_days", array(py, customers.recency_days))?;
    columns.set_item("tenure_days", array(py, customers.tenure_days))?;
    columns.set_item("frequency", array(py, signed(customers.frequency)))?;
    columns.set_item("t_x", array(py, customers.t_x))?;
    columns.set_item("t", array(py, customers.t))?;
    columns.set_item("repeat_mean_amount", array(py, customers.repeat_mean_amount))?;
    columns.set_item("as_of", customers.as_of)?;
    let counts =
        serde_json::to_string(&customers.counts).map_err(|error| PyValueError::new_err(error.to_string()))?;
    columns.set_item("counts", counts)?;
    Ok(columns)
}

/// Counts as data frames have them.
fn signed(counts: Vec<u64>) -> Vec<i64> {
    counts.into_iter().map(|count| count as i64).collect()
}

/// Whole numbers as an array, texts as [`Texts`].
fn ids(py: Python<'_>, ids: CustomerIds) -> PyResult<Bound<'_, PyAny>> {
    match ids {
        CustomerIds::Int(ids) => Ok(array(py, ids).into_any()),
        CustomerIds::Str(ids) => Bound::new(py, py.detach(|| Texts::plain(ids))).map(Bound::into_any),
        _ => Err(PyTypeError::new_err("ids of a kind that this package does not know")),
    }
}

fn transactions<'a>(parts: &[OrderLog<'a>]) -> Vec<Transactions<'a>> {
    parts.iter().map(|part| part.transactions).collect()
}

/// The same error where its rows were counted from `first`.
fn in_rows_from(first: usize, mut error: Error) -> Error {
    if let Error::InvalidValue { row, .. } | Error::NonFinite { row, .. } = &mut error {
        *row += first;
    }
    error
}

#[pyfunction]
pub(crate) fn summarize<'py>(
    py: Python<'py>,
    params: &str,
    columns: LogColumns<'py>,
    n_threads: Option<usize>,
    listener: Listener,
) -> PyResult<Bound<'py, PyDict>> {
    guarded(py, || {
        let params = specification::<SummaryParams>(py, params)?.n_threads(n_threads);
        let log = Log::new(&columns)?;
        let view = log.view()?;
        let customers = run(py, listener, |monitor| {
            view.parts(|parts| customers::summarize_with(&transactions(parts), &params, monitor))
        })?;
        table(py, customers)
    })
}

/// An order log taken in batches.
#[pyclass(frozen, module = "loyalty._loyalty")]
pub(crate) struct Accumulator(Mutex<customers::Accumulator>);

impl Accumulator {
    /// Its rows, which one caller at a time may touch.
    fn locked(&self) -> std::sync::MutexGuard<'_, customers::Accumulator> {
        self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

#[pymethods]
impl Accumulator {
    #[new]
    fn new(py: Python<'_>, params: &str, n_threads: Option<usize>) -> PyResult<Self> {
        guarded(py, || {
            let params = specification::<SummaryParams>(py, params)?.n_threads(n_threads);
            core(py, customers::Accumulator::new(params)).map(|rows| Self(Mutex::new(rows)))
        })
    }

    fn update(&self, py: Python<'_>, columns: LogColumns<'_>) -> PyResult<()> {
        guarded(py, || {
            let log = Log::new(&columns)?;
            let view = log.view()?;
            run(py, None, |monitor| {
                view.parts(|parts| {
                    // On a copy of what changes, so that a failing part takes back those before it.
                    let mut taken = customers::Accumulator::new(self.locked().params().clone())?;
                    let mut first = 0;
                    for part in transactions(parts) {
                        taken.update_with(&part, monitor).map_err(|error| in_rows_from(first, error))?;
                        first += part.time.len();
                    }
                    self.locked().merge(taken)
                })
            })
        })
    }

    fn merge(&self, py: Python<'_>, other: &Self) -> PyResult<()> {
        guarded(py, || {
            run(py, None, |_| {
                let theirs = other.locked().clone();
                self.locked().merge(theirs)
            })
        })
    }

    fn finish<'py>(&self, py: Python<'py>, as_of: Option<i64>) -> PyResult<Bound<'py, PyDict>> {
        guarded(py, || {
            let customers = run(py, None, |monitor| self.locked().finish_with(as_of, monitor))?;
            table(py, customers)
        })
    }

    /// The customers at `after`, and when each bought next: the least integer where never.
    fn next_purchase<'py>(
        &self,
        py: Python<'py>,
        after: i64,
    ) -> PyResult<(Bound<'py, PyDict>, Bound<'py, numpy::PyArray1<i64>>)> {
        guarded(py, || {
            let (customers, next) = run(py, None, |monitor| {
                let rows = self.locked();
                let customers = rows.finish_with(Some(after), monitor)?;
                let next = rows.next_purchase_with(&customers, after, monitor)?;
                Ok((customers, next))
            })?;
            Ok((table(py, customers)?, array(py, next)))
        })
    }

    /// The customers at `start`, and the sum of each one's amounts from then until `end`.
    fn purchase_totals<'py>(
        &self,
        py: Python<'py>,
        start: i64,
        end: i64,
    ) -> PyResult<(Bound<'py, PyDict>, Bound<'py, numpy::PyArray1<f64>>)> {
        guarded(py, || {
            let (customers, totals) = run(py, None, |monitor| {
                let rows = self.locked();
                let customers = rows.finish_with(Some(start), monitor)?;
                let totals = rows.purchase_totals_with(&customers, start, end, monitor)?;
                Ok((customers, totals))
            })?;
            Ok((table(py, customers)?, array(py, totals)))
        })
    }

    /// Earliest and latest time.
    #[getter]
    fn span(&self, py: Python<'_>) -> Option<(i64, i64)> {
        // Whoever has the rows may wait for the interpreter's lock, so none waits for the rows with it.
        py.detach(|| {
            let rows = self.locked();
            rows.earliest_time().zip(rows.latest_time())
        })
    }
}
