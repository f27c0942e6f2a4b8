//! Iterations from given centroids, whole fits, the choice of k, labels.

use loyalty_benches::{Concept, Size, clouds};
use loyalty_core::kmeans::{ChooseK, Init, KMeans};
use loyalty_core::monitor::Monitor;
use loyalty_core::ndarray::Axis;
use std::hint::black_box;

fn main() {
    let mut kmeans = Concept::new("kmeans");
    kmeans.bench_threads("iterations20", |size, n_threads| {
        // One cloud: the clusters never settle so soon.
        let x = clouds(Size { clusters: 1, ..size });
        let init = Init::Centroids(x.slice_axis(Axis(0), (..size.clusters).into()).to_owned());
        let plan = KMeans::new(size.clusters).init(init).max_iter(20).tol(0.0).n_threads(n_threads);
        Ok(move || {
            let model = plan.fit(x.view())?;
            assert_eq!(model.iterations(), 20);
            Ok(model)
        })
    });
    kmeans.bench_threads("fit", |size, n_threads| {
        let x = clouds(size);
        let plan = KMeans::new(size.clusters).n_threads(n_threads);
        Ok(move || plan.fit(x.view()))
    });
    kmeans.bench_threads("choose_k", |size, n_threads| {
        let x = clouds(size);
        let plan = ChooseK::new(2, 8).kmeans(KMeans::default().n_threads(n_threads));
        Ok(move || plan.fit(x.view()))
    });
    kmeans.bench_threads("predict", |size, n_threads| {
        let x = clouds(size);
        let model = KMeans::new(size.clusters).max_iter(1).fit(x.view())?;
        Ok(move || model.predict_with(x.view(), n_threads, &mut Monitor::silent()))
    });
    kmeans.bench("predict_one", |size| {
        let x = clouds(size.of_rows(1000));
        let model = KMeans::new(size.clusters).fit(x.view())?;
        let row = x.row(0).to_vec();
        Ok(move || model.predict_one(black_box(&row)))
    });
    kmeans.finish();
}
