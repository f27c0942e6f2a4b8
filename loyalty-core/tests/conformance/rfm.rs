use crate::{Case, floats};
use loyalty_core::Result;
use loyalty_core::rfm::Rfm;
use serde_json::{Value, json};

const FEATURES: [&str; 3] = ["recency_days", "frequency", "monetary"];

pub(crate) fn call(function: &str, case: &Case) -> Result<Value> {
    let customers = FEATURES.map(|name| case.vector(name));
    let model = case.params::<Rfm>().fit(&customers[0], &customers[1], &customers[2])?;
    match function {
        "fit" => {
            let cut_points = model.cut_points();
            let nested = model.nested_cut_points();
            Ok(json!({
                "cut_points": {
                    "recency_days": floats(&cut_points.recency_days),
                    "frequency": floats(&cut_points.frequency),
                    "monetary": floats(&cut_points.monetary),
                },
                "nested_cut_points": nested.map(|nested| json!({
                    "frequency": floats(&nested.frequency),
                    "monetary": floats(&nested.monetary),
                })),
                "bins_in_use": model.bins_in_use(),
            }))
        }
        "score" => {
            let new = FEATURES.map(|name| case.optional_vector(&format!("new_{name}")));
            let [r, f, m] = [0, 1, 2].map(|i| new[i].as_ref().unwrap_or(&customers[i]));
            let scores = model.score(r, f, m)?;
            let names = model.segment_names();
            Ok(json!({
                "r": scores.r,
                "f": scores.f,
                "m": scores.m,
                "combined": floats(&scores.combined),
                "codes": scores.codes(),
                "segment": scores.segment.iter().map(|&i| names[i as usize]).collect::<Vec<_>>(),
            }))
        }
        other => panic!("rfm has no {other}"),
    }
}
