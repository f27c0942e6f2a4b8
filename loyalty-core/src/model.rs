//! Model files: one small JSON text for each fitted type.
//!
//! ```json
//! {"format": "loyalty-model", "version": 1, "kind": "kmeans", "feature_names": ["x0"], "params": {}, "fitted": {}}
//! ```
//!
//! `params` is the specification that was fitted, `fitted` what was learnt: parameters, never customers. Every float is
//! written with the fewest digits that read back as the same float, so a model answers with the same bits after a round
//! trip. A text that is damaged, of another kind or from a later version is refused with [`Error::BadModel`]; reading takes
//! time and memory in proportion to the text, whatever it claims to hold.
//!
//! ```
//! use loyalty_core::kmeans::{FittedKMeans, KMeans};
//! use loyalty_core::model::Model;
//! use loyalty_core::ndarray::array;
//!
//! let fitted = KMeans::new(2).fit(array![[0.0], [0.1], [9.0]].view())?;
//! let text = fitted.to_json()?;
//! let loaded = FittedKMeans::from_json(&text)?;
//! assert_eq!(loaded.to_json()?, text);
//! # Ok::<(), loyalty_core::Error>(())
//! ```

use crate::check;
use crate::churn::FittedLogisticChurn;
use crate::error::{Error, Result};
use crate::kmeans::FittedKMeans;
use crate::rfm::FittedRfm;
use crate::scaling::{FittedMinMaxScaler, FittedStandardScaler};
use crate::score::FittedLoyaltyScore;
use crate::scorecard::FittedScorecard;
use serde::de::{DeserializeOwned, Error as _, IgnoredAny};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;
use serde_path_to_error::Segment;

const FORMAT: &str = "loyalty-model";
const VERSION: u64 = 1;

/// A fitted type that has a model file.
///
/// # Errors
/// [`to_json`](Model::to_json) and [`from_json`](Model::from_json) give [`Error::BadModel`], saying what is wrong.
pub trait Model: Sized {
    /// The `kind` of its model file.
    const KIND: &'static str;

    /// Writes the model.
    fn to_json(&self) -> Result<String>;

    /// Reads a model of this kind.
    fn from_json(text: &str) -> Result<Self>;
}

/// A model whose kind was found in its file.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
#[expect(clippy::large_enum_variant, reason = "models are few, and a box is a bother to match on")]
pub enum AnyModel {
    /// `rfm`
    Rfm(FittedRfm),
    /// `loyalty_score`
    LoyaltyScore(FittedLoyaltyScore),
    /// `logistic_churn`
    LogisticChurn(FittedLogisticChurn),
    /// `kmeans`
    KMeans(FittedKMeans),
    /// `standard_scaler`
    StandardScaler(FittedStandardScaler),
    /// `min_max_scaler`
    MinMaxScaler(FittedMinMaxScaler),
    /// `scorecard`
    Scorecard(FittedScorecard),
}

/// Reads a model of any kind.
///
/// # Errors
/// [`Error::BadModel`], saying what is wrong with the text.
pub fn load(text: &str) -> Result<AnyModel> {
    let kind = header(text)?.kind;
    match kind.as_str() {
        FittedRfm::KIND => FittedRfm::from_json(text).map(AnyModel::Rfm),
        FittedLoyaltyScore::KIND => FittedLoyaltyScore::from_json(text).map(AnyModel::LoyaltyScore),
        FittedLogisticChurn::KIND => FittedLogisticChurn::from_json(text).map(AnyModel::LogisticChurn),
        FittedKMeans::KIND => FittedKMeans::from_json(text).map(AnyModel::KMeans),
        FittedStandardScaler::KIND => FittedStandardScaler::from_json(text).map(AnyModel::StandardScaler),
        FittedMinMaxScaler::KIND => FittedMinMaxScaler::from_json(text).map(AnyModel::MinMaxScaler),
        FittedScorecard::KIND => FittedScorecard::from_json(text).map(AnyModel::Scorecard),
        other => bad(format!("kind {other:?} is unknown")),
    }
}

