//! The scorecard.

use crate::churn::FittedLogisticChurn;
use crate::columns::{Log, LogColumns};
use crate::convert::{array, core, specification};
use crate::customers::table;
use crate::error::{from_core, guarded};
use crate::kmeans::{FittedKMeans, candidates};
use crate::metrics::{Calibration, calibration_table};
use crate::monitor::{Listener, run};
use crate::rfm::FittedRfm;
use crate::score::FittedLoyaltyScore;
use loyalty_core::Error;
use loyalty_core::scorecard::{self, CustomerInput, Scorecard};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyString};

/// A fitted scorecard.
#[pyclass(frozen, module = "loyalty._loyalty")]
pub(crate) struct FittedScorecard(pub(crate) scorecard::FittedScorecard);

/// All scores of one customer.
///
/// Attributes
/// ----------
/// r, f, m : int
///     Recency, frequency and monetary score, from 1 to the number of bins; higher is better.
/// rfm_score : float
///     The weighted mean of the three.
/// segment : str
///     The RFM segment.
/// loyalty : float
///     The loyalty score, 0 to 100.
/// tier : str
///     Its tier.
/// churn_probability : float
///     The probability to buy nothing within the horizon.
/// risk : str
///     Its level.
/// cluster : str
///     The cluster, named by its rank in value.
/// clv : float
///     The expected discounted profit over the horizon.
/// action : str
///     What to do.
#[pyclass(frozen, get_all, module = "loyalty._loyalty")]
pub(crate) struct CustomerScore {
    /// Recency score, from 1 to the number of bins; higher is more recent.
    r: u8,
    /// Frequency score; higher is more often.
    f: u8,
    /// Monetary score; higher is more.
    m: u8,
    /// Weighted mean of the three.
    rfm_score: f64,
    /// RFM segment.
    segment: Py<PyString>,
    /// Loyalty score, 0 to 100.
    loyalty: f64,
    /// Its tier.
    tier: Py<PyString>,
    /// Probability to buy nothing within the horizon.
    churn_probability: f64,
    /// Its level.
    risk: Py<PyString>,
    /// Cluster, named by its rank in value.
    cluster: Py<PyString>,
    /// Expected discounted profit over the horizon.
    clv: f64,
    /// What to do.
    action: Py<PyString>,
}

impl CustomerScore {
    fn new(py: Python<'_>, score: &scorecard::CustomerScore<'_>) -> Self {
        let text = |text: &str| PyString::new(py, text).unbind();
        Self {
            r: score.r,
            f: score.f,
            m: score.m,
            rfm_score: score.rfm_score,
            segment: text(score.segment),
            loyalty: score.loyalty,
            tier: text(score.tier),
            churn_probability: score.churn_probability,
            risk: text(score.risk),
            cluster: text(score.cluster),
            clv: score.clv,
            action: text(score.action),
        }
    }
}

#[pymethods]
impl CustomerScore {
    /// From its fields in order: what a pickle calls.
    #[new]
    #[expect(clippy::too_many_arguments, reason = "one for each score")]
    fn from_fields(
        r: u8,
        f: u8,
        m: u8,
        rfm_score: f64,
        segment: Py<PyString>,
        loyalty: f64,
        tier: Py<PyString>,
        churn_probability: f64,
        risk: Py<PyString>,
        cluster: Py<PyString>,
        clv: f64,
        action: Py<PyString>,
    ) -> Self {
        Self { r, f, m, rfm_score, segment, loyalty, tier, churn_probability, risk, cluster, clv, action }
    }

