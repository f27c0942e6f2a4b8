//! The example program, run as a person would run it: on the order log of the repository and on logs that are wrong.

// A test that cannot go on panics.
#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used)]

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

const LOG: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/data/cdnow_sample.csv");

/// The example lies beside the test's own folder: `cargo test` builds both.
fn program() -> PathBuf {
    let test = std::env::current_exe().unwrap();
    let target = test.parent().and_then(Path::parent).unwrap();
    target.join("examples").join(format!("score_customers{}", std::env::consts::EXE_SUFFIX))
}

fn run(folder: &Path, log: &Path, options: &[&str]) -> Output {
    Command::new(program())
        .current_dir(folder)
        .arg(log)
        .args(options)
        .output()
        .expect("the example is built: cargo build --examples")
}

/// The last complaint about `content` as a log, after checking that nothing was written.
fn complaint(content: &[u8], options: &[&str]) -> String {
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("log.csv");
    std::fs::write(&log, content).unwrap();
    let output = run(folder.path(), &log, options);
    assert!(!output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    assert_eq!(output.status.code(), Some(1), "{}", String::from_utf8_lossy(&output.stderr));
    let files: Vec<_> = std::fs::read_dir(folder.path()).unwrap().map(|f| f.unwrap().file_name()).collect();
    assert_eq!(files, ["log.csv"], "something was written");
    String::from_utf8(output.stderr).unwrap()
}

/// CDNOW with its `line`-th line (from 1) replaced.
fn cdnow_with(line: usize, text: &str) -> Vec<u8> {
    let log = std::fs::read_to_string(LOG).unwrap();
    let mut lines: Vec<&str> = log.lines().collect();
    lines[line - 1] = text;
    lines.join("\n").into_bytes()
}

#[test]
fn cdnow_is_scored_and_the_model_gives_the_same_bits_again() {
    let folder = tempfile::tempdir().unwrap();
    let output = run(folder.path(), Path::new(LOG), &["--threads", "1"]);
    let report = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    for part in [
        "6,919 rows read",
        "2,357 customers as of 1998-06-30",
        "Champion",
        "Hibernating",
        "ROC AUC",
        "silhouette",
        "The ten most loyal customers",
        "gives all 2,357 customers the same scores, bit for bit",
    ] {
        assert!(report.contains(part), "no {part:?} in\n{report}");
    }
    let scores = std::fs::read_to_string(folder.path().join("scores.csv")).unwrap();
    assert_eq!(scores.lines().count(), 2358);

    let model = std::fs::read(folder.path().join("scorecard.json")).unwrap();
    let again = run(folder.path(), Path::new(LOG), &["--threads", "3"]);
    assert!(again.status.success());
    assert_eq!(
        std::fs::read(folder.path().join("scorecard.json")).unwrap(),
        model,
        "threads change the model"
    );
}

#[test]
fn any_columns_any_moment() {
    let log = std::fs::read_to_string(LOG).unwrap();
    let renamed = log.replacen("customer_id,date,quantity,amount", "who,when,n,paid", 1);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("log.csv");
    std::fs::write(&path, renamed).unwrap();
    let columns =
        ["--customer", "who", "--date", "when", "--amount", "paid", "--order", "when", "--usage", "n"];
    let choices = ["--as-of", "1998-03-31", "--horizon-days", "90", "--discount-rate", "0.05", "--seed", "3"];
    let output = run(folder.path(), &path, &[&columns[..], &choices[..]].concat());
    let report = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(
        report.contains("as of 1998-03-31") && report.contains("not counted: after the moment of scoring")
    );
}

#[test]
fn what_is_wrong_is_named_with_file_line_and_value() {
    let missing = run(Path::new("."), Path::new("no-such-log.csv"), &[]);
    assert_eq!(missing.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&missing.stderr).contains("no-such-log.csv"));

    let message = complaint(b"", &[]);
    assert!(message.contains("log.csv") && message.contains("empty"), "{message}");
    let message = complaint(b"customer_id,date,amount\n", &[]);
    assert!(message.contains("log.csv") && message.contains("0 rows"), "{message}");
    let message = complaint(&std::fs::read(LOG).unwrap(), &["--amount", "paid"]);
    assert!(
        message.contains("line 1") && message.contains("\"paid\"") && message.contains("quantity"),
        "{message}"
    );
    let message = complaint(&cdnow_with(7, "00021,1997-13-01,1,10.0"), &[]);
    assert!(
        message.contains("line 7") && message.contains("1997-13-01") && message.contains("date"),
        "{message}"
    );
    let message = complaint(&cdnow_with(9, "00021,1997-01-01,1,ten"), &[]);
    assert!(
        message.contains("line 9") && message.contains("\"ten\"") && message.contains("amount"),
        "{message}"
    );
    for infinite in ["inf", "NaN", "1e999"] {
        let message = complaint(&cdnow_with(9, &format!("00021,1997-01-01,1,{infinite}")), &[]);
        assert!(message.contains("line 9") && message.contains(infinite), "{message}");
    }
    let message = complaint(&cdnow_with(3, ",1997-01-01,1,10.0"), &[]);
    assert!(message.contains("line 3") && message.contains("customer_id"), "{message}");
    let message = complaint(&cdnow_with(5, "00021,1997-01-01"), &[]);
    assert!(message.contains("line") && message.contains("log.csv"), "{message}");
    let message =
        complaint(b"customer_id,date,amount\n7,1997-01-01,3\n7,1997-06-01,4\n7,1998-06-01,4\n", &[]);
    assert!(message.contains("customers") && message.contains("1 row"), "{message}");
    let message = complaint(&std::fs::read(LOG).unwrap(), &["--horizon-days", "-3"]);
    assert!(message.contains("horizon_days is -3"), "{message}");
    let message = complaint(&std::fs::read(LOG).unwrap(), &["--model-out", "no/such/folder.json"]);
    assert!(message.contains("no/such/folder.json"), "{message}");
    let message = complaint(b"customer_id,date,amount\n\xff\xfe,1997-01-01,3\n", &[]);
    assert!(message.contains("log.csv") && message.contains("UTF-8"), "{message}");
}

#[test]
fn invalid_rows_are_dropped_and_counted_when_asked() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("log.csv");
    std::fs::write(&path, cdnow_with(3, ",1997-01-01,1,10.0")).unwrap();
    let output = run(folder.path(), &path, &["--drop-invalid"]);
    let report = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(report.contains("1 dropped: customer_id is empty (first in line 3)"), "{report}");
}
