//! Scores the customers of an order log: CSV in; a report, a model file and a score file out.

use clap::Parser;
use comfy_table::{Cell, CellAlignment, Table, presets};
use jiff::civil::DateTime;
use jiff::{Timestamp, tz::TimeZone};
use loyalty_core::customers::Transactions;
use loyalty_core::model::Model;
use loyalty_core::scorecard::{CustomerScore, FittedScorecard, OrderLog, Scorecard, Scores};
use std::fmt::Display;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use tempfile::NamedTempFile;

/// Scores the customers of an order log.
#[derive(Parser)]
#[command(version)]
struct Args {
    /// Order log: CSV with a header line
    log: PathBuf,
    /// Column of the customer's id
    #[arg(long, default_value = "customer_id")]
    customer: String,
    /// Column of the order's date (1998-06-30) or time (1998-06-30T12:00:00, with or without a UTC offset)
    #[arg(long, default_value = "date")]
    date: String,
    /// Column of the amount; negative for a refund
    #[arg(long, default_value = "amount")]
    amount: String,
    /// Column of the order's id, where an order has several lines
    #[arg(long)]
    order: Option<String>,
    /// Column of an amount of use
    #[arg(long)]
    usage: Option<String>,
    /// Column of a rating
    #[arg(long)]
    feedback: Option<String>,
    /// Drop and count the rows without a usable id, date or amount, instead of stopping at the first
    #[arg(long)]
    drop_invalid: bool,
    /// Moment of scoring, a date or time as in the log [default: the latest order]
    #[arg(long, value_parser = parse_time)]
    as_of: Option<i64>,
    /// Horizon of churn and value, in days
    #[arg(long, default_value_t = 180.0, allow_negative_numbers = true)]
    horizon_days: f64,
    /// Discount rate a year
    #[arg(long, default_value_t = 0.1, allow_negative_numbers = true)]
    discount_rate: f64,
    /// Where the model goes
    #[arg(long, default_value = "scorecard.json")]
    model_out: PathBuf,
    /// Where the scores go
    #[arg(long, default_value = "scores.csv")]
    scores_out: PathBuf,
    /// Seed of everything random
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// Threads [default: one a core]
    #[arg(long)]
    threads: Option<usize>,
}

fn main() -> ExitCode {
    match run(&Args::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("error: {message}");
            ExitCode::FAILURE
        }
    }
}

fn run(args: &Args) -> Result<(), String> {
    check_paths(args)?;
    let file = read(args)?;
    let (ids, orders) = (texts(&file.customers), file.orders.as_deref().map(texts));
    let log = file.order_log(&ids, orders.as_deref());
    let in_log = |e: loyalty_core::Error| format!("{}: {}", args.log.display(), file.explain(&e));

    let mut plan =
        Scorecard::new().horizon_days(args.horizon_days).discount_rate(args.discount_rate).seed(args.seed);
    plan.as_of = args.as_of;
    plan.n_threads = args.threads;
    let card = plan.fit(&log).map_err(in_log)?;
    let scores = card.score(&log, args.as_of).map_err(in_log)?;

    let text = card.to_json().map_err(in_log)?;
    let model = Draft::new(&args.model_out, text.as_bytes())?;
    let table = Draft::new(&args.scores_out, &scores_csv(&scores)?)?;
    model.publish()?;
    table.publish()?;

    let written = std::fs::read_to_string(&args.model_out).map_err(|e| at(&args.model_out, e))?;
    let loaded = FittedScorecard::from_json(&written).map_err(|e| at(&args.model_out, e))?;
    let again = loaded.score(&log, args.as_of).map_err(in_log)?;
    let differing = scores.rows.iter().zip(&again.rows).filter(|(a, b)| !same_bits(a, b)).count();
    if differing > 0 || scores.rows.len() != again.rows.len() {
        return Err(format!("{differing} customers score differently with the model that was written"));
    }

    let n = grouped(scores.rows.len());
    let report = [
        log_report(args, &file, &scores),
        segment_report(&card, &scores),
        tier_report(&card, &scores),
        churn_report(&card),
        cluster_report(&card, &scores),
        best_report(&scores),
        format!(
            "Model:  {} ({} bytes)\nScores: {} ({n} customers)\n\
             The model file, loaded again, gives all {n} customers the same scores, bit for bit.\n",
            args.model_out.display(),
            text.len(),
            args.scores_out.display()
        ),
    ];
    match std::io::stdout().write_all(report.join("\n").as_bytes()) {
        // Whoever reads may stop where they like.
        Err(e) if e.kind() != std::io::ErrorKind::BrokenPipe => {
            Err(format!("the report could not be written: {e}"))
        }
        _ => Ok(()),
    }
}

