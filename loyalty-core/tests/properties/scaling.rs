//! Scaling: round trips, order of rows, weights as repetition, and the same bits through JSON.

use loyalty_core::ndarray::{Array2, Axis, ShapeBuilder as _};
use loyalty_core::scaling::*;
use proptest::prelude::*;
use serde::{Serialize, de::DeserializeOwned};

/// A matrix of a few columns, each with its own offset and scale, and a whole weight a row.
fn weighted() -> impl Strategy<Value = (Array2<f64>, Vec<u8>)> {
    (1..20_usize, 1..4_usize).prop_flat_map(|(n, d)| {
        let values = prop::collection::vec(prop_oneof![Just(0.5), -1.0..1.0], n * d);
        let shape = prop::collection::vec((prop::sample::select(vec![0.0, 1e12, -3.0]), -20..20_i32), d);
        (values, shape, prop::collection::vec(0..4_u8, n)).prop_map(move |(values, shape, mut weights)| {
            weights[0] = 1;
            let mut x = Array2::from_shape_vec((n, d), values).unwrap();
            for (mut column, (offset, exponent)) in x.columns_mut().into_iter().zip(shape) {
                let unit: f64 = format!("1e{exponent}").parse().unwrap();
                column.mapv_inplace(|v| (v + offset) * unit);
            }
            (x, weights)
        })
    })
}

fn all_close(a: &Array2<f64>, b: &Array2<f64>, x: &Array2<f64>) -> bool {
    // To the size of the column: an offset cannot come back more exactly than it went in.
    a.columns().into_iter().zip(b.columns()).zip(x.columns()).all(|((a, b), x)| {
        let size = x.iter().fold(0.0_f64, |m, v| m.max(v.abs()));
        a.iter().zip(b).all(|(a, b)| (a - b).abs() <= 4.0 * f64::EPSILON * size)
    })
}

fn through_json<T: Serialize + DeserializeOwned>(model: &T) -> T {
    serde_json::from_str(&serde_json::to_string(model).unwrap()).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn what_is_scaled_comes_back((x, _) in weighted()) {
        for (with_mean, with_std) in [(true, true), (true, false), (false, true), (false, false)] {
            let scaler = StandardScaler::new().with_mean(with_mean).with_std(with_std).fit(x.view()).unwrap();
            let z = scaler.transform(x.view()).unwrap();
            prop_assert!(all_close(&scaler.inverse_transform(z.view()).unwrap(), &x, &x));
        }
        let scaler = MinMaxScaler::new().feature_range((-2.0, 3.0)).fit(x.view()).unwrap();
        let y = scaler.transform(x.view()).unwrap();
        prop_assert!(y.iter().all(|y| (-2.0..=3.0).contains(y)));
        prop_assert!(all_close(&scaler.inverse_transform(y.view()).unwrap(), &x, &x));
    }

    #[test]
    fn scaled_columns_have_mean_0_and_deviation_1((x, _) in weighted()) {
        let scaler = StandardScaler::new().fit(x.view()).unwrap();
        let z = scaler.transform(x.view()).unwrap();
        for (j, column) in z.columns().into_iter().enumerate() {
            let n = column.len() as f64;
            if scaler.constant_columns().contains(&j) {
                prop_assert!(column.iter().all(|&z| z == 0.0));
            } else {
                let mean = column.sum() / n;
                let variance = column.iter().map(|z| (z - mean) * (z - mean)).sum::<f64>() / n;
                prop_assert!((variance - 1.0).abs() < 1e-10, "{}", variance);
            }
        }
    }

    #[test]
    fn neither_row_order_nor_layout_nor_repetition_matters((x, weights) in weighted()) {
        let whole: Vec<f64> = weights.iter().map(|&w| f64::from(w)).collect();
        let rows: Vec<usize> = (0..x.nrows()).rev().collect();
        let turned = x.select(Axis(0), &rows);
        let turned_weights: Vec<f64> = rows.iter().map(|&row| whole[row]).collect();
        let copies = |row: usize| std::iter::repeat_n(row, weights[row].into());
        let repeated = x.select(Axis(0), &(0..x.nrows()).flat_map(copies).collect::<Vec<_>>());

        let scaler = StandardScaler::new();
        let here = scaler.fit_weighted(x.view(), Some(&whole)).unwrap();
        let backwards = scaler.fit_weighted(turned.view(), Some(&turned_weights)).unwrap();
        for other in [backwards, scaler.fit(repeated.view()).unwrap()] {
            prop_assert_eq!(other.constant_columns(), here.constant_columns());
            // A mean is exact to the size of its column, which may be far above its own.
            for (j, column) in x.columns().into_iter().enumerate() {
                let size = column.iter().fold(0.0_f64, |size, v| size.max(v.abs()));
                prop_assert!((here.mean()[j] - other.mean()[j]).abs() <= 2.0 * f64::EPSILON * size);
                prop_assert!((here.scale()[j] / other.scale()[j] - 1.0).abs() <= 1e-13);
            }
        }
        let mut fortran = Array2::zeros(x.dim().f());
        fortran.assign(&x);
        prop_assert_eq!(scaler.fit_weighted(fortran.view(), Some(&whole)).unwrap(), here);
        let scaler = MinMaxScaler::new();
        prop_assert_eq!(scaler.fit(turned.view()).unwrap(), scaler.fit(fortran.view()).unwrap());
        let weighted = scaler.fit_weighted(turned.view(), Some(&turned_weights)).unwrap();
        prop_assert_eq!(weighted, scaler.fit(repeated.view()).unwrap());
    }

    #[test]
    fn one_row_at_a_time_and_through_json_gives_the_same_bits((x, _) in weighted()) {
        let standard = StandardScaler::new().fit(x.view()).unwrap();
        let min_max = MinMaxScaler::new().clip(true).fit(x.view()).unwrap();
        let (standard_again, min_max_again) = (through_json(&standard), through_json(&min_max));
        prop_assert_eq!((&standard_again, &min_max_again), (&standard, &min_max));

        let (z, y) = (standard.transform(x.view()).unwrap(), min_max.transform(x.view()).unwrap());
        let mut out = vec![0.0; x.ncols()];
        for (row, (z, y)) in x.rows().into_iter().zip(z.rows().into_iter().zip(y.rows())) {
            standard_again.transform_one(&row.to_vec(), &mut out).unwrap();
            prop_assert_eq!(&out[..], z.as_slice().unwrap());
            min_max_again.transform_one(&row.to_vec(), &mut out).unwrap();
            prop_assert_eq!(&out[..], y.as_slice().unwrap());
        }
    }

    #[test]
    fn scaling_keeps_the_order(
        mut values in prop::collection::vec(-1e3..1e3_f64, 2..20),
        low in -5.0..5.0_f64,
        width in 1e-3..10.0_f64,
    ) {
        values.sort_by(f64::total_cmp);
        let x = Array2::from_shape_vec((values.len(), 1), values.clone()).unwrap();
        let later = x.select(Axis(0), &(1..values.len()).collect::<Vec<_>>());
        let min_max = MinMaxScaler::new().feature_range((low, low + width)).fit(later.view()).unwrap();
        let standard = StandardScaler::new().fit(later.view()).unwrap();
        for scaled in [min_max.transform(x.view()).unwrap(), standard.transform(x.view()).unwrap()] {
            prop_assert!(scaled.iter().is_sorted());
        }
    }
}
