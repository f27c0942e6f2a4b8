//! Moments: Dates and milliseconds of JavaScript, microseconds of the core.

use crate::convert::shown;
use crate::error::Fallible;
use crate::options::wrong_type;
use loyalty_core::Error;
use loyalty_core::customers::NULL_TIME;
use napi::bindgen_prelude::{BigInt, FromNapiValue, Unknown};
use napi::{JsDate, JsValue, ValueType};

/// What a moment must be.
pub(crate) const MUST: &str = "a Date, milliseconds since 1970, or microseconds as a BigInt";

/// Microseconds of milliseconds, to the nearest; a time that is not a number is null. `None` beyond the core's range.
pub(crate) fn of_millis(millis: f64) -> Option<i64> {
    if millis.is_nan() {
        return Some(NULL_TIME);
    }
    // Whole milliseconds apart, as a thousand times a large one is no float. A cast ends at the least and the greatest integer,
    // whose thousandfold is out of range; other than `trunc` it is one instruction on every machine.
    let whole = millis as i64;
    let fraction = millis - whole as f64;
    let rest = if fraction == 0.0 { 0 } else { (fraction * 1000.0).round() as i64 };
    let micros = whole.checked_mul(1000)?.checked_add(rest)?;
    (micros != NULL_TIME).then_some(micros)
}

/// Milliseconds of microseconds, with their fraction.
pub(crate) fn to_millis(micros: i64) -> f64 {
    (micros / 1000) as f64 + (micros % 1000) as f64 / 1000.0
}

/// As [`to_millis`], NaN for null.
pub(crate) fn to_millis_or_nan(micros: i64) -> f64 {
    if micros == NULL_TIME { f64::NAN } else { to_millis(micros) }
}

/// The moment of one value, null for `null`, `undefined` and an invalid Date; `None` for what is no moment.
pub(crate) fn of_value(value: Unknown<'_>) -> Fallible<Option<i64>> {
    Ok(match value.get_type()? {
        ValueType::Null | ValueType::Undefined => Some(NULL_TIME),
        ValueType::Number => of_millis(FromNapiValue::from_unknown(value)?),
        ValueType::BigInt => {
            let (micros, lossless) = BigInt::from_unknown(value)?.get_i64();
            lossless.then_some(micros)
        }
        ValueType::Object if value.is_date()? => of_millis(JsDate::from_unknown(value)?.value_of()?),
        _ => None,
    })
}

/// The moment of the argument `name`.
pub(crate) fn micros(name: &str, value: Unknown<'_>) -> Fallible<i64> {
    match of_value(value)? {
        Some(micros) if micros != NULL_TIME => Ok(micros),
        _ if matches!(value.get_type()?, ValueType::Number | ValueType::BigInt | ValueType::Object) => {
            let (name, value) = (name.to_owned().into(), shown(value));
            Err(Error::InvalidParameter { name, value, must: MUST.into() }.into())
        }
        _ => wrong_type(name, &shown(value), MUST),
    }
}