    /// The scores by name.
    fn to_dict<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let scores = PyDict::new(py);
        scores.set_item("r", self.r)?;
        scores.set_item("f", self.f)?;
        scores.set_item("m", self.m)?;
        scores.set_item("rfm_score", self.rfm_score)?;
        scores.set_item("segment", &self.segment)?;
        scores.set_item("loyalty", self.loyalty)?;
        scores.set_item("tier", &self.tier)?;
        scores.set_item("churn_probability", self.churn_probability)?;
        scores.set_item("risk", &self.risk)?;
        scores.set_item("cluster", &self.cluster)?;
        scores.set_item("clv", self.clv)?;
        scores.set_item("action", &self.action)?;
        Ok(scores)
    }

    fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
        let fields =
            self.to_dict(py)?.into_iter().map(|(name, value)| Ok(format!("{name}={}", value.repr()?)));
        Ok(format!("CustomerScore({})", fields.collect::<PyResult<Vec<_>>>()?.join(", ")))
    }

    fn _repr_html_(&self, py: Python<'_>) -> PyResult<String> {
        py.import("loyalty._html")?.call_method1("of_fields", ("CustomerScore", self.to_dict(py)?))?.extract()
    }

    fn __eq__(&self, py: Python<'_>, other: &Self) -> PyResult<bool> {
        self.to_dict(py)?.eq(other.to_dict(py)?)
    }

    fn __hash__(&self, py: Python<'_>) -> PyResult<isize> {
        self.to_dict(py)?.values().to_tuple().hash()
    }

    fn __reduce__<'py>(&self, py: Python<'py>) -> PyResult<(Bound<'py, PyAny>, Bound<'py, PyAny>)> {
        Ok((py.get_type::<Self>().into_any(), self.to_dict(py)?.values().to_tuple().into_any()))
    }
}

/// A count that may come as a float.
#[derive(FromPyObject)]
enum Count {
    Whole(u64),
    Float(f64),
}

impl Count {
    fn value(&self, py: Python<'_>, name: &'static str) -> PyResult<u64> {
        match *self {
            Count::Whole(count) => Ok(count),
            Count::Float(count) if count >= 0.0 && count.fract() == 0.0 && count < 9e15 => Ok(count as u64),
            Count::Float(count) => Err(from_core(
                py,
                Error::InvalidParameter {
                    name: name.into(),
                    value: count.to_string(),
                    must: "a whole number".into(),
                },
            )),
        }
    }
}

/// One customer: recency, number of purchases, total, tenure, usage, feedback.
#[derive(FromPyObject)]
struct Figures(f64, Count, f64, f64, Option<f64>, Option<f64>);

impl Figures {
    fn input(&self, py: Python<'_>) -> PyResult<CustomerInput> {
        Ok(CustomerInput {
            recency_days: self.0,
            n_purchases: self.1.value(py, "n_purchases")?,
            total_amount: self.2,
            tenure_days: self.3,
            usage: self.4,
            feedback: self.5,
        })
    }
}

/// A column of few different texts: these, and for each row the place of its own among them.
fn coded<'a>(texts: impl Iterator<Item = &'a str>) -> (Vec<&'a str>, Vec<u32>) {
    let mut names: Vec<&str> = Vec::new();
    let codes = texts
        .map(|text| match names.iter().position(|name| std::ptr::eq(*name, text) || *name == text) {
            Some(code) => code as u32,
            None => {
                names.push(text);
                names.len() as u32 - 1
            }
        })
        .collect();
    (names, codes)
}

#[pymethods]
impl FittedScorecard {
    #[staticmethod]
    fn fit(
        py: Python<'_>,
        params: &str,
        columns: LogColumns<'_>,
        n_threads: Option<usize>,
        listener: Listener,
    ) -> PyResult<Self> {
        guarded(py, || {
            let plan = specification::<Scorecard>(py, params)?.n_threads(n_threads);
            let log = Log::new(&columns)?;
            let view = log.view()?;
            run(py, listener, |monitor| view.parts(|parts| plan.fit_parts(parts, monitor))).map(Self)
        })
    }

