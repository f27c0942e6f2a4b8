//! The loyalty score over percentiles of behaviours.

use loyalty_benches::{Concept, clouds};
use loyalty_core::ndarray::ArrayView2;
use loyalty_core::score::{Behaviour, LoyaltyScore, Normaliser};
use std::hint::black_box;

fn main() {
    let mut score = Concept::new("score");
    score.bench("fit", |size| {
        let x = clouds(size);
        let plan = plan(x.view());
        Ok(move || plan.fit(x.view()))
    });
    score.bench("score", |size| {
        let x = clouds(size);
        let model = plan(x.view()).fit(x.view())?;
        Ok(move || model.score(x.view()))
    });
    score.bench("score_one", |size| {
        let x = clouds(size.of_rows(1000));
        let model = plan(x.view()).fit(x.view())?;
        let row = x.row(0).to_vec();
        Ok(move || model.score_one(black_box(&row)))
    });
    score.finish();
}

/// Behaviours of equal weight, one a column.
fn plan(x: ArrayView2<'_, f64>) -> LoyaltyScore {
    let weight = 1.0 / x.ncols() as f64;
    let behaviour = |j| Behaviour::new(format!("behaviour {j}"), weight).normaliser(Normaliser::Percentile);
    LoyaltyScore::new().behaviours((0..x.ncols()).map(behaviour).collect::<Vec<_>>())
}
