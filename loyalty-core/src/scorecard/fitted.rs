//! The fitted scorecard and what it answers.

use super::order_log::{
    BEHAVIOURS, CHURN_FEATURES, CLUSTER_FEATURES, CustomerInput, OrderLog, OrderLogParts,
};
use super::value::Valuation;
use super::{Monetary, Scorecard, actions};
use crate::check;
use crate::churn::FittedLogisticChurn;
use crate::customers::Customers;
use crate::error::{Error, Result};
use crate::kmeans::{Candidate, ChosenK, FittedKMeans};
use crate::metrics::{self, BinStrategy, Calibration};
use crate::monitor::Monitor;
use crate::numeric::blocks::{self, Blocks};
use crate::rfm::FittedRfm;
use crate::scaling::FittedStandardScaler;
use crate::score::FittedLoyaltyScore;
use ndarray::{ArrayView1, ArrayView2, Axis};
use serde::{Deserialize, Serialize};
use std::slice;

/// How the churn model did on customers it had not seen.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
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

    fn validate(&self) -> Result<()> {
        let share = |v: f64| (0.0..=1.0).contains(&v);
        let bins = &self.calibration.bins;
        let sound = self.n_holdout > 0
            && [self.churn_rate, self.roc_auc, self.brier, self.calibration.expected_calibration_error]
                .into_iter()
                .all(share)
            && self.log_loss >= 0.0
            && bins.len() <= Self::BINS
            && bins
                .iter()
                .all(|b| [b.lower, b.upper, b.mean_predicted, b.observed_rate].into_iter().all(share));
        check::model(sound, "the quality of its churn model")
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
        Self { scaler, model: chosen.model, candidates: chosen.candidates, places, names: names(k) }
    }

    fn place(&self, input: &CustomerInput) -> Result<usize> {
        let mut scaled = [0.0; CLUSTER_FEATURES.len()];
        self.scaler.transform_one(&input.cluster_features(), &mut scaled)?;
        Ok(self.places[self.model.predict_one(&scaled)? as usize] as usize)
    }

    fn validate(&self) -> Result<()> {
        check_scaler(&self.scaler, &CLUSTER_FEATURES)?;
        let k = self.model.params().n_clusters;
        let mut places = self.places.clone();
        places.sort_unstable();
        let tried = self.candidates.iter().any(|candidate| candidate.k == k);
        let sound = self.candidates.iter().all(|c| c.inertia >= 0.0 && c.silhouette.abs() <= 1.0);
        let fits = self.model.feature_names() == CLUSTER_FEATURES
            && places.into_iter().eq(0..k as u32)
            && self.names == names(k)
            && tried
            && sound;
        check::model(fits, "its clusters do not fit together")
    }
}

