//! Model files.

use crate::churn::LogisticChurn;
use crate::convert::{elements, safe_integer, shown};
use crate::error::{Fallible, guarded};
use crate::kmeans::KMeans;
use crate::memory::typed_array_type;
use crate::options::wrong_type;
use crate::rfm::Rfm;
use crate::scaling::{MinMaxScaler, StandardScaler};
use crate::score::LoyaltyScore;
use crate::scorecard::Scorecard;
use loyalty_core::model::{self, AnyModel};
use loyalty_core::{Error, churn, customers, kmeans, rfm, scaling, score, scorecard};
use napi::bindgen_prelude::{
    BigInt, FromNapiValue, JsObjectValue, KeyCollectionMode, KeyConversion, KeyFilter, Object, ToNapiValue,
    TypedArrayType, Uint8Array, Unknown,
};
use napi::{Env, JsValue, ValueType};
use napi_derive::napi;
use serde_json::{Map, Number, Value};
use std::sync::Arc;

/// How deep a parsed model may be nested: none is half as deep, but an object may hold itself.
const DEPTH: usize = 32;

/// What a parsed model may hold at the most, as an object that holds others often looks larger than its text ever was.
const VALUES: usize = 1 << 20;
const TEXTS: usize = 1 << 28;

/// The model of a file's text, of whatever kind it is and whichever language wrote it.
///
/// @throws {LoyaltyError} BAD_MODEL for a text that is damaged, of an unknown kind or from a later version
/// @example
/// ```js
/// const model = loadModel(await readFile('model.json'))
/// if (model instanceof KMeans) console.log(model.centroids)
/// ```
#[napi(ts_args_type = "text: ModelText", ts_return_type = "AnyModel")]
pub fn load_model<'env>(env: &'env Env, text: Unknown<'_>) -> napi::Result<Unknown<'env>> {
    guarded(env, || {
        Ok(match model::load(&crate::model::text(text)?)? {
            AnyModel::Rfm(model) => Rfm(Arc::new(model)).into_unknown(env)?,
            AnyModel::LoyaltyScore(model) => LoyaltyScore(Arc::new(model)).into_unknown(env)?,
            AnyModel::LogisticChurn(model) => LogisticChurn::new(model).into_unknown(env)?,
            AnyModel::KMeans(model) => KMeans::new(env, model)?.into_unknown(env)?,
            AnyModel::StandardScaler(model) => StandardScaler::new(model).into_unknown(env)?,
            AnyModel::MinMaxScaler(model) => MinMaxScaler::new(model).into_unknown(env)?,
            AnyModel::Scorecard(model) => Scorecard::new(model).into_unknown(env)?,
            _ => return bad("this package does not know its kind"),
        })
    })
}

/// The default parameters of a specification as JSON: what the package's types are held against.
#[napi(js_name = "__defaultParams", skip_typescript)]
pub fn default_params(env: &Env, specification: String) -> napi::Result<String> {
    fn json<T: Default + serde::Serialize>() -> serde_json::Result<String> {
        serde_json::to_string(&T::default())
    }
    guarded(env, || {
        let params = match specification.as_str() {
            "customers" => json::<customers::SummaryParams>(),
            "rfm" => json::<rfm::Rfm>(),
            "score" => json::<score::LoyaltyScore>(),
            "churn" => json::<churn::LogisticChurn>(),
            "kmeans" => json::<kmeans::KMeans>(),
            "choose_k" => json::<kmeans::ChooseK>(),
            "standard_scaler" => json::<scaling::StandardScaler>(),
            "min_max_scaler" => json::<scaling::MinMaxScaler>(),
            "scorecard" => json::<scorecard::Scorecard>(),
            _ => return bad("no such specification"),
        };
        params.or_else(|error| bad(error.to_string()))
    })
}

fn bad<T>(reason: impl Into<String>) -> Fallible<T> {
    Err(Error::BadModel { reason: reason.into() }.into())
}

