#![allow(clippy::unwrap_used)]

use loyalty_core::kmeans::{ChooseK, FittedKMeans, Init, KMeans};
use loyalty_core::monitor::{Monitor, Progress};
use loyalty_core::ndarray::{Array2, array};
use loyalty_core::{Error, Result};
use std::fmt::Debug;
use std::ops::ControlFlow;
use std::sync::atomic::AtomicBool;

fn refused<T: Debug>(answer: Result<T>, code: &str, argument: &str) {
    let error = answer.unwrap_err();
    assert_eq!((error.code(), error.argument()), (code, Some(argument)), "{error}");
}

fn model() -> FittedKMeans {
    KMeans::new(2)
        .init(Init::Centroids(array![[0.0, 0.0], [9.0, 9.0]]))
        .fit(array![[0.0, 0.0], [9.0, 9.0]].view())
        .unwrap()
}

#[test]
fn what_is_not_finite_is_named() {
    for bad in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        let x = array![[1.0, 2.0], [3.0, bad], [5.0, 6.0]];
        let is_named = |error: Error| {
            assert!(
                matches!(error, Error::NonFinite { ref name, row: 1, column: 1, .. } if name == "x"),
                "{error}"
            );
        };
        is_named(KMeans::new(2).fit(x.view()).unwrap_err());
        is_named(ChooseK::new(2, 2).fit(x.view()).unwrap_err());
        is_named(model().predict(x.view()).unwrap_err());
        is_named(model().distances(x.view()).unwrap_err());
        is_named(model().inertia_of(x.view(), None).unwrap_err());
        refused(model().predict_one(&[0.0, bad]), "NON_FINITE", "x");
        let init = Init::Centroids(array![[bad, 0.0], [1.0, 1.0]]);
        refused(KMeans::new(2).init(init).fit(array![[0.0, 1.0], [2.0, 3.0]].view()), "NON_FINITE", "init");
        refused(KMeans::new(1).tol(bad).fit(array![[0.0]].view()), "INVALID_PARAMETER", "tol");
    }
}

#[test]
fn shapes_that_do_not_fit_are_named() {
    let wide = Array2::zeros((2, 3));
    refused(model().predict(wide.view()), "SHAPE_MISMATCH", "x");
    refused(model().predict(Array2::zeros((2, 0)).view()), "SHAPE_MISMATCH", "x");
    refused(model().predict_one(&[1.0]), "SHAPE_MISMATCH", "x");
    refused(model().predict_one(&[]), "SHAPE_MISMATCH", "x");
    refused(model().distances(wide.view()), "SHAPE_MISMATCH", "x");
    refused(model().inertia_of(wide.view(), None), "SHAPE_MISMATCH", "x");
    refused(model().inertia_of(Array2::zeros((0, 2)).view(), None), "TOO_FEW_ROWS", "x");
    refused(
        model().inertia_of(Array2::zeros((2, 2)).view(), Some(&[1.0])),
        "SHAPE_MISMATCH",
        "sample_weight",
    );
    let names = vec!["a".to_owned()];
    refused(KMeans::new(1).feature_names(names).fit(wide.view()), "SHAPE_MISMATCH", "feature_names");
    refused(KMeans::new(1).n_threads(Some(0)).fit(wide.view()), "INVALID_PARAMETER", "n_threads");
    refused(KMeans::new(usize::MAX).fit(wide.view()), "INVALID_PARAMETER", "n_clusters");
    refused(KMeans::new(3).fit(wide.view()), "TOO_FEW_ROWS", "x");
    refused(ChooseK::new(2, usize::MAX).sample_size(None).fit(wide.view()), "TOO_FEW_ROWS", "x");
    assert_eq!(model().predict(Array2::zeros((0, 2)).view()).unwrap(), [0_u32; 0]);
    assert_eq!(model().distances(Array2::zeros((0, 2)).view()).unwrap().dim(), (0, 2));
}