fn at(path: &Path, what: impl Display) -> String {
    format!("{}: {what}", path.display())
}

// ---------------------------------------------------------------------------------------------------------- the log

/// The columns of the file that matter, and what became of its rows.
struct LogFile {
    bytes: Vec<u8>,
    customers: Vec<String>,
    times: Vec<i64>,
    amounts: Vec<f64>,
    orders: Option<Vec<String>>,
    usage: Option<Vec<f64>>,
    feedback: Option<Vec<f64>>,
    /// Where in the file each row kept begins.
    starts: Vec<u64>,
    rows_read: usize,
    /// Why rows were dropped: the reason, how many, where the first begins.
    dropped: Vec<(String, usize, u64)>,
}

/// Which columns matter.
struct Columns {
    header: Vec<String>,
    customer: usize,
    date: usize,
    amount: usize,
    order: Option<usize>,
    usage: Option<usize>,
    feedback: Option<usize>,
}

struct Row {
    customer: String,
    time: i64,
    amount: f64,
    order: Option<String>,
    usage: Option<f64>,
    feedback: Option<f64>,
}

/// What is wrong with a row: in short, to count it under, and with the value.
struct Complaint {
    reason: String,
    detail: String,
}

fn read(args: &Args) -> Result<LogFile, String> {
    let bytes = std::fs::read(&args.log).map_err(|e| at(&args.log, e))?;
    let mut reader =
        csv::ReaderBuilder::new().trim(csv::Trim::All).flexible(true).from_reader(bytes.as_slice());
    let columns = Columns::find(reader.headers().map_err(|e| at(&args.log, e))?, args)?;
    let mut file = LogFile {
        bytes: Vec::new(),
        customers: Vec::new(),
        times: Vec::new(),
        amounts: Vec::new(),
        orders: columns.order.map(|_| Vec::new()),
        usage: columns.usage.map(|_| Vec::new()),
        feedback: columns.feedback.map(|_| Vec::new()),
        starts: Vec::new(),
        rows_read: 0,
        dropped: Vec::new(),
    };
    for record in reader.byte_records() {
        let record = record.map_err(|e| at(&args.log, e))?;
        let start = record.position().map_or(0, csv::Position::byte);
        file.rows_read += 1;
        match columns.row(record) {
            Ok(row) => file.push(row, start),
            Err(complaint) if args.drop_invalid => file.drop_row(complaint.reason, start),
            Err(complaint) => {
                return Err(at(&args.log, format!("line {}: {}", line_at(&bytes, start), complaint.detail)));
            }
        }
    }
    if file.starts.is_empty() {
        return Err(at(&args.log, format!("none of its {} rows can be used", file.rows_read)));
    }
    file.bytes = bytes;
    Ok(file)
}

/// The number of the line in which a record begins; line ends of the record before, and empty lines, come first.
fn line_at(bytes: &[u8], start: u64) -> usize {
    let start = bytes.len().min(start as usize);
    let skipped = bytes[start..].iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
    let before = &bytes[..start + skipped];
    let ends_line =
        |&i: &usize| before[i] == b'\n' || (before[i] == b'\r' && bytes.get(i + 1) != Some(&b'\n'));
    1 + (0..before.len()).filter(ends_line).count()
}

