#![allow(clippy::unwrap_used)]

use loyalty_core::metrics::{silhouette, silhouette_samples};
use loyalty_core::monitor::{Monitor, Progress};
use loyalty_core::ndarray::{Array2, array};
use loyalty_core::{Error, Result};
use std::ops::ControlFlow;
use std::sync::atomic::AtomicBool;

fn of(x: &Array2<f64>, labels: &[u32]) -> Result<Vec<f64>> {
    silhouette_samples(x.view(), labels, Some(1), &mut Monitor::silent())
}

fn refused(x: &Array2<f64>, labels: &[u32], code: &str, argument: &str) {
    for error in
        [of(x, labels).unwrap_err(), silhouette(x.view(), labels, None, &mut Monitor::silent()).unwrap_err()]
    {
        assert_eq!((error.code(), error.argument()), (code, Some(argument)), "{error}");
    }
}

#[test]
fn what_has_no_silhouette_is_refused() {
    let x = array![[0.0], [1.0], [5.0]];
    refused(&x, &[0, 0], "SHAPE_MISMATCH", "labels");
    refused(&x, &[], "SHAPE_MISMATCH", "labels");
    refused(&x, &[7, 7, 7], "DEGENERATE", "labels");
    refused(&x, &[0, 1, 2], "DEGENERATE", "labels");
    refused(&array![[0.0]], &[0], "DEGENERATE", "labels");
    refused(&Array2::zeros((0, 1)), &[], "TOO_FEW_ROWS", "x");
    refused(&Array2::zeros((3, 0)), &[0, 0, 1], "SHAPE_MISMATCH", "x");
    refused(&array![[0.0], [f64::NAN], [5.0]], &[0, 0, 1], "NON_FINITE", "x");
    refused(&array![[0.0], [f64::INFINITY], [5.0]], &[0, 0, 1], "NON_FINITE", "x");
    let none = silhouette_samples(x.view(), &[0, 0, 1], Some(0), &mut Monitor::silent()).unwrap_err();
    assert_eq!(none.argument(), Some("n_threads"));
}

#[test]
fn any_magnitude_and_any_label_has_one() {
    for unit in [5e-324, 1e-310, 1e-160, 1e160, f64::MAX / 8.0] {
        let x = array![[0.0], [unit], [5.0 * unit], [-3.0 * unit]];
        let plain = of(&array![[0.0], [1.0], [5.0], [-3.0]], &[1, 1, 0, 2]).unwrap();
        for (s, p) in of(&x, &[u32::MAX, u32::MAX, 0, 5]).unwrap().iter().zip(plain) {
            assert!((s - p).abs() < 1e-15, "{s} {p}");
        }
    }
    assert_eq!(of(&array![[f64::MAX], [-f64::MAX], [f64::MAX]], &[0, 1, 0]).unwrap(), [1.0, 0.0, 1.0]);
    assert_eq!(of(&Array2::ones((4, 2)), &[0, 0, 1, 1]).unwrap(), [0.0; 4]);
}

#[test]
fn it_can_be_cancelled() {
    let flag = AtomicBool::new(true);
    let mut monitor = Monitor::silent().cancelled_by(&flag);
    let x = array![[0.0], [1.0], [5.0]];
    assert_eq!(silhouette_samples(x.view(), &[0, 0, 1], None, &mut monitor), Err(Error::Cancelled));
}

#[test]
fn progress_counts_up_to_its_total() {
    for n in [500, 3000] {
        let x = Array2::from_shape_fn((n, 3), |(i, j)| ((i * 7 + j * 3) % 13) as f64);
        let labels: Vec<u32> = (0..n as u32).map(|i| i % 3).collect();
        let mut heard: Vec<Progress> = Vec::new();
        let mut listener = |progress: Progress| {
            heard.push(progress);
            ControlFlow::Continue(())
        };
        silhouette(x.view(), &labels, Some(1), &mut Monitor::new(&mut listener)).unwrap();
        let total = heard[0].total.unwrap();
        assert!(heard.iter().all(|p| p.stage == "silhouette" && p.total == Some(total)));
        let mut steps: Vec<usize> = heard.iter().map(|p| p.iteration).collect();
        steps.dedup();
        assert_eq!(steps, (0..=total).collect::<Vec<_>>());
    }
}
