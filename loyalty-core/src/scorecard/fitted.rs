//! The fitted scorecard and what it answers.

use super::order_log::{BEHAVIOURS, CHURN_FEATURES, CLUSTER_FEATURES, CustomerInput, OrderLog};
use super::{Monetary, Scorecard, actions};
use crate::check;
use crate::churn::FittedLogisticChurn;
use crate::clv::{Horizon, RetentionTerms};
use crate::customers::Customers;
use crate::error::Result;
use crate::kmeans::{Candidate, ChosenK, FittedKMeans};
use crate::metrics::{self, BinStrategy, Calibration};
use crate::monitor::Monitor;
use crate::numeric::blocks::{self, Blocks};
use crate::numeric::elementary::pow;
use crate::rfm::FittedRfm;
use crate::scaling::FittedStandardScaler;
use crate::score::FittedLoyaltyScore;
use serde::{Deserialize, Serialize};

/// How the churn model did on customers it had not seen.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChurnQuality {
    /// Customers it was fitted to for this check.
    pub n_train: usize,
    /// Customers held out.
    pub n_holdout: usize,
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

impl ChurnQuality {
    const BINS: usize = 5;

    pub(super) fn of(n_train: usize, churned: &[bool], p: &[f64]) -> Result<Self> {
        Ok(Self {
            n_train,
            n_holdout: churned.len(),
            churn_rate: churned.iter().filter(|&&c| c).count() as f64 / churned.len() as f64,
            roc_auc: metrics::roc_auc(churned, p, None)?,
            log_loss: metrics::log_loss(churned, p, None)?,
            brier: metrics::brier(churned, p, None)?,
            calibration: metrics::calibration(churned, p, Self::BINS, BinStrategy::Quantile)?,
        })
    }
}

/// Clusters, the most valuable first.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ClusterPlan {
    scaler: FittedStandardScaler,
    model: FittedKMeans,
    #[serde(deserialize_with = "check::bounded")]
    candidates: Vec<Candidate>,
    /// For each label of the model its place by value, from 0, the highest.
    places: Vec<u32>,
    /// Names by place.
    #[serde(deserialize_with = "check::bounded")]
    names: Vec<String>,
}

impl ClusterPlan {
    /// Ranks the clusters by the mean total amount of their customers.
    pub(super) fn of(scaler: FittedStandardScaler, chosen: ChosenK, inputs: &[CustomerInput]) -> Self {
        let k = chosen.k;
        let mut totals = vec![(0.0, 0_usize); k];
        for (&label, input) in chosen.model.labels().iter().zip(inputs) {
            totals[label as usize].0 += input.total_amount;
            totals[label as usize].1 += 1;
        }
        let mean = |label: usize| totals[label].0 / totals[label].1.max(1) as f64;
        let mut order: Vec<usize> = (0..k).collect();
        order.sort_by(|&a, &b| mean(b).total_cmp(&mean(a)));
        let mut places = vec![0; k];
        for (place, &label) in order.iter().enumerate() {
            places[label] = place as u32;
        }
        let names = (1..=k).map(|place| format!("value {place} of {k}")).collect();
        Self { scaler, model: chosen.model, candidates: chosen.candidates, places, names }
    }

    fn place(&self, input: &CustomerInput) -> Result<usize> {
        let mut scaled = [0.0; CLUSTER_FEATURES.len()];
        self.scaler.transform_one(&input.cluster_features(), &mut scaled)?;
        Ok(self.places[self.model.predict_one(&scaled)? as usize] as usize)
    }

    fn validate(&self) -> Result<()> {
        self.scaler.validate()?;
        self.model.validate()?;
        let k = self.model.params().n_clusters;
        let mut places = self.places.clone();
        places.sort_unstable();
        let fits = self.scaler.feature_names().len() == CLUSTER_FEATURES.len()
            && self.model.feature_names().len() == CLUSTER_FEATURES.len()
            && places.iter().copied().eq(0..k as u32)
            && self.names.len() == k;
        check::model(fits, "its clusters do not fit together")
    }
}

/// What a scorecard learnt.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Learnt {
    pub(super) rfm: FittedRfm,
    pub(super) loyalty: FittedLoyaltyScore,
    pub(super) churn_scaler: FittedStandardScaler,
    pub(super) churn: FittedLogisticChurn,
    pub(super) quality: Option<ChurnQuality>,
    pub(super) clusters: ClusterPlan,
}

