//! Silhouettes against the definition.
#![allow(clippy::unwrap_used)]

use loyalty_core::metrics::silhouette_samples;
use loyalty_core::monitor::Monitor;
use loyalty_core::ndarray::Array2;
use loyalty_core::numeric::rng::Rng;
use proptest::prelude::*;
use std::collections::BTreeSet;

fn slow_twin(x: &Array2<f64>, labels: &[u32]) -> Vec<f64> {
    let distance = |a: usize, b: usize| {
        x.row(a).iter().zip(x.row(b)).map(|(p, q)| (p - q) * (p - q)).sum::<f64>().sqrt()
    };
    let mean = |i: usize, label: u32| {
        let others: Vec<f64> =
            (0..labels.len()).filter(|&o| o != i && labels[o] == label).map(|o| distance(i, o)).collect();
        others.iter().sum::<f64>() / others.len() as f64
    };
    let clusters: BTreeSet<u32> = labels.iter().copied().collect();
    let of_row = |i: usize| {
        let within = mean(i, labels[i]);
        let between =
            clusters.iter().filter(|&&l| l != labels[i]).map(|&l| mean(i, l)).fold(f64::INFINITY, f64::min);
        // Alone in its cluster: the mean over nothing is NaN. All at one place: 0/0.
        let s = (between - within) / within.max(between);
        if within.is_nan() || s.is_nan() { 0.0 } else { s }
    };
    (0..labels.len()).map(of_row).collect()
}

fn all(x: &Array2<f64>, labels: &[u32], n_threads: usize) -> Vec<f64> {
    silhouette_samples(x.view(), labels, Some(n_threads), &mut Monitor::silent()).unwrap()
}

fn sample(seed: u64, n: usize, columns: usize, clusters: usize) -> (Array2<f64>, Vec<u32>) {
    let mut rng = Rng::new(seed);
    // Whole numbers, so that rows coincide now and then.
    let x = Array2::from_shape_fn((n, columns), |_| rng.below(9) as f64);
    let labels: Vec<u32> = (0..n)
        .map(|i| if i < clusters { i as u32 } else { rng.below(clusters) as u32 } * 700_000_001)
        .collect();
    (x, labels)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn equal_their_slow_twin(seed: u64, n in 7_usize..70, columns in 1_usize..12, clusters in 2_usize..7) {
        let (x, labels) = sample(seed, n, columns, clusters);
        let (fast, slow) = (all(&x, &labels, 1), slow_twin(&x, &labels));
        for (f, s) in fast.iter().zip(&slow) {
            prop_assert!((f - s).abs() <= 1e-14, "{f} {s}");
            prop_assert!((-1.0..=1.0).contains(f));
        }
    }

    #[test]
    fn scale_and_offset_change_no_digit(seed: u64, n in 7_usize..40, exponent in -900_i32..900) {
        let (x, labels) = sample(seed, n, 3, 3);
        let scale = (0..exponent.abs()).fold(1.0, |s, _| if exponent < 0 { s / 2.0 } else { s * 2.0 });
        let plain = all(&x, &labels, 1);
        prop_assert_eq!(&all(&(&x * scale), &labels, 1), &plain);
        prop_assert_eq!(&all(&(&x + 1e12), &labels, 1), &plain);
    }
}

#[test]
fn clusters_of_all_sizes_equal_their_slow_twin_at_any_thread_count() {
    let (x, _) = sample(1, 2500, 4, 6);
    let mut rng = Rng::new(2);
    for n_clusters in [2, 12, 90] {
        // One row in the last cluster, half of the others in the first.
        let labels: Vec<u32> = (0..2500)
            .map(|i| if i == 0 { n_clusters } else { rng.below(2 * n_clusters as usize) as u32 })
            .map(|label| if label > n_clusters { 0 } else { label })
            .collect();
        let one = all(&x, &labels, 1);
        for (i, (f, s)) in one.iter().zip(slow_twin(&x, &labels)).enumerate() {
            assert!((f - s).abs() <= 1e-13, "row {i} of {n_clusters} clusters: {f} {s}");
        }
        for n_threads in [2, 3, 8] {
            assert!(one == all(&x, &labels, n_threads));
        }
    }
}
