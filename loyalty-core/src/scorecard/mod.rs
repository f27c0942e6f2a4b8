//! The whole plan in one model: from an order log to one row of scores a customer.
//!
//! | score | how |
//! |---|---|
//! | RFM and its segment | [`rfm`](crate::rfm) over recency, number of purchases and money |
//! | loyalty and its tier | [`score`](crate::score) over the same three and, where known, usage and feedback |
//! | churn probability and its risk | [`churn`], trained at `as_of` − `horizon_days` on who bought within the horizon after it |
//! | cluster | [`kmeans`](crate::kmeans) over logarithms of the three; clusters are named by the mean money of their customers |
//! | expected value over the horizon | [`clv::retention`](crate::clv::retention) with the churn probability, see below |
//! | action | the first rule that matches tier and risk |
//!
//! The churn model sees ln(1 + recency), ln(purchases), ln(1 + mean amount) and recency / tenure, the clusters
//! ln(1 + recency), ln(purchases) and ln(1 + total amount); days and money as in [`CustomerInput`], amounts below 0 as 0,
//! each standardised.
//!
//! With a churn probability p over a horizon of h days, value = Σ e·(ρ/(1 + d))ᵗ for t = 1..n. There are n = h/30.4375 months,
//! rounded, at least 1, each of h/n days; ρ = (1 − p)^(1/n); d is the discount rate of such a month; e is what the customer
//! earned a month so far: `margin` × total amount (0 if below) / tenure in months, at least 1.
//!
//! Every choice is a field of [`Scorecard`] with a default. The fitted model holds parameters and no customer; it scores
//! whole logs and single customers, with the same bits.

mod actions;
mod fitted;
mod order_log;
mod value;

pub use actions::Rule;
pub use fitted::{ChurnQuality, CustomerScore, FittedScorecard, Scores};
pub use order_log::{CustomerInput, OrderLog};

use crate::check;
use crate::churn::{self, LogisticChurn};
use crate::customers::{Accumulator, Customers, OnInvalid, Period, Refunds, SummaryParams, check_tz};
use crate::error::{Error, Result};
use crate::kmeans::{ChooseK, KMeans};
use crate::metrics;
use crate::monitor::Monitor;
use crate::numeric::blocks::{self, Blocks};
use crate::rfm::Rfm;
use crate::scaling::{FittedStandardScaler, StandardScaler};
use crate::score::{Behaviour, FittedLoyaltyScore, LoyaltyScore, Missing, Normaliser, Tiers};
use fitted::{ClusterPlan, Learnt};
use ndarray::{Array2, ArrayView2, Axis};
use order_log::{BEHAVIOURS, CHURN_FEATURES, CLUSTER_FEATURES, OrderLogParts};
use serde::{Deserialize, Serialize};
use std::slice;
use value::Valuation;

/// What stands for money in the RFM score.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Monetary {
    /// The sum of a customer's amounts.
    #[default]
    Total,
    /// That sum divided by the number of purchases.
    Mean,
}

/// How much each behaviour counts in the loyalty score; what is unknown of a customer leaves its weight to the others.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct BehaviourWeights {
    /// Days since the last purchase, fewer is better.
    pub recency_days: f64,
    /// Number of purchases.
    pub n_purchases: f64,
    /// Sum of amounts.
    pub total_amount: f64,
    /// Amount of use.
    pub usage: f64,
    /// Mean rating.
    pub feedback: f64,
}

impl Default for BehaviourWeights {
    /// Purchase 0.4 in three equal parts, usage 0.4, feedback 0.2.
    fn default() -> Self {
        let part = 0.4 / 3.0;
        Self { recency_days: part, n_purchases: part, total_amount: part, usage: 0.4, feedback: 0.2 }
    }
}

impl BehaviourWeights {
    fn of(&self, behaviour: usize) -> f64 {
        [self.recency_days, self.n_purchases, self.total_amount, self.usage, self.feedback][behaviour]
    }
}

