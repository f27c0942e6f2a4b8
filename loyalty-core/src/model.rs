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

use crate::churn::FittedLogisticChurn;
use crate::error::{Error, Result};
use crate::kmeans::FittedKMeans;
use crate::rfm::FittedRfm;
use crate::scaling::{FittedMinMaxScaler, FittedStandardScaler};
use crate::score::FittedLoyaltyScore;
use crate::scorecard::FittedScorecard;
use serde::de::{DeserializeOwned, Error as _, IgnoredAny};
use serde::{Deserialize, Deserializer, Serialize};

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
