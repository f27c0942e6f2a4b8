//! The scorecard.

use crate::convert::{Floats, number, number_text, safe_integer, whole};
use crate::error::{Fallible, guarded};
use crate::output::{check_length, fill};
use loyalty_core::Error;
use loyalty_core::model::Model;
use loyalty_core::scorecard::{self, CustomerInput, CustomerScore as CoreScore};
use napi::bindgen_prelude::Unknown;
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

#[napi]
impl Scorecard {
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
    #[expect(clippy::too_many_arguments, reason = "one for each figure of a customer")]
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