/// The plan: every choice between an order log and its scores.
///
/// ```
/// use loyalty_core::customers::{MICROSECONDS_PER_DAY, Transactions};
/// use loyalty_core::scorecard::{CustomerInput, OrderLog, Scorecard};
///
/// // Forty customers; every other one buys each month, the rest once.
/// let (mut ids, mut days, mut amounts) = (vec![], vec![], vec![]);
/// for id in 0..40_i64 {
///     for month in 0..if id % 2 == 0 { 12 } else { 1 } {
///         ids.push(id);
///         days.push((id + 30 * month) * MICROSECONDS_PER_DAY);
///         amounts.push((10 + id) as f64);
///     }
/// }
/// let log = OrderLog::new(Transactions::new(&ids, &days, &amounts));
/// let card = Scorecard::new().horizon_days(90.0).fit(&log)?;
///
/// let scores = card.score(&log, None)?;
/// assert_eq!(scores.rows.len(), 40);
/// let one = card.score_one(&CustomerInput {
///     recency_days: 12.0,
///     n_purchases: 8,
///     total_amount: 530.5,
///     tenure_days: 400.0,
///     usage: None,
///     feedback: None,
/// })?;
/// assert!((0.0..=1.0).contains(&one.churn_probability));
/// # Ok::<(), loyalty_core::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct Scorecard {
    /// How far ahead churn and value look, in days (180): a customer churns who buys nothing for so long.
    pub horizon_days: f64,
    /// The moment of the fit, in microseconds since 1970 UTC; `None` (the default): the latest order of the log.
    pub as_of: Option<i64>,
    /// Which purchases of one customer merge into one (those of the same day).
    pub period: Period,
    /// The time zone whose calendar bounds these periods, by its IANA name (UTC).
    pub tz: Option<String>,
    /// What negative amounts mean (they lower the total).
    pub refunds: Refunds,
    /// What to do with rows that have no id, no time or no amount (an error that names the row).
    pub on_invalid: OnInvalid,
    /// The RFM score (five quantile bins, the ten-segment grid).
    pub rfm: Rfm,
    /// What stands for money in it (the total).
    pub monetary: Monetary,
    /// How behaviours become comparable in the loyalty score (percentiles, which no single huge order can upset).
    pub normaliser: Normaliser,
    /// How much each behaviour counts (purchase 0.4, usage 0.4, feedback 0.2).
    pub weights: BehaviourWeights,
    /// Tiers of the loyalty score (low below 30, medium below 60, high).
    pub tiers: Tiers,
    /// The churn model (ridge logistic regression on standardised features, C = 1). Threads are the plan's.
    pub churn: LogisticChurn,
    /// The share of customers held out to check the churn model before it is fitted to all (0.25); 0 for no check.
    pub holdout_share: f64,
    /// Levels of churn risk by probability, thresholds within 0 to 1 (low below 1/3, medium below 2/3, high).
    pub risks: Tiers,
    /// How the number of clusters is chosen (silhouette over 2 to 8, or one less than there are customers; ten restarts each).
    /// Seed and threads are the plan's.
    pub clusters: ChooseK,
    /// Discount rate a year (0.1), above −1.
    pub discount_rate: f64,
    /// The share of the amounts that is profit (1).
    pub margin: f64,
    /// The rule table; the first rule that matches tier and risk gives the action.
    #[serde(deserialize_with = "crate::check::bounded")]
    pub actions: Vec<Rule>,
    /// Seed of the holdout, the clusters and the silhouette's sample (0).
    pub seed: u64,
    /// Threads; `None` for one a core. Changes no bit of the result.
    #[serde(skip)]
    pub n_threads: Option<usize>,
}

impl Default for Scorecard {
    fn default() -> Self {
        Self {
            horizon_days: 180.0,
            as_of: None,
            period: Period::default(),
            tz: None,
            refunds: Refunds::default(),
            on_invalid: OnInvalid::default(),
            rfm: Rfm::default(),
            monetary: Monetary::default(),
            normaliser: Normaliser::Percentile,
            weights: BehaviourWeights::default(),
            tiers: Tiers::default(),
            churn: LogisticChurn::default(),
            holdout_share: 0.25,
            risks: Tiers::new(["low", "medium", "high"], [1.0 / 3.0, 2.0 / 3.0]),
            clusters: ChooseK::new(2, 8).kmeans(KMeans::default().n_init(10)),
            discount_rate: 0.1,
            margin: 1.0,
            actions: actions::default_rules(),
            seed: 0,
            n_threads: None,
        }
    }
}

macro_rules! setters {
    ($($field:ident: $type:ty),* $(,)?) => {$(
        #[doc = concat!("Sets [`", stringify!($field), "`](Self::", stringify!($field), ").")]
        #[must_use]
        pub fn $field(mut self, $field: $type) -> Self {
            self.$field = $field;
            self
        }
    )*};
}

impl Scorecard {
    /// The default plan.
    pub fn new() -> Self {
        Self::default()
    }

