//! Columns of flags and moments from JavaScript.

use crate::convert::{Floats, elements, number_text, shown, wrong_row};
use crate::error::Fallible;
use crate::memory::{is_shared, typed_array_type};
use crate::options::wrong_type;
use crate::packing;
use crate::time;
use loyalty_core::Error;
use napi::bindgen_prelude::{
    BigInt64Array, BigInt64ArraySlice, Float64ArraySlice, FromNapiValue, TypedArrayType, Unknown,
};
use napi::{JsValue, ValueType};
use std::ops::Deref;

/// A column of yes and no: booleans, or 1 and 0.
pub(crate) fn flags(name: &str, value: Unknown<'_>) -> Fallible<Vec<bool>> {
    const MUST: &str = "an array of true and false, or of 1 and 0";
    const ROW_MUST: &str = "true or false, 1 or 0";
    if value.is_typedarray()? {
        let numbers = Floats::new(name, value)?.copied()?;
        return numbers
            .iter()
            .enumerate()
            .map(|(row, &number)| match number {
                0.0 => Ok(false),
                1.0 => Ok(true),
                other => Err(invalid(name, row, number_text(other), ROW_MUST).into()),
            })
            .collect();
    }
    if !value.is_array()? {
        return wrong_type(name, &shown(value), MUST);
    }
    let mut flags = Vec::new();
    elements(name, value, |row, element| {
        flags.push(match element.get_type()? {
            ValueType::Boolean => bool::from_unknown(element)?,
            ValueType::Number if f64::from_unknown(element)? == 0.0 => false,
            ValueType::Number if f64::from_unknown(element)? == 1.0 => true,
            _ => return wrong_row(name, row, element, ROW_MUST),
        });
        Ok(())
    })?;
    Ok(flags)
}

/// A column of moments.
pub(crate) enum Moments<'env> {
    /// A BigInt64Array of microseconds, whose memory is borrowed at last.
    Typed(Unknown<'env>),
    /// Others, converted to microseconds.
    Converted(Vec<i64>),
}

/// Moments to read now.
pub(crate) enum MomentsView<'a> {
    Typed(BigInt64ArraySlice<'a>),
    Converted(&'a [i64]),
}

impl Deref for MomentsView<'_> {
    type Target = [i64];

    fn deref(&self) -> &[i64] {
        match self {
            MomentsView::Typed(slice) => slice,
            MomentsView::Converted(slice) => slice,
        }
    }
}

pub(crate) const MOMENTS_MUST: &str =
    "an array of Dates or of milliseconds since 1970, or a BigInt64Array of microseconds";

impl<'env> Moments<'env> {
    /// The moments of the argument `name`; `null`, `undefined`, NaN and an invalid Date are null.
    pub(crate) fn new(name: &str, value: Unknown<'env>) -> Fallible<Self> {
        if value.is_typedarray()? {
            return match typed_array_type(value)? {
                TypedArrayType::BigInt64 if !is_shared(name, value)? => Ok(Moments::Typed(value)),
                TypedArrayType::BigInt64 => {
                    Ok(Moments::Converted(BigInt64Array::from_unknown(value)?.to_vec()))
                }
                // Of milliseconds, it has no more than about every minute.
                TypedArrayType::Float32 => wrong_type(name, "a Float32Array", MOMENTS_MUST),
                TypedArrayType::BigUint64 => wrong_type(name, "a BigUint64Array", MOMENTS_MUST),
                _ => Ok(Moments::Converted(of_millis(name, &Floats::new(name, value)?.view()?)?)),
            };
        }
        if !value.is_array()? {
            return wrong_type(name, &shown(value), MOMENTS_MUST);
        }
        if let Some(numbers) = packing::numbers(value)? {
            return Ok(Moments::Converted(of_millis(name, &Float64ArraySlice::from_unknown(numbers)?)?));
        }
        if let Some(dates) = packing::dates(value)? {
            return Ok(Moments::Converted(of_millis(name, &dates)?));
        }
        let mut moments = Vec::new();
        elements(name, value, |row, element| match time::of_value(element)? {
            Some(moment) => {
                moments.push(moment);
                Ok(())
            }
            None => wrong_row(name, row, element, time::MUST),
        })?;
        Ok(Moments::Converted(moments))
    }

    /// The moments, to be read before any other code of JavaScript runs.
    pub(crate) fn view(&self) -> Fallible<MomentsView<'_>> {
        Ok(match self {
            Moments::Typed(value) => MomentsView::Typed(FromNapiValue::from_unknown(*value)?),
            Moments::Converted(moments) => MomentsView::Converted(moments),
        })
    }

    /// The moments apart from the caller's memory.
    pub(crate) fn copied(self) -> Fallible<Vec<i64>> {
        match self {
            Moments::Typed(_) => Ok(self.view()?.to_vec()),
            Moments::Converted(moments) => Ok(moments),
        }
    }
}

fn of_millis(name: &str, millis: &[f64]) -> Fallible<Vec<i64>> {
    let moment = |(row, &millis): (usize, &f64)| {
        let shown = || number_text(millis);
        time::of_millis(millis).ok_or_else(|| invalid(name, row, shown(), time::MUST).into())
    };
    millis.iter().enumerate().map(moment).collect()
}

fn invalid(name: &str, row: usize, value: String, must: &'static str) -> Error {
    Error::InvalidValue { name: name.to_owned().into(), row, value, must: must.into() }
}
