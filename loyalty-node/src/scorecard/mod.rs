//! The scorecard.

pub mod customer;
pub mod scores;

use crate::churn::LogisticChurn;
use crate::convert::Floats;
use crate::error::{Fallible, guarded};
use crate::kmeans::{Candidate, KMeans};
use crate::memory::{check_length, fill};
use crate::options::Options;
use crate::order_log::OrderLogArg;
use crate::rfm::Rfm;
use crate::score::LoyaltyScore;
use crate::task::{self, blocking, followed};
use crate::time;
use customer::{FIGURES, Names, SCORES, figures, figures_of_object, figures_of_row, in_row};
use loyalty_core::Result;
use loyalty_core::model::Model;
use loyalty_core::monitor::Monitor;
use loyalty_core::scorecard;
use napi::Env;
use napi::bindgen_prelude::{JsObjectValue, Object, Unknown};
use napi_derive::napi;
use scores::{ChurnQuality, Columns, Scores};
use std::sync::Arc;

/// The whole plan in one model: from an order log to one row of scores a customer.
///
/// RFM and segment, loyalty and tier, churn probability and risk, cluster, value over the horizon, and an action. The model
/// holds parameters and no customer; it scores whole logs and single customers, with the same bits in every language.
///
/// @example
/// ```js
/// const card = Scorecard.fromJSON(await readFile('card.json', 'utf8')) // fitted in Python, say
/// card.scoreCustomer({ recencyDays: 12, nPurchases: 8, totalAmount: 530.5, tenureDays: 400 }).action
/// ```
#[napi]
pub struct Scorecard {
    card: Arc<scorecard::FittedScorecard>,
    names: Arc<Names>,
}

fn plan(mut options: Options<'_>) -> Fallible<scorecard::Scorecard> {
    let n_threads = options.take_n_threads()?;
    Ok(options.specification::<scorecard::Scorecard>()?.n_threads(n_threads))
}

/// An object of values by their names.
fn by_name<'env>(env: &'env Env, names: &[String], values: &[f64]) -> Fallible<Object<'env>> {
    let mut object = Object::new(env)?;
    for (name, &value) in names.iter().zip(values) {
        object.set_property(env.create_string(name)?, env.create_double(value)?)?;
    }
    Ok(object)
}

impl Scorecard {
    pub(crate) fn new(card: scorecard::FittedScorecard) -> Self {
        let names = Arc::new(Names::of(&card));
        Self { card: Arc::new(card), names }
    }
}

/// What a log is scored for.
struct Scoring<'env> {
    log: OrderLogArg<'env>,
    as_of: Option<i64>,
    n_threads: Option<usize>,
}

impl<'env> Scoring<'env> {
    fn new(log: Unknown<'env>, mut options: Options<'env>) -> Fallible<Self> {
        let as_of = options.take("asOf").map(|value| time::micros("asOf", value)).transpose()?;
        let n_threads = options.take_n_threads()?;
        options.finish()?;
        Ok(Self { log: OrderLogArg::new("log", log, true)?, as_of, n_threads })
    }
}

