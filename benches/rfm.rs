//! Quintiles of recency, frequency and money.

use loyalty_benches::{Concept, uniform};
use loyalty_core::rfm::Rfm;
use std::hint::black_box;

fn main() {
    let mut rfm = Concept::new("rfm");
    rfm.bench("fit", |size| {
        let [recency, frequency, monetary] = customers(size.rows);
        Ok(move || Rfm::new().fit(&recency, &frequency, &monetary))
    });
    rfm.bench("score", |size| {
        let [recency, frequency, monetary] = customers(size.rows);
        let model = Rfm::new().fit(&recency, &frequency, &monetary)?;
        Ok(move || model.score(&recency, &frequency, &monetary))
    });
    rfm.bench("score_one", |_| {
        let [recency, frequency, monetary] = customers(1000);
        let model = Rfm::new().fit(&recency, &frequency, &monetary)?;
        Ok(move || Ok(black_box(model.score_one(black_box(40.0), 3.0, 250.0)?).r))
    });
    rfm.finish();
}

fn customers(rows: usize) -> [Vec<f64>; 3] {
    let frequency = uniform(rows, 1.0, 20.0).into_iter().map(f64::floor).collect();
    [uniform(rows, 0.0, 365.0), frequency, uniform(rows, 0.0, 1000.0)]
}