impl Columns {
    fn find(header: &csv::StringRecord, args: &Args) -> Result<Self, String> {
        if header.iter().all(str::is_empty) {
            return Err(at(&args.log, "the file is empty; a header line and at least one order are needed"));
        }
        let column = |name: &String| {
            let mut found = header.iter().enumerate().filter(|(_, h)| h == name);
            match (found.next(), found.next()) {
                (Some((index, _)), None) => Ok(index),
                (Some(_), Some(_)) => Err(at(&args.log, format!("line 1: the column {name:?} stands twice"))),
                (None, _) => {
                    let columns = header.iter().collect::<Vec<_>>().join(", ");
                    Err(at(&args.log, format!("line 1: no column {name:?}; the columns are {columns}")))
                }
            }
        };
        let optional = |name: &Option<String>| name.as_ref().map(column).transpose();
        Ok(Self {
            customer: column(&args.customer)?,
            date: column(&args.date)?,
            amount: column(&args.amount)?,
            order: optional(&args.order)?,
            usage: optional(&args.usage)?,
            feedback: optional(&args.feedback)?,
            header: header.iter().map(str::to_owned).collect(),
        })
    }

    fn row(&self, record: csv::ByteRecord) -> Result<Row, Complaint> {
        let record = csv::StringRecord::from_byte_record(record).map_err(|e| Complaint {
            reason: "not UTF-8".to_owned(),
            detail: format!("{:?} is not UTF-8", String::from_utf8_lossy(e.into_byte_record().as_slice())),
        })?;
        if record.len() != self.header.len() {
            let fields = record.iter().collect::<Vec<_>>().join(",");
            return Err(Complaint {
                reason: "more or fewer fields than the header".to_owned(),
                detail: format!("{fields:?} has {} fields, the header {}", record.len(), self.header.len()),
            });
        }
        let number = |index: usize| {
            let value: Option<f64> = record[index].parse().ok();
            value.filter(|v| v.is_finite()).ok_or_else(|| self.complain(&record, index, "a number"))
        };
        let known = |index: Option<usize>| match index {
            Some(index) if record[index].is_empty() => Ok(Some(f64::NAN)),
            Some(index) => number(index).map(Some),
            None => Ok(None),
        };
        if record[self.customer].is_empty() {
            return Err(self.complain(&record, self.customer, "a customer's id"));
        }
        Ok(Row {
            customer: record[self.customer].to_owned(),
            time: parse_time(&record[self.date])
                .map_err(|_| self.complain(&record, self.date, "a date such as 1998-06-30"))?,
            amount: number(self.amount)?,
            order: self.order.map(|index| record[index].to_owned()),
            usage: known(self.usage)?,
            feedback: known(self.feedback)?,
        })
    }

    fn complain(&self, record: &csv::StringRecord, index: usize, must: &str) -> Complaint {
        let (column, value) = (&self.header[index], &record[index]);
        let what = if value.is_empty() { "is empty".to_owned() } else { format!("is not {must}") };
        Complaint { reason: format!("{column} {what}"), detail: format!("{column} {value:?} is not {must}") }
    }
}

impl LogFile {
    fn push(&mut self, row: Row, start: u64) {
        self.customers.push(row.customer);
        self.times.push(row.time);
        self.amounts.push(row.amount);
        self.starts.push(start);
        if let Some(orders) = &mut self.orders {
            orders.extend(row.order);
        }
        if let Some(usage) = &mut self.usage {
            usage.extend(row.usage);
        }
        if let Some(feedback) = &mut self.feedback {
            feedback.extend(row.feedback);
        }
    }

    fn drop_row(&mut self, reason: String, start: u64) {
        match self.dropped.iter_mut().find(|(known, ..)| *known == reason) {
            Some((_, count, _)) => *count += 1,
            None => self.dropped.push((reason, 1, start)),
        }
    }

    fn order_log<'a>(&'a self, customers: &'a [&'a str], orders: Option<&'a [&'a str]>) -> OrderLog<'a> {
        let mut transactions = Transactions::new(customers, &self.times, &self.amounts);
        if let Some(orders) = orders {
            transactions = transactions.order(orders);
        }
        let mut log = OrderLog::new(transactions);
        log.usage = self.usage.as_deref();
        log.feedback = self.feedback.as_deref();
        log
    }

    /// The library counts rows; a person looks for lines.
    fn explain(&self, error: &loyalty_core::Error) -> String {
        use loyalty_core::Error::{InvalidValue, NonFinite};
        match error {
            InvalidValue { row, .. } | NonFinite { row, .. } if *row < self.starts.len() => {
                format!("line {}: {error}", line_at(&self.bytes, self.starts[*row]))
            }
            _ => error.to_string(),
        }
    }
}

