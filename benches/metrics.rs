//! Rankings, probabilities, clusters.

use loyalty_benches::{Concept, Size, clouds, outcomes, uniform};
use loyalty_core::Result;
use loyalty_core::kmeans::KMeans;
use loyalty_core::metrics::{self, BinStrategy};
use loyalty_core::monitor::Monitor;
use loyalty_core::ndarray::Array2;

fn main() {
    let mut metrics = Concept::new("metrics");
    metrics.bench("roc_auc", |size| {
        let (truth, p) = predicted(size);
        Ok(move || metrics::roc_auc(&truth, &p, None))
    });
    metrics.bench("log_loss", |size| {
        let (truth, p) = predicted(size);
        Ok(move || metrics::log_loss(&truth, &p, None))
    });
    metrics.bench("calibration", |size| {
        let (truth, p) = predicted(size);
        Ok(move || metrics::calibration(&truth, &p, 10, BinStrategy::Quantile))
    });
    metrics.bench_threads("silhouette", |size, n_threads| {
        let (x, labels) = clustered(size)?;
        Ok(move || metrics::silhouette(x.view(), &labels, n_threads, &mut Monitor::silent()))
    });
    metrics.bench("davies_bouldin", |size| {
        let (x, labels) = clustered(size)?;
        Ok(move || metrics::davies_bouldin(x.view(), &labels))
    });
    metrics.finish();
}

/// Probabilities, and outcomes that follow them.
fn predicted(size: Size) -> (Vec<bool>, Vec<f64>) {
    let p = uniform(size.rows, 0.0, 1.0);
    (outcomes(p.iter().copied()), p)
}

fn clustered(size: Size) -> Result<(Array2<f64>, Vec<u32>)> {
    let x = clouds(size);
    let labels = KMeans::new(size.clusters).fit(x.view())?.labels().to_vec();
    Ok((x, labels))
}
