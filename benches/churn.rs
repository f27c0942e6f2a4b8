//! Logistic regression under each penalty, and its probabilities.

use loyalty_benches::{Concept, clouds, outcomes};
use loyalty_core::churn::LogisticChurn;
use loyalty_core::ndarray::Array2;
use loyalty_core::numeric::elementary::logistic;
use std::hint::black_box;

fn main() {
    let mut churn = Concept::new("churn");
    let ridge = LogisticChurn::new();
    let unpenalised = ridge.clone().c(f64::INFINITY);
    let elastic_net = ridge.clone().c(0.01).l1_ratio(0.5);
    for (what, plan) in
        [("fit/l2", &ridge), ("fit/unpenalised", &unpenalised), ("fit/elastic_net", &elastic_net)]
    {
        churn.bench_threads(what, |size, n_threads| {
            let x = clouds(size);
            let y = churned(&x);
            let plan = plan.clone().n_threads(n_threads);
            Ok(move || plan.fit(x.view(), &y))
        });
    }
    churn.bench("predict_proba", |size| {
        let x = clouds(size);
        let model = ridge.fit(x.view(), &churned(&x))?;
        Ok(move || model.predict_proba(x.view()))
    });
    churn.bench("predict_proba_one", |size| {
        let x = clouds(size.of_rows(1000));
        let model = ridge.fit(x.view(), &churned(&x))?;
        let row = x.row(0).to_vec();
        Ok(move || model.predict_proba_one(black_box(&row)))
    });
    churn.finish();
}

/// Every column counts a little.
fn churned(x: &Array2<f64>) -> Vec<bool> {
    let centre = x.iter().sum::<f64>() / x.len() as f64;
    outcomes(
        x.rows()
            .into_iter()
            .map(|row| logistic(0.2 * (row.iter().sum::<f64>() - centre * row.len() as f64) - 1.0)),
    )
}