    /// The customers, and their scores by column; texts as names and codes.
    fn score<'py>(
        &self,
        py: Python<'py>,
        columns: LogColumns<'py>,
        as_of: Option<i64>,
        n_threads: Option<usize>,
        listener: Listener,
    ) -> PyResult<(Bound<'py, PyDict>, Bound<'py, PyDict>)> {
        guarded(py, || {
            let log = Log::new(&columns)?;
            let view = log.view()?;
            // The columns too without the lock: of many customers each takes its milliseconds.
            let (customers, bins, floats, texts) = run(py, listener, |monitor| {
                let scores = view.parts(|parts| self.0.score_parts(parts, as_of, n_threads, monitor))?;
                let rows = scores.rows;
                let bins = [
                    ("r", rows.iter().map(|row| row.r).collect::<Vec<_>>()),
                    ("f", rows.iter().map(|row| row.f).collect()),
                    ("m", rows.iter().map(|row| row.m).collect()),
                ];
                let floats = [
                    ("rfm_score", rows.iter().map(|row| row.rfm_score).collect::<Vec<_>>()),
                    ("loyalty", rows.iter().map(|row| row.loyalty).collect()),
                    ("churn_probability", rows.iter().map(|row| row.churn_probability).collect()),
                    ("clv", rows.iter().map(|row| row.clv).collect()),
                ];
                let texts = [
                    ("segment", coded(rows.iter().map(|row| row.segment))),
                    ("tier", coded(rows.iter().map(|row| row.tier))),
                    ("risk", coded(rows.iter().map(|row| row.risk))),
                    ("cluster", coded(rows.iter().map(|row| row.cluster))),
                    ("action", coded(rows.iter().map(|row| row.action))),
                ];
                Ok((scores.customers, bins, floats, texts))
            })?;
            let columns = PyDict::new(py);
            for (name, values) in bins {
                columns.set_item(name, array(py, values))?;
            }
            for (name, values) in floats {
                columns.set_item(name, array(py, values))?;
            }
            for (name, (names, codes)) in texts {
                columns.set_item(name, (names, array(py, codes)))?;
            }
            Ok((table(py, customers)?, columns))
        })
    }

    #[pyo3(signature = (recency_days, n_purchases, total_amount, tenure_days, usage=None, feedback=None))]
    #[expect(clippy::too_many_arguments, reason = "one for each figure of a customer")]
    fn score_one(
        &self,
        py: Python<'_>,
        recency_days: f64,
        n_purchases: Count,
        total_amount: f64,
        tenure_days: f64,
        usage: Option<f64>,
        feedback: Option<f64>,
    ) -> PyResult<CustomerScore> {
        guarded(py, || {
            let n_purchases = n_purchases.value(py, "n_purchases")?;
            let input =
                CustomerInput { recency_days, n_purchases, total_amount, tenure_days, usage, feedback };
            core(py, self.0.score_one(&input)).map(|score| CustomerScore::new(py, &score))
        })
    }

    /// The shares of the churn model's features in one customer's log odds.
    fn churn_contributions(&self, py: Python<'_>, customer: Figures) -> PyResult<Vec<f64>> {
        guarded(py, || core(py, self.0.churn_contributions(&customer.input(py)?)))
    }

    /// The points of each behaviour in one customer's loyalty score.
    fn loyalty_contributions(&self, py: Python<'_>, customer: Figures) -> PyResult<Vec<f64>> {
        guarded(py, || core(py, self.0.loyalty_contributions(&customer.input(py)?)))
    }

    #[getter]
    fn rfm(&self) -> FittedRfm {
        FittedRfm(self.0.rfm().clone())
    }

    #[getter]
    fn loyalty(&self) -> FittedLoyaltyScore {
        FittedLoyaltyScore(self.0.loyalty().clone())
    }

    #[getter]
    fn churn(&self) -> FittedLogisticChurn {
        FittedLogisticChurn(self.0.churn().clone())
    }

    #[getter]
    fn clusters(&self) -> FittedKMeans {
        FittedKMeans(self.0.clusters().clone())
    }

    /// k, inertia and silhouette of each number of clusters that was tried.
    #[getter]
    fn cluster_candidates(&self) -> Vec<(usize, f64, f64)> {
        candidates(self.0.cluster_candidates())
    }

    #[getter]
    fn cluster_names(&self) -> Vec<String> {
        self.0.cluster_names().to_vec()
    }

    /// Training and holdout customers, churn rate, AUC, log loss, Brier score, calibration.
    #[getter]
    fn churn_quality<'py>(
        &self,
        py: Python<'py>,
    ) -> Option<(usize, usize, f64, f64, f64, f64, Calibration<'py>)> {
        let q = self.0.churn_quality()?;
        let table = calibration_table(py, &q.calibration);
        Some((q.n_train, q.n_holdout, q.churn_rate, q.roc_auc, q.log_loss, q.brier, table))
    }
}
