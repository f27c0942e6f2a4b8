//! Scores the customers of an order log: CSV in; a report, a model file and a score file out.

use clap::Parser;
use comfy_table::{Cell, CellAlignment, Table, presets};
use jiff::civil::DateTime;
use jiff::{Timestamp, tz::TimeZone};
use loyalty_core::customers::Transactions;
use loyalty_core::model::Model;
use loyalty_core::scorecard::{CustomerScore, FittedScorecard, OrderLog, Scorecard, Scores};
use std::fmt::Display;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use tempfile::NamedTempFile;

/// Scores the customers of an order log.
#[derive(Parser)]
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

    print_log(args, &file, &scores);
    print_segments(&card, &scores);
    print_tiers(&card, &scores);
    print_churn(&card);
    print_clusters(&card, &scores);
    print_best(&scores);

    println!("\nModel:  {} ({} bytes)", args.model_out.display(), text.len());
    println!("Scores: {} ({} customers)", args.scores_out.display(), grouped(scores.rows.len()));
    let written = std::fs::read_to_string(&args.model_out).map_err(|e| at(&args.model_out, e))?;
    let loaded = FittedScorecard::from_json(&written).map_err(|e| at(&args.model_out, e))?;
    let again = loaded.score(&log, args.as_of).map_err(in_log)?;
    let differing = scores.rows.iter().zip(&again.rows).filter(|(a, b)| !same_bits(a, b)).count();
    if differing > 0 || scores.rows.len() != again.rows.len() {
        return Err(format!("{differing} customers score differently with the model that was written"));
    }
    println!(
        "The model file, loaded again, gives all {} customers the same scores, bit for bit.",
        grouped(again.rows.len())
    );
    Ok(())
}

fn at(path: &Path, what: impl Display) -> String {
    format!("{}: {what}", path.display())
}

// ---------------------------------------------------------------------------------------------------------- the log

/// The columns of the file that matter, and what became of its rows.
struct LogFile {
    customers: Vec<String>,
    times: Vec<i64>,
    amounts: Vec<f64>,
    orders: Option<Vec<String>>,
    usage: Option<Vec<f64>>,
    feedback: Option<Vec<f64>>,
    /// The line of each row kept.
    lines: Vec<u64>,
    rows_read: usize,
    /// Why rows were dropped: the reason, how many, the first line.
    dropped: Vec<(String, usize, u64)>,
}

/// One row, or what is wrong with it: the column and the complaint.
struct Row {
    customer: String,
    time: i64,
    amount: f64,
    order: Option<String>,
    usage: Option<f64>,
    feedback: Option<f64>,
}

fn read(args: &Args) -> Result<LogFile, String> {
    let mut reader =
        csv::ReaderBuilder::new().trim(csv::Trim::All).from_path(&args.log).map_err(|e| at(&args.log, e))?;
    let header = reader.headers().map_err(|e| at(&args.log, e))?.clone();
    if header.iter().all(str::is_empty) {
        return Err(at(&args.log, "the file is empty; a header line and at least one order are needed"));
    }
    let column = |name: &String| {
        header.iter().position(|h| h == name).ok_or_else(|| {
            let columns = header.iter().collect::<Vec<_>>().join(", ");
            at(&args.log, format!("line 1: no column {name:?}; the columns are {columns}"))
        })
    };
    let optional = |name: &Option<String>| name.as_ref().map(column).transpose();
    let (customer, date, amount) = (column(&args.customer)?, column(&args.date)?, column(&args.amount)?);
    let (order, usage, feedback) =
        (optional(&args.order)?, optional(&args.usage)?, optional(&args.feedback)?);

    let mut file = LogFile {
        customers: Vec::new(),
        times: Vec::new(),
        amounts: Vec::new(),
        orders: order.map(|_| Vec::new()),
        usage: usage.map(|_| Vec::new()),
        feedback: feedback.map(|_| Vec::new()),
        lines: Vec::new(),
        rows_read: 0,
        dropped: Vec::new(),
    };
    let parse = |record: &csv::StringRecord| -> Result<Row, (String, String)> {
        let cell = |index: usize| record.get(index).unwrap_or("");
        let complain =
            |index: usize, why: &str| (header[index].to_owned(), format!("{:?} {why}", cell(index)));
        let number = |index: usize| {
            cell(index)
                .parse()
                .ok()
                .filter(|v: &f64| v.is_finite())
                .ok_or_else(|| complain(index, "is not a number"))
        };
        let known = |index: Option<usize>| match index {
            Some(index) if cell(index).is_empty() => Ok(Some(f64::NAN)),
            Some(index) => number(index).map(Some),
            None => Ok(None),
        };
        if cell(customer).is_empty() {
            return Err(complain(customer, "is no customer's id"));
        }
        Ok(Row {
            customer: cell(customer).to_owned(),
            time: parse_time(cell(date)).map_err(|_| complain(date, "is not a date such as 1998-06-30"))?,
            amount: number(amount)?,
            order: order.map(|index| cell(index).to_owned()),
            usage: known(usage)?,
            feedback: known(feedback)?,
        })
    };
    for record in reader.records() {
        let record = record.map_err(|e| at(&args.log, e))?;
        let line = record.position().map_or(0, csv::Position::line);
        file.rows_read += 1;
        match parse(&record) {
            Ok(row) => file.push(row, line),
            Err((column, complaint)) if args.drop_invalid => {
                let complaint = if complaint.starts_with("\"\"") { "is empty" } else { "is not valid" };
                file.drop_row(format!("{column} {complaint}"), line);
            }
            Err((column, complaint)) => {
                return Err(at(&args.log, format!("line {line}: {column} {complaint}")));
            }
        }
    }
    if file.lines.is_empty() {
        return Err(at(&args.log, format!("none of its {} rows can be used", file.rows_read)));
    }
    Ok(file)
}

