use super::{Case, floats, rows};
use loyalty_core::Result;
use loyalty_core::ndarray::Array2;
use loyalty_core::scaling::*;
use serde_json::{Value, json};

/// Fits to `x`, then transforms `rows` (else `x`) and back.
pub(crate) fn call(function: &str, case: &Case) -> Result<Value> {
    let x = case.matrix("x");
    let given = if case.input.contains_key("rows") { case.matrix("rows") } else { x.clone() };
    match function {
        "standard_scaler" => {
            let spec: StandardScaler = case.params();
            let scaler = spec.fit_weighted(x.view(), case.optional_vector("sample_weight").as_deref())?;
            let transformed = scaler.transform(given.view())?;
            let inverse = scaler.inverse_transform(transformed.view())?;
            let constant = scaler.constant_columns();
            let learnt = json!({ "mean": floats(scaler.mean()), "scale": floats(scaler.scale()) });
            Ok(answer(learnt, &transformed, &inverse, &constant))
        }
        "min_max_scaler" => {
            let scaler = case
                .params::<MinMaxScaler>()
                .fit_weighted(x.view(), case.optional_vector("sample_weight").as_deref())?;
            let transformed = scaler.transform(given.view())?;
            let inverse = scaler.inverse_transform(transformed.view())?;
            let learnt =
                json!({ "data_min": floats(scaler.data_min()), "data_max": floats(scaler.data_max()) });
            Ok(answer(learnt, &transformed, &inverse, &scaler.constant_columns()))
        }
        other => panic!("{}: no function {other}", case.name),
    }
}

fn answer(mut learnt: Value, transformed: &Array2<f64>, inverse: &Array2<f64>, constant: &[usize]) -> Value {
    learnt["transformed"] = rows(transformed);
    learnt["inverse"] = rows(inverse);
    learnt["constant_columns"] = json!(constant);
    learnt
}