/// The text of the argument `text` of a `fromJSON`: a text, bytes, or what `JSON.parse` made of a text.
pub(crate) fn text(value: Unknown<'_>) -> Fallible<String> {
    const MUST: &str = "the text of a model file, its bytes, or the object that JSON.parse makes of it";
    match value.get_type()? {
        ValueType::String => Ok(unwrapped(FromNapiValue::from_unknown(value)?)),
        ValueType::Object if value.is_typedarray()? => match typed_array_type(value)? {
            // Copied before it is read: other threads may write to it.
            TypedArrayType::Uint8 => match String::from_utf8(Uint8Array::from_unknown(value)?.to_vec()) {
                Ok(text) => Ok(unwrapped(text)),
                Err(error) => bad(error.to_string()),
            },
            _ => wrong_type("text", "a typed array of no bytes", MUST),
        },
        ValueType::Object if value.is_promise()? => wrong_type("text", "a promise", MUST),
        ValueType::Object
            if !(value.is_array()?
                || value.is_arraybuffer()?
                || value.is_dataview()?
                || value.is_date()?
                || value.is_error()?) =>
        {
            let mut left = Left { values: VALUES, texts: TEXTS };
            Ok(left.json("", value, DEPTH)?.to_string())
        }
        _ => wrong_type("text", &shown(value), MUST),
    }
}

/// `JSON.stringify` puts the text that `toJSON` gives into quotes.
fn unwrapped(text: String) -> String {
    if text.trim_start().starts_with('"') { serde_json::from_str(&text).unwrap_or(text) } else { text }
}

/// How much of a parsed model may still come.
struct Left {
    values: usize,
    texts: usize,
}

impl Left {
    /// The JSON that the value of the property `name` was parsed from. `JSON.stringify` would lose the sign of -0.
    fn json(&mut self, name: &str, value: Unknown<'_>, depth: usize) -> Fallible<Value> {
        let (Some(values), true) = (self.values.checked_sub(1), depth > 0) else {
            return bad("it is nested too deeply or too large");
        };
        self.values = values;
        Ok(match value.get_type()? {
            ValueType::Null => Value::Null,
            ValueType::Boolean => Value::Bool(FromNapiValue::from_unknown(value)?),
            ValueType::Number => number(name, FromNapiValue::from_unknown(value)?)?,
            ValueType::BigInt => big_int(&FromNapiValue::from_unknown(value)?)?,
            ValueType::String => Value::String(self.counted(FromNapiValue::from_unknown(value)?)?),
            ValueType::Object if value.is_array()? => {
                let mut list = Vec::new();
                elements("text", value, |_, element| {
                    list.push(self.json("", element, depth - 1)?);
                    Ok(())
                })?;
                Value::Array(list)
            }
            ValueType::Object => {
                let object: Object<'_> = FromNapiValue::from_unknown(value)?;
                let (own, texts) = (KeyCollectionMode::OwnOnly, KeyConversion::NumbersToStrings);
                let names = object.get_all_property_names(own, KeyFilter::Enumerable, texts)?;
                let mut members = Map::new();
                elements("text", names.to_unknown(), |_, key| {
                    if key.get_type()? == ValueType::String {
                        let name = self.counted(FromNapiValue::from_unknown(key)?)?;
                        let member = self.json(&name, object.get_property_unchecked(key)?, depth - 1)?;
                        members.insert(name, member);
                    }
                    Ok(())
                })?;
                Value::Object(members)
            }
            _ => return bad(format!("it holds {}, which is not JSON", shown(value))),
        })
    }

    fn counted(&mut self, text: String) -> Fallible<String> {
        let Some(texts) = self.texts.checked_sub(text.len()) else { return bad("it is too large") };
        self.texts = texts;
        Ok(text)
    }
}

/// Whole numbers as such: that a count was a count, JavaScript has forgotten.
fn number(name: &str, value: f64) -> Fallible<Value> {
    let whole = safe_integer(value).filter(|_| !(value == 0.0 && value.is_sign_negative()));
    if name == "seed" && whole.is_none() && value.fract() == 0.0 {
        return bad("its seed is beyond 2^53 - 1, where JSON.parse rounds; the text itself can be read");
    }
    match whole.map(Number::from).or_else(|| Number::from_f64(value)) {
        Some(number) => Ok(Value::Number(number)),
        None => bad("it holds a number that is not finite"),
    }
}

fn big_int(value: &BigInt) -> Fallible<Value> {
    match (value.get_i64(), value.get_u64()) {
        ((signed, true), _) => Ok(signed.into()),
        (_, (false, unsigned, true)) => Ok(unsigned.into()),
        _ => bad("it holds a BigInt of more than 64 bits"),
    }
}
