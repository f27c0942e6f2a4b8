//! K-means: the fast passes answer as the definition does, and nothing that should not matter matters.
#![allow(clippy::unwrap_used)]

use loyalty_core::kmeans::{ChooseK, FittedKMeans, Init, KMeans};
use loyalty_core::monitor::Monitor;
use loyalty_core::ndarray::{Array2, ArrayView1, Axis, ShapeBuilder};
use loyalty_core::numeric::rng::Rng;
use proptest::prelude::*;

/// Rows around a few centres, every fifth a copy of an earlier one.
fn rows(seed: u64, n: usize, columns: usize) -> Array2<f64> {
    let mut rng = Rng::new(seed);
    let centres = Array2::from_shape_fn((5, columns), |_| 20.0 * rng.uniform() - 10.0);
    let mut x = Array2::from_shape_fn((n, columns), |(i, j)| centres[(i % 5, j)] + 6.0 * rng.uniform() - 3.0);
    for i in (5..n).step_by(5) {
        let copy = x.row(rng.below(i)).to_owned();
        x.row_mut(i).assign(&copy);
    }
    x
}

fn first_rows(x: &Array2<f64>, k: usize) -> Array2<f64> {
    x.slice_axis(Axis(0), (0..k).into()).to_owned()
}

fn squared_distance(a: ArrayView1<'_, f64>, b: ArrayView1<'_, f64>) -> f64 {
    a.iter().zip(b).map(|(a, b)| (a - b) * (a - b)).sum()
}

fn nearest(row: ArrayView1<'_, f64>, centroids: &Array2<f64>) -> usize {
    let mut best = (0, f64::INFINITY);
    for (c, centroid) in centroids.rows().into_iter().enumerate() {
        if squared_distance(row, centroid) < best.1 {
            best = (c, squared_distance(row, centroid));
        }
    }
    best.0
}

/// Lloyd's algorithm as it is defined, one row after the other; no cluster may run empty.
fn slow_twin(x: &Array2<f64>, weights: &[f64], mut centroids: Array2<f64>) -> (Vec<usize>, f64, usize) {
    let mut labels = Vec::new();
    let mut iterations = 0;
    loop {
        iterations += 1;
        let new: Vec<usize> = x.rows().into_iter().map(|row| nearest(row, &centroids)).collect();
        let settled = new == labels;
        labels = new;
        for (c, mut centroid) in centroids.rows_mut().into_iter().enumerate() {
            let members: Vec<usize> = (0..x.nrows()).filter(|&i| labels[i] == c).collect();
            let weight: f64 = members.iter().map(|&i| weights[i]).sum();
            for (j, value) in centroid.iter_mut().enumerate() {
                *value = members.iter().map(|&i| weights[i] * x[(i, j)]).sum::<f64>() / weight;
            }
        }
        if settled {
            let inertia = (0..x.nrows())
                .map(|i| weights[i] * squared_distance(x.row(i), centroids.row(labels[i])))
                .sum();
            return (labels, inertia, iterations);
        }
    }
}

fn assert_equals_slow_twin(x: &Array2<f64>, weights: Option<&[f64]>, k: usize) {
    let each = weights.map_or(vec![1.0; x.nrows()], <[f64]>::to_vec);
    let (labels, inertia, iterations) = slow_twin(x, &each, first_rows(x, k));
    let spec = KMeans::new(k).init(Init::Centroids(first_rows(x, k))).tol(0.0);
    let model = spec.fit_with(x.view(), weights, &mut Monitor::silent()).unwrap();
    assert_eq!(model.labels().iter().map(|&label| label as usize).collect::<Vec<_>>(), labels);
    assert!((model.inertia() - inertia).abs() <= 1e-12 * inertia, "{} {inertia}", model.inertia());
    assert_eq!(model.iterations(), iterations);
}