#[test]
fn any_finite_magnitude_ends_in_an_answer_or_a_typed_error() {
    let extremes =
        [0.0, -0.0, 5e-324, -5e-324, f64::MIN_POSITIVE, 1e-200, 1.0, 1e154, 1e300, f64::MAX, -f64::MAX];
    for &a in &extremes {
        for &b in &extremes {
            let x = array![[a, b], [b, a], [a, a], [b, b], [a, b]];
            for k in 1..=5 {
                for init in
                    [Init::KMeansPlusPlus, Init::Random, Init::Centroids(Array2::from_elem((k, 2), b))]
                {
                    match KMeans::new(k).init(init).n_init(2).fit(x.view()) {
                        Ok(model) => {
                            assert!(
                                model.centroids().iter().all(|c| c.is_finite())
                                    && model.inertia().is_finite()
                            );
                            assert_eq!(model.predict(x.view()).unwrap(), model.labels());
                        }
                        Err(error) => assert_eq!((error.code(), error.argument()), ("DEGENERATE", Some("x"))),
                    }
                }
            }
        }
        let label = model().predict_one(&[a, a]).unwrap();
        assert_eq!(label, u32::from(a > 4.5 && a < 1e16), "{a:e}");
        if let Err(error) = model().distances(array![[a, -a]].view()) {
            assert_eq!((error.code(), error.argument()), ("INVALID_VALUE", Some("x")));
        }
    }
}

#[test]
fn centroids_stay_among_the_rows() {
    // Sums of these rows round up or overflow; their mean must not leave the range of the numbers.
    let x = Array2::from_elem((3, 1), f64::MAX);
    let model = KMeans::new(1).fit(x.view()).unwrap();
    assert_eq!((model.centroids()[(0, 0)], model.inertia()), (f64::MAX, 0.0));
    refused(KMeans::new(1).fit(array![[f64::MAX], [-f64::MAX]].view()), "DEGENERATE", "x");
    let apart = KMeans::new(2).fit(array![[f64::MAX], [-f64::MAX], [f64::MAX]].view()).unwrap();
    assert_eq!((apart.inertia(), apart.n_used_clusters()), (0.0, 2));
}

#[test]
fn weights_of_any_magnitude() {
    let x = array![[0.0], [1.0], [10.0], [11.0]];
    let fit = |weights: &[f64]| KMeans::new(2).fit_with(x.view(), Some(weights), &mut Monitor::silent());
    for weight in [5e-324, 1e-300, 1.0, 1e300] {
        let model = fit(&[weight; 4]).unwrap();
        assert_eq!((model.n_used_clusters(), model.inertia()), (2, weight), "{weight:e}");
        assert_eq!(model.cluster_weights(), [2.0 * weight; 2]);
    }
    refused(fit(&[f64::MAX; 4]), "DEGENERATE", "sample_weight");
    refused(fit(&[0.0; 4]), "DEGENERATE", "sample_weight");
    refused(fit(&[-0.5, 1.0, 1.0, 1.0]), "INVALID_VALUE", "sample_weight");
    // One row that counts, three that do not: one cluster in use, and a label for all.
    let model = fit(&[1e300, 0.0, 1e-300, 0.0]).unwrap();
    assert_eq!((model.n_used_clusters(), model.labels().len()), (1, 4));
}

#[test]
fn a_row_of_weight_zero_cannot_spoil_the_rest() {
    let (x, kept) = (array![[0.0], [f64::MAX], [1.0], [8.0], [9.0]], array![[0.0], [1.0], [8.0], [9.0]]);
    let weights = [1.0, 0.0, 1.0, 1.0, 1.0];
    let model = KMeans::new(2).fit_with(x.view(), Some(&weights), &mut Monitor::silent()).unwrap();
    assert_eq!(model, KMeans::new(2).fit_with(kept.view(), Some(&[1.0; 4]), &mut Monitor::silent()).unwrap());
    assert_eq!(model.labels(), model.predict(x.view()).unwrap());
}