/// Reads a specification from the JSON object of its parameters, as `params` of a model file has them; those left out
/// take their defaults.
///
/// It is for languages whose options come by name: what is wrong is said in terms of the parameter. Ranges are checked
/// where the specification is used.
///
/// # Errors
/// [`Error::InvalidType`] and [`Error::InvalidParameter`], naming the parameter; a name that is none is among the latter.
///
/// ```
/// use loyalty_core::kmeans::KMeans;
/// use loyalty_core::model;
///
/// let spec: KMeans = model::specification(r#"{"n_clusters": 5, "init": "random"}"#)?;
/// assert_eq!((spec.n_clusters, spec.max_iter), (5, KMeans::default().max_iter));
/// let error = model::specification::<KMeans>(r#"{"n_clusters": -1}"#).unwrap_err();
/// assert_eq!(error.to_string(), "n_clusters is -1; it must be a whole number, 0 or more");
/// # Ok::<(), loyalty_core::Error>(())
/// ```
pub fn specification<T: DeserializeOwned>(params: &str) -> Result<T> {
    let params: Value =
        serde_json::from_str(params).or_else(|e| check::invalid("params", e, "a JSON object"))?;
    serde_path_to_error::deserialize(&params).map_err(|error| {
        let path = error.path().to_string();
        let value = error.path().iter().try_fold(&params, |value, segment| match segment {
            Segment::Seq { index } => value.get(index),
            Segment::Map { key } | Segment::Enum { variant: key } => value.get(key),
            Segment::Unknown => None,
        });
        refusal(&path, value, &error.inner().to_string())
    })
}

/// serde's complaint about the value at `path`, in our words.
fn refusal(path: &str, value: Option<&Value>, complaint: &str) -> Error {
    let quoted = |after: &str| complaint.strip_prefix(after).and_then(|rest| rest.split('`').next());
    if let Some(field) = quoted("missing field `") {
        let name = if path == "." { field.to_owned() } else { format!("{path}.{field}") };
        return Error::InvalidParameter {
            name: name.into(),
            value: "missing".to_owned(),
            must: "given".into(),
        };
    }
    let expected = complaint.rsplit_once("expected ").map_or(complaint, |(_, expected)| expected);
    if complaint.starts_with("unknown field") {
        return Error::InvalidParameter {
            name: shortened(path).into(),
            value: "no parameter".to_owned(),
            must: expected.replace('`', "").into(),
        };
    }
    let name = shortened(path).into();
    let value = shortened(&value.map_or_else(String::new, Value::to_string));
    let must = match expected {
        "usize" | "u64" | "u32" | "u8" => "a whole number, 0 or more".to_owned(),
        "i64" => "a whole number".to_owned(),
        "f64" => "a number".to_owned(),
        "a boolean" => "true or false".to_owned(),
        "a string" => "a text".to_owned(),
        other => other.replace('`', ""),
    };
    // A negative count is of the right type.
    if complaint.starts_with("invalid type") {
        Error::InvalidType { name, value, must: must.into() }
    } else {
        Error::InvalidParameter { name, value, must: must.into() }
    }
}

fn bad<T>(reason: impl Into<String>) -> Result<T> {
    Err(Error::BadModel { reason: reason.into() })
}

/// What every version of the format has; the rest is skipped without being kept.
#[derive(Deserialize)]
struct Header {
    format: String,
    version: u64,
    kind: String,
}

/// The whole file, borrowed to write and owned to read.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Envelope<Text, Names, Params, Learnt> {
    format: Text,
    version: u64,
    kind: Text,
    feature_names: Names,
    params: Params,
    fitted: Learnt,
}

/// A model inside another, without the header.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Parts<Params, Learnt> {
    feature_names: Names,
    params: Params,
    fitted: Learnt,
}

