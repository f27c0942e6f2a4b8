//! Metrics: every argument wrong in every way that its type allows.

use loyalty_core::metrics::*;
use loyalty_core::ndarray::{Array2, array};
use loyalty_core::{Error, Result};
use std::fmt::Debug;

#[track_caller]
fn fails<T: Debug>(outcome: Result<T>, code: &str, argument: &str) {
    let error = outcome.unwrap_err();
    assert_eq!((error.code(), error.argument()), (code, Some(argument)), "{error}");
}

type OfClasses = fn(&[u32], &[u32], Option<&[f64]>) -> Result<()>;
type OfScores = fn(&[bool], &[f64], Option<&[f64]>) -> Result<()>;
type Unweighted = fn(&[bool], &[f64]) -> Result<()>;

/// Each function over classes, its answer set aside.
const CLASSES: [OfClasses; 3] = [
    |t, p, w| accuracy(t, p, w).map(drop),
    |t, p, w| confusion_matrix(t, p, w).map(drop),
    |t, p, w| classification_report(t, p, w).map(drop),
];

/// Each function over scores.
const RANKINGS: [OfScores; 4] = [
    |t, s, w| roc_auc(t, s, w).map(drop),
    |t, s, w| roc_curve(t, s, w).map(drop),
    |t, s, w| precision_recall_curve(t, s, w).map(drop),
    |t, s, w| average_precision(t, s, w).map(drop),
];
const TABLES: [Unweighted; 2] = [|t, s| cumulative_gains(t, s).map(drop), |t, s| lift(t, s, 10).map(drop)];

/// Each function over probabilities.
const PROBABILITIES: [Unweighted; 4] = [
    |t, p| log_loss(t, p, None).map(drop),
    |t, p| brier(t, p, None).map(drop),
    |t, p| calibration(t, p, 10, BinStrategy::Uniform).map(drop),
    |t, p| calibration(t, p, 10, BinStrategy::Quantile).map(drop),
];

#[test]
fn lengths() {
    for call in CLASSES {
        fails(call(&[], &[], None), "TOO_FEW_ROWS", "truth");
        fails(call(&[1, 2], &[1], None), "SHAPE_MISMATCH", "predicted");
        fails(call(&[1, 2], &[1, 2], Some(&[1.0])), "SHAPE_MISMATCH", "sample_weight");
    }
    fails(binary_report(&[], &[], None), "TOO_FEW_ROWS", "truth");
    fails(binary_report(&[true], &[], None), "SHAPE_MISMATCH", "predicted");
    for call in RANKINGS {
        fails(call(&[], &[], None), "TOO_FEW_ROWS", "truth");
        fails(call(&[true, false], &[1.0; 3], None), "SHAPE_MISMATCH", "score");
        fails(call(&[true, false], &[1.0; 2], Some(&[])), "SHAPE_MISMATCH", "sample_weight");
    }
    for call in TABLES {
        fails(call(&[], &[]), "TOO_FEW_ROWS", "truth");
        fails(call(&[true, false], &[1.0]), "SHAPE_MISMATCH", "score");
    }
    for call in PROBABILITIES {
        fails(call(&[], &[]), "TOO_FEW_ROWS", "truth");
        fails(call(&[true], &[]), "SHAPE_MISMATCH", "probability");
    }
}

#[test]
fn weights() {
    let bad = [
        ([f64::NAN, 1.0], "NON_FINITE"),
        ([1.0, f64::INFINITY], "NON_FINITE"),
        ([-1.0, 1.0], "INVALID_VALUE"),
        ([0.0, 0.0], "DEGENERATE"),
        ([f64::MAX, f64::MAX], "DEGENERATE"),
    ];
    for (weights, code) in bad {
        for call in CLASSES {
            fails(call(&[0, 1], &[0, 1], Some(&weights)), code, "sample_weight");
        }
        for call in RANKINGS {
            fails(call(&[true, false], &[0.1, 0.2], Some(&weights)), code, "sample_weight");
        }
        fails(log_loss(&[true, false], &[0.1, 0.2], Some(&weights)), code, "sample_weight");
        fails(brier(&[true, false], &[0.1, 0.2], Some(&weights)), code, "sample_weight");
    }
    // All weight on one class is one class.
    for call in [RANKINGS[0], RANKINGS[1]] {
        fails(call(&[true, false], &[0.1, 0.2], Some(&[1.0, 0.0])), "DEGENERATE", "truth");
    }
    for weight in [5e-324, 1e-200, 1e200, f64::MAX / 4.0] {
        let auc = roc_auc(&[false, true, true], &[0.2, 0.1, 0.3], Some(&[weight; 3])).unwrap();
        assert_eq!(auc, 0.5);
        assert_eq!(brier(&[true, false], &[0.5, 0.5], Some(&[weight; 2])).unwrap(), 0.25);
        let matrix = confusion_matrix(&[1, 1], &[1, 1], Some(&[weight; 2])).unwrap();
        assert_eq!(matrix.counts, array![[2.0 * weight]]);
    }
}