    setters! {
        horizon_days: f64,
        period: Period,
        refunds: Refunds,
        on_invalid: OnInvalid,
        rfm: Rfm,
        monetary: Monetary,
        normaliser: Normaliser,
        weights: BehaviourWeights,
        tiers: Tiers,
        churn: LogisticChurn,
        holdout_share: f64,
        risks: Tiers,
        clusters: ChooseK,
        discount_rate: f64,
        margin: f64,
        actions: Vec<Rule>,
        seed: u64,
    }

    /// Sets [`as_of`](Self::as_of).
    #[must_use]
    pub fn as_of(mut self, as_of: impl Into<Option<i64>>) -> Self {
        self.as_of = as_of.into();
        self
    }

    /// Sets [`tz`](Self::tz).
    #[must_use]
    pub fn tz(mut self, tz: impl Into<Option<String>>) -> Self {
        self.tz = tz.into();
        self
    }

    /// Sets [`n_threads`](Self::n_threads).
    #[must_use]
    pub fn n_threads(mut self, n_threads: impl Into<Option<usize>>) -> Self {
        self.n_threads = n_threads.into();
        self
    }

    /// Learns all scores from an order log.
    ///
    /// Takes the rows in any order, of at least three customers, some of whom had bought by one horizon before `as_of`. Returns
    /// the fitted scorecard.
    ///
    /// # Errors
    /// [`Error::InvalidParameter`] for a choice outside its range; what [`Accumulator::update`] says of the rows;
    /// [`Error::ShapeMismatch`] and [`Error::NonFinite`] for `usage` and `feedback`; [`Error::TooFewRows`] for fewer than three
    /// customers; [`Error::Degenerate`] naming `horizon_days` when the log does not reach back beyond the horizon or when all
    /// or none of its customers churned within it, and naming `holdout_share` when they are too few to check the churn model;
    /// [`Error::NoEstimate`] for an unpenalised churn model of customers that its features tell apart.
    pub fn fit(&self, log: &OrderLog<'_>) -> Result<FittedScorecard> {
        self.fit_with(log, &mut Monitor::silent())
    }

    /// As [`fit`](Self::fit), telling `monitor` of its progress.
    ///
    /// # Errors
    /// As [`fit`](Self::fit), and [`Error::Cancelled`].
    pub fn fit_with(&self, log: &OrderLog<'_>, monitor: &mut Monitor<'_>) -> Result<FittedScorecard> {
        self.fit_parts(slice::from_ref(log), monitor)
    }