/// A fitted [`Scorecard`].
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct FittedScorecard {
    pub(crate) feature_names: Vec<String>,
    pub(crate) params: Scorecard,
    pub(crate) fitted: Learnt,
}

/// All scores of one customer; the names are those of the scorecard.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CustomerScore<'card> {
    /// Recency score, from 1 to the number of bins; higher is more recent.
    pub r: u8,
    /// Frequency score; higher is more often.
    pub f: u8,
    /// Monetary score; higher is more.
    pub m: u8,
    /// Weighted mean of the three.
    pub rfm_score: f64,
    /// RFM segment.
    pub segment: &'card str,
    /// Loyalty score, 0 to 100.
    pub loyalty: f64,
    /// Its tier.
    pub tier: &'card str,
    /// Probability to buy nothing within the horizon.
    pub churn_probability: f64,
    /// Its level.
    pub risk: &'card str,
    /// Cluster, named by its rank in value.
    pub cluster: &'card str,
    /// Expected discounted profit over the horizon.
    pub clv: f64,
    /// What to do.
    pub action: &'card str,
}

/// Scores of a whole log.
#[derive(Debug, Clone, PartialEq)]
pub struct Scores<'card> {
    /// The customers, in ascending order of id, with the figures behind their scores.
    pub customers: Customers,
    /// The scores, in the same order.
    pub rows: Vec<CustomerScore<'card>>,
}

impl FittedScorecard {
    /// The plan that was fitted.
    pub fn params(&self) -> &Scorecard {
        &self.params
    }

    /// The behaviours that make up the loyalty score.
    pub fn feature_names(&self) -> &[String] {
        &self.feature_names
    }

    /// The RFM part.
    pub fn rfm(&self) -> &FittedRfm {
        &self.fitted.rfm
    }

    /// The loyalty part.
    pub fn loyalty(&self) -> &FittedLoyaltyScore {
        &self.fitted.loyalty
    }

    /// The churn part; its features are standardised.
    pub fn churn(&self) -> &FittedLogisticChurn {
        &self.fitted.churn
    }

    /// How the churn part did on its holdout, unless the plan's `holdout_share` is 0.
    pub fn churn_quality(&self) -> Option<&ChurnQuality> {
        self.fitted.quality.as_ref()
    }

    /// The K-means part; its features are standardised.
    pub fn clusters(&self) -> &FittedKMeans {
        &self.fitted.clusters.model
    }

    /// The numbers of clusters that were tried.
    pub fn cluster_candidates(&self) -> &[Candidate] {
        &self.fitted.clusters.candidates
    }

    /// The clusters' names, the most valuable first.
    pub fn cluster_names(&self) -> &[String] {
        &self.fitted.clusters.names
    }

    /// Scores each customer of a log as of a moment (`None`: the log's latest order), on the plan's threads.
    ///
    /// # Errors
    /// What [`Accumulator::update`](crate::customers::Accumulator::update) says of the rows.
    pub fn score(&self, log: &OrderLog<'_>, as_of: Option<i64>) -> Result<Scores<'_>> {
        self.score_with(log, as_of, self.params.n_threads, &mut Monitor::silent())
    }

    /// As [`score`](Self::score), on `n_threads` threads (`None`: one a core), telling `monitor` of its progress.
    ///
    /// # Errors
    /// As [`score`](Self::score), and [`Error::Cancelled`](crate::Error::Cancelled).
    pub fn score_with(
        &self,
        log: &OrderLog<'_>,
        as_of: Option<i64>,
        n_threads: Option<usize>,
        monitor: &mut Monitor<'_>,
    ) -> Result<Scores<'_>> {
        const BLOCK: usize = 1024;
        let threads = check::n_threads(n_threads)?;
        monitor.report("score", 0, None)?;
        let customers = Scorecard { n_threads, ..self.params.clone() }.accumulate(log)?.finish(as_of)?;
        let inputs = log.inputs(&customers);
        let blocks = Blocks::new(inputs.len(), BLOCK);
        let scored = blocks::map(blocks.count(), threads, monitor, |block| {
            inputs[blocks.range(block)].iter().map(|input| self.score_one(input)).collect::<Result<Vec<_>>>()
        })?;
        let rows = scored.into_iter().collect::<Result<Vec<_>>>()?.concat();
        Ok(Scores { customers, rows })
    }

