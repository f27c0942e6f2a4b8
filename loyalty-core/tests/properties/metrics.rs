//! Metrics: slow twins, symmetries, and what holds whatever the order of the rows.

use loyalty_core::metrics::*;
use loyalty_core::ndarray::{Array1, Array2, Axis};
use proptest::prelude::*;

/// Outcome, score with ties, and a whole weight of each row; both classes have weight.
fn ranked() -> impl Strategy<Value = Vec<(bool, f64, u8)>> {
    let row = (any::<bool>(), prop_oneof![(-3..3).prop_map(f64::from), -1e3..1e3], 0..4_u8);
    prop::collection::vec(row, 0..40).prop_map(|mut rows| {
        rows.extend([(true, 0.0, 1), (false, 1.0, 2)]);
        rows
    })
}

/// True and predicted class and a whole weight of each row.
fn classified() -> impl Strategy<Value = Vec<(u32, u32, u8)>> {
    let label = || prop_oneof![0..4_u32, Just(u32::MAX)];
    prop::collection::vec((label(), label(), 0..4_u8), 1..40).prop_map(|mut rows| {
        rows[0].2 = 1;
        rows
    })
}

/// Rows with a cluster each, at least two clusters and one more row.
fn clustered() -> impl Strategy<Value = (Array2<f64>, Vec<u32>)> {
    (3..20_usize, 1..4_usize).prop_flat_map(|(n, d)| {
        (prop::collection::vec(-10.0..10.0, n * d), prop::collection::vec(0..3_u32, n)).prop_map(
            move |(x, mut labels)| {
                (labels[0], labels[1], labels[2]) = (0, 1, 1);
                if n == 3 {
                    labels[2] = 0;
                }
                (Array2::from_shape_vec((n, d), x).unwrap(), labels)
            },
        )
    })
}

/// A class of each of at least so many rows.
fn classes(rows: usize) -> impl Strategy<Value = Vec<u32>> {
    prop::collection::vec(0..3_u32, rows..40)
}

fn unzip<A: Copy, B: Copy>(rows: &[(A, B, u8)]) -> (Vec<A>, Vec<B>, Vec<f64>) {
    (
        rows.iter().map(|r| r.0).collect(),
        rows.iter().map(|r| r.1).collect(),
        rows.iter().map(|r| f64::from(r.2)).collect(),
    )
}

/// Each row as often as its weight says.
fn repeated<A: Copy, B: Copy>(rows: &[(A, B, u8)]) -> (Vec<A>, Vec<B>) {
    rows.iter().flat_map(|&(a, b, w)| std::iter::repeat_n((a, b), w.into())).unzip()
}

fn close(a: f64, b: f64) -> bool {
    (a - b).abs() <= 1e-13 * a.abs().max(b.abs()).max(1e-3)
}

/// Every ranking figure as one list of numbers.
fn ranking(truth: &[bool], score: &[f64], weight: Option<&[f64]>) -> Vec<f64> {
    let roc = roc_curve(truth, score, weight).unwrap();
    let curve = precision_recall_curve(truth, score, weight).unwrap();
    let single = [roc_auc(truth, score, weight).unwrap(), average_precision(truth, score, weight).unwrap()];
    let lists =
        [roc.fpr, roc.tpr, roc.thresholds[1..].to_vec(), curve.precision, curve.recall, curve.thresholds];
    single.into_iter().chain(lists.concat()).collect()
}

