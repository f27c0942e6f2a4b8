//! The scores of a whole log, and how good the churn model behind them is.

use super::customer::{Names, place};
use crate::customers::Customers;
use crate::error::Fallible;
use crate::metrics::Calibration;
use crate::order_log::IdKind;
use loyalty_core::scorecard::{self, CustomerScore as CoreScore};
use napi::bindgen_prelude::{Float64Array, Uint8Array, Uint32Array};
use napi_derive::napi;

/// Scores of a whole log, one row a customer, ascending by id.
#[napi(object, object_from_js = false)]
pub struct Scores {
    /// The customers, with the figures behind their scores.
    pub customers: Customers,
    /// Recency scores, from 1 to the number of bins; higher is more recent.
    pub r: Uint8Array,
    /// Frequency scores; higher is more often.
    pub f: Uint8Array,
    /// Monetary scores; higher is more.
    pub m: Uint8Array,
    /// Weighted means of the three.
    pub rfm_score: Float64Array,
    /// RFM segments.
    #[napi(ts_type = "string[]")]
    pub segment: Uint32Array,
    /// Loyalty scores, 0 to 100.
    pub loyalty: Float64Array,
    /// Their tiers.
    #[napi(ts_type = "string[]")]
    pub tier: Uint32Array,
    /// Probabilities to buy nothing within the horizon.
    pub churn_probability: Float64Array,
    /// Their levels.
    #[napi(ts_type = "string[]")]
    pub risk: Uint32Array,
    /// Clusters, named by their rank in value.
    #[napi(ts_type = "string[]")]
    pub cluster: Uint32Array,
    /// Expected discounted profits over the horizon.
    pub clv: Float64Array,
    /// What to do.
    #[napi(ts_type = "string[]")]
    pub action: Uint32Array,
}

/// How the churn model did on customers it had not seen.
#[napi(object, object_from_js = false)]
pub struct ChurnQuality {
    /// Customers it was fitted to for this check.
    pub n_train: f64,
    /// Customers held out.
    pub n_holdout: f64,
    /// Share of those who churned.
    pub churn_rate: f64,
    /// Probability that one who churned was given a higher probability than one who stayed; ½ is chance.
    pub roc_auc: f64,
    /// Mean negative log-likelihood.
    pub log_loss: f64,
    /// Mean squared difference of probability and outcome.
    pub brier: f64,
    /// Predicted and observed rates by quantile of the probability.
    pub calibration: Calibration,
}

impl From<&scorecard::ChurnQuality> for ChurnQuality {
    fn from(quality: &scorecard::ChurnQuality) -> Self {
        Self {
            n_train: quality.n_train as f64,
            n_holdout: quality.n_holdout as f64,
            churn_rate: quality.churn_rate,
            roc_auc: quality.roc_auc,
            log_loss: quality.log_loss,
            brier: quality.brier,
            calibration: (&quality.calibration).into(),
        }
    }
}

/// The scores of a log, by columns.
pub(super) struct Columns {
    customers: loyalty_core::customers::Customers,
    bins: [Vec<u8>; 3],
    figures: [Vec<f64>; 4],
    /// Segment, tier, risk, cluster and action, as places among the names.
    places: [Vec<u32>; 5],
}

impl Columns {
    pub(super) fn of(scores: scorecard::Scores<'_>, names: &Names) -> Self {
        let rows = &scores.rows;
        let bins = |bin: fn(&CoreScore<'_>) -> u8| rows.iter().map(bin).collect();
        let figures = |figure: fn(&CoreScore<'_>) -> f64| rows.iter().map(figure).collect();
        let places = |names: &[String], name: for<'a> fn(&'a CoreScore<'_>) -> &'a str| {
            rows.iter().map(|row| place(names, name(row)) as u32).collect()
        };
        Self {
            bins: [bins(|row| row.r), bins(|row| row.f), bins(|row| row.m)],
            figures: [
                figures(|row| row.rfm_score),
                figures(|row| row.loyalty),
                figures(|row| row.churn_probability),
                figures(|row| row.clv),
            ],
            places: [
                places(&names.segments, |row| row.segment),
                places(&names.tiers, |row| row.tier),
                places(&names.risks, |row| row.risk),
                places(&names.clusters, |row| row.cluster),
                places(&names.actions, |row| row.action),
            ],
            customers: scores.customers,
        }
    }

    pub(super) fn answer(self, kind: Option<IdKind>) -> Fallible<Scores> {
        let [r, f, m] = self.bins.map(Uint8Array::from);
        let [rfm_score, loyalty, churn_probability, clv] = self.figures.map(Float64Array::from);
        let [segment, tier, risk, cluster, action] = self.places.map(Uint32Array::from);
        let customers = Customers::new(self.customers, kind)?;
        Ok(Scores {
            customers,
            r,
            f,
            m,
            rfm_score,
            segment,
            loyalty,
            tier,
            churn_probability,
            risk,
            cluster,
            clv,
            action,
        })
    }
}
