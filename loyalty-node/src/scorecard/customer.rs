//! One customer's figures and scores.

use crate::convert::{number, number_text, safe_integer, shown, whole};
use crate::error::Fallible;
use crate::options::wrong_type;
use loyalty_core::Error;
use loyalty_core::scorecard::{self, CustomerInput, CustomerScore as CoreScore};
use napi::ValueType;
use napi::bindgen_prelude::{FromNapiValue, JsObjectValue, Object, Unknown};
use napi_derive::napi;

/// The names that scores refer to by their place.
pub(super) struct Names {
    pub(super) segments: Vec<String>,
    pub(super) tiers: Vec<String>,
    pub(super) risks: Vec<String>,
    pub(super) clusters: Vec<String>,
    pub(super) actions: Vec<String>,
}

/// Scores of one customer in the order of [`super::Scorecard::score_into`].
pub(super) const SCORES: usize = 12;

/// Figures of one customer, in the order of [`CustomerInput`].
pub(super) const FIGURES: usize = 6;

impl Names {
    pub(super) fn of(card: &scorecard::FittedScorecard) -> Self {
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

    pub(super) fn codes(&self, score: &CoreScore<'_>) -> [f64; SCORES] {
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

pub(super) fn place(names: &[String], name: &str) -> f64 {
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

/// The figures of a customer, as the properties of an object.
pub(super) fn figures_of_object(value: Unknown<'_>) -> Fallible<CustomerInput> {
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
pub(super) fn figures(values: [Unknown<'_>; FIGURES]) -> Fallible<CustomerInput> {
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
pub(super) fn figures_of_row(row: usize, values: &[f64]) -> Fallible<CustomerInput> {
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
pub(super) fn in_row(row: usize, error: Error) -> Error {
    match error {
        Error::InvalidParameter { name, value, must } => Error::InvalidValue { name, row, value, must },
        other => other,
    }
}