    /// Scores one customer. Allocates nothing.
    ///
    /// # Errors
    /// [`Error::InvalidParameter`](crate::Error::InvalidParameter) naming the figure that is not finite, negative, or at odds with another.
    pub fn score_one(&self, input: &CustomerInput) -> Result<CustomerScore<'_>> {
        input.check()?;
        let plan = &self.params;
        let learnt = &self.fitted;

        let monetary = match plan.monetary {
            Monetary::Total => input.total_amount,
            Monetary::Mean => input.mean_amount(),
        };
        let rfm = learnt.rfm.score_one(input.recency_days, input.n_purchases as f64, monetary)?;

        let loyalty = self.loyalty_of(input)?;
        let tier = plan.tiers.tier(loyalty).name;

        let mut features = [0.0; CHURN_FEATURES.len()];
        learnt.churn_scaler.transform_one(&input.churn_features(), &mut features)?;
        let churn_probability = learnt.churn.predict_proba_one(&features)?;
        let risk = plan.risks.tier(churn_probability).name;

        Ok(CustomerScore {
            r: rfm.r,
            f: rfm.f,
            m: rfm.m,
            rfm_score: rfm.combined,
            segment: rfm.segment,
            loyalty,
            tier,
            churn_probability,
            risk,
            cluster: &learnt.clusters.names[learnt.clusters.place(input)?],
            clv: self.clv_of(input, churn_probability)?,
            action: actions::action(&plan.actions, tier, risk).unwrap_or_default(),
        })
    }

    fn loyalty_of(&self, input: &CustomerInput) -> Result<f64> {
        // The fitted behaviours are some of BEHAVIOURS, in that order.
        let all = input.behaviours();
        let mut known = [0.0; BEHAVIOURS.len()];
        let mut n = 0;
        for (value, name) in all.iter().zip(BEHAVIOURS) {
            if self.feature_names.get(n).is_some_and(|fitted| fitted == name) {
                known[n] = *value;
                n += 1;
            }
        }
        self.fitted.loyalty.score_one(&known[..n])
    }

    /// The retention formula over the horizon, month by month: a customer earns what it earned a month so far, for as long
    /// as it is retained, and is retained over the whole horizon with the probability not to churn.
    fn clv_of(&self, input: &CustomerInput, churn_probability: f64) -> Result<f64> {
        const DAYS_PER_MONTH: f64 = 365.25 / 12.0;
        let plan = &self.params;
        let months = (plan.horizon_days / DAYS_PER_MONTH).round().max(1.0);
        let month_days = plan.horizon_days / months;
        let retention = pow(1.0 - churn_probability, 1.0 / months);
        let discount_rate = pow(1.0 + plan.discount_rate, month_days / 365.25) - 1.0;
        // Less than a month of history is no ground for more than a month's earnings.
        let earned =
            plan.margin * input.total_amount.max(0.0) * (month_days / input.tenure_days.max(month_days));
        let terms = RetentionTerms::new(discount_rate).horizon(Horizon::Finite(months as u32));
        let value = earned * terms.margin_multiple(retention)?;
        if value.is_finite() {
            return Ok(value);
        }
        check::invalid(
            "total_amount",
            check::number(input.total_amount),
            "such that the value over the horizon is within the range of numbers",
        )
    }

    pub(crate) fn validate(&self) -> Result<()> {
        let learnt = &self.fitted;
        check::model_params(self.params.check())?;
        learnt.rfm.validate()?;
        learnt.loyalty.validate()?;
        learnt.churn_scaler.validate()?;
        learnt.churn.validate()?;
        learnt.clusters.validate()?;
        let in_order = BEHAVIOURS.iter().filter(|name| self.feature_names.iter().any(|n| n == *name));
        let fits = in_order.eq(self.feature_names.iter())
            && learnt.loyalty.feature_names() == self.feature_names
            && learnt.churn_scaler.feature_names().len() == CHURN_FEATURES.len()
            && learnt.churn.feature_names().len() == CHURN_FEATURES.len();
        check::model(fits, "the parts of the scorecard do not fit together")
    }
}