impl LogFile {
    fn push(&mut self, row: Row, line: u64) {
        self.customers.push(row.customer);
        self.times.push(row.time);
        self.amounts.push(row.amount);
        self.lines.push(line);
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

    fn drop_row(&mut self, reason: String, line: u64) {
        match self.dropped.iter_mut().find(|(known, ..)| *known == reason) {
            Some((_, count, _)) => *count += 1,
            None => self.dropped.push((reason, 1, line)),
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
            InvalidValue { row, .. } | NonFinite { row, .. } => match self.lines.get(*row) {
                Some(line) => format!("line {line}: {error}"),
                None => error.to_string(),
            },
            _ => error.to_string(),
        }
    }
}

fn texts(column: &[impl AsRef<str>]) -> Vec<&str> {
    column.iter().map(AsRef::as_ref).collect()
}

/// Microseconds since 1970 of a date or time; without an offset it is taken as UTC.
fn parse_time(text: &str) -> Result<i64, String> {
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
struct Draft<'a> {
    file: NamedTempFile,
    path: &'a Path,
}

impl<'a> Draft<'a> {
    fn new(path: &'a Path, content: &[u8]) -> Result<Self, String> {
        let folder = path.parent().filter(|f| !f.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let file = NamedTempFile::new_in(folder).map_err(|e| at(path, e))?;
        std::fs::write(file.path(), content).map_err(|e| at(path, e))?;
        Ok(Self { file, path })
    }

    fn publish(self) -> Result<(), String> {
        self.file.persist(self.path).map(drop).map_err(|e| at(self.path, e))
    }
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

fn print_log(args: &Args, file: &LogFile, scores: &Scores<'_>) {
    let counts = &scores.customers.counts;
    let first = file.times.iter().min().copied().unwrap_or_default();
    let last = file.times.iter().max().copied().unwrap_or_default();
    println!(
        "{} rows read from {}, {} to {}.",
        grouped(file.rows_read),
        args.log.display(),
        date_of(first),
        date_of(last)
    );
    for (reason, count, line) in &file.dropped {
        println!("  {} dropped: {reason} (first in line {line})", grouped(*count));
    }
    for (count, reason) in
        [(counts.after_as_of, "after the moment of scoring"), (counts.refund_ignored, "refunds")]
    {
        if count > 0 {
            println!("  {} not counted: {reason}", grouped(count as usize));
        }
    }
    println!(
        "{} rows counted, {} dropped; {} customers as of {}.",
        grouped(counts.counted as usize),
        grouped(file.rows_read - counts.counted as usize),
        grouped(scores.rows.len()),
        date_of(scores.customers.as_of)
    );
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

fn print_segments(card: &FittedScorecard, scores: &Scores<'_>) {
    let rows =
        card.rfm().segment_names().into_iter().map(|name| profile(name, scores, |s| s.segment == name));
    print_table("RFM segments (means a customer)", "segment", &PROFILE, rows);
}

fn print_clusters(card: &FittedScorecard, scores: &Scores<'_>) {
    let rows = card.cluster_names().iter().map(|name| profile(name, scores, |s| s.cluster == name));
    print_table("K-means clusters (means a customer)", "cluster", &PROFILE, rows);
    let k = card.cluster_names().len();
    println!("The number of clusters with the highest mean silhouette, {k}, was chosen:");
    for tried in card.cluster_candidates() {
        println!("  k = {}: silhouette {:.4}, inertia {:.1}", tried.k, tried.silhouette, tried.inertia);
    }
}

fn print_tiers(card: &FittedScorecard, scores: &Scores<'_>) {
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
    print_table("Customers by loyalty tier and churn risk", "tier", &header, rows);
}

fn print_churn(card: &FittedScorecard) {
    let Some(quality) = card.churn_quality() else { return };
    println!(
        "\nChurn within {} days, fitted to {} customers and checked on {} others, of whom {:.1} % churned:",
        card.params().horizon_days,
        grouped(quality.n_train),
        grouped(quality.n_holdout),
        100.0 * quality.churn_rate
    );
    println!(
        "  ROC AUC {:.4}, log loss {:.4}, Brier score {:.4}",
        quality.roc_auc, quality.log_loss, quality.brier
    );
    let rows = quality.calibration.bins.iter().map(|bin| {
        vec![
            format!("{:.3} – {:.3}", bin.lower, bin.upper),
            grouped(bin.count),
            format!("{:.3}", bin.mean_predicted),
            format!("{:.3}", bin.observed_rate),
        ]
    });
    print_table("Calibration on the holdout", "probability", &["customers", "predicted", "observed"], rows);
}

fn print_best(scores: &Scores<'_>) {
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
    print_table("The ten most loyal customers", "customer", &header, rows);
}

/// A table whose first column is text and whose others align by their content.
fn print_table<H: Display>(
    title: &str,
    first: &str,
    header: &[H],
    rows: impl IntoIterator<Item = Vec<String>>,
) {
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
    println!("\n{title}\n{}", table.trim_fmt());
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