fn texts(column: &[impl AsRef<str>]) -> Vec<&str> {
    column.iter().map(AsRef::as_ref).collect()
}

/// Microseconds since 1970 of a date or time; without an offset it is taken as UTC. A named zone is refused: the database
/// of zones belongs to the system, and answers would differ between systems.
fn parse_time(text: &str) -> Result<i64, String> {
    if text.contains('[') {
        return Err("a time with a named zone; give its offset".to_owned());
    }
    text.parse::<Timestamp>()
        .or_else(|_| text.parse::<DateTime>().and_then(|t| t.to_zoned(TimeZone::UTC)).map(|z| z.timestamp()))
        .map(Timestamp::as_microsecond)
        .map_err(|e| e.to_string())
}

fn date_of(time: i64) -> String {
    match Timestamp::from_microsecond(time) {
        Ok(t) if time % 86_400_000_000 == 0 => t.strftime("%Y-%m-%d").to_string(),
        Ok(t) => t.to_string(),
        Err(_) => time.to_string(),
    }
}

// --------------------------------------------------------------------------------------------------------- the files

/// A file that appears under its name only once it is whole.
struct Draft {
    file: NamedTempFile,
    target: PathBuf,
}

impl Draft {
    fn new(path: &Path, content: &[u8]) -> Result<Self, String> {
        // Behind a link it is the file itself that is replaced.
        let target = std::fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
        let folder = target.parent().filter(|f| !f.as_os_str().is_empty()).unwrap_or(Path::new("."));
        if !folder.is_dir() {
            return Err(at(path, "there is no such folder"));
        }
        if target.exists() && !target.is_file() {
            return Err(at(path, "is there and is no file"));
        }
        let mut options = tempfile::Builder::new();
        #[cfg(unix)]
        options.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
        let mut file = options.tempfile_in(folder).map_err(|e| at(path, e.kind()))?;
        file.write_all(content).map_err(|e| at(path, e.kind()))?;
        if let Ok(old) = target.metadata() {
            file.as_file().set_permissions(old.permissions()).map_err(|e| at(path, e.kind()))?;
        }
        Ok(Self { file, target })
    }

    fn publish(self) -> Result<(), String> {
        self.file.persist(&self.target).map(drop).map_err(|e| at(&self.target, e.error))
    }
}

/// That no output takes the place of the log or of the other output.
fn check_paths(args: &Args) -> Result<(), String> {
    // A file that is not there yet has a folder that is.
    let place = |path: &Path| {
        std::fs::canonicalize(path).or_else(|_| {
            let folder = path.parent().filter(|f| !f.as_os_str().is_empty()).unwrap_or(Path::new("."));
            Ok::<_, std::io::Error>(std::fs::canonicalize(folder)?.join(path.file_name().unwrap_or_default()))
        })
    };
    let same = |a: &Path, b: &Path| a == b || matches!((place(a), place(b)), (Ok(a), Ok(b)) if a == b);
    for (name, path, other) in [
        ("--model-out", &args.model_out, &args.log),
        ("--scores-out", &args.scores_out, &args.log),
        ("--scores-out", &args.scores_out, &args.model_out),
    ] {
        if same(path, other) {
            return Err(at(path, format!("{name} would replace {}", other.display())));
        }
    }
    Ok(())
}

fn scores_csv(scores: &Scores<'_>) -> Result<Vec<u8>, String> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    let mut write = |record: &[String]| writer.write_record(record).map_err(|e| e.to_string());
    let header = "customer_id recency_days n_purchases total_amount mean_amount tenure_days r f m rfm_score segment \
                  loyalty tier churn_probability risk cluster clv action";
    write(&header.split(' ').map(str::to_owned).collect::<Vec<_>>())?;
    let c = &scores.customers;
    for (i, s) in scores.rows.iter().enumerate() {
        write(&[
            c.ids.label(i),
            c.recency_days[i].to_string(),
            c.n_purchases[i].to_string(),
            c.total_amount[i].to_string(),
            c.mean_amount[i].to_string(),
            c.tenure_days[i].to_string(),
            s.r.to_string(),
            s.f.to_string(),
            s.m.to_string(),
            s.rfm_score.to_string(),
            s.segment.to_owned(),
            s.loyalty.to_string(),
            s.tier.to_owned(),
            s.churn_probability.to_string(),
            s.risk.to_owned(),
            s.cluster.to_owned(),
            s.clv.to_string(),
            s.action.to_owned(),
        ])?;
    }
    writer.into_inner().map_err(|e| e.to_string())
}