/// The clusters' names, the most valuable first.
fn names(k: usize) -> Vec<String> {
    (1..=k).map(|place| format!("value {place} of {k}")).collect()
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
#[non_exhaustive]
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
#[non_exhaustive]
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

    /// Scores each customer of a log as of a moment (`None`: the log's latest order), on all cores.
    ///
    /// # Errors
    /// What [`Accumulator::update`](crate::customers::Accumulator::update) says of the rows.
    pub fn score(&self, log: &OrderLog<'_>, as_of: Option<i64>) -> Result<Scores<'_>> {
        self.score_with(log, as_of, None, &mut Monitor::silent())
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
        self.score_parts(slice::from_ref(log), as_of, n_threads, monitor)
    }

    /// As [`score_with`](Self::score_with), of a log in several parts: the bits are those of all rows in one.
    ///
    /// # Errors
    /// As [`score_with`](Self::score_with), with rows counted over all parts, and [`Error::ShapeMismatch`] naming `usage` or
    /// `feedback` when some parts have it and others do not.
    pub fn score_parts(
        &self,
        parts: &[OrderLog<'_>],
        as_of: Option<i64>,
        n_threads: Option<usize>,
        monitor: &mut Monitor<'_>,
    ) -> Result<Scores<'_>> {
        const BLOCK: usize = 1024;
        let threads = check::n_threads(n_threads)?;
        let plan = Scorecard { n_threads, ..self.params.clone() };
        let log = OrderLogParts::new(parts, monitor)?;
        let orders = plan.accumulate(&log, monitor)?;
        let customers = orders.finish_with(as_of, monitor)?;
        monitor.report("score", 0, None)?;
        let inputs = log.inputs(&orders, &customers, monitor)?;
        let valuation = Valuation::of(&self.params);
        let blocks = Blocks::new(inputs.len(), BLOCK);
        let scored = blocks::map(blocks.count(), threads, monitor, |block| {
            let score = |i: usize| {
                self.score_by(&inputs[i], &valuation).map_err(|error| of_customer(&customers, i, &error))
            };
            blocks.range(block).map(score).collect::<Result<Vec<_>>>()
        })?;
        let mut rows = Vec::with_capacity(inputs.len());
        for block in scored {
            monitor.poll()?;
            rows.extend(block?);
        }
        Ok(Scores { customers, rows })
    }

    /// Scores one customer. Allocates nothing.
    ///
    /// # Errors
    /// [`Error::InvalidParameter`](crate::Error::InvalidParameter) naming the figure that is not finite, negative, or at odds with another.
    pub fn score_one(&self, input: &CustomerInput) -> Result<CustomerScore<'_>> {
        self.score_by(input, &Valuation::of(&self.params))
    }

    fn score_by(&self, input: &CustomerInput, valuation: &Valuation) -> Result<CustomerScore<'_>> {
        input.check()?;
        let plan = &self.params;
        let learnt = &self.fitted;

        let monetary = match plan.monetary {
            Monetary::Total => input.total_amount,
            Monetary::Mean => input.mean_amount(),
        };
        let rfm = learnt.rfm.score_one(input.recency_days, input.n_purchases as f64, monetary)?;

        let (behaviours, n) = self.behaviours(input);
        let loyalty = learnt.loyalty.score_one(&behaviours[..n])?;
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
            clv: valuation.of_customer(input, churn_probability)?,
            action: actions::action(&plan.actions, tier, risk).unwrap_or_default(),
        })
    }

    /// The behaviours that the loyalty score was fitted to, some of BEHAVIOURS in their order, and how many they are.
    fn behaviours(&self, input: &CustomerInput) -> ([f64; BEHAVIOURS.len()], usize) {
        let mut known = [0.0; BEHAVIOURS.len()];
        let mut n = 0;
        for (value, name) in input.behaviours().into_iter().zip(BEHAVIOURS) {
            if self.feature_names.get(n).is_some_and(|fitted| fitted == name) {
                known[n] = value;
                n += 1;
            }
        }
        (known, n)
    }

    /// Why the churn model gives a customer its probability: the share of each feature in its log odds.
    ///
    /// ln(p / (1 − p)) = [`base_value`](FittedLogisticChurn::base_value) of [`churn`](Self::churn) + the sum of the answer, whose
    /// order is that of the churn part's feature names.
    ///
    /// # Errors
    /// As [`score_one`](Self::score_one).
    pub fn churn_contributions(&self, input: &CustomerInput) -> Result<Vec<f64>> {
        input.check()?;
        let mut features = [0.0; CHURN_FEATURES.len()];
        self.fitted.churn_scaler.transform_one(&input.churn_features(), &mut features)?;
        let row = ArrayView2::from(std::slice::from_ref(&features));
        Ok(self.fitted.churn.contributions(row)?.into_iter().collect())
    }

    /// Where a customer's loyalty score comes from: the points of each behaviour, in the order of
    /// [`feature_names`](Self::feature_names), which sum to the score.
    ///
    /// # Errors
    /// As [`score_one`](Self::score_one).
    pub fn loyalty_contributions(&self, input: &CustomerInput) -> Result<Vec<f64>> {
        input.check()?;
        let (behaviours, n) = self.behaviours(input);
        let row = ArrayView1::from(&behaviours[..n]).insert_axis(Axis(0));
        Ok(self.fitted.loyalty.contributions(row)?.into_iter().collect())
    }

    /// Refuses what a damaged model file may hold. The parts have been validated when they were read.
    pub(crate) fn validate(&self) -> Result<()> {
        let (plan, learnt) = (&self.params, &self.fitted);
        check::model_params(plan.check())?;
        let known: Vec<usize> = (0..BEHAVIOURS.len())
            .filter(|&b| self.feature_names.iter().any(|name| name == BEHAVIOURS[b]))
            .collect();
        check::model(
            self.feature_names.iter().eq(known.iter().map(|&b| BEHAVIOURS[b])),
            "feature_names of a scorecard",
        )?;
        check::model(
            *learnt.loyalty.params() == plan.loyalty_score(&known),
            "its loyalty score is not that of its plan",
        )?;
        check::model(*learnt.rfm.params() == plan.rfm, "its RFM score is not that of its plan")?;
        check::model(learnt.churn.feature_names() == CHURN_FEATURES, "the features of its churn model")?;
        check_scaler(&learnt.churn_scaler, &CHURN_FEATURES)?;
        learnt.quality.as_ref().map_or(Ok(()), ChurnQuality::validate)?;
        learnt.clusters.validate()
    }
}

/// The features are logarithms and shares, so what a scaler has learnt of them cannot be large.
fn check_scaler(scaler: &FittedStandardScaler, features: &[&str]) -> Result<()> {
    let small = |values: &[f64]| values.iter().all(|v| v.abs() < 1000.0);
    check::model(
        scaler.feature_names() == features && small(scaler.mean()) && small(scaler.scale()),
        "a scaler that is not that of a scorecard's features",
    )
}

/// An error of one customer's figures, with the customer's name.
fn of_customer(customers: &Customers, index: usize, error: &Error) -> Error {
    Error::Degenerate {
        name: error.argument().unwrap_or("customer").to_owned().into(),
        reason: format!("customer {}: {error}", customers.ids.label(index)).into(),
    }
}