/// Everything a model says, floats as their bits.
fn bits(model: &FittedKMeans) -> (Vec<u64>, Vec<u64>, u64, usize, bool, Vec<u32>) {
    let of = |values: &mut dyn Iterator<Item = f64>| values.map(f64::to_bits).collect::<Vec<u64>>();
    (
        of(&mut model.centroids().iter().copied()),
        of(&mut model.cluster_weights().iter().copied()),
        model.inertia().to_bits(),
        model.iterations(),
        model.converged(),
        model.labels().to_vec(),
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn equals_its_slow_twin(seed: u64, n in 8_usize..90, columns in 1_usize..20, k in 1_usize..6, weighted: bool) {
        let x = rows(seed, n, columns);
        let mut rng = Rng::new(seed);
        rng.jump();
        let weights: Vec<f64> = (0..n).map(|_| 0.1 + rng.uniform()).collect();
        assert_equals_slow_twin(&x, weighted.then_some(&weights), k);
    }

    #[test]
    fn inertia_never_rises(seed: u64, n in 12_usize..120, columns in 1_usize..4, k in 2_usize..12, far: bool) {
        let x = rows(seed, n, columns);
        // Centres far from all rows run empty and are refilled.
        let start = first_rows(&x, k) * if far { 9.0 } else { 1.0 };
        let spec = KMeans::new(k).init(Init::Centroids(start)).tol(0.0);
        let mut last = f64::INFINITY;
        for max_iter in 1..30 {
            let model = spec.clone().max_iter(max_iter).fit(x.view()).unwrap();
            prop_assert!(model.inertia() <= last * (1.0 + 1e-13), "{} after {last}", model.inertia());
            last = model.inertia();
            if model.converged() {
                break;
            }
        }
    }

    #[test]
    fn labels_are_predictions_and_inertia_is_theirs(
        seed: u64, n in 8_usize..80, k in 1_usize..8, exponent in -400_i32..400, offset in prop::sample::select(vec![0.0, 1e6, -1e15]),
    ) {
        let scale = if exponent < 0 { 0.5_f64 } else { 2.0 };
        let scale = (0..exponent.abs()).fold(1.0, |s, _| s * scale);
        let x = (rows(seed, n, 3) + offset) * scale;
        let model = KMeans::new(k).seed(seed).fit(x.view()).unwrap();
        prop_assert_eq!(model.predict(x.view()).unwrap(), model.labels());
        prop_assert_eq!(model.inertia_of(x.view(), None).unwrap().to_bits(), model.inertia().to_bits());
        for (row, &label) in x.rows().into_iter().zip(model.labels()) {
            prop_assert_eq!(model.predict_one(&row.to_vec()).unwrap(), label);
        }
        let distances = model.distances(x.view()).unwrap();
        for (distances, &label) in distances.rows().into_iter().zip(model.labels()) {
            prop_assert!(distances.iter().all(|&d| d >= distances[label as usize]));
        }
    }

    #[test]
    fn a_power_of_two_changes_no_digit(seed: u64, n in 8_usize..60, k in 1_usize..6, exponent in -480_i32..480) {
        let scale = (0..exponent.abs()).fold(1.0, |s, _| if exponent < 0 { s / 2.0 } else { s * 2.0 });
        let x = rows(seed, n, 2);
        let spec = KMeans::new(k).seed(seed).tol(0.0);
        let (plain, scaled) = (spec.fit(x.view()).unwrap(), spec.fit((&x * scale).view()).unwrap());
        prop_assert_eq!(plain.labels(), scaled.labels());
        prop_assert_eq!(plain.centroids() * scale, scaled.centroids());
        prop_assert_eq!(plain.inertia() * scale * scale, scaled.inertia());
    }

    #[test]
    fn a_weight_is_that_many_copies(seed: u64, n in 8_usize..60, k in 1_usize..6) {
        let x = rows(seed, n, 2);
        let mut rng = Rng::new(seed);
        rng.jump();
        let copies: Vec<usize> = (0..n).map(|i| if i < k { 1 } else { rng.below(4) }).collect();
        let repeated: Vec<usize> = (0..n).flat_map(|i| std::iter::repeat_n(i, copies[i])).collect();
        let weights: Vec<f64> = copies.iter().map(|&c| c as f64).collect();
        let spec = KMeans::new(k).init(Init::Centroids(first_rows(&x, k))).tol(1e-3);
        let weighted = spec.fit_with(x.view(), Some(&weights), &mut Monitor::silent()).unwrap();
        let copied = spec.fit(x.select(Axis(0), &repeated).view()).unwrap();
        prop_assert_eq!(repeated.iter().map(|&i| weighted.labels()[i]).collect::<Vec<_>>(), copied.labels());
        prop_assert!((weighted.inertia() - copied.inertia()).abs() <= 1e-12 * copied.inertia());
        prop_assert_eq!(weighted.iterations(), copied.iterations());

        let kept: Vec<usize> = (0..n).filter(|&i| copies[i] > 0).collect();
        let kept_weights: Vec<f64> = kept.iter().map(|&i| weights[i]).collect();
        let without = spec.fit_with(x.select(Axis(0), &kept).view(), Some(&kept_weights), &mut Monitor::silent()).unwrap();
        prop_assert_eq!(&without, &weighted);
    }

    #[test]
    fn layout_and_json_change_no_bit(seed: u64, n in 8_usize..60, columns in 1_usize..5, k in 1_usize..6) {
        let x = rows(seed, n, columns);
        let model = KMeans::new(k).seed(seed).fit(x.view()).unwrap();
        let mut fortran = Array2::zeros((n, columns).f());
        fortran.assign(&x);
        prop_assert_eq!(bits(&model), bits(&KMeans::new(k).seed(seed).fit(fortran.view()).unwrap()));

        let text = serde_json::to_string(&model).unwrap();
        let read: FittedKMeans = serde_json::from_str(&text).unwrap();
        prop_assert_eq!(&read, &model);
        prop_assert_eq!(serde_json::to_string(&read).unwrap(), text);
        prop_assert!(read.labels().is_empty());
        prop_assert_eq!(read.predict(x.view()).unwrap(), model.labels());
    }

    #[test]
    fn fewer_distinct_rows_than_clusters_is_no_error(seed: u64, n in 2_usize..40, distinct in 1_usize..6, random: bool) {
        let some = rows(seed, distinct, 2);
        let mut rng = Rng::new(seed);
        rng.jump();
        let chosen: Vec<usize> = (0..n).map(|i| if i < distinct { i % distinct } else { rng.below(distinct) }).collect();
        let x = some.select(Axis(0), &chosen);
        let mut seen: Vec<Vec<u64>> = x.rows().into_iter().map(|r| r.iter().map(|v| v.to_bits()).collect()).collect();
        seen.sort();
        seen.dedup();
        let init = if random { Init::Random } else { Init::KMeansPlusPlus };
        let model = KMeans::new(n).init(init).seed(seed).tol(0.0).fit(x.view()).unwrap();
        prop_assert_eq!(model.n_used_clusters(), seen.len());
        prop_assert!(model.inertia() < 1e-26);
        prop_assert!(model.converged());
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4))]

    #[test]
    fn any_thread_count_gives_the_same_bits(seed: u64, k in 2_usize..9, weighted: bool) {
        let x = rows(seed, 30_000, 3);
        let weights: Vec<f64> = (0..x.nrows()).map(|i| (i % 4) as f64).collect();
        let fit = |n_threads| {
            let spec = KMeans::new(k).n_init(2).seed(seed).max_iter(8).n_threads(Some(n_threads));
            spec.fit_with(x.view(), weighted.then_some(weights.as_slice()), &mut Monitor::silent()).unwrap()
        };
        let one = fit(1);
        for n_threads in [2, 3, 8] {
            prop_assert_eq!(bits(&one), bits(&fit(n_threads)));
        }
    }

    #[test]
    fn the_choice_of_k_has_the_same_bits_at_any_thread_count(seed: u64) {
        let x = rows(seed, 3000, 2);
        let choose = |n_threads| {
            let kmeans = KMeans::default().seed(seed).n_threads(Some(n_threads));
            let mut chosen = ChooseK::new(2, 4).kmeans(kmeans).sample_size(Some(700)).fit(x.view()).unwrap();
            let labels = chosen.model.labels().to_vec();
            for candidate in &mut chosen.candidates {
                assert!((-1.0..=1.0).contains(&candidate.silhouette));
            }
            (chosen.k, labels, serde_json::to_string(&chosen.candidates).unwrap())
        };
        let one = choose(1);
        prop_assert_eq!(&one, &choose(2));
        prop_assert_eq!(&one, &choose(3));
    }
}

