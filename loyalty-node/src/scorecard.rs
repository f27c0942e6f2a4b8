//! The scorecard.

use crate::churn::LogisticChurn;
use crate::convert::{Floats, number, number_text, safe_integer, shown, whole};
use crate::customers::Customers;
use crate::error::{Fallible, guarded};
use crate::kmeans::{Candidate, KMeans};
use crate::memory::{check_length, fill};
use crate::metrics::Calibration;
use crate::options::{Options, wrong_type};
use crate::order_log::{IdKind, OrderLogArg};
use crate::rfm::Rfm;
use crate::score::LoyaltyScore;
use crate::task::{self, Control, refuse_control};
use crate::time;
use loyalty_core::model::Model;
use loyalty_core::monitor::Monitor;
use loyalty_core::scorecard::{self, CustomerInput, CustomerScore as CoreScore};
use loyalty_core::{Error, Result};
use napi::bindgen_prelude::{
    Float64Array, FromNapiValue, JsObjectValue, Object, Uint8Array, Uint32Array, Unknown,
};
use napi::{Env, ValueType};
use napi_derive::napi;
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

/// The names that scores refer to by their place.
struct Names {
    segments: Vec<String>,
    tiers: Vec<String>,
    risks: Vec<String>,
    clusters: Vec<String>,
    actions: Vec<String>,
}

/// Scores of one customer in the order of [`Scorecard::score_into`].
const SCORES: usize = 12;

/// Figures of one customer, in the order of [`CustomerInput`].
const FIGURES: usize = 6;

impl Names {
    fn of(card: &scorecard::FittedScorecard) -> Self {
        let mut actions: Vec<String> = Vec::new();
        for rule in &card.params().actions {
            if !actions.contains(&rule.action) {
                actions.push(rule.action.clone());
            }
        }
        Self {
            segments: card.rfm().segment_names().into_iter().map(str::to_owned).collect(),
            tiers: card.params().tiers.names.clone(),
            risks: card.params().risks.names.clone(),
            clusters: card.cluster_names().to_vec(),
            actions,
        }
    }

    fn codes(&self, score: &CoreScore<'_>) -> [f64; SCORES] {
        [
            score.r.into(),
            score.f.into(),
            score.m.into(),
            score.rfm_score,
            place(&self.segments, score.segment),
            score.loyalty,
            place(&self.tiers, score.tier),
            score.churn_probability,
            place(&self.risks, score.risk),
            place(&self.clusters, score.cluster),
            score.clv,
            place(&self.actions, score.action),
        ]
    }
}

fn place(names: &[String], name: &str) -> f64 {
    names.iter().position(|known| known == name).map_or(f64::NAN, |place| place as f64)
}

/// One customer as a scorecard sees it.
#[napi(object, js_name = "CustomerInput")]
pub struct CustomerFigures {
    /// Days from the last purchase to the day of scoring.
    pub recency_days: f64,
    /// Number of purchases, at least 1.
    pub n_purchases: f64,
    /// Sum of all amounts.
    pub total_amount: f64,
    /// Days from the first purchase to the day of scoring.
    pub tenure_days: f64,
    /// Amount of use, if known.
    #[napi(ts_type = "number | null")]
    pub usage: Option<f64>,
    /// Mean rating, if known.
    #[napi(ts_type = "number | null")]
    pub feedback: Option<f64>,
}

/// All scores of one customer; the names are those of the scorecard.
#[napi(object)]
pub struct CustomerScore {
    /// Recency score, from 1 to the number of bins; higher is more recent.
    pub r: f64,
    /// Frequency score; higher is more often.
    pub f: f64,
    /// Monetary score; higher is more.
    pub m: f64,
    /// Weighted mean of the three.
    pub rfm_score: f64,
    /// RFM segment.
    pub segment: String,
    /// Loyalty score, 0 to 100.
    pub loyalty: f64,
    /// Its tier.
    pub tier: String,
    /// Probability to buy nothing within the horizon.
    pub churn_probability: f64,
    /// Its level.
    pub risk: String,
    /// Cluster, named by its rank in value.
    pub cluster: String,
    /// Expected discounted profit over the horizon.
    pub clv: f64,
    /// What to do.
    pub action: String,
}

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

