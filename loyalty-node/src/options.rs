//! Options: a plain object on its way to a specification of the core.

use crate::churn;
use crate::convert::{count, elements, matrix, shown};
use crate::error::{Failure, Fallible};
use crate::names::{camel_case, snake_case};
use crate::time;
use loyalty_core::{Error, model};
use napi::bindgen_prelude::{BigInt, FromNapiValue, JsObjectValue, Object, Unknown};
use napi::{JsValue, ValueType};
use serde::de::DeserializeOwned;
use serde_json::{Map, Number, Value};

/// How deep options may be nested: none is deeper, but one may hold itself.
const DEPTH: usize = 16;

/// Parameters that are moments.
const TIMES: [&str; 1] = ["asOf"];

/// What the caller gave by name; what is `undefined` was not given.
pub(crate) struct Options<'env> {
    given: Vec<(String, Unknown<'env>)>,
}

impl<'env> Options<'env> {
    /// Of the argument `name`, which may be left out.
    pub(crate) fn new(name: &'static str, value: Unknown<'env>) -> Fallible<Self> {
        let given = match value.get_type()? {
            ValueType::Undefined => Vec::new(),
            ValueType::Object if !value.is_array()? && !value.is_typedarray()? => properties(value)?,
            _ => return wrong_type(name, &shown(value), "an object of options"),
        };
        Ok(Self { given })
    }

    /// Takes out the option of this name.
    pub(crate) fn take(&mut self, name: &str) -> Option<Unknown<'env>> {
        let place = self.given.iter().position(|(given, _)| given == name)?;
        Some(self.given.swap_remove(place).1)
    }

    /// Takes out the names of the columns.
    pub(crate) fn take_feature_names(&mut self) -> Fallible<Vec<String>> {
        const NAME: &str = "featureNames";
        let Some(value) = self.take(NAME) else { return Ok(Vec::new()) };
        if !value.is_array()? {
            return wrong_type(NAME, &shown(value), "an array of texts");
        }
        let mut names = Vec::new();
        elements(NAME, value, |row, name| {
            if name.get_type()? != ValueType::String {
                return wrong_type(format!("{NAME}[{row}]"), &shown(name), "a text");
            }
            names.push(FromNapiValue::from_unknown(name)?);
            Ok(())
        })?;
        Ok(names)
    }

    /// Takes out the number of threads.
    pub(crate) fn take_n_threads(&mut self) -> Fallible<Option<usize>> {
        self.take("nThreads").map(|value| count("nThreads", value)).transpose()
    }

    /// Of a call that knows no option but the number of threads.
    pub(crate) fn only_threads(value: Unknown<'env>) -> Fallible<Option<usize>> {
        let mut options = Self::new("options", value)?;
        let n_threads = options.take_n_threads()?;
        options.finish()?;
        Ok(n_threads)
    }

    /// Refuses what nobody has taken out.
    pub(crate) fn finish(self) -> Fallible<()> {
        let Some((name, _)) = self.given.into_iter().next() else { return Ok(()) };
        let (value, must) = ("no option of this call".to_owned(), "left out".into());
        Err(Error::InvalidParameter { name: name.into(), value, must }.into())
    }

    /// The specification that the rest describes; the core knows what is left out and what is wrong.
    pub(crate) fn specification<T: DeserializeOwned>(self) -> Fallible<T> {
        let params = self.json()?.to_string();
        Ok(model::specification(&params).map_err(|mut error| {
            if let Error::InvalidParameter { name, .. } | Error::InvalidType { name, .. } = &mut error {
                let path = name.split('.').map(camel_case).collect::<Vec<_>>().join(".");
                // The choice that `churn::class_weight` named.
                *name = path.replace("classWeight.given", "classWeight").into();
            }
            error
        })?)
    }

    /// The rest as the core names it.
    fn json(self) -> Fallible<Value> {
        let mut params = Map::new();
        for (name, value) in self.given {
            if name.contains('_') {
                let must = format!("given as {}", camel_case(&name));
                let value = format!("given as {name}");
                return Err(Error::InvalidParameter { name: name.into(), value, must: must.into() }.into());
            }
            params.insert(snake_case(&name), json(&name, value, DEPTH)?);
        }
        Ok(Value::Object(params))
    }
}

