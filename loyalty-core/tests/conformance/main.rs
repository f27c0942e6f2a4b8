//! Runs the conformance vectors of `tests/vectors` (their form: the README there), one test a concept.

// A case that cannot be read fails its test.
#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used)]

use loyalty_core::ndarray::Array2;
use loyalty_core::{Error, Result};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

// One adapter a concept: from a case to a call, and from its answer to named results.
mod churn;
mod clv;
mod customers;
mod elementary;
mod kmeans;
mod metrics;
mod rfm;
mod scaling;
mod score;
mod scorecard;
mod special;

/// A vector file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    format: String,
    version: u32,
    concept: String,
    data: Map<String, Value>,
    cases: Vec<Case>,
}

/// One case.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    name: String,
    call: String,
    params: Value,
    input: Map<String, Value>,
    expected: Option<Map<String, Value>>,
    error: Option<String>,
    argument: Option<String>,
    #[serde(default)]
    rtol: Value,
    #[serde(default)]
    atol: Value,
    oracle: String,
}

impl Case {
    /// The specification of this case, its parameters' names as in a model file.
    fn params<T: DeserializeOwned>(&self) -> T {
        serde_json::from_value(restore(&self.params)).unwrap_or_else(|e| panic!("{}: params: {e}", self.name))
    }

    /// An input that may be absent or null.
    fn optional<T: DeserializeOwned>(&self, name: &str) -> Option<T> {
        let value = self.input.get(name).filter(|v| !v.is_null())?;
        Some(
            serde_json::from_value(value.clone())
                .unwrap_or_else(|e| panic!("{}: input {name}: {e}", self.name)),
        )
    }

    /// An input that must be there.
    fn input<T: DeserializeOwned>(&self, name: &str) -> T {
        self.optional(name).unwrap_or_else(|| panic!("{}: no input {name}", self.name))
    }

    /// A vector of floats, NaN and infinities among them.
    fn vector(&self, name: &str) -> Vec<f64> {
        self.optional_vector(name).unwrap_or_else(|| panic!("{}: no input {name}", self.name))
    }

    fn optional_vector(&self, name: &str) -> Option<Vec<f64>> {
        Some(self.optional::<Vec<Value>>(name)?.iter().map(number).collect())
    }

    /// A matrix given as a list of rows.
    fn matrix(&self, name: &str) -> Array2<f64> {
        let rows: Vec<Vec<Value>> = self.input(name);
        let columns = rows.first().map_or(0, Vec::len);
        Array2::from_shape_vec((rows.len(), columns), rows.iter().flatten().map(number).collect())
            .unwrap_or_else(|e| panic!("{}: input {name}: {e}", self.name))
    }
}

/// Numbers above 2⁵³ and non-finite ones come as text: the former become numbers again.
fn restore(value: &Value) -> Value {
    match value {
        Value::String(s) => s.parse::<i64>().map_or_else(|_| value.clone(), Value::from),
        Value::Array(items) => items.iter().map(restore).collect(),
        Value::Object(map) => map.iter().map(|(k, v)| (k.clone(), restore(v))).collect(),
        other => other.clone(),
    }
}

/// A float that may be written as text.
fn number(value: &Value) -> f64 {
    match value {
        Value::Number(n) => n.as_f64().unwrap(),
        Value::String(s) => match s.as_str() {
            "NaN" => f64::NAN,
            "Infinity" => f64::INFINITY,
            "-Infinity" => f64::NEG_INFINITY,
            other => other.parse().unwrap_or_else(|_| panic!("{other:?} is no number")),
        },
        other => panic!("{other} is no number"),
    }
}

/// Floats as a JSON list, NaN and infinities as text: the way adapters give their results.
fn floats<'a>(values: impl IntoIterator<Item = &'a f64>) -> Value {
    values.into_iter().map(|&v| float(v)).collect()
}

/// One float, likewise.
fn float(v: f64) -> Value {
    if v.is_nan() {
        "NaN".into()
    } else if v.is_infinite() {
        if v > 0.0 { "Infinity".into() } else { "-Infinity".into() }
    } else {
        v.into()
    }
}

/// A matrix as a list of rows.
fn rows(x: &Array2<f64>) -> Value {
    x.rows().into_iter().map(floats).collect()
}