#[test]
fn scores_and_probabilities() {
    for bad in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        for call in RANKINGS {
            fails(call(&[true, false], &[bad, 0.5], None), "NON_FINITE", "score");
        }
        for call in TABLES {
            fails(call(&[true, false], &[0.5, bad]), "NON_FINITE", "score");
        }
        for call in PROBABILITIES {
            fails(call(&[true, false], &[0.5, bad]), "NON_FINITE", "probability");
        }
    }
    for bad in [-5e-324, 1.0 + f64::EPSILON, -1.0, f64::MAX] {
        for call in PROBABILITIES {
            fails(call(&[true, false], &[0.5, bad]), "INVALID_VALUE", "probability");
        }
    }
    for score in [[f64::MAX, -f64::MAX], [5e-324, 0.0], [1.0, 1.0 - f64::EPSILON]] {
        assert_eq!(roc_auc(&[true, false], &score, None), Ok(1.0));
        assert_eq!(roc_auc(&[false, true], &score, None), Ok(0.0));
    }
    // Zeros of either sign are equal.
    assert_eq!(roc_auc(&[true, false], &[0.0, -0.0], None), Ok(0.5));
    assert_eq!(roc_auc(&[true, false], &[-0.0, 0.0], None), Ok(0.5));
    for p in [0.0, -0.0, 5e-324, 1.0] {
        for call in PROBABILITIES {
            assert_eq!(call(&[true, false], &[p, p]), Ok(()));
        }
        assert!(log_loss(&[true, false], &[p, 1.0 - p], None).unwrap() < 36.05);
    }
}

#[test]
fn one_class_one_row_all_ties() {
    for class in [true, false] {
        for call in [RANKINGS[0], RANKINGS[1]] {
            fails(call(&[class; 3], &[0.1, 0.2, 0.3], None), "DEGENERATE", "truth");
            fails(call(&[class], &[0.1], None), "DEGENERATE", "truth");
        }
        for call in PROBABILITIES {
            assert_eq!(call(&[class], &[0.3]), Ok(()));
        }
    }
    for call in [RANKINGS[2], RANKINGS[3]] {
        fails(call(&[false; 2], &[0.1, 0.2], None), "DEGENERATE", "truth");
        assert_eq!(call(&[true], &[0.1], None), Ok(()));
    }
    for call in TABLES {
        fails(call(&[false; 2], &[0.1, 0.2]), "DEGENERATE", "truth");
    }
    let (truth, ties) = ([true, false, false, true], [0.7; 4]);
    assert_eq!(roc_auc(&truth, &ties, None), Ok(0.5));
    assert_eq!(average_precision(&truth, &ties, None), Ok(0.5));
    assert_eq!(cumulative_gains(&truth, &ties).unwrap().positives, [0.0, 1.0]);
    let table = lift(&truth, &ties, 10).unwrap();
    assert_eq!((table.len(), table[0].bin, table[0].lift), (1, 1, 1.0));
    let table = calibration(&truth, &ties, 10_000, BinStrategy::Quantile).unwrap();
    assert_eq!((table.bins.len(), table.bins[0].mean_predicted), (1, 0.7));
}

#[test]
fn numbers_of_bins() {
    for n_bins in [0, 10_001, usize::MAX] {
        fails(lift(&[true], &[1.0], n_bins), "INVALID_PARAMETER", "n_bins");
        for strategy in [BinStrategy::Uniform, BinStrategy::Quantile] {
            fails(calibration(&[true], &[1.0], n_bins, strategy), "INVALID_PARAMETER", "n_bins");
        }
    }
    assert_eq!(lift(&[true], &[1.0], 10_000).unwrap().len(), 1);
}

#[test]
fn labels_of_any_size_and_number() {
    let matrix = confusion_matrix(&[u32::MAX, 0], &[u32::MAX, u32::MAX], None).unwrap();
    assert_eq!((matrix.labels, matrix.counts), (vec![0, u32::MAX], array![[0.0, 1.0], [0.0, 1.0]]));
    let many: Vec<u32> = (0..5000).map(|i| i * 800_000).collect();
    fails(confusion_matrix(&many, &many, None), "DEGENERATE", "truth");
    assert_eq!(classification_report(&many, &many, None).unwrap().macro_average.f1, 1.0);
    assert_eq!(accuracy(&[u32::MAX], &[0], None), Ok(0.0));
}

