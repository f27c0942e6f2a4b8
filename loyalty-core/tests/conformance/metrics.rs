use super::{Case, float, floats};
use loyalty_core::Result;
use loyalty_core::metrics::*;
use loyalty_core::monitor::Monitor;
use serde_json::{Value, json};

/// The figures of a report row.
macro_rules! fields {
    ($of:expr; $($name:ident),*) => { json!({ $(stringify!($name): $of.$name),* }) };
}

pub(crate) fn call(function: &str, case: &Case) -> Result<Value> {
    let weight = case.optional_vector("sample_weight");
    let weight = weight.as_deref();
    let labels = |name: &str| case.input::<Vec<u32>>(name);
    let truth = || case.input::<Vec<bool>>("truth");
    let value = |outcome: Result<f64>| outcome.map(|v| json!({ "value": float(v) }));
    match function {
        "accuracy" => value(accuracy(&labels("truth"), &labels("predicted"), weight)),
        "confusion_matrix" => {
            let matrix = confusion_matrix(&labels("truth"), &labels("predicted"), weight)?;
            Ok(json!({ "labels": matrix.labels, "counts": super::rows(&matrix.counts) }))
        }
        "classification_report" => {
            let report = classification_report(&labels("truth"), &labels("predicted"), weight)?;
            let averages = |a: Averages| fields!(a; precision, recall, f1);
            let classes = report.classes.iter().map(|c| fields!(c; label, precision, recall, f1, support));
            Ok(json!({
                "classes": classes.collect::<Value>(),
                "accuracy": report.accuracy,
                "macro_average": averages(report.macro_average),
                "weighted_average": averages(report.weighted_average),
            }))
        }
        "binary_report" => {
            let report = binary_report(&truth(), &case.input::<Vec<bool>>("predicted"), weight)?;
            Ok(fields!(report; true_positives, false_positives, false_negatives, true_negatives,
                accuracy, precision, recall, specificity, f1))
        }
        "roc_auc" => value(roc_auc(&truth(), &case.vector("score"), weight)),
        "roc_curve" => {
            let curve = roc_curve(&truth(), &case.vector("score"), weight)?;
            Ok(json!({
                "fpr": floats(&curve.fpr), "tpr": floats(&curve.tpr), "thresholds": floats(&curve.thresholds),
            }))
        }
        "precision_recall_curve" => {
            let curve = precision_recall_curve(&truth(), &case.vector("score"), weight)?;
            Ok(fields!(curve; precision, recall, thresholds))
        }
        "average_precision" => value(average_precision(&truth(), &case.vector("score"), weight)),
        "cumulative_gains" => {
            let gains = cumulative_gains(&truth(), &case.vector("score"))?;
            Ok(fields!(gains; customers, positives))
        }
        "lift" => {
            let table = lift(&truth(), &case.vector("score"), parameter(case, "n_bins"))?;
            let bins = table.iter().map(|b| {
                fields!(b; bin, count, positives, lowest_score, highest_score, rate, lift,
                    cumulative_customers, cumulative_positives, cumulative_lift)
            });
            Ok(json!({ "bins": bins.collect::<Value>() }))
        }
        "log_loss" => value(log_loss(&truth(), &case.vector("probability"), weight)),
        "brier" => value(brier(&truth(), &case.vector("probability"), weight)),
        "calibration" => {
            let (n_bins, strategy) = (parameter(case, "n_bins"), parameter(case, "strategy"));
            let result = calibration(&truth(), &case.vector("probability"), n_bins, strategy)?;
            Ok(serde_json::to_value(result).unwrap())
        }
        "davies_bouldin" => value(davies_bouldin(case.matrix("x").view(), &labels("labels"))),
        "calinski_harabasz" => value(calinski_harabasz(case.matrix("x").view(), &labels("labels"))),
        "silhouette" => {
            value(silhouette(case.matrix("x").view(), &labels("labels"), None, &mut Monitor::silent()))
        }
        "silhouette_samples" => {
            let x = case.matrix("x");
            let values = silhouette_samples(x.view(), &labels("labels"), None, &mut Monitor::silent())?;
            Ok(json!({ "values": floats(&values) }))
        }
        "train_test_split" => {
            let (n_rows, seed) = (parameter(case, "n_rows"), parameter(case, "seed"));
            let share = super::number(&case.params["test_share"]);
            let stratify = case.optional::<Vec<u32>>("stratify");
            let split = train_test_split(n_rows, share, stratify.as_deref(), seed)?;
            Ok(json!({ "train": sizes(&split.train, &stratify), "test": sizes(&split.test, &stratify) }))
        }
        "k_folds" => {
            let (n_rows, n_splits) = (parameter(case, "n_rows"), parameter(case, "n_splits"));
            let stratify = case.optional::<Vec<u32>>("stratify");
            let folds = k_folds(n_rows, n_splits, stratify.as_deref(), parameter(case, "seed"))?;
            let test = |fold| Ok(sizes(&folds.split(fold)?.test, &stratify));
            Ok(json!({ "test": (0..folds.n_splits()).map(test).collect::<Result<Value>>()? }))
        }
        other => panic!("{}: no function {other}", case.name),
    }
}

fn parameter<T: serde::de::DeserializeOwned>(case: &Case, name: &str) -> T {
    serde_json::from_value(case.params[name].clone()).unwrap_or_else(|e| panic!("{}: {name}: {e}", case.name))
}

/// How many of these rows are of each class, by ascending label.
fn sizes(rows: &[usize], classes: &Option<Vec<u32>>) -> Value {
    let Some(classes) = classes else { return json!([rows.len()]) };
    let mut labels = classes.clone();
    labels.sort_unstable();
    labels.dedup();
    labels.iter().map(|&label| rows.iter().filter(|&&row| classes[row] == label).count()).collect()
}
