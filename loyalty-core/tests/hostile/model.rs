//! Model files, damaged in every way: refused with `BAD_MODEL`, or of no consequence; never a panic, never slow.

use loyalty_core::customers::{MICROSECONDS_PER_DAY, Transactions};
use loyalty_core::kmeans::KMeans;
use loyalty_core::model::{AnyModel, Model, load};
use loyalty_core::ndarray::array;
use loyalty_core::numeric::rng::Rng;
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

/// Whatever still loads must still answer.
fn use_it(model: &AnyModel) {
    if let AnyModel::Scorecard(card) = model {
        let input = CustomerInput {
            recency_days: 3.0,
            n_purchases: 2,
            total_amount: 50.0,
            tenure_days: 90.0,
            usage: Some(1.0),
            feedback: None,
        };
        let _ = card.score_one(&input);
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
    let text = scorecard();
    for end in (0..text.len()).filter(|&end| text.is_char_boundary(end)) {
        assert_bad(&text[..end]);
    }
}

#[test]
fn every_flipped_byte_is_refused_or_harmless() {
    let text = scorecard();
    let mut rng = Rng::new(3);
    for at in 0..text.len() {
        let mut bytes = text.clone().into_bytes();
        bytes[at] ^= 1 << rng.below(7);
        if let Ok(Ok(model)) = std::str::from_utf8(&bytes).map(load) {
            use_it(&model);
        }
    }
}

#[test]
fn every_number_replaced_by_a_monster_is_refused_or_harmless() {
    let text = scorecard();
    let monsters = [
        "-1",
        "0",
        "1e999",
        "-1e308",
        "1e308",
        "9223372036854775807",
        "18446744073709551615",
        "null",
        "[]",
        "\"\"",
        "0.5",
    ];
    let starts: Vec<usize> = (1..text.len())
        .filter(|&i| text.as_bytes()[i].is_ascii_digit() && b":,[".contains(&text.as_bytes()[i - 1]))
        .collect();
    let mut rng = Rng::new(4);
    for start in starts {
        let length = text[start..].find([',', ']', '}']).unwrap();
        let monster = monsters[rng.below(monsters.len())];
        let damaged = format!("{}{monster}{}", &text[..start], &text[start + length..]);
        if let Ok(model) = load(&damaged) {
            use_it(&model);
        }
    }
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
    let wrong_kind = loyalty_core::rfm::FittedRfm::from_json(&text).unwrap_err();
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