#[test]
fn clusters() {
    for call in [davies_bouldin, calinski_harabasz] {
        let x = array![[0.0], [1.0], [5.0], [6.0]];
        fails(call(Array2::zeros((0, 1)).view(), &[]), "TOO_FEW_ROWS", "x");
        fails(call(Array2::zeros((2, 1)).view(), &[0, 1]), "DEGENERATE", "labels");
        fails(call(Array2::zeros((3, 0)).view(), &[0, 1, 1]), "SHAPE_MISMATCH", "x");
        fails(call(x.view(), &[0, 1]), "SHAPE_MISMATCH", "labels");
        fails(call(x.view(), &[7; 4]), "DEGENERATE", "labels");
        fails(call(x.view(), &[0, 1, 2, 3]), "DEGENERATE", "labels");
        for bad in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            let error = call(array![[0.0, 1.0], [1.0, bad], [2.0, 3.0]].view(), &[0, 0, 1]).unwrap_err();
            assert!(matches!(error, Error::NonFinite { row: 1, column: 1, .. }), "{error}");
        }
        // Labels are names, and neither the scale of the data nor their offset matters.
        let plain = call(x.view(), &[0, 0, 1, 1]).unwrap();
        assert_eq!(call(x.view(), &[u32::MAX, u32::MAX, 3, 3]), Ok(plain));
        for scale in [1e300, 1e-300, 1e155, 1e-155] {
            assert!(
                (call((&x * scale).view(), &[0, 0, 1, 1]).unwrap() / plain - 1.0).abs() < 1e-14,
                "{scale:e}"
            );
        }
        assert_eq!(call((&x + 1e12).view(), &[0, 0, 1, 1]), Ok(plain));
    }
    let ends = array![[f64::MAX], [f64::MAX], [-f64::MAX], [-f64::MAX]];
    assert_eq!(davies_bouldin(ends.view(), &[0, 0, 1, 1]), Ok(0.0));
    assert_eq!(calinski_harabasz(ends.view(), &[0, 0, 1, 1]), Ok(1.0));
    assert!(davies_bouldin(ends.view(), &[0, 1, 0, 1]).unwrap() == 0.0);
    assert_eq!(calinski_harabasz(ends.view(), &[0, 1, 0, 1]), Ok(0.0));
    // Centroids that coincide but for rounding: no distance to divide by.
    let coinciding = array![[0.1, 0.7], [0.2, 0.8], [0.3, 0.9], [0.2, 0.8], [0.2, 0.8]];
    for offset in [0.0, 0.1, 0.3, 1.0 / 3.0] {
        assert_eq!(davies_bouldin((&coinciding + offset).view(), &[0, 0, 0, 1, 1]), Ok(0.0), "{offset}");
    }
    let tiny = array![[5e-324], [0.0], [1e-323], [1e-323]];
    assert!(davies_bouldin(tiny.view(), &[0, 0, 1, 1]).unwrap().is_finite());
    assert_eq!(davies_bouldin(Array2::from_elem((5, 2), 0.1).view(), &[0, 1, 0, 1, 1]), Ok(0.0));
}

#[test]
fn splits() {
    for share in [0.0, 1.0, -0.1, 1.1, f64::NAN, f64::INFINITY, f64::NEG_INFINITY, -0.0] {
        fails(train_test_split(10, share, None, 0), "INVALID_PARAMETER", "test_share");
    }
    fails(train_test_split(2, 0.9, None, 0), "INVALID_PARAMETER", "test_share");
    fails(train_test_split(10, 1.0 - f64::EPSILON, None, 0), "INVALID_PARAMETER", "test_share");
    assert_eq!(train_test_split(10, 5e-324, None, 0).unwrap().test.len(), 1);
    for n_rows in [0, 1] {
        fails(train_test_split(n_rows, 0.5, None, 0), "TOO_FEW_ROWS", "n_rows");
        fails(k_folds(n_rows, 2, None, 0), "TOO_FEW_ROWS", "n_rows");
    }
    fails(train_test_split(usize::MAX, 0.5, None, 0), "INVALID_PARAMETER", "n_rows");
    for n_rows in [1_000_000_001, 4_000_000_000, usize::MAX] {
        fails(k_folds(n_rows, 2, None, 0), "INVALID_PARAMETER", "n_rows");
    }
    fails(k_folds(usize::MAX, 2, Some(&[1, 2]), 0), "INVALID_PARAMETER", "n_rows");
    for n_splits in [0, 1, 6, usize::MAX] {
        fails(k_folds(5, n_splits, None, 0), "INVALID_PARAMETER", "n_splits");
    }
    let single = k_folds(3000, 3000, None, 0).unwrap();
    assert_eq!(single.split(2999).unwrap().test.len(), 1);
    for index in [3000, usize::MAX] {
        fails(single.split(index), "INVALID_PARAMETER", "index");
    }
    fails(k_folds(4, 2, Some(&[0, 1]), 0), "SHAPE_MISMATCH", "stratify");
    fails(k_folds(4, 3, Some(&[0, 0, 1, 1]), 0), "DEGENERATE", "stratify");
    fails(train_test_split(4, 0.5, Some(&[]), 0), "SHAPE_MISMATCH", "stratify");
    fails(train_test_split(4, 0.5, Some(&[0, 0, 0, u32::MAX]), 0), "DEGENERATE", "stratify");
    fails(train_test_split(6, 0.1, Some(&[0, 0, 1, 1, 2, 2]), 0), "INVALID_PARAMETER", "test_share");
    fails(train_test_split(6, 0.8, Some(&[0, 0, 1, 1, 2, 2]), 0), "INVALID_PARAMETER", "test_share");
    assert_eq!(k_folds(2, 2, None, u64::MAX).unwrap().n_splits(), 2);
}