/// The figures of a customer, as the properties of an object.
fn figures_of_object(value: Unknown<'_>) -> Fallible<CustomerInput> {
    if !matches!(value.get_type()?, ValueType::Object) {
        return wrong_type("customer", &shown(value), "an object of figures");
    }
    let object: Object<'_> = FromNapiValue::from_unknown(value)?;
    let part = |name: &str| object.get_named_property_unchecked::<Unknown<'_>>(name);
    figures([
        part("recencyDays")?,
        part("nPurchases")?,
        part("totalAmount")?,
        part("tenureDays")?,
        part("usage")?,
        part("feedback")?,
    ])
}

/// The figures of a customer, each a value of JavaScript.
fn figures(values: [Unknown<'_>; FIGURES]) -> Fallible<CustomerInput> {
    let [recency_days, n_purchases, total_amount, tenure_days, usage, feedback] = values;
    Ok(CustomerInput {
        recency_days: number("recencyDays", recency_days)?,
        n_purchases: whole("nPurchases", n_purchases)?,
        total_amount: number("totalAmount", total_amount)?,
        tenure_days: number("tenureDays", tenure_days)?,
        usage: known("usage", usage)?,
        feedback: known("feedback", feedback)?,
    })
}

fn known(name: &str, value: Unknown<'_>) -> Fallible<Option<f64>> {
    match value.get_type()? {
        ValueType::Undefined | ValueType::Null => Ok(None),
        _ => number(name, value).map(Some),
    }
}

/// The figures of a customer among others, where NaN is unknown.
fn figures_of_row(row: usize, values: &[f64]) -> Fallible<CustomerInput> {
    let known = |place: usize| values.get(place).copied().filter(|value| !value.is_nan());
    let n_purchases = safe_integer(values[1]).and_then(|count| u64::try_from(count).ok());
    let n_purchases = n_purchases.ok_or_else(|| Error::InvalidValue {
        name: "nPurchases".into(),
        row,
        value: number_text(values[1]),
        must: "a whole number, at least 1".into(),
    })?;
    Ok(CustomerInput {
        recency_days: values[0],
        n_purchases,
        total_amount: values[2],
        tenure_days: values[3],
        usage: known(4),
        feedback: known(5),
    })
}

/// The same error where it is that of one customer among others.
fn in_row(row: usize, error: Error) -> Error {
    match error {
        Error::InvalidParameter { name, value, must } => Error::InvalidValue { name, row, value, must },
        other => other,
    }
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

/// The scores of a log, by columns.
struct Columns {
    customers: loyalty_core::customers::Customers,
    bins: [Vec<u8>; 3],
    figures: [Vec<f64>; 4],
    /// Segment, tier, risk, cluster and action, as places among the names.
    places: [Vec<u32>; 5],
}

impl Columns {
    fn of(scores: scorecard::Scores<'_>, names: &Names) -> Self {
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

    fn answer(self, kind: Option<IdKind>) -> Fallible<Scores> {
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
            let mut options = Options::new("options", options)?;
            let control = Control::take(&mut options)?;
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
            let mut options = Options::new("options", options)?;
            refuse_control(&mut options)?;
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
            let mut options = Options::new("options", options)?;
            refuse_control(&mut options)?;
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
            let mut options = Options::new("options", options)?;
            let control = Control::take(&mut options)?;
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
    #[napi(getter)]
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
    #[napi(getter)]
    pub fn cluster_candidates(&self) -> Vec<Candidate> {
        self.card.cluster_candidates().iter().map(Candidate::from).collect()
    }

    /// The names of the RFM segments.
    #[napi(getter)]
    pub fn segment_names(&self) -> Vec<String> {
        self.names.segments.clone()
    }

    /// The names of the loyalty tiers, the lowest first.
    #[napi(getter)]
    pub fn tier_names(&self) -> Vec<String> {
        self.names.tiers.clone()
    }

    /// The names of the levels of churn risk, the lowest first.
    #[napi(getter)]
    pub fn risk_names(&self) -> Vec<String> {
        self.names.risks.clone()
    }

    /// The names of the clusters, the most valuable first.
    #[napi(getter)]
    pub fn cluster_names(&self) -> Vec<String> {
        self.names.clusters.clone()
    }

    /// The actions, each once.
    #[napi(getter)]
    pub fn action_names(&self) -> Vec<String> {
        self.names.actions.clone()
    }
}