/// The names of the features, of which there cannot be absurdly many.
#[derive(Deserialize)]
#[serde(transparent)]
struct Names(#[serde(deserialize_with = "crate::check::bounded")] Vec<String>);

fn header(text: &str) -> Result<Header> {
    let header: Header = parse(text)?;
    if header.format != FORMAT {
        return bad(format!("its format is {:?}, not {FORMAT:?}", shortened(&header.format)));
    }
    if header.version != VERSION {
        return bad(format!("its version is {}; this library reads version {VERSION}", header.version));
    }
    Ok(Header { kind: shortened(&header.kind), ..header })
}

fn read<Params: DeserializeOwned, Learnt: DeserializeOwned>(
    text: &str,
    kind: &str,
) -> Result<Parts<Params, Learnt>> {
    let found = header(text)?.kind;
    if found != kind {
        return bad(format!("its kind is {found:?}, not {kind:?}"));
    }
    let file: Envelope<IgnoredAny, Names, Params, Learnt> = parse(text)?;
    Ok(Parts { feature_names: file.feature_names, params: file.params, fitted: file.fitted })
}

fn parse<T: DeserializeOwned>(text: &str) -> Result<T> {
    serde_json::from_str(text).or_else(|e| bad(shortened(&e.to_string())))
}

/// A hostile file does not get to fill a log.
fn shortened(text: &str) -> String {
    text.chars().take(200).collect()
}

macro_rules! models {
    ($($fitted:ty => $kind:literal),* $(,)?) => {$(
        impl Model for $fitted {
            const KIND: &'static str = $kind;

            fn to_json(&self) -> Result<String> {
                self.validate()?;
                let file = Envelope {
                    format: FORMAT,
                    version: VERSION,
                    kind: Self::KIND,
                    feature_names: &self.feature_names,
                    params: &self.params,
                    fitted: &self.fitted,
                };
                serde_json::to_string(&file).or_else(|e| bad(e.to_string()))
            }

            fn from_json(text: &str) -> Result<Self> {
                let Parts { feature_names: Names(feature_names), params, fitted } = read(text, Self::KIND)?;
                let model = Self { feature_names, params, fitted };
                model.validate()?;
                Ok(model)
            }
        }

        /// Whatever way a model is read, it is checked: what comes out can be used.
        impl<'de> Deserialize<'de> for $fitted {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
                let Parts { feature_names: Names(feature_names), params, fitted } = Parts::deserialize(deserializer)?;
                let model = Self { feature_names, params, fitted };
                model.validate().map_err(D::Error::custom)?;
                Ok(model)
            }
        }
    )*};
}

models! {
    FittedRfm => "rfm",
    FittedLoyaltyScore => "loyalty_score",
    FittedLogisticChurn => "logistic_churn",
    FittedKMeans => "kmeans",
    FittedStandardScaler => "standard_scaler",
    FittedMinMaxScaler => "min_max_scaler",
    FittedScorecard => "scorecard",
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::churn::LogisticChurn;
    use crate::clv::RetentionTerms;
    use crate::customers::SummaryParams;
    use crate::kmeans::KMeans;
    use crate::rfm::Rfm;
    use crate::scorecard::Scorecard;

    fn refused<T: DeserializeOwned + std::fmt::Debug>(params: &str) -> (&'static str, String) {
        let error = specification::<T>(params).unwrap_err();
        (error.code(), error.to_string())
    }

    #[test]
    fn a_specification_says_what_is_wrong_with_which_parameter() {
        let (parameter, kind) = ("INVALID_PARAMETER", "INVALID_TYPE");
        for (found, code, text) in [
            (
                refused::<KMeans>(r#"{"n_clusters": -1}"#),
                parameter,
                "n_clusters is -1; it must be a whole number, 0 or more",
            ),
            (
                refused::<KMeans>(r#"{"n_clusters": 1.5}"#),
                kind,
                "n_clusters is 1.5; it must be a whole number, 0 or more",
            ),
            (refused::<KMeans>(r#"{"tol": "x"}"#), kind, "tol is \"x\"; it must be a number"),
            (refused::<KMeans>(r#"{"tol": null}"#), kind, "tol is null; it must be a number"),
            (
                refused::<SummaryParams>(r#"{"period": "fortnight"}"#),
                parameter,
                "period is \"fortnight\"; it must be one of none, day, week, month",
            ),
            (refused::<Rfm>(r#"{"nested": 1}"#), kind, "nested is 1; it must be true or false"),
            (
                refused::<Scorecard>(r#"{"churn": {"max_iter": "many"}}"#),
                kind,
                "churn.max_iter is \"many\"; it must be a whole number, 0 or more",
            ),
            (
                refused::<RetentionTerms>(r#"{"discount_rat": 0.1}"#),
                parameter,
                "discount_rat is no parameter; it must be one of discount_rate, horizon, first_margin",
            ),
            (
                refused::<RetentionTerms>(r#"{"discount_rate": 0, "horizon": {"finite": -1}}"#),
                parameter,
                "horizon.finite is -1; it must be a whole number, 0 or more",
            ),
            (refused::<RetentionTerms>("{}"), parameter, "discount_rate is missing; it must be given"),
        ] {
            assert_eq!((found.0, found.1.as_str()), (code, text));
        }
        assert!(specification::<LogisticChurn>(r#"{"c": "infinity"}"#).unwrap().c.is_infinite());
        assert_eq!(specification::<LogisticChurn>("[1").unwrap_err().argument(), Some("params"));
        assert!(refused::<KMeans>(&format!(r#"{{"tol": "{}"}}"#, "x".repeat(10_000))).1.len() < 500);
    }
}