#[napi]
impl Scorecard {
    /// Learns all scores from an order log, on threads of its own.
    ///
    /// @param log Of at least three customers, some of whom had bought by one horizon before `asOf`.
    /// @throws {LoyaltyError} of every code but BAD_MODEL; DEGENERATE naming `horizonDays` where the log does not reach back beyond
    /// the horizon, or where all or none of its customers churned within it
    #[napi(
        ts_args_type = "log: RatedOrderLog, options?: ScorecardOptions & TaskOptions",
        ts_return_type = "Promise<Scorecard>"
    )]
    pub fn fit<'env>(
        env: &'env Env,
        log: Unknown<'env>,
        options: Unknown<'env>,
    ) -> napi::Result<Object<'env>> {
        task::start(env, || {
            let (control, options) = followed(options)?;
            let plan = plan(options)?;
            let log = OrderLogArg::new("log", log, true)?.copied()?;
            let work = move |monitor: &mut Monitor<'_>| plan.fit_with(&log.view().log(), monitor);
            Ok((control, work, |_: &Env, card| Ok(Self::new(card))))
        })
    }

    /// As {@link Scorecard.fit}, blocking the event loop until it is done.
    #[napi(ts_args_type = "log: RatedOrderLog, options?: ScorecardOptions")]
    pub fn fit_sync(env: &Env, log: Unknown<'_>, options: Unknown<'_>) -> napi::Result<Self> {
        guarded(env, || {
            let options = blocking(options)?;
            let plan = plan(options)?;
            let log = OrderLogArg::new("log", log, true)?;
            Ok(Self::new(plan.fit(&log.view()?.log())?))
        })
    }

    /// Scores each customer of a log as of a moment, by default the log's latest order.
    ///
    /// @throws {LoyaltyError} as {@link summarize}
    #[napi(ts_args_type = "log: RatedOrderLog, options?: ScoringOptions")]
    pub fn score(&self, env: &Env, log: Unknown<'_>, options: Unknown<'_>) -> napi::Result<Scores> {
        guarded(env, || {
            let options = blocking(options)?;
            let Scoring { log, as_of, n_threads } = Scoring::new(log, options)?;
            let columns = {
                let view = log.view()?;
                let scores = self.card.score_with(&view.log(), as_of, n_threads, &mut Monitor::silent())?;
                Columns::of(scores, &self.names)
            };
            columns.answer(log.id_kind())
        })
    }

    /// As {@link Scorecard.score}, on threads of its own.
    #[napi(
        ts_args_type = "log: RatedOrderLog, options?: ScoringOptions & TaskOptions",
        ts_return_type = "Promise<Scores>"
    )]
    pub fn score_async<'env>(
        &self,
        env: &'env Env,
        log: Unknown<'env>,
        options: Unknown<'env>,
    ) -> napi::Result<Object<'env>> {
        let (card, names) = (self.card.clone(), self.names.clone());
        task::start(env, || {
            let (control, options) = followed(options)?;
            let Scoring { log, as_of, n_threads } = Scoring::new(log, options)?;
            let kind = log.id_kind();
            let log = log.copied()?;
            let work = move |monitor: &mut Monitor<'_>| -> Result<Columns> {
                let scores = card.score_with(&log.view().log(), as_of, n_threads, monitor)?;
                Ok(Columns::of(scores, &names))
            };
            Ok((control, work, move |_: &Env, columns: Columns| columns.answer(kind)))
        })
    }

    /// The model of a file's text, whichever language wrote it.
    ///
    /// @throws {LoyaltyError} BAD_MODEL
    #[napi(js_name = "fromJSON", ts_args_type = "text: ModelText")]
    pub fn from_json(env: &Env, text: Unknown<'_>) -> napi::Result<Self> {
        guarded(env, || Ok(Self::new(Model::from_json(&crate::model::text(text)?)?)))
    }

    /// The text of its model file.
    #[napi(js_name = "toJSON")]
    pub fn to_json(&self, env: &Env) -> napi::Result<String> {
        guarded(env, || Ok(self.card.to_json()?))
    }

    /// Scores one customer, in about two microseconds.
    ///
    /// @throws {LoyaltyError} INVALID_TYPE and INVALID_PARAMETER naming the figure that is no number, negative, or at odds with another
    // Its figures come one by one and its scores as numbers: scorecard.js, which is called, has the objects.
    #[napi(ts_args_type = "customer: CustomerInput", ts_return_type = "CustomerScore")]
    #[allow(clippy::too_many_arguments, reason = "one for each figure of a customer")]
    pub fn score_customer(
        &self,
        env: &Env,
        recency_days: Unknown<'_>,
        n_purchases: Unknown<'_>,
        total_amount: Unknown<'_>,
        tenure_days: Unknown<'_>,
        usage: Unknown<'_>,
        feedback: Unknown<'_>,
        scores: Unknown<'_>,
    ) -> napi::Result<()> {
        guarded(env, || {
            let customer = figures([recency_days, n_purchases, total_amount, tenure_days, usage, feedback])?;
            let codes = self.names.codes(&self.card.score_one(&customer)?);
            fill("scores", scores, &[], |scores| {
                check_length("scores", scores.len(), SCORES)?;
                scores.copy_from_slice(&codes);
                Ok(())
            })
        })
    }

    /// Scores many customers into memory that is there: the way without an allocation.
    ///
    /// `customers` has six numbers a customer: `recencyDays`, `nPurchases`, `totalAmount`, `tenureDays`, `usage`, `feedback`, the last two
    /// NaN where unknown. `scores` gets twelve a customer: `r`, `f`, `m`, `rfmScore`, segment, `loyalty`, tier, `churnProbability`, risk,
    /// cluster, `clv`, action, where names are places in {@link segmentNames}, {@link tierNames}, {@link riskNames}, {@link clusterNames} and
    /// {@link actionNames}.
    ///
    /// @throws {LoyaltyError} SHAPE_MISMATCH; INVALID_VALUE naming the figure and the row, with the rows before it scored
    #[napi(ts_args_type = "customers: Float64Array, scores: Float64Array")]
    pub fn score_into(&self, env: &Env, customers: Unknown<'_>, scores: Unknown<'_>) -> napi::Result<()> {
        guarded(env, || {
            let customers = Floats::new("customers", customers)?;
            let customers = customers.view()?;
            let rows = customers.len().div_ceil(FIGURES);
            check_length("customers", customers.len(), rows * FIGURES)?;
            fill("scores", scores, &customers, |scores| {
                check_length("scores", scores.len(), rows * SCORES)?;
                let rows = customers.chunks_exact(FIGURES).zip(scores.chunks_exact_mut(SCORES));
                for (row, (figures, scores)) in rows.enumerate() {
                    let customer = figures_of_row(row, figures)?;
                    let score = self.card.score_one(&customer).map_err(|error| in_row(row, error))?;
                    scores.copy_from_slice(&self.names.codes(&score));
                }
                Ok(())
            })
        })
    }

    /// Why the churn model gives a customer its probability p: the share of each feature in ln(p / (1 − p)), to which they add up with
    /// `churn.baseValue`.
    ///
    /// @throws {LoyaltyError} as {@link scoreCustomer}
    #[napi(ts_args_type = "customer: CustomerInput", ts_return_type = "Record<string, number>")]
    pub fn churn_contributions<'env>(
        &self,
        env: &'env Env,
        customer: Unknown<'env>,
    ) -> napi::Result<Object<'env>> {
        guarded(env, || {
            let shares = self.card.churn_contributions(&figures_of_object(customer)?)?;
            by_name(env, self.card.churn().feature_names(), &shares)
        })
    }

    /// Where a customer's loyalty score comes from: the points of each behaviour, which add up to the score.
    ///
    /// @throws {LoyaltyError} as {@link scoreCustomer}
    #[napi(ts_args_type = "customer: CustomerInput", ts_return_type = "Record<string, number>")]
    pub fn loyalty_contributions<'env>(
        &self,
        env: &'env Env,
        customer: Unknown<'env>,
    ) -> napi::Result<Object<'env>> {
        guarded(env, || {
            let points = self.card.loyalty_contributions(&figures_of_object(customer)?)?;
            by_name(env, self.card.feature_names(), &points)
        })
    }

    /// The behaviours that make up the loyalty score.
    #[napi(getter, ts_return_type = "readonly string[]")]
    pub fn feature_names(&self) -> Vec<String> {
        self.card.feature_names().to_vec()
    }

    /// The RFM part.
    #[napi(getter)]
    pub fn rfm(&self) -> Rfm {
        Rfm(Arc::new(self.card.rfm().clone()))
    }

    /// The loyalty part.
    #[napi(getter)]
    pub fn loyalty(&self) -> LoyaltyScore {
        LoyaltyScore(Arc::new(self.card.loyalty().clone()))
    }

    /// The churn part; its features are standardised.
    #[napi(getter)]
    pub fn churn(&self) -> LogisticChurn {
        LogisticChurn(Arc::new(self.card.churn().clone()))
    }

    /// How the churn part did on its holdout; null if `holdoutShare` was 0.
    #[napi(getter, ts_return_type = "ChurnQuality | null")]
    pub fn churn_quality(&self) -> Option<ChurnQuality> {
        self.card.churn_quality().map(ChurnQuality::from)
    }

    /// The K-means part; its features are standardised.
    #[napi(getter)]
    pub fn clusters(&self, env: &Env) -> napi::Result<KMeans> {
        guarded(env, || KMeans::new(env, self.card.clusters().clone()))
    }

    /// The numbers of clusters that were tried.
    #[napi(getter, ts_return_type = "readonly Candidate[]")]
    pub fn cluster_candidates(&self) -> Vec<Candidate> {
        self.card.cluster_candidates().iter().map(Candidate::from).collect()
    }

    /// The names of the RFM segments.
    #[napi(getter, ts_return_type = "readonly string[]")]
    pub fn segment_names(&self) -> Vec<String> {
        self.names.segments.clone()
    }

    /// The names of the loyalty tiers, the lowest first.
    #[napi(getter, ts_return_type = "readonly string[]")]
    pub fn tier_names(&self) -> Vec<String> {
        self.names.tiers.clone()
    }

    /// The names of the levels of churn risk, the lowest first.
    #[napi(getter, ts_return_type = "readonly string[]")]
    pub fn risk_names(&self) -> Vec<String> {
        self.names.risks.clone()
    }

    /// The names of the clusters, the most valuable first.
    #[napi(getter, ts_return_type = "readonly string[]")]
    pub fn cluster_names(&self) -> Vec<String> {
        self.names.clusters.clone()
    }

    /// The actions, each once.
    #[napi(getter, ts_return_type = "readonly string[]")]
    pub fn action_names(&self) -> Vec<String> {
        self.names.actions.clone()
    }
}
