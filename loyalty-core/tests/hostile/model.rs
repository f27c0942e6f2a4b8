//! Model files, damaged in every way: refused with `BAD_MODEL`, or of no consequence; never a panic, never slow.

use loyalty_core::churn::LogisticChurn;
use loyalty_core::customers::{MICROSECONDS_PER_DAY, Transactions};
use loyalty_core::kmeans::KMeans;
use loyalty_core::model::{AnyModel, Model, load};
use loyalty_core::ndarray::{Array2, Axis, array};
use loyalty_core::numeric::rng::Rng;
use loyalty_core::rfm::{FittedRfm, Rfm};
use loyalty_core::scaling::{MinMaxScaler, StandardScaler};
use loyalty_core::score::{Behaviour, LoyaltyScore, Normaliser};
use loyalty_core::scorecard::{CustomerInput, OrderLog, Scorecard};
use std::time::{Duration, Instant};

fn scorecard() -> String {
    let (mut ids, mut times, mut amounts) = (vec![], vec![], vec![]);
    for id in 0..40_i64 {
        for month in 0..if id % 2 == 0 { 20 } else { 6 } {
            ids.push(id);
            times.push((id % 30 + 30 * month) * MICROSECONDS_PER_DAY);
            amounts.push((10 + id) as f64);
        }
    }
    let card = Scorecard::new().fit(&OrderLog::new(Transactions::new(&ids, &times, &amounts))).unwrap();
    card.to_json().unwrap()
}

/// One model of every kind.
fn models() -> Vec<String> {
    let x = array![[0.0, 3.0], [1.0, 1.0], [5.0, 2.0], [6.0, 0.5], [2.0, 7.0], [4.0, 4.0]];
    let y = [true, false, true, false, false, true];
    let columns = [vec![1.0, 5.0, 30.0, 90.0], vec![9.0, 4.0, 2.0, 1.0], vec![80.0, 30.0, 20.0, 5.0]];
    let rfm = |plan: Rfm| plan.fit(&columns[0], &columns[1], &columns[2]).unwrap().to_json().unwrap();
    let behaviours = [Normaliser::MinMax, Normaliser::Percentile]
        .map(|n| Behaviour::new(format!("{n:?}"), 1.0).normaliser(n));
    let unpenalised = LogisticChurn::new().c(f64::INFINITY);
    vec![
        rfm(Rfm::new()),
        rfm(Rfm::new().nested(true).n_bins(3)),
        LoyaltyScore::new().behaviours(behaviours).fit(x.view()).unwrap().to_json().unwrap(),
        LogisticChurn::new().fit(x.view(), &y).unwrap().to_json().unwrap(),
        unpenalised.fit(x.slice_axis(Axis(1), (..1).into()), &y).unwrap().to_json().unwrap(),
        KMeans::new(2).fit(x.view()).unwrap().to_json().unwrap(),
        StandardScaler::new().fit(x.view()).unwrap().to_json().unwrap(),
        MinMaxScaler::new().fit(x.view()).unwrap().to_json().unwrap(),
        scorecard(),
    ]
}

/// Whatever still loads must still answer, and with a number.
fn use_it(model: &AnyModel) {
    let one = |names: &[String]| Array2::from_elem((1, names.len()), 0.5);
    let numbers =
        |result: loyalty_core::Result<Vec<f64>>| assert!(result.iter().flatten().all(|v| !v.is_nan()));
    match model {
        AnyModel::Rfm(rfm) => numbers(rfm.score_one(3.0, 2.0, 50.0).map(|score| vec![score.combined])),
        AnyModel::LoyaltyScore(score) => {
            let x = one(score.feature_names());
            numbers(score.score(x.view()));
            let _ = (score.tier(x.view()), score.contributions(x.view()));
        }
        AnyModel::LogisticChurn(churn) => {
            let x = one(churn.feature_names());
            numbers(churn.predict_proba(x.view()));
            let _ = (churn.contributions(x.view()), churn.odds_ratios(), churn.base_value());
        }
        AnyModel::KMeans(kmeans) => {
            let x = one(kmeans.feature_names());
            let _ = (kmeans.predict(x.view()), kmeans.distances(x.view()), kmeans.centroids());
        }
        AnyModel::StandardScaler(scaler) => {
            let x = one(scaler.feature_names());
            let _ = (scaler.transform(x.view()), scaler.inverse_transform(x.view()));
        }
        AnyModel::MinMaxScaler(scaler) => {
            let x = one(scaler.feature_names());
            let _ = (scaler.transform(x.view()), scaler.inverse_transform(x.view()));
        }
        _ => {}
    }
    if let AnyModel::Scorecard(card) = model {
        let input = CustomerInput {
            recency_days: 3.0,
            n_purchases: 2,
            total_amount: 50.0,
            tenure_days: 90.0,
            usage: Some(1.0),
            feedback: None,
        };
        numbers(card.score_one(&input).map(|s| vec![s.rfm_score, s.loyalty, s.churn_probability, s.clv]));
        let _ = (card.churn_contributions(&input), card.loyalty_contributions(&input));
    }
}

