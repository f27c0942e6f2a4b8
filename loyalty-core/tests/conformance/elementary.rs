use super::{Case, File, floats, number};
use loyalty_core::Result;
use loyalty_core::numeric::elementary::{exp, exp_m1, ln, ln_1p, log_logistic, logistic, pow};
use serde_json::{Value, json};

pub(super) fn call(function: &str, case: &Case) -> Result<Value> {
    Ok(json!({ "value": floats(&values(function, case)) }))
}

fn values(function: &str, case: &Case) -> Vec<f64> {
    let x = case.vector("x");
    let each = |f: fn(f64) -> f64| x.iter().map(|&x| f(x)).collect();
    match function {
        "exp" => each(exp),
        "exp_m1" => each(exp_m1),
        "ln" => each(ln),
        "ln_1p" => each(ln_1p),
        "logistic" => each(logistic),
        "log_logistic" => each(log_logistic),
        "pow" => x.iter().zip(case.vector("y")).map(|(&x, y)| pow(x, y)).collect(),
        other => panic!("no function {other}"),
    }
}

/// The expected values are rounded once, so that a neighbour of theirs is at most 1.5 units in the last place off.
#[test]
fn every_value_is_the_nearest_double_or_next_to_it() {
    let file: File = serde_json::from_str(include_str!("../vectors/elementary.json")).unwrap();
    for case in &file.cases {
        let expected = case.expected.as_ref().unwrap()["value"].as_array().unwrap();
        let actual = values(case.call.strip_prefix("elementary.").unwrap(), case);
        for (i, (expected, actual)) in expected.iter().map(number).zip(actual).enumerate() {
            // The sign counts for zeros too.
            let apart = expected.to_bits().abs_diff(actual.to_bits());
            let close = apart <= u64::from(expected != 0.0) || (expected.is_nan() && actual.is_nan());
            assert!(close, "{}, item {i}: {actual:e}, expected {expected:e}", case.name);
        }
    }
}
