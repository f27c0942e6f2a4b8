//! The example program, run as a person would run it: on the order log of the repository and on logs that are wrong.

// A test that cannot go on panics.
#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used)]

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::LazyLock;

const LOG: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/data/cdnow_sample.csv");

/// The example, built as it stands: `cargo test` builds it too, but not when only this test is asked for.
fn program() -> &'static Path {
    static PROGRAM: LazyLock<PathBuf> = LazyLock::new(|| {
        let cargo = std::env::var_os("CARGO").unwrap_or("cargo".into());
        let build = "build --quiet --locked --workspace --profile test --example score_customers".split(" ");
        let built = Command::new(cargo).current_dir(env!("CARGO_MANIFEST_DIR")).args(build).status();
        assert!(built.unwrap().success(), "the example does not build");
        let test = std::env::current_exe().unwrap();
        let target = test.parent().and_then(Path::parent).unwrap();
        target.join("examples").join(format!("score_customers{}", std::env::consts::EXE_SUFFIX))
    });
    &PROGRAM
}

fn run(folder: &Path, log: &Path, options: &[&str]) -> Output {
    Command::new(program()).current_dir(folder).arg(log).args(options).output().expect("the example runs")
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
    assert!(report.contains("as of 1998-03-31") && report.contains("dropped: after the moment of scoring"));
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
    assert!(message.contains("line 2") && message.contains("UTF-8"), "{message}");
    let message = complaint(b"customer_id,date,amount,amount\n7,1997-01-01,3,4\n", &[]);
    assert!(message.contains("line 1") && message.contains("twice"), "{message}");
    let message = complaint(&cdnow_with(4, "00021,1997-01-01T00:00:00[Pacific/Auckland],1,3"), &[]);
    assert!(message.contains("line 4") && message.contains("Auckland"), "{message}");
}

#[test]
fn lines_are_counted_as_an_editor_counts_them() {
    let header = "customer_id,date,amount";
    for (text, line) in [
        (format!("{header}\r\n1,1997-01-01,3\r\n2,1997-01-01,x\r\n"), 3),
        (format!("{header}\n1,1997-01-01,3\n\n\n2,1997-01-01,x\n"), 5),
        (format!("{header}\n\"1\n1\",1997-01-01,3\n2,1997-01-01,x\n"), 4),
        (format!("{header}\r1,1997-01-01,3\r2,1997-01-01,x\r"), 3),
        (format!("\u{feff}{header}\n1,1997-01-01,x"), 2),
    ] {
        let message = complaint(text.as_bytes(), &[]);
        assert!(message.contains(&format!("line {line}: amount \"x\"")), "{text:?}: {message}");
    }
}

#[test]
fn no_file_is_lost() {
    let log = std::fs::read(LOG).unwrap();
    for options in [
        &["--model-out", "log.csv"][..],
        &["--scores-out", "./log.csv"],
        &["--model-out", "x.json", "--scores-out", "x.json"],
        &["--model-out", "./x", "--scores-out", "x"],
        &["--scores-out", "."],
    ] {
        let message = complaint(&log, options);
        assert!(!message.contains("panicked"), "{message}");
    }

    // A failure leaves what was there before.
    let folder = tempfile::tempdir().unwrap();
    let (path, model) = (folder.path().join("log.csv"), folder.path().join("scorecard.json"));
    std::fs::write(&path, b"customer_id,date,amount\n7,1997-01-01,3\n").unwrap();
    std::fs::write(&model, b"an older model").unwrap();
    assert!(!run(folder.path(), &path, &[]).status.success());
    assert_eq!(std::fs::read(&model).unwrap(), b"an older model");

    // A success replaces it, with the rights that it had.
    std::fs::write(&path, &log).unwrap();
    let rights = std::fs::metadata(&model).unwrap().permissions();
    assert!(run(folder.path(), &path, &[]).status.success());
    assert_ne!(std::fs::read(&model).unwrap(), b"an older model");
    assert_eq!(std::fs::metadata(&model).unwrap().permissions(), rights);
    assert_eq!(std::fs::read(&path).unwrap(), log);
}

#[test]
fn every_row_is_accounted_for() {
    let mut log = std::fs::read_to_string(LOG).unwrap();
    log += "refund,1997-05-05,1,-4\nrefund,1997-05-06,1,-3\nshort,1997-05-05\nlate,1999-01-01,1,5\n";
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("log.csv");
    std::fs::write(&path, log).unwrap();
    let output = run(folder.path(), &path, &["--drop-invalid", "--as-of", "1998-06-30"]);
    let report = String::from_utf8(output.stdout).unwrap();
    for part in [
        "6,923 rows read",
        "1 dropped: more or fewer fields than the header (first in line 6923)",
        "1 dropped: after the moment of scoring",
        "2 dropped: refunds of customers without a purchase",
        "6,919 rows counted, 4 dropped",
    ] {
        assert!(report.contains(part), "no {part:?} in\n{report}");
    }
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
