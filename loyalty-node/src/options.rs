//! Options: a plain object on its way to a specification of the core.

use crate::churn;
use crate::convert::{count, elements, matrix, safe_integer, shown};
use crate::error::{Failure, Fallible};
use crate::names::{camel_case, snake_case};
use crate::time;
use loyalty_core::ndarray::ArrayView1;
use loyalty_core::{Error, model};
use napi::bindgen_prelude::{
    BigInt, FromNapiValue, JsObjectValue, KeyCollectionMode, KeyConversion, KeyFilter, Object, Unknown,
};
use napi::{JsValue, ValueType};
use serde::de::DeserializeOwned;
use serde_json::{Map, Number, Value};
use std::cell::Cell;

/// How deep options may be nested: none is deeper, but one may hold itself.
const DEPTH: usize = 16;

/// How many values options may hold: a part that is in many places is counted, and read, in each.
const VALUES: usize = 1 << 21;

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
            ValueType::Object if is_plain(value)? => properties(value)?,
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

    /// The number of threads, where it is the only option.
    pub(crate) fn only_threads(mut self) -> Fallible<Option<usize>> {
        let n_threads = self.take_n_threads()?;
        self.finish()?;
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
            match error {
                // What is infinite has a word in JSON, and no number.
                Error::InvalidType { name, value, must } if value.ends_with("infinity\"") => {
                    let value = if value.starts_with("\"-") { "-Infinity" } else { "Infinity" }.to_owned();
                    Error::InvalidParameter { name, value, must }
                }
                other => other,
            }
        })?)
    }

    /// The rest as the core names it.
    fn json(self) -> Fallible<Value> {
        params(self.given, "", DEPTH, &Cell::new(VALUES)).map(Value::Object)
    }
}

/// The properties of an option's object, whose path is `within`, as the core names them.
fn params(
    given: Vec<(String, Unknown<'_>)>,
    within: &str,
    depth: usize,
    left: &Cell<usize>,
) -> Fallible<Map<String, Value>> {
    let mut params = Map::new();
    for (name, value) in given {
        let path = format!("{within}{name}");
        if name.contains('_') {
            let must = format!("given as {}", camel_case(&name));
            return invalid(&path, format!("given as {name}"), must);
        }
        params.insert(snake_case(&name), json(&path, value, depth, left)?);
    }
    Ok(params)
}

/// Whether an object may be one of options: no array, and nothing that holds its contents elsewhere, such as a promise that was
/// not awaited.
fn is_plain(value: Unknown<'_>) -> Fallible<bool> {
    let data =
        value.is_array()? || value.is_typedarray()? || value.is_arraybuffer()? || value.is_dataview()?;
    Ok(!(data || value.is_promise()? || value.is_date()? || value.is_error()?))
}

/// The properties of an object that are not `undefined`.
pub(crate) fn properties<'env>(value: Unknown<'env>) -> Fallible<Vec<(String, Unknown<'env>)>> {
    let object: Object<'env> = FromNapiValue::from_unknown(value)?;
    let mut given = Vec::new();
    let own = KeyCollectionMode::OwnOnly;
    let names = object.get_all_property_names(own, KeyFilter::Enumerable, KeyConversion::NumbersToStrings)?;
    for i in 0..names.get_array_length()? {
        let name: Unknown<'env> = names.get_element(i)?;
        let value: Unknown<'env> = object.get_property_unchecked(name)?;
        if name.get_type()? == ValueType::String && value.get_type()? != ValueType::Undefined {
            given.push((FromNapiValue::from_unknown(name)?, value));
        }
    }
    Ok(given)
}

/// The value of the option `name` as a model file has it.
fn json(name: &str, value: Unknown<'_>, depth: usize, left: &Cell<usize>) -> Fallible<Value> {
    let (Some(rest), true) = (left.get().checked_sub(1), depth > 0) else {
        return wrong_type(name, "nested too deeply or too large", "an option");
    };
    left.set(rest);
    if TIMES.contains(&name) {
        return Ok(time::micros(name, value)?.into());
    }
    Ok(match value.get_type()? {
        ValueType::Undefined | ValueType::Null => Value::Null,
        ValueType::Boolean => Value::Bool(FromNapiValue::from_unknown(value)?),
        ValueType::Number => number(name, FromNapiValue::from_unknown(value)?)?,
        ValueType::BigInt => big_int(name, &FromNapiValue::from_unknown(value)?)?,
        ValueType::String => Value::String(FromNapiValue::from_unknown(value)?),
        ValueType::Object if value.is_array()? || value.is_typedarray()? => {
            let mut list = Vec::new();
            elements(name, value, |i, element| {
                list.push(json(&format!("{name}[{i}]"), element, depth - 1, left)?);
                Ok(())
            })?;
            Value::Array(list)
        }
        ValueType::Object => {
            let given = properties(value)?;
            if ["data", "rows", "cols"].iter().all(|part| given.iter().any(|(name, _)| name == part)) {
                let matrix = matrix(name.to_owned(), value)?.copied()?;
                let row = |row: ArrayView1<'_, f64>| {
                    row.iter().map(|&value| number(name, value)).collect::<Fallible<Value>>()
                };
                return matrix.rows().into_iter().map(row).collect();
            }
            let params = params(given, &format!("{name}."), depth - 1, left)?;
            let of_classes = name.rsplit('.').next() == Some("classWeight");
            Value::Object(if of_classes { churn::class_weight(params) } else { params })
        }
        _ => return wrong_type(name, &shown(value), "a number, a text, a list or an object of these"),
    })
}

/// Whole numbers up to 2^53 − 1 as such; larger ones, which may have been rounded, are no counts.
fn number(name: &str, value: f64) -> Fallible<Value> {
    if value.is_infinite() {
        return Ok(Value::String(if value > 0.0 { "infinity" } else { "-infinity" }.to_owned()));
    }
    match safe_integer(value) {
        Some(whole) if whole != 0 || value.is_sign_positive() => Ok(Value::Number(whole.into())),
        _ => Number::from_f64(value)
            .map_or_else(|| invalid(name, "NaN", "a number"), |value| Ok(Value::Number(value))),
    }
}

fn big_int(name: &str, value: &BigInt) -> Fallible<Value> {
    if let (signed, true) = value.get_i64() {
        return Ok(signed.into());
    }
    if let (false, unsigned, true) = value.get_u64() {
        return Ok(unsigned.into());
    }
    invalid(name, "a BigInt of more than 64 bits", "a number of 64 bits")
}

/// A value that the option cannot have.
fn invalid<T>(name: &str, value: impl Into<String>, must: impl Into<String>) -> Fallible<T> {
    let (name, value, must) = (name.to_owned().into(), value.into(), must.into().into());
    Err(Failure::Core(Error::InvalidParameter { name, value, must }))
}

/// A value that the argument cannot have, or of the wrong type.
pub(crate) fn wrong_choice<T>(name: &str, value: Unknown<'_>, must: &'static str) -> Fallible<T> {
    match value.get_type()? {
        ValueType::String | ValueType::Object => invalid(name, shown(value), must),
        _ => wrong_type(name, &shown(value), must),
    }
}

/// An argument of the wrong type.
pub(crate) fn wrong_type<T>(name: impl Into<String>, value: &str, must: &'static str) -> Fallible<T> {
    let (name, value, must) = (name.into().into(), value.to_owned(), must.into());
    Err(Failure::Core(Error::InvalidType { name, value, must }))
}
