//! Scaling: hostile matrices, weights and ranges.

use loyalty_core::Result;
use loyalty_core::ndarray::{Array2, array};
use loyalty_core::scaling::*;
use std::fmt::Debug;

#[track_caller]
fn fails<T: Debug>(outcome: Result<T>, code: &str, argument: &str) {
    let error = outcome.unwrap_err();
    assert_eq!((error.code(), error.argument()), (code, Some(argument)), "{error}");
}

#[test]
fn fits() {
    let (standard, min_max) = (StandardScaler::new(), MinMaxScaler::new());
    for (x, code) in [
        (Array2::zeros((0, 2)), "TOO_FEW_ROWS"),
        (Array2::zeros((2, 0)), "SHAPE_MISMATCH"),
        (array![[1.0, f64::NAN]], "NON_FINITE"),
        (array![[1.0], [f64::INFINITY]], "NON_FINITE"),
    ] {
        fails(standard.fit(x.view()), code, "x");
        fails(min_max.fit(x.view()), code, "x");
    }
    let x = array![[1.0, 2.0], [3.0, 5.0]];
    for (names, code) in [(vec!["a"], "SHAPE_MISMATCH"), (vec!["a", "a"], "INVALID_PARAMETER")] {
        let names: Vec<String> = names.into_iter().map(String::from).collect();
        fails(standard.clone().feature_names(names.clone()).fit(x.view()), code, "feature_names");
        fails(min_max.clone().feature_names(names).fit(x.view()), code, "feature_names");
    }
    for (weights, code) in [
        (vec![1.0], "SHAPE_MISMATCH"),
        (vec![1.0, f64::NAN], "NON_FINITE"),
        (vec![1.0, -1.0], "INVALID_VALUE"),
        (vec![0.0, 0.0], "DEGENERATE"),
        (vec![f64::MAX, f64::MAX], "DEGENERATE"),
    ] {
        fails(standard.fit_weighted(x.view(), Some(&weights)), code, "sample_weight");
        fails(min_max.fit_weighted(x.view(), Some(&weights)), code, "sample_weight");
    }
    for range in [(1.0, 1.0), (1.0, 0.0), (f64::NAN, 1.0), (0.0, f64::INFINITY), (-f64::MAX, f64::MAX)] {
        fails(MinMaxScaler::new().feature_range(range).fit(x.view()), "INVALID_PARAMETER", "feature_range");
    }
}

#[test]
fn transforms() {
    let x = array![[1.0, 2.0], [3.0, 5.0]];
    let (standard, min_max) =
        (StandardScaler::new().fit(x.view()).unwrap(), MinMaxScaler::new().fit(x.view()).unwrap());
    for (bad, code) in [(array![[1.0]], "SHAPE_MISMATCH"), (array![[1.0, f64::NAN]], "NON_FINITE")] {
        fails(standard.transform(bad.view()), code, "x");
        fails(standard.inverse_transform(bad.view()), code, "x");
        fails(min_max.transform(bad.view()), code, "x");
        fails(min_max.inverse_transform(bad.view()), code, "x");
        let (row, mut out) = (bad.row(0).to_vec(), [0.0; 2]);
        fails(standard.transform_one(&row, &mut out), code, "x");
        fails(min_max.transform_one(&row, &mut out), code, "x");
    }
    fails(standard.transform_one(&[1.0, 2.0], &mut [0.0]), "SHAPE_MISMATCH", "out");
    fails(min_max.transform_one(&[1.0, 2.0], &mut []), "SHAPE_MISMATCH", "out");
    assert_eq!(standard.transform(Array2::zeros((0, 2)).view()).unwrap().dim(), (0, 2));
    assert_eq!(min_max.transform(Array2::zeros((0, 2)).view()).unwrap().dim(), (0, 2));
}

#[test]
fn no_finite_value_becomes_nan() {
    let tiny = f64::from_bits(1);
    let values = [0.0, -0.0, tiny, -tiny, f64::MIN_POSITIVE, 1.0, 1e12, 1e150, -1e150, f64::MAX, -f64::MAX];
    for a in values {
        for b in values {
            let x = array![[a], [b]];
            let scaler = StandardScaler::new().fit(x.view()).unwrap();
            let other = MinMaxScaler::new().feature_range((-1.0, 2.0)).fit(x.view()).unwrap();
            assert!(scaler.scale()[0] > 0.0 && scaler.scale()[0].is_finite() && scaler.mean()[0].is_finite());
            assert_eq!(
                (!scaler.constant_columns().is_empty(), !other.constant_columns().is_empty()),
                (a == b, a == b)
            );
            for value in values {
                let row = array![[value]];
                for scaled in [
                    scaler.transform(row.view()).unwrap(),
                    scaler.inverse_transform(row.view()).unwrap(),
                    other.transform(row.view()).unwrap(),
                    other.inverse_transform(row.view()).unwrap(),
                ] {
                    assert!(!scaled[[0, 0]].is_nan(), "fit to {a:e}, {b:e}; {value:e}");
                }
            }
        }
    }
    let one_row = StandardScaler::new().fit(array![[f64::MAX]].view()).unwrap();
    assert_eq!(
        (one_row.mean(), one_row.scale(), one_row.constant_columns()),
        (&[f64::MAX][..], &[1.0][..], vec![0])
    );
}

#[test]
fn a_weight_of_zero_hides_a_row() {
    let x = array![[5.0], [5.0], [f64::MAX]];
    let scaler = StandardScaler::new().fit_weighted(x.view(), Some(&[1.0, 3.0, 0.0])).unwrap();
    assert_eq!((scaler.mean(), scaler.scale(), scaler.constant_columns()), (&[5.0][..], &[1.0][..], vec![0]));
    let scaler = MinMaxScaler::new().fit_weighted(x.view(), Some(&[0.0, 5e-324, 0.0])).unwrap();
    assert_eq!((scaler.data_min(), scaler.data_max()), (&[5.0][..], &[5.0][..]));
    let scaler =
        StandardScaler::new().fit_weighted(array![[1.0], [3.0]].view(), Some(&[5e-324, 5e-324])).unwrap();
    assert_eq!((scaler.mean(), scaler.scale()), (&[2.0][..], &[1.0][..]));
}

#[test]
fn a_hostile_specification_is_refused_by_its_reader() {
    for text in [r#"{"with_mean": 1}"#, r#"{"extra": true}"#, r#"{"feature_names": []}"#] {
        assert!(serde_json::from_str::<StandardScaler>(text).is_err(), "{text}");
    }
    assert!(serde_json::from_str::<MinMaxScaler>(r#"{"feature_range": [0]}"#).is_err());
    assert_eq!(serde_json::from_str::<MinMaxScaler>("{}").unwrap(), MinMaxScaler::default());
}
