//! Churn.

use crate::{Case, float, floats, rows};
use loyalty_core::Result;
use loyalty_core::churn::{FittedLogisticChurn, Inference, LogisticChurn, labels};
use loyalty_core::monitor::Monitor;
use serde_json::{Map, Value, json};

pub(crate) fn call(function: &str, case: &Case) -> Result<Value> {
    match function {
        "fit" => Ok(fitted(&fit(case)?)),
        "predict_proba" => {
            let (model, x) = (fit(case)?, case.matrix("x_new"));
            Ok(json!({
                "probabilities": floats(&model.predict_proba(x.view())?),
                "predictions": model.predict(x.view())?,
                "decision": floats(&model.decision(x.view())?),
            }))
        }
        "contributions" => {
            let model = fit(case)?;
            let contributions = model.contributions(case.matrix("x_new").view())?;
            Ok(json!({ "contributions": rows(&contributions), "base_value": float(model.base_value()) }))
        }
        "labels" => {
            let times: Vec<Option<i64>> = case.input("next_purchase");
            let times: Vec<i64> = times.into_iter().map(|time| time.unwrap_or(i64::MIN)).collect();
            Ok(json!({ "labels": labels(&times, case.input("cutoff"), case.input("horizon_days"))? }))
        }
        other => panic!("no call {other}"),
    }
}

fn fit(case: &Case) -> Result<FittedLogisticChurn> {
    let spec: LogisticChurn = case.params();
    let (x, y): (_, Vec<bool>) = (case.matrix("x"), case.input("y"));
    spec.fit_with(x.view(), &y, case.optional_vector("sample_weight").as_deref(), &mut Monitor::silent())
}

fn fitted(model: &FittedLogisticChurn) -> Value {
    let mut results = json!({
        "coefficients": floats(model.coefficients()),
        "intercept": float(model.intercept()),
        "odds_ratios": floats(&model.odds_ratios()),
        "log_likelihood": float(model.log_likelihood()),
        "null_log_likelihood": float(model.null_log_likelihood()),
        "converged": model.converged(),
        "separation_risk": model.separation_risk(),
    });
    if let (Value::Object(results), Some(inference)) = (&mut results, model.inference()) {
        results.extend(figures(inference));
    }
    results
}

fn figures(inference: &Inference) -> Map<String, Value> {
    let intercept = inference
        .intercept
        .map(|i| floats(&[i.standard_error, i.z, i.p_value, i.confidence_low, i.confidence_high]));
    let figures = json!({
        "standard_errors": floats(&inference.standard_errors),
        "z": floats(&inference.z),
        "p_values": floats(&inference.p_values),
        "confidence_low": floats(&inference.confidence_low),
        "confidence_high": floats(&inference.confidence_high),
        "intercept_inference": intercept,
    });
    figures.as_object().unwrap().clone()
}
