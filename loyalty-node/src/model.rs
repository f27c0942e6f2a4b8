//! Model files.

use crate::convert::shown;
use crate::error::Fallible;
use crate::options::wrong_type;
use napi::bindgen_prelude::{FromNapiValue, Uint8Array, Unknown};
use napi::{JsValue, ValueType};

/// The text of the argument `text` of a `fromJSON`: a text, bytes, or what `JSON.parse` made of a text.
pub(crate) fn text(value: Unknown<'_>) -> Fallible<String> {
    Ok(match value.get_type()? {
        ValueType::String => FromNapiValue::from_unknown(value)?,
        _ if value.is_buffer()? => String::from_utf8_lossy(&Uint8Array::from_unknown(value)?).into_owned(),
        _ => return wrong_type("text", &shown(value), "the text of a model file"),
    })
}