#[test]
fn every_fit_can_be_cancelled_at_every_step() {
    let x = Array2::from_shape_fn((40, 2), |(i, j)| ((i * 7 + j * 3) % 11) as f64);
    type Fit<'a> = &'a dyn Fn(&mut Monitor<'_>) -> Result<()>;
    let weights: Vec<f64> = (0..40).map(|i| f64::from(i % 3)).collect();
    let model = KMeans::new(3).fit(x.view()).unwrap();
    let fits: [Fit<'_>; 6] = [
        &|monitor| KMeans::new(3).fit_with(x.view(), Some(&weights), monitor).map(drop),
        &|monitor| model.predict_with(x.view(), Some(2), monitor).map(drop),
        &|monitor| model.distances_with(x.view(), Some(2), monitor).map(drop),
        &|monitor| model.inertia_of_with(x.view(), None, Some(2), monitor).map(drop),
        &|monitor| KMeans::new(3).n_init(2).n_threads(Some(2)).fit_with(x.view(), None, monitor).map(drop),
        &|monitor| ChooseK::new(2, 3).fit_with(x.view(), None, monitor).map(drop),
    ];
    for fit in fits {
        let mut finished = false;
        for allowed in 0..2000 {
            let mut calls = 0;
            let mut listener = |_: Progress| {
                calls += 1;
                if calls > allowed { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
            };
            match fit(&mut Monitor::new(&mut listener)) {
                Err(error) => assert_eq!(error, Error::Cancelled),
                Ok(()) => {
                    assert!(allowed > 0, "nothing was heard");
                    finished = true;
                    break;
                }
            }
        }
        assert!(finished);
        let flag = AtomicBool::new(true);
        assert_eq!(fit(&mut Monitor::silent().cancelled_by(&flag)), Err(Error::Cancelled));
    }
}

#[test]
fn many_restarts_take_time_in_proportion() {
    let x = Array2::from_shape_fn((10, 1), |(i, _)| (i * i) as f64);
    let spec = KMeans::new(3).n_init(20_000).n_threads(1);
    assert_eq!(spec.fit(x.view()).unwrap().n_used_clusters(), 3);
}

#[test]
fn random_starts_of_many_clusters_are_distinct_rows() {
    let x = Array2::from_shape_fn((20_000, 1), |(i, _)| i as f64);
    let model = KMeans::new(10_000).init(Init::Random).max_iter(1).fit(x.view()).unwrap();
    assert_eq!(model.n_used_clusters(), 10_000);
    assert_eq!(model, KMeans::new(10_000).init(Init::Random).max_iter(1).n_threads(1).fit(x.view()).unwrap());
}

#[test]
fn progress_counts_up_to_its_total() {
    let x = Array2::from_shape_fn((60, 2), |(i, j)| ((i * 7 + j * 3) % 13) as f64);
    let mut heard: Vec<Progress> = Vec::new();
    let mut listener = |progress: Progress| {
        heard.push(progress);
        ControlFlow::Continue(())
    };
    let spec = KMeans::new(4).n_init(3).max_iter(5);
    spec.fit_with(x.view(), None, &mut Monitor::new(&mut listener)).unwrap();
    let steps: Vec<Progress> = heard.iter().copied().filter(|p| p.stage == "kmeans").collect();
    assert!(steps.windows(2).all(|w| w[0].iteration <= w[1].iteration));
    assert!(steps.iter().all(|p| p.total == Some(15) && p.iteration < 15));
    assert!(steps.iter().any(|p| p.iteration >= 10), "the third restart is heard");
    assert!(heard.iter().any(|p| p.stage == "kmeans_init"));
}

#[test]
fn choosing_among_equal_rows_or_a_lost_outlier_is_no_error() {
    let equal = ChooseK::new(2, 4).fit(Array2::zeros((9, 2)).view()).unwrap();
    assert_eq!((equal.k, equal.model.n_used_clusters()), (2, 1));
    assert!(equal.candidates.iter().all(|c| c.silhouette == 0.0 && c.inertia == 0.0));
    // A sample of 3 of 1,000 rows misses the outlier, which is a cluster of its own.
    let x = Array2::from_shape_fn((1000, 1), |(i, _)| if i == 500 { 1e9 } else { i as f64 / 1000.0 });
    let chosen = ChooseK::new(2, 2).sample_size(Some(3)).fit(x.view()).unwrap();
    assert_eq!((chosen.k, chosen.candidates[0].silhouette), (2, 0.0));
}

#[test]
fn a_specification_from_hostile_text_is_an_error() {
    for text in [
        r#"{"n_clusters": -1}"#,
        r#"{"n_cluster": 3}"#,
        r#"{"init": "kmeans++"}"#,
        r#"{"init": []}"#,
        r#"{"init": [[]]}"#,
        r#"{"init": [[], []]}"#,
        r#"{"init": [[1, 2], [3]]}"#,
        r#"{"init": [[1], ["a"]]}"#,
        r#"{"init": {"k-means++": null}}"#,
        r#"{"tol": null}"#,
    ] {
        assert!(serde_json::from_str::<KMeans>(text).is_err(), "{text}");
    }
    let spec: KMeans = serde_json::from_str(r#"{"init": [[1, 2], [3, 4]], "n_clusters": 2}"#).unwrap();
    assert_eq!(spec, KMeans::new(2).init(Init::Centroids(array![[1.0, 2.0], [3.0, 4.0]])));
}