fn same_bits(a: &CustomerScore<'_>, b: &CustomerScore<'_>) -> bool {
    let floats =
        |s: &CustomerScore<'_>| [s.rfm_score, s.loyalty, s.churn_probability, s.clv].map(f64::to_bits);
    floats(a) == floats(b) && a == b
}

// -------------------------------------------------------------------------------------------------------- the report

fn log_report(args: &Args, file: &LogFile, scores: &Scores<'_>) -> String {
    let counts = &scores.customers.counts;
    let first = file.times.iter().min().copied().unwrap_or_default();
    let last = file.times.iter().max().copied().unwrap_or_default();
    let rows = grouped(file.rows_read);
    let mut report =
        format!("{rows} rows read from {}, {} to {}.\n", args.log.display(), date_of(first), date_of(last));
    for (reason, count, start) in &file.dropped {
        let line = line_at(&file.bytes, *start);
        report += &format!("  {} dropped: {reason} (first in line {line})\n", grouped(*count));
    }
    for (count, reason) in [
        (counts.after_as_of, "after the moment of scoring"),
        (counts.without_purchase, "refunds of customers without a purchase"),
    ] {
        if count > 0 {
            report += &format!("  {} dropped: {reason}\n", grouped(count as usize));
        }
    }
    report += &format!(
        "{} rows counted, {} dropped; {} customers as of {}.\n",
        grouped(counts.counted as usize),
        grouped(file.rows_read - counts.counted as usize),
        grouped(scores.rows.len()),
        date_of(scores.customers.as_of)
    );
    report
}

/// Count, share, means and share of revenue of some customers: a row of the segment and cluster tables.
fn profile(name: &str, scores: &Scores<'_>, member: impl Fn(&CustomerScore<'_>) -> bool) -> Vec<String> {
    let c = &scores.customers;
    let members: Vec<usize> = (0..scores.rows.len()).filter(|&i| member(&scores.rows[i])).collect();
    let n = members.len() as f64;
    let sum = |value: &dyn Fn(usize) -> f64| members.iter().map(|&i| value(i)).fold(0.0, std::ops::Add::add);
    let mean = |value: &dyn Fn(usize) -> f64| {
        if n > 0.0 { format!("{:.1}", sum(value) / n) } else { "–".to_owned() }
    };
    let revenue = sum(&|i| c.total_amount[i]);
    vec![
        name.to_owned(),
        grouped(members.len()),
        percent(n, scores.rows.len() as f64),
        mean(&|i| c.recency_days[i]),
        mean(&|i| c.n_purchases[i] as f64),
        mean(&|i| c.total_amount[i]),
        percent(revenue, c.total_amount.iter().sum()),
    ]
}

const PROFILE: [&str; 6] = ["customers", "share", "recency (days)", "purchases", "spend", "revenue share"];

fn segment_report(card: &FittedScorecard, scores: &Scores<'_>) -> String {
    let rows =
        card.rfm().segment_names().into_iter().map(|name| profile(name, scores, |s| s.segment == name));
    table("RFM segments (means a customer)", "segment", &PROFILE, rows)
}

fn cluster_report(card: &FittedScorecard, scores: &Scores<'_>) -> String {
    let rows = card.cluster_names().iter().map(|name| profile(name, scores, |s| s.cluster == name));
    let mut report = table("K-means clusters (means a customer)", "cluster", &PROFILE, rows);
    let k = card.cluster_names().len();
    report += &format!("The number of clusters with the highest mean silhouette, {k}, was chosen:\n");
    for tried in card.cluster_candidates() {
        report +=
            &format!("  k = {}: silhouette {:.4}, inertia {:.1}\n", tried.k, tried.silhouette, tried.inertia);
    }
    report
}