fn resolve(value: &mut Value, data: &Map<String, Value>) {
    match value {
        Value::String(s) => {
            if let Some(name) = s.strip_prefix('@') {
                *value = data.get(name).unwrap_or_else(|| panic!("no data named {name}")).clone();
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| resolve(item, data)),
        Value::Object(map) => map.values_mut().for_each(|item| resolve(item, data)),
        _ => {}
    }
}

fn tolerance(given: &Value, field: &str) -> f64 {
    match given {
        Value::Object(by_field) => by_field.get(field).or(by_field.get("*")).map_or(0.0, number),
        Value::Null => 0.0,
        other => number(other),
    }
}

/// What differs between the two, if anything; `path` says where.
fn difference(expected: &Value, actual: &Value, rtol: f64, atol: f64, path: &str) -> Option<String> {
    let plain = |v: &Value| v.is_number() || matches!(v.as_str(), Some("NaN" | "Infinity" | "-Infinity"));
    match (expected, actual) {
        (e, a) if plain(e) && plain(a) => {
            if e == a {
                return None;
            }
            let (e, a) = (number(e), number(a));
            let close = e.is_finite() && (a - e).abs() <= atol + rtol * e.abs();
            let same = e == a || (e.is_nan() && a.is_nan()) || close;
            (!same)
                .then(|| format!("{path}: {a:e}, expected {e:e}, relative {:.1e}", (a - e).abs() / e.abs()))
        }
        (Value::Array(e), Value::Array(a)) => {
            if e.len() != a.len() {
                return Some(format!("{path}: {} items, expected {}", a.len(), e.len()));
            }
            e.iter()
                .zip(a)
                .enumerate()
                .find_map(|(i, (e, a))| difference(e, a, rtol, atol, &format!("{path}[{i}]")))
        }
        (Value::Object(e), Value::Object(a)) => e.iter().find_map(|(key, e)| {
            difference(e, a.get(key).unwrap_or(&Value::Null), rtol, atol, &format!("{path}.{key}"))
        }),
        (e, a) => (restore(e) != restore(a)).then(|| format!("{path}: {a}, expected {e}")),
    }
}

/// Why the case fails, if it does.
fn failure(case: &Case, outcome: Result<Value>) -> Option<String> {
    match (outcome, &case.expected, &case.error) {
        (Ok(actual), Some(expected), _) => expected.iter().find_map(|(field, e)| {
            let (rtol, atol) = (tolerance(&case.rtol, field), tolerance(&case.atol, field));
            difference(e, actual.get(field).unwrap_or(&Value::Null), rtol, atol, field)
        }),
        (Err(error), _, Some(code)) => {
            let argument = case.argument.as_deref();
            let right = error.code() == code && (argument.is_none() || argument == error.argument());
            (!right).then(|| format!("{} ({error}), expected {code} of {argument:?}", error.code()))
        }
        (Ok(actual), _, _) => Some(format!("answered {actual}, expected the error {:?}", case.error)),
        (Err(error), _, _) => Some(format!("failed: {error}")),
    }
}

/// Runs one vector file through the concept's adapter, which knows the calls of that concept.
fn run(text: &str, concept: &str, call: impl Fn(&str, &Case) -> Result<Value>) {
    let mut file: File = serde_json::from_str(text).unwrap();
    assert_eq!((file.format.as_str(), file.version, file.concept.as_str()), ("loyalty-vectors", 1, concept));
    let mut failures = Vec::new();
    for case in &mut file.cases {
        assert!(!case.oracle.is_empty(), "{}: no oracle", case.name);
        resolve(&mut case.params, &file.data);
        case.input.values_mut().for_each(|value| resolve(value, &file.data));
        if let Some(expected) = &mut case.expected {
            expected.values_mut().for_each(|value| resolve(value, &file.data));
        }
        let function = case.call.strip_prefix(concept).and_then(|rest| rest.strip_prefix('.'));
        let function = function.unwrap_or_else(|| panic!("{}: call {}", case.name, case.call));
        if let Some(why) = failure(case, call(function, case)) {
            failures.push(format!("{}: {why}", case.name));
        }
    }
    println!("{concept}: {} cases", file.cases.len());
    assert!(failures.is_empty(), "{} of {} fail:\n{}", failures.len(), file.cases.len(), failures.join("\n"));
}

/// The test of one concept: `tests/vectors/<concept>.json` through `<concept>::call`.
macro_rules! concepts {
    ($($concept:ident),* $(,)?) => {$(
        #[test]
        fn $concept() {
            run(include_str!(concat!("../vectors/", stringify!($concept), ".json")), stringify!($concept), $concept::call);
        }
    )*};
}
concepts!(churn, clv, customers, elementary, kmeans, metrics, rfm, scaling, score, scorecard, special);

#[test]
fn the_comparison_can_fail() {
    let differs = |e: Value, a: Value, rtol| difference(&e, &a, rtol, 0.0, "it").is_some();
    assert!(differs(1.0.into(), 1.1.into(), 0.01) && !differs(1.0.into(), 1.1.into(), 0.2));
    assert!(differs(vec![1, 2].into(), vec![1].into(), 1.0) && differs("a".into(), "b".into(), 1.0));
    assert!(differs("NaN".into(), 1.0.into(), 1.0) && !differs("NaN".into(), "NaN".into(), 0.0));
    assert!(differs("Infinity".into(), 1.0.into(), 1.0));
    assert!(differs(true.into(), Value::Null, 1.0));
    let wrong_error = Case {
        name: String::new(),
        call: String::new(),
        params: Value::Null,
        input: Map::new(),
        expected: None,
        error: Some("BAD_MODEL".to_owned()),
        argument: None,
        rtol: Value::Null,
        atol: Value::Null,
        oracle: String::new(),
    };
    assert!(failure(&wrong_error, Err(Error::Cancelled)).is_some());
    assert!(failure(&wrong_error, Ok(Value::Null)).is_some());
}