fn probabilities(scores: &[f64]) -> Vec<f64> {
    scores.iter().map(|s| (s / 3.0).clamp(0.0, 1.0)).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn roc_auc_counts_pairs(rows in ranked()) {
        let (truth, score, weight) = unzip(&rows);
        let (mut won, mut pairs) = (0.0, 0.0);
        for i in (0..rows.len()).filter(|&i| truth[i]) {
            for j in (0..rows.len()).filter(|&j| !truth[j]) {
                let pair = weight[i] * weight[j];
                pairs += pair;
                won += pair * (f64::from(score[i] > score[j]) + 0.5 * f64::from(score[i] == score[j]));
            }
        }
        prop_assert_eq!(roc_auc(&truth, &score, Some(&weight)).unwrap(), won / pairs);
    }

    #[test]
    fn roc_auc_is_symmetric(rows in ranked()) {
        let (truth, score, weight) = unzip(&rows);
        let auc = roc_auc(&truth, &score, Some(&weight)).unwrap();
        let negated: Vec<f64> = score.iter().map(|s| -s).collect();
        let swapped: Vec<bool> = truth.iter().map(|t| !t).collect();
        prop_assert!(close(auc + roc_auc(&truth, &negated, Some(&weight)).unwrap(), 1.0));
        prop_assert!(close(auc + roc_auc(&swapped, &score, Some(&weight)).unwrap(), 1.0));
        prop_assert!((0.0..=1.0).contains(&auc));
    }

    #[test]
    fn average_precision_sums_the_steps_threshold_by_threshold(rows in ranked()) {
        let (truth, score, weight) = unzip(&rows);
        let all = 0..rows.len();
        let sum = |keep: &dyn Fn(usize) -> bool| all.clone().filter(|&i| keep(i)).map(|i| weight[i]).sum::<f64>();
        let mut thresholds = score.clone();
        thresholds.sort_by(|a, b| b.total_cmp(a));
        thresholds.dedup();
        let (mut area, mut recall_before) = (0.0, 0.0);
        for t in thresholds {
            let (hits, taken) = (sum(&|i| truth[i] && score[i] >= t), sum(&|i| score[i] >= t));
            let recall = hits / sum(&|i| truth[i]);
            area += if taken > 0.0 { (recall - recall_before) * hits / taken } else { 0.0 };
            recall_before = recall;
        }
        prop_assert!(close(average_precision(&truth, &score, Some(&weight)).unwrap(), area));
    }

    #[test]
    fn rankings_hold_for_any_row_order_and_repetition(rows in ranked(), turn in 0..40_usize) {
        let (truth, score, weight) = unzip(&rows);
        let here = ranking(&truth, &score, Some(&weight));
        let mut turned = rows.clone();
        turned.rotate_left(turn % rows.len());
        turned.reverse();
        let (t, s, w) = unzip(&turned);
        prop_assert_eq!(&ranking(&t, &s, Some(&w)), &here);
        prop_assert_eq!(lift(&t, &s, 4).unwrap(), lift(&truth, &score, 4).unwrap());
        prop_assert_eq!(cumulative_gains(&t, &s).unwrap(), cumulative_gains(&truth, &score).unwrap());

        let (t, s) = repeated(&rows);
        prop_assert_eq!(ranking(&t, &s, None), here);
        let huge: Vec<f64> = weight.iter().map(|w| w * 1e300).collect();
        let same = |weight: &[f64]| ranking(&truth, &score, Some(weight));
        prop_assert!(same(&huge).into_iter().zip(same(&weight)).all(|(a, b)| close(a, b)));
    }

    #[test]
    fn gains_and_lift_add_up(rows in ranked(), n_bins in 1..12_usize) {
        let (truth, score, _) = unzip(&rows);
        let gains = cumulative_gains(&truth, &score).unwrap();
        for shares in [&gains.customers, &gains.positives] {
            prop_assert!(shares.windows(2).all(|w| w[0] <= w[1]));
            prop_assert_eq!((shares[0], shares[shares.len() - 1]), (0.0, 1.0));
        }
        let table = lift(&truth, &score, n_bins).unwrap();
        prop_assert_eq!(table.iter().map(|b| b.count).sum::<usize>(), rows.len());
        let positives = truth.iter().filter(|&&t| t).count();
        prop_assert_eq!(table.iter().map(|b| b.positives).sum::<usize>(), positives);
        prop_assert!(table.windows(2).all(|w| w[0].bin < w[1].bin && w[0].lowest_score > w[1].highest_score));
        let last = table.last().unwrap();
        prop_assert_eq!((last.cumulative_customers, last.cumulative_positives), (1.0, 1.0));
        prop_assert!(last.cumulative_lift == 1.0 && last.bin <= n_bins);
    }

    #[test]
    fn probability_figures_hold_for_any_row_order_and_repetition(rows in ranked(), n_bins in 1..12_usize) {
        let (truth, score, weight) = unzip(&rows);
        let p = probabilities(&score);
        let reversed = |v: &[f64]| v.iter().rev().copied().collect::<Vec<f64>>();
        let backwards: Vec<bool> = truth.iter().rev().copied().collect();
        let (many_truth, many_score) = repeated(&rows);
        for figure in [log_loss, brier] {
            let here = figure(&truth, &p, Some(&weight)).unwrap();
            prop_assert!(close(here, figure(&backwards, &reversed(&p), Some(&reversed(&weight))).unwrap()));
            prop_assert!(close(here, figure(&many_truth, &probabilities(&many_score), None).unwrap()));
            prop_assert!(here >= 0.0);
        }
        for strategy in [BinStrategy::Uniform, BinStrategy::Quantile] {
            let table = calibration(&truth, &p, n_bins, strategy).unwrap();
            prop_assert_eq!(table.bins.iter().map(|b| b.count).sum::<usize>(), rows.len());
            prop_assert!(table.bins.iter().all(|b| (b.lower..=b.upper).contains(&b.mean_predicted)));
            prop_assert!((0.0..=1.0).contains(&table.expected_calibration_error));
            let turned = calibration(&backwards, &reversed(&p), n_bins, strategy).unwrap();
            prop_assert!(close(table.expected_calibration_error, turned.expected_calibration_error));
        }
    }

    #[test]
    fn confusion_report_and_accuracy_agree(rows in classified()) {
        let (truth, predicted, weight) = unzip(&rows);
        let matrix = confusion_matrix(&truth, &predicted, Some(&weight)).unwrap();
        prop_assert_eq!(matrix.counts.sum(), weight.iter().sum::<f64>());
        let report = classification_report(&truth, &predicted, Some(&weight)).unwrap();
        let right = matrix.counts.diag().sum() / matrix.counts.sum();
        prop_assert_eq!(report.accuracy, right);
        prop_assert_eq!(accuracy(&truth, &predicted, Some(&weight)).unwrap(), right);
        for (i, class) in report.classes.iter().enumerate() {
            let counts = &matrix.counts;
            let (hits, of, to) = (counts[[i, i]], counts.row(i).sum(), counts.column(i).sum());
            prop_assert_eq!((class.label, class.support), (matrix.labels[i], of));
            prop_assert_eq!(class.precision, if to > 0.0 { hits / to } else { 0.0 });
            prop_assert_eq!(class.recall, if of > 0.0 { hits / of } else { 0.0 });
        }
        prop_assert!(close(report.weighted_average.recall, right));

        let (t, p) = repeated(&rows);
        if t.iter().chain(&p).all(|l| matrix.labels.contains(l)) && !t.is_empty() {
            let unweighted = confusion_matrix(&t, &p, None).unwrap();
            prop_assert_eq!(unweighted.counts.sum(), matrix.counts.sum());
        }
    }

    #[test]
    fn the_binary_report_is_the_report_of_the_class_true(rows in classified()) {
        let (truth, predicted, weight) = unzip(&rows);
        let yes = |v: &[u32]| v.iter().map(|&label| label > 1).collect::<Vec<bool>>();
        let (t, p) = (yes(&truth), yes(&predicted));
        let labels = |v: &[bool]| v.iter().map(|&b| u32::from(b)).collect::<Vec<u32>>();
        let binary = binary_report(&t, &p, Some(&weight)).unwrap();
        let report = classification_report(&labels(&t), &labels(&p), Some(&weight)).unwrap();
        let class = |label| report.classes.iter().find(|c| c.label == label);
        if let Some(class) = class(1) {
            prop_assert_eq!((binary.precision, binary.recall), (class.precision, class.recall));
            prop_assert_eq!(binary.f1, class.f1);
        }
        if let Some(class) = class(0) {
            prop_assert_eq!(binary.specificity, class.recall);
        }
        prop_assert_eq!(binary.accuracy, report.accuracy);
    }

    #[test]
    fn cluster_indices_equal_the_plain_formulas((x, labels) in clustered()) {
        let k = if labels.contains(&2) { 3 } else { 2 };
        let n = labels.len();
        let of: Vec<Vec<usize>> = (0..k).map(|c| (0..n).filter(|&i| labels[i] == c).collect()).collect();
        let mean = |rows: &[usize]| x.select(Axis(0), rows).mean_axis(Axis(0)).unwrap();
        let square = |v: Array1<f64>| v.mapv(|e| e * e).sum();
        let centre: Vec<_> = of.iter().map(|rows| mean(rows)).collect();
        let all = mean(&(0..n).collect::<Vec<_>>());
        let clusters = || of.iter().zip(&centre);

        let between: f64 = clusters().map(|(rows, c)| rows.len() as f64 * square(c - &all)).sum();
        let squares =
            |rows: &[usize], c: &Array1<f64>| rows.iter().map(|&i| square(&x.row(i) - c)).collect::<Array1<f64>>();
        let within: f64 = clusters().flat_map(|(rows, c)| squares(rows, c)).sum();
        let ratio = between * (n - of.len()) as f64 / (within * (of.len() - 1) as f64);
        let index = calinski_harabasz(x.view(), &labels).unwrap();
        prop_assert!((index / ratio - 1.0).abs() < 1e-9, "{} {}", index, ratio);

        let width: Vec<f64> =
            clusters().map(|(rows, c)| squares(rows, c).mapv(f64::sqrt).sum() / rows.len() as f64).collect();
        let pair = |i: usize, j: usize| (width[i] + width[j]) / square(&centre[i] - &centre[j]).sqrt();
        let worst = |i: usize| (0..of.len()).filter(|&j| j != i).map(|j| pair(i, j)).fold(0.0, f64::max);
        let plain = (0..of.len()).map(worst).sum::<f64>() / of.len() as f64;
        let index = davies_bouldin(x.view(), &labels).unwrap();
        prop_assert!((index / plain - 1.0).abs() < 1e-9, "{} {}", index, plain);

        // Shifted, scaled, turned around.
        for (scale, offset) in [(1e150, 0.0), (1e-150, 0.0), (1e100, 3e100), (-1.0, 1e3)] {
            let moved = x.mapv(|v| v * scale + offset);
            prop_assert!((davies_bouldin(moved.view(), &labels).unwrap() / plain - 1.0).abs() < 1e-8);
        }
        let backwards: Vec<u32> = labels.iter().rev().copied().collect();
        let turned = x.select(Axis(0), &(0..n).rev().collect::<Vec<_>>());
        prop_assert!((davies_bouldin(turned.view(), &backwards).unwrap() / index - 1.0).abs() < 1e-12);
    }

    #[test]
    fn splits_partition_the_rows(labels in classes(0), share in 0.05..0.95_f64, seed: u64) {
        let mut labels = labels;
        labels.extend([0, 0, 1, 1, 2, 2]);
        let n = labels.len();
        for stratify in [None, Some(&labels[..])] {
            let split = train_test_split(n, share, stratify, seed);
            let Ok(split) = split else { continue };
            prop_assert_eq!(&split, &train_test_split(n, share, stratify, seed).unwrap());
            prop_assert_eq!(split.test.len(), (share * n as f64).ceil() as usize);
            prop_assert!(split.train.is_sorted() && split.test.is_sorted());
            let mut all = [split.train, split.test.clone()].concat();
            all.sort_unstable();
            prop_assert_eq!(all, (0..n).collect::<Vec<_>>());
            if stratify.is_some() {
                for class in 0..3 {
                    let of = |rows: &[usize]| rows.iter().filter(|&&row| labels[row] == class).count();
                    let owed = of(&(0..n).collect::<Vec<_>>()) as f64 * split.test.len() as f64 / n as f64;
                    prop_assert!((of(&split.test) as f64 - owed).abs() < 1.0);
                }
            }
        }
    }

    #[test]
    fn folds_test_every_row_once_and_evenly(labels in classes(8), n_splits in 2..8_usize, seed: u64) {
        let n = labels.len();
        for stratify in [None, Some(&labels[..])] {
            let Ok(folds) = k_folds(n, n_splits, stratify, seed) else { continue };
            prop_assert_eq!(&folds, &k_folds(n, n_splits, stratify, seed).unwrap());
            prop_assert_eq!(folds.n_splits(), n_splits);
            let folds: Vec<Split> = (0..n_splits).map(|index| folds.split(index).unwrap()).collect();
            let mut tested: Vec<usize> = folds.iter().flat_map(|fold| fold.test.clone()).collect();
            tested.sort_unstable();
            prop_assert_eq!(tested, (0..n).collect::<Vec<_>>());
            let even = |counts: Vec<usize>| counts.iter().max().unwrap() - counts.iter().min().unwrap() <= 1;
            prop_assert!(even(folds.iter().map(|fold| fold.test.len()).collect()));
            for class in stratify.map_or(0..0, |_| 0..3) {
                let of = |fold: &Split| fold.test.iter().filter(|&&row| labels[row] == class).count();
                prop_assert!(even(folds.iter().map(of).collect()));
            }
            for fold in &folds {
                prop_assert_eq!(fold.train.len() + fold.test.len(), n);
                prop_assert!(fold.train.iter().all(|row| fold.test.binary_search(row).is_err()));
            }
        }
    }
}

#[test]
fn seeds_make_a_difference() {
    assert_ne!(train_test_split(50, 0.5, None, 1).unwrap(), train_test_split(50, 0.5, None, 2).unwrap());
    assert_ne!(k_folds(50, 5, None, 1).unwrap(), k_folds(50, 5, None, 2).unwrap());
}