#[test]
fn equals_its_slow_twin_over_many_chunks() {
    assert_equals_slow_twin(&rows(1, 20_003, 2), None, 5);
}

#[test]
fn restarts_never_lose() {
    let x = rows(5, 300, 2);
    let inertia = |n_init| KMeans::new(9).n_init(n_init).seed(3).fit(x.view()).unwrap().inertia();
    let by_restarts: Vec<f64> = (1..8).map(inertia).collect();
    assert!(by_restarts.windows(2).all(|w| w[1] <= w[0]), "{by_restarts:?}");
    assert!(by_restarts[6] < by_restarts[0], "{by_restarts:?}");
}

#[test]
fn seeding_finds_separated_blobs() {
    // A 4 × 4 grid of blobs of half-width ½, 20 apart: a start that has one centroid in each is the global optimum.
    let mut rng = Rng::new(11);
    let x = Array2::from_shape_fn((1600, 2), |(i, j)| {
        let corner = [i % 4, i / 4 % 4][j];
        20.0 * corner as f64 + rng.uniform() - 0.5
    });
    let share_found = |init: Init, k: usize| {
        let found = (0..100).filter(|&seed| {
            let model = KMeans::new(k).init(init.clone()).seed(seed).fit(x.view()).unwrap();
            // Two uniform variances of 1/12 a row.
            model.inertia() < 1.1 * 1600.0 / 6.0
        });
        found.count()
    };
    // Uniform starts find all sixteen with probability 16!/16¹⁶ = 1e-6.
    assert!(share_found(Init::KMeansPlusPlus, 16) >= 95);
    assert!(share_found(Init::Random, 16) <= 20);
}
