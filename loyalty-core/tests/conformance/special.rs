use super::{Case, floats};
use loyalty_core::Result;
use loyalty_core::numeric::special::{erfc, normal_quantile, normal_survival};
use serde_json::{Value, json};

pub(super) fn call(function: &str, case: &Case) -> Result<Value> {
    let each = |name: &str, f: fn(f64) -> f64| -> Vec<f64> { case.vector(name).into_iter().map(f).collect() };
    let values = match function {
        "erfc" => each("x", erfc),
        "normal_survival" => each("z", normal_survival),
        "normal_quantile" => each("p", normal_quantile),
        other => panic!("no function {other}"),
    };
    Ok(json!({ "value": floats(&values) }))
}
