//! JSON has no infinity: it is the text `infinity`.

use serde::de::{self, Deserializer, Visitor};
use serde::ser::Serializer;

// The signature is serde's.
#[allow(clippy::trivially_copy_pass_by_ref)]
pub(super) fn serialize<S: Serializer>(value: &f64, serializer: S) -> Result<S::Ok, S::Error> {
    if *value == f64::INFINITY {
        serializer.serialize_str("infinity")
    } else {
        serializer.serialize_f64(*value)
    }
}

pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
    struct NumberOrText;

    impl Visitor<'_> for NumberOrText {
        type Value = f64;

        fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("a number, or the text \"infinity\"")
        }

        fn visit_f64<E: de::Error>(self, value: f64) -> Result<f64, E> {
            Ok(value)
        }

        fn visit_u64<E: de::Error>(self, value: u64) -> Result<f64, E> {
            Ok(value as f64)
        }

        fn visit_i64<E: de::Error>(self, value: i64) -> Result<f64, E> {
            Ok(value as f64)
        }

        fn visit_str<E: de::Error>(self, text: &str) -> Result<f64, E> {
            if text == "infinity" {
                Ok(f64::INFINITY)
            } else {
                Err(E::invalid_value(de::Unexpected::Str(text), &self))
            }
        }
    }

    deserializer.deserialize_any(NumberOrText)
}