fn assert_bad(text: &str) {
    let start = Instant::now();
    let error = load(text).unwrap_err();
    assert_eq!(error.code(), "BAD_MODEL");
    assert!(error.to_string().len() < 1000);
    // A hundred times the time it takes, so that a busy machine does not matter: this is about endless work.
    assert!(start.elapsed() < Duration::from_secs(10));
}

#[test]
fn every_truncation_is_refused() {
    for text in models() {
        for end in (0..text.len()).filter(|&end| text.is_char_boundary(end)) {
            assert_bad(&text[..end]);
        }
    }
}

#[test]
fn every_flipped_byte_is_refused_or_harmless() {
    let mut rng = Rng::new(3);
    for text in models() {
        for at in 0..text.len() {
            let mut bytes = text.clone().into_bytes();
            bytes[at] ^= 1 << rng.below(7);
            if let Ok(Ok(model)) = std::str::from_utf8(&bytes).map(load) {
                use_it(&model);
            }
        }
    }
}

#[test]
fn every_number_replaced_by_a_monster_is_refused_or_harmless() {
    let monsters = [
        "-1",
        "0",
        "1e999",
        "-1e308",
        "1e308",
        "5e-324",
        "9223372036854775807",
        "18446744073709551615",
        "null",
        "[]",
        "\"\"",
        "0.5",
    ];
    for text in models() {
        let starts = (1..text.len())
            .filter(|&i| text.as_bytes()[i].is_ascii_digit() && b":,[".contains(&text.as_bytes()[i - 1]));
        for start in starts {
            let length = text[start..].find([',', ']', '}']).unwrap();
            for monster in monsters {
                let damaged = format!("{}{monster}{}", &text[..start], &text[start + length..]);
                if let Ok(model) = load(&damaged) {
                    use_it(&model);
                }
            }
        }
    }
}

#[test]
fn a_part_of_a_model_is_checked_however_it_is_read() {
    let text = models().swap_remove(1);
    let parts = text.replacen("\"format\":\"loyalty-model\",\"version\":1,\"kind\":\"rfm\",", "", 1);
    serde_json::from_str::<FittedRfm>(&parts).unwrap();
    let damaged = parts.replacen("\"nested\":{\"frequency\":[", "\"nested\":{\"frequency\":[7,", 1);
    assert_ne!(damaged, parts);
    assert!(serde_json::from_str::<FittedRfm>(&damaged).is_err());
}

#[test]
fn a_plan_of_absurd_size_is_refused_quickly() {
    let names = |prefix: &str| (0..3_000).map(|i| format!("\"{prefix}{i}\"")).collect::<Vec<_>>().join(",");
    let thresholds = (1..3_000).map(|i| format!("{}", f64::from(i) / 100.0)).collect::<Vec<_>>().join(",");
    let tiers = format!("\"tiers\":{{\"names\":[{}],\"thresholds\":[{thresholds}]}},\"churn\"", names("t"));
    let text = scorecard();
    let start = text.find("\"tiers\":").unwrap();
    let end = start + text[start..].find("\"churn\"").unwrap() + "\"churn\"".len();
    assert_bad(&format!("{}{tiers}{}", &text[..start], &text[end..]));
}

#[test]
fn wrong_headers_are_named() {
    let text = KMeans::new(2).fit(array![[0.0], [1.0], [5.0]].view()).unwrap().to_json().unwrap();
    load(&text).unwrap();
    for (from, to, says) in [
        ("loyalty-model", "other-model", "format"),
        ("\"version\":1", "\"version\":2", "version is 2"),
        ("\"kind\":\"kmeans\"", "\"kind\":\"forest\"", "forest"),
        ("\"kind\":\"kmeans\"", "\"kind\":\"rfm\"", ""),
        ("\"version\":1", "\"version\":1,\"version\":1", "duplicate"),
        ("\"version\":1", "\"version\":1,\"extra\":1", "extra"),
        ("\"version\":1", "\"version\":-1", ""),
        ("\"version\":1", "\"version\":1.5", ""),
    ] {
        assert!(text.contains(from));
        let error = load(&text.replacen(from, to, 1)).unwrap_err();
        assert_eq!(error.code(), "BAD_MODEL");
        assert!(error.to_string().contains(says), "{error}");
    }
    let wrong_kind = FittedRfm::from_json(&text).unwrap_err();
    assert!(wrong_kind.to_string().contains("its kind is \"kmeans\", not \"rfm\""), "{wrong_kind}");
}

#[test]
fn absurd_files_are_refused_quickly() {
    for text in
        ["", "null", "[]", "{}", "7", "\"loyalty-model\"", "\u{feff}{}", "{\"format\":\"loyalty-model\"}"]
    {
        assert_bad(text);
    }
    assert_bad(&"[".repeat(1_000_000));
    assert_bad(&"{\"params\":".repeat(1_000_000));
    let header = "{\"format\":\"loyalty-model\",\"version\":1,\"kind\":\"kmeans\",\"feature_names\":";
    assert_bad(&format!("{header}{}", "[".repeat(1_000_000)));
    assert_bad(&format!("{header}[{}\"\"],\"params\":{{}},\"fitted\":{{}}}}", "\"\",".repeat(1_000_000)));
    assert_bad(&format!(
        "{{\"format\":\"loyalty-model\",\"version\":1,\"kind\":\"{}\"}}",
        "k".repeat(1_000_000)
    ));
}