/// The properties of an object that are not `undefined`.
pub(crate) fn properties<'env>(value: Unknown<'env>) -> Fallible<Vec<(String, Unknown<'env>)>> {
    let object: Object<'env> = FromNapiValue::from_unknown(value)?;
    let mut given = Vec::new();
    for name in Object::keys(&object)? {
        let value: Unknown<'env> = object.get_named_property_unchecked(&name)?;
        if value.get_type()? != ValueType::Undefined {
            given.push((name, value));
        }
    }
    Ok(given)
}

/// The value of the option `name` as a model file has it.
fn json(name: &str, value: Unknown<'_>, depth: usize) -> Fallible<Value> {
    if depth == 0 {
        return wrong_type(name, "nested too deeply", "an option");
    }
    if TIMES.contains(&name) {
        return Ok(time::micros(name, value)?.into());
    }
    Ok(match value.get_type()? {
        ValueType::Undefined | ValueType::Null => Value::Null,
        ValueType::Boolean => Value::Bool(FromNapiValue::from_unknown(value)?),
        ValueType::Number => number(FromNapiValue::from_unknown(value)?),
        ValueType::BigInt => big_int(name, &FromNapiValue::from_unknown(value)?)?,
        ValueType::String => Value::String(FromNapiValue::from_unknown(value)?),
        ValueType::Object if value.is_array()? || value.is_typedarray()? => {
            let mut list = Vec::new();
            elements(name, value, |i, element| {
                list.push(json(&format!("{name}[{i}]"), element, depth - 1)?);
                Ok(())
            })?;
            Value::Array(list)
        }
        ValueType::Object => {
            let given = properties(value)?;
            if ["data", "rows", "cols"].iter().all(|part| given.iter().any(|(name, _)| name == part)) {
                let matrix = matrix(name.to_owned(), value)?.copied()?;
                let rows = matrix.rows().into_iter().map(|row| row.iter().copied().map(number).collect());
                return Ok(Value::Array(rows.collect()));
            }
            let mut params = Map::new();
            for (part, value) in given {
                params.insert(snake_case(&part), json(&format!("{name}.{part}"), value, depth - 1)?);
            }
            if name.rsplit('.').next() == Some("classWeight") {
                return Ok(churn::class_weight(params));
            }
            Value::Object(params)
        }
        _ => return wrong_type(name, &shown(value), "a number, a text, a list or an object of these"),
    })
}

/// Whole numbers up to 2^53 − 1 as such; larger ones, which may have been rounded, are no counts. What is not finite has no number
/// in JSON: infinity has a word where the core knows it.
fn number(value: f64) -> Value {
    const LARGEST_SAFE: f64 = 9_007_199_254_740_991.0;
    if value.is_infinite() {
        Value::String(if value > 0.0 { "infinity" } else { "-infinity" }.to_owned())
    } else if value.fract() == 0.0
        && value.abs() <= LARGEST_SAFE
        && !(value == 0.0 && value.is_sign_negative())
    {
        Value::Number((value as i64).into())
    } else {
        Number::from_f64(value).map_or_else(|| Value::String("NaN".to_owned()), Value::Number)
    }
}

fn big_int(name: &str, value: &BigInt) -> Fallible<Value> {
    if let (signed, true) = value.get_i64() {
        return Ok(signed.into());
    }
    if let (false, unsigned, true) = value.get_u64() {
        return Ok(unsigned.into());
    }
    let value = "a BigInt of more than 64 bits".to_owned();
    Err(Error::InvalidParameter { name: name.to_owned().into(), value, must: "a number of 64 bits".into() }
        .into())
}

/// An argument of the wrong type.
pub(crate) fn wrong_type<T>(name: impl Into<String>, value: &str, must: &'static str) -> Fallible<T> {
    let (name, value, must) = (name.into().into(), value.to_owned(), must.into());
    Err(Failure::Core(Error::InvalidType { name, value, must }))
}
