use crate::{Case, floats, rows};
use loyalty_core::Result;
use loyalty_core::kmeans::{ChooseK, FittedKMeans, KMeans};
use loyalty_core::monitor::Monitor;
use serde_json::{Value, json};

pub(crate) fn call(function: &str, case: &Case) -> Result<Value> {
    match function {
        "fit" => fit(case).map(|model| {
            json!({
                "labels": model.labels(),
                "centroids": rows(&model.centroids()),
                "inertia": model.inertia(),
                "iterations": model.iterations(),
                "converged": model.converged(),
                "n_used_clusters": model.n_used_clusters(),
                "cluster_weights": floats(model.cluster_weights()),
            })
        }),
        "predict" => Ok(json!({ "labels": fit(case)?.predict(case.matrix("new_x").view())? })),
        "distances" => Ok(json!({ "distances": rows(&fit(case)?.distances(case.matrix("new_x").view())?) })),
        "choose_k" => {
            let weights = case.optional_vector("sample_weight");
            let chosen = case.params::<ChooseK>().fit_with(
                case.matrix("x").view(),
                weights.as_deref(),
                &mut Monitor::silent(),
            )?;
            Ok(json!({ "k": chosen.k, "candidates": chosen.candidates }))
        }
        other => panic!("{other}"),
    }
}

fn fit(case: &Case) -> Result<FittedKMeans> {
    let weights = case.optional_vector("sample_weight");
    case.params::<KMeans>().fit_with(case.matrix("x").view(), weights.as_deref(), &mut Monitor::silent())
}