fn tier_report(card: &FittedScorecard, scores: &Scores<'_>) -> String {
    let risks = &card.params().risks.names;
    let rows = card.params().tiers.names.iter().rev().map(|tier| {
        let count = |risk: Option<&String>| {
            let n = scores.rows.iter().filter(|s| s.tier == tier && risk.is_none_or(|r| s.risk == r)).count();
            grouped(n)
        };
        std::iter::once(tier.clone())
            .chain(risks.iter().map(|risk| count(Some(risk))))
            .chain([count(None)])
            .collect()
    });
    let header: Vec<String> =
        risks.iter().map(|risk| format!("{risk} churn risk")).chain(["all".to_owned()]).collect();
    table("Customers by loyalty tier and churn risk", "tier", &header, rows)
}

fn churn_report(card: &FittedScorecard) -> String {
    let Some(quality) = card.churn_quality() else { return String::new() };
    let rows = quality.calibration.bins.iter().map(|bin| {
        vec![
            format!("{:.3} – {:.3}", bin.lower, bin.upper),
            grouped(bin.count),
            format!("{:.3}", bin.mean_predicted),
            format!("{:.3}", bin.observed_rate),
        ]
    });
    format!(
        "Churn within {} days, fitted to {} customers and checked on {} others, of whom {:.1} % churned:\n  \
         ROC AUC {:.4}, log loss {:.4}, Brier score {:.4}\n{}",
        card.params().horizon_days,
        grouped(quality.n_train),
        grouped(quality.n_holdout),
        100.0 * quality.churn_rate,
        quality.roc_auc,
        quality.log_loss,
        quality.brier,
        table("Calibration on the holdout", "probability", &["customers", "predicted", "observed"], rows)
    )
}

fn best_report(scores: &Scores<'_>) -> String {
    let mut best: Vec<usize> = (0..scores.rows.len()).collect();
    best.sort_by(|&a, &b| {
        let key = |i: usize| (scores.rows[i].loyalty, scores.rows[i].clv);
        key(b).partial_cmp(&key(a)).unwrap_or(std::cmp::Ordering::Equal)
    });
    let rows = best.into_iter().take(10).map(|i| {
        let (c, s) = (&scores.customers, &scores.rows[i]);
        vec![
            c.ids.label(i),
            format!("{:.0}", c.recency_days[i]),
            c.n_purchases[i].to_string(),
            format!("{:.2}", c.total_amount[i]),
            format!("{}{}{}", s.r, s.f, s.m),
            s.segment.to_owned(),
            format!("{:.1} {}", s.loyalty, s.tier),
            format!("{:.3} {}", s.churn_probability, s.risk),
            s.cluster.to_owned(),
            format!("{:.2}", s.clv),
            s.action.to_owned(),
        ]
    });
    let header =
        ["recency", "purchases", "spend", "RFM", "segment", "loyalty", "churn", "cluster", "CLV", "action"];
    table("The ten most loyal customers", "customer", &header, rows)
}

/// A table whose first column is text and whose others align by their content.
fn table<H: Display>(
    title: &str,
    first: &str,
    header: &[H],
    rows: impl IntoIterator<Item = Vec<String>>,
) -> String {
    let is_number = |text: &str| text.starts_with(|c: char| c.is_ascii_digit() || c == '-' || c == '–');
    let mut table = Table::new();
    table.load_style(presets::UTF8_BORDERS_ONLY);
    let header = header.iter().map(|name| Cell::new(name).set_alignment(CellAlignment::Right));
    table.set_header(std::iter::once(Cell::new(first)).chain(header));
    for row in rows {
        table.add_row(row.into_iter().enumerate().map(|(j, text)| {
            let right = j > 0 && is_number(&text);
            Cell::new(text).set_alignment(if right { CellAlignment::Right } else { CellAlignment::Left })
        }));
    }
    format!("{title}\n{}\n", table.trim_fmt())
}

fn percent(part: f64, whole: f64) -> String {
    if whole == 0.0 { "–".to_owned() } else { format!("{:.1} %", 100.0 * part / whole) }
}

/// 1,234,567
fn grouped(n: usize) -> String {
    let digits = n.to_string();
    let mut text = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}
