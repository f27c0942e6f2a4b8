use loyalty_core::Error;
use loyalty_core::rfm::{CutPoints, Rfm, RfmWeights, SegmentGrid};

const EXTREMES: [f64; 10] =
    [0.0, -0.0, 5e-324, -5e-324, f64::MIN_POSITIVE, f64::MAX, f64::MIN, 1e300, -1e-300, f64::EPSILON];

fn refusal<T: std::fmt::Debug>(result: Result<T, Error>) -> (&'static str, String) {
    let error = result.unwrap_err();
    (error.code(), error.argument().unwrap_or_default().to_owned())
}

#[test]
fn values_that_are_no_numbers() {
    let good = [1.0, 2.0];
    let model = Rfm::new().fit(&good, &good, &good).unwrap();
    for bad in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        let row = [1.0, bad];
        let fits = [
            ("recency_days", Rfm::new().fit(&row, &good, &good), model.score(&row, &good, &good)),
            ("frequency", Rfm::new().fit(&good, &row, &good), model.score(&good, &row, &good)),
            ("monetary", Rfm::new().fit(&good, &good, &row), model.score(&good, &good, &row)),
        ];
        for (name, fit, score) in fits {
            assert_eq!(refusal(fit), ("NON_FINITE", name.to_owned()));
            assert!(matches!(score, Err(Error::NonFinite { row: 1, .. })));
        }
        assert_eq!(refusal(model.score_one(1.0, bad, 1.0)), ("NON_FINITE", "frequency".to_owned()));
    }
}

#[test]
fn extreme_numbers() {
    for n_bins in 2..=10 {
        for nested in [false, true] {
            let model =
                Rfm::new().n_bins(n_bins).nested(nested).fit(&EXTREMES, &EXTREMES, &EXTREMES).unwrap();
            let scores = model.score(&EXTREMES, &EXTREMES, &EXTREMES).unwrap();
            assert!(scores.combined.iter().all(|&combined| combined >= 1.0 && combined <= n_bins as f64));
            assert_eq!(scores.codes()[0], scores.codes()[1], "0 and -0 are equal");
        }
    }
}

#[test]
fn shapes() {
    assert_eq!(refusal(Rfm::new().fit(&[], &[], &[])), ("TOO_FEW_ROWS", "recency_days".to_owned()));
    assert_eq!(refusal(Rfm::new().fit(&[1.0], &[], &[1.0])), ("SHAPE_MISMATCH", "frequency".to_owned()));
    assert_eq!(refusal(Rfm::new().fit(&[1.0], &[1.0], &[1.0; 2])), ("SHAPE_MISMATCH", "monetary".to_owned()));
    let model = Rfm::new().n_bins(10).nested(true).fit(&[1.0], &[1.0], &[1.0]).unwrap();
    assert!(model.score(&[], &[], &[]).unwrap().codes().is_empty());
    assert_eq!(refusal(model.score(&[1.0], &[1.0], &[])), ("SHAPE_MISMATCH", "monetary".to_owned()));
}

#[test]
fn parameters() {
    let fit = |spec: Rfm| refusal(spec.fit(&[1.0], &[1.0], &[1.0]));
    for n_bins in [0, 1, 11, usize::MAX] {
        assert_eq!(fit(Rfm::new().n_bins(n_bins)), ("INVALID_PARAMETER", "n_bins".to_owned()));
    }
    for weight in [-1.0, f64::NAN, f64::INFINITY, f64::MAX] {
        let spec = Rfm::new().weights(RfmWeights::new(weight, 1.0, f64::MAX));
        assert_eq!(fit(spec), ("INVALID_PARAMETER", "weights".to_owned()));
    }
    assert_eq!(
        fit(Rfm::new().weights(RfmWeights::new(0.0, 0.0, -0.0))),
        ("INVALID_PARAMETER", "weights".to_owned())
    );
    assert_eq!(
        fit(Rfm::new().segments(SegmentGrid::new([["\t"; 5]; 5]))),
        ("INVALID_PARAMETER", "segments".to_owned())
    );
    let good = vec![1.0; 4];
    for bad in [
        vec![],
        vec![1.0; 5],
        vec![1.0, 2.0, 3.0, f64::NAN],
        vec![2.0, 1.0, 3.0, 4.0],
        vec![f64::INFINITY; 4],
    ] {
        let cut_points = CutPoints { recency_days: good.clone(), frequency: bad, monetary: good.clone() };
        assert_eq!(fit(Rfm::new().cut_points(cut_points)), ("INVALID_PARAMETER", "cut_points".to_owned()));
    }
}

#[test]
fn the_smallest_weights_there_are() {
    let model =
        Rfm::new().weights(RfmWeights::new(5e-324, 0.0, 0.0)).fit(&EXTREMES, &EXTREMES, &EXTREMES).unwrap();
    let score = model.score_one(-1e300, 0.0, 0.0).unwrap();
    assert_eq!((score.r, score.combined), (5, 5.0));
}