    /// As [`fit_with`](Self::fit_with), of a log in several parts, such as the chunks of a columnar table: the bits are those of
    /// all rows in one.
    ///
    /// # Errors
    /// As [`fit_with`](Self::fit_with), with rows counted over all parts, and [`Error::ShapeMismatch`] naming `usage` or
    /// `feedback` when some parts have it and others do not.
    pub fn fit_parts(&self, parts: &[OrderLog<'_>], monitor: &mut Monitor<'_>) -> Result<FittedScorecard> {
        self.check()?;
        let log = OrderLogParts::new(parts, monitor)?;
        let orders = self.accumulate(&log, monitor)?;
        let customers = orders.finish_with(self.as_of, monitor)?;
        check::at_least_rows("customers", customers.ids.len(), 3)?;
        let inputs = log.inputs(&orders, &customers, monitor)?;
        monitor.report("rfm", 0, None)?;
        let rfm = self.fit_rfm(&inputs)?;
        monitor.report("score", 0, None)?;
        let loyalty = self.fit_loyalty(&inputs)?;
        monitor.report("churn", 0, None)?;
        let (churn_scaler, churn, quality) = self.fit_churn(&orders, customers.as_of, monitor)?;
        let clusters = self.fit_clusters(&inputs, monitor)?;
        let feature_names = loyalty.feature_names().to_vec();
        let fitted = Learnt { rfm, loyalty, churn_scaler, churn, quality, clusters };
        Ok(FittedScorecard { feature_names, params: self.for_keeps(), fitted })
    }

    /// The plan without what belongs to one run of it, as its model file has it.
    fn for_keeps(&self) -> Self {
        let mut plan = self.clone();
        plan.n_threads = None;
        (plan.churn.n_threads, plan.clusters.kmeans.n_threads) = (None, None);
        plan.churn.feature_names.clear();
        plan.clusters.kmeans.feature_names.clear();
        plan
    }

    fn check(&self) -> Result<()> {
        check::positive("horizon_days", self.horizon_days)?;
        check::within("horizon_days", self.horizon_days, 0.0..=36_525.0)?;
        check::within("holdout_share", self.holdout_share, 0.0..=0.9)?;
        check::within("margin", self.margin, 0.0..=1.0)?;
        check_tz(self.tz.as_deref())?;
        Valuation::check(self)?;
        for (behaviour, name) in BEHAVIOURS.iter().enumerate() {
            check::non_negative(format!("weights.{name}"), self.weights.of(behaviour))?;
        }
        self.rfm.check()?;
        self.churn.check()?;
        self.clusters.check()?;
        self.tiers.check("tiers", 100.0)?;
        self.risks.check("risks", 1.0)?;
        actions::check(&self.actions, &self.tiers.names, &self.risks.names)
    }

    /// The summary's part of the plan.
    fn accumulate(&self, log: &OrderLogParts<'_>, monitor: &mut Monitor<'_>) -> Result<Accumulator> {
        // In batches, which need little memory beside the accumulator's.
        const BATCH: usize = 100_000;
        let batches = |part: &OrderLog<'_>| Blocks::new(part.transactions.time.len(), BATCH);
        let params = SummaryParams::default()
            .period(self.period)
            .tz(self.tz.clone())
            .refunds(self.refunds)
            .on_invalid(self.on_invalid)
            .n_threads(self.n_threads);
        let mut orders = Accumulator::new(params)?;
        let count = log.parts().map(|(_, part)| batches(part).count()).sum();
        let mut done = 0;
        for (first, part) in log.parts() {
            for batch in 0..batches(part).count() {
                monitor.report("customers", done, Some(count))?;
                let rows = batches(part).range(batch);
                let first = first + rows.start;
                orders
                    .take(&part.transactions.rows(rows), monitor)
                    .map_err(|error| error.in_rows_from(first))?;
                done += 1;
            }
        }
        Ok(orders)
    }

    fn fit_rfm(&self, inputs: &[CustomerInput]) -> Result<crate::rfm::FittedRfm> {
        let column = |value: fn(&CustomerInput) -> f64| inputs.iter().map(value).collect::<Vec<_>>();
        let monetary = match self.monetary {
            Monetary::Total => column(|c| c.total_amount),
            Monetary::Mean => column(CustomerInput::mean_amount),
        };
        self.rfm.fit(&column(|c| c.recency_days), &column(|c| c.n_purchases as f64), &monetary)
    }

    /// The behaviours that at least one customer shows.
    fn fit_loyalty(&self, inputs: &[CustomerInput]) -> Result<FittedLoyaltyScore> {
        let known: Vec<usize> = (0..BEHAVIOURS.len())
            .filter(|&b| inputs.iter().any(|input| !input.behaviours()[b].is_nan()))
            .collect();
        let x = Array2::from_shape_fn((inputs.len(), known.len()), |(i, j)| inputs[i].behaviours()[known[j]]);
        self.loyalty_score(&known).fit(x.view())
    }

    /// The loyalty score over these behaviours.
    fn loyalty_score(&self, known: &[usize]) -> LoyaltyScore {
        let behaviours = known.iter().map(|&b| {
            Behaviour::new(BEHAVIOURS[b], self.weights.of(b)).normaliser(self.normaliser).inverted(b == 0)
        });
        LoyaltyScore::new()
            .behaviours(behaviours.collect::<Vec<_>>())
            .tiers(self.tiers.clone())
            .missing(Missing::Renormalise)
    }

    /// Features and labels at the cutoff, one horizon before `as_of`.
    fn fit_churn(
        &self,
        orders: &Accumulator,
        as_of: i64,
        monitor: &mut Monitor<'_>,
    ) -> Result<(FittedStandardScaler, crate::churn::FittedLogisticChurn, Option<ChurnQuality>)> {
        let (x, churned) = self.churn_training_set(orders, as_of, monitor)?;
        let spec = LogisticChurn {
            n_threads: self.n_threads,
            feature_names: CHURN_FEATURES.map(str::to_owned).to_vec(),
            ..self.churn.clone()
        };
        let quality = if self.holdout_share > 0.0 {
            Some(self.check_churn(&spec, x.view(), &churned, monitor)?)
        } else {
            None
        };
        monitor.poll()?;
        let scaler = StandardScaler::new().feature_names(CHURN_FEATURES).fit(x.view())?;
        monitor.poll()?;
        let scaled = scaler.transform(x.view())?;
        let model = spec.fit_with(scaled.view(), &churned, None, monitor)?;
        Ok((scaler, model, quality))
    }

    fn churn_training_set(
        &self,
        orders: &Accumulator,
        as_of: i64,
        monitor: &mut Monitor<'_>,
    ) -> Result<(Array2<f64>, Vec<bool>)> {
        let degenerate =
            |reason: String| Error::Degenerate { name: "horizon_days".into(), reason: reason.into() };
        let horizon = (self.horizon_days * crate::customers::MICROSECONDS_PER_DAY as f64) as i64;
        let cutoff = as_of.saturating_sub(horizon);
        let before: Customers = orders.finish_with(Some(cutoff), monitor)?;
        let span = orders.earliest_time().map_or(0.0, |first| {
            (i128::from(as_of) - i128::from(first)) as f64 / crate::customers::MICROSECONDS_PER_DAY as f64
        });
        if before.ids.len() < 2 {
            return Err(degenerate(format!(
                "{} customer(s) had bought {} days before the end of a log of {span} days; a shorter horizon is needed",
                before.ids.len(),
                self.horizon_days
            )));
        }
        let next_purchase = orders.next_purchase_with(&before, cutoff, monitor)?;
        monitor.poll()?;
        let churned = churn::labels(&next_purchase, cutoff, self.horizon_days)?;
        let n_churned = churned.iter().filter(|&&c| c).count();
        if n_churned == 0 || n_churned == churned.len() {
            return Err(degenerate(format!(
                "{n_churned} of {} customers bought nothing in the last {} days, so there is nothing to tell apart; \
                 another horizon is needed",
                churned.len(),
                self.horizon_days
            )));
        }
        let inputs = CustomerInput::all(&before, monitor)?;
        let x = blocks::collect(inputs.len(), monitor, |i| inputs[i].churn_features())?;
        Ok((Array2::from(x), churned))
    }

    /// Fits to a part of the customers and checks on the rest.
    fn check_churn(
        &self,
        spec: &LogisticChurn,
        x: ArrayView2<'_, f64>,
        churned: &[bool],
        monitor: &mut Monitor<'_>,
    ) -> Result<ChurnQuality> {
        let strata: Vec<u32> = churned.iter().map(|&c| u32::from(c)).collect();
        let too_few = |_| Error::Degenerate {
            name: "holdout_share".into(),
            reason: format!(
                "{} customers, of whom {} churned, are too few to hold out a share of {}; 0 is for no check",
                churned.len(),
                churned.iter().filter(|&&c| c).count(),
                self.holdout_share
            )
            .into(),
        };
        let split = metrics::train_test_split(churned.len(), self.holdout_share, Some(&strata), self.seed)
            .map_err(too_few)?;
        let part =
            |rows: &[usize]| (x.select(Axis(0), rows), rows.iter().map(|&i| churned[i]).collect::<Vec<_>>());
        let (x_train, churned_train) = part(&split.train);
        let (x_holdout, churned_holdout) = part(&split.test);
        let scaler = StandardScaler::new().fit(x_train.view())?;
        let model = spec.fit_with(scaler.transform(x_train.view())?.view(), &churned_train, None, monitor)?;
        let p =
            model.predict_proba_with(scaler.transform(x_holdout.view())?.view(), self.n_threads, monitor)?;
        // A class may have had no row to spare.
        ChurnQuality::of(split.train.len(), &churned_holdout, &p).map_err(too_few)
    }

    /// Clusters of the standardised features, the most valuable first.
    fn fit_clusters(&self, inputs: &[CustomerInput], monitor: &mut Monitor<'_>) -> Result<ClusterPlan> {
        let x = Array2::from(blocks::collect(inputs.len(), monitor, |i| inputs[i].cluster_features())?);
        monitor.poll()?;
        let scaler = StandardScaler::new().feature_names(CLUSTER_FEATURES).fit(x.view())?;
        monitor.poll()?;
        let scaled = scaler.transform(x.view())?;
        let mut spec = self.clusters.clone();
        // The silhouette needs fewer clusters than customers.
        let most = inputs.len() - 1;
        if spec.min_clusters > most {
            let must = format!("at most {most}, one less than there are customers");
            return check::invalid("clusters", format!("at least {}", spec.min_clusters), must);
        }
        spec.max_clusters = spec.max_clusters.min(most);
        spec.kmeans.seed = self.seed;
        spec.kmeans.n_threads = self.n_threads;
        spec.kmeans.feature_names = CLUSTER_FEATURES.map(str::to_owned).to_vec();
        let chosen = spec.fit_with(scaled.view(), None, monitor)?;
        Ok(ClusterPlan::of(scaler, chosen, inputs))
    }
}
