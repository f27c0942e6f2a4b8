//! What the benchmarks share: how one is run, its sizes from `sizes.json`, and seeded data.

// A benchmark that cannot go on panics.
#![allow(clippy::expect_used)]

use criterion::{Criterion, Throughput};
use jiff::{civil::Date, tz::TimeZone};
use loyalty_core::Result;
use loyalty_core::customers::{Ids, MICROSECONDS_PER_DAY, Transactions};
use loyalty_core::ndarray::Array2;
use loyalty_core::numeric::rng::Rng;
use loyalty_core::scorecard::{FittedScorecard, OrderLog, Scorecard};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

// -------------------------------------------------------------------------------------------------- how one is run

/// What one call works on; what a benchmark has no use for is 1.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Size {
    /// Rows that one call goes through.
    pub rows: usize,
    /// Columns of a matrix.
    pub columns: usize,
    /// Clusters, K-means' k.
    pub clusters: usize,
    /// Customers of an order log.
    pub customers: usize,
}

impl Default for Size {
    fn default() -> Self {
        Self { rows: 1, columns: 1, clusters: 1, customers: 1 }
    }
}

impl Size {
    /// The same for another number of rows.
    pub fn of_rows(self, rows: usize) -> Self {
        Self { rows, ..self }
    }
}

impl fmt::Display for Size {
    /// `1000000x8/k8`
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.rows)?;
        let mut part = |prefix, n| if n > 1 { write!(f, "{prefix}{n}") } else { Ok(()) };
        part("x", self.columns)?;
        part("/k", self.clusters)?;
        part("/customers", self.customers)
    }
}

/// The benchmarks of one concept, each at all of its sizes in `sizes.json`.
pub struct Concept {
    name: &'static str,
    sizes: BTreeMap<String, Vec<Size>>,
    criterion: Criterion,
}

impl Concept {
    /// The concept of this name in `sizes.json`.
    pub fn new(name: &'static str) -> Self {
        let mut all: BTreeMap<String, BTreeMap<String, Vec<Size>>> =
            serde_json::from_str(include_str!("sizes.json"))
                .expect("sizes.json: sizes by concept and benchmark");
        let criterion = Criterion::default()
            .sample_size(10)
            .nresamples(10_000)
            .warm_up_time(Duration::from_millis(300))
            .measurement_time(Duration::from_millis(1500))
            .without_plots()
            .configure_from_args();
        Self { name, sizes: all.remove(name).expect("the concept is in sizes.json"), criterion }
    }

    /// Measures the call that `prepare` makes ready, on one thread or without threads.
    pub fn bench<Call, T>(&mut self, what: &str, prepare: impl Fn(Size) -> Result<Call>)
    where
        Call: FnMut() -> Result<T>,
    {
        for size in self.sizes_of(what) {
            self.measure(format!("{what}/{size}"), size.rows, || prepare(size));
        }
    }

    /// As [`bench`](Self::bench), once on all threads (`None`) and once on one.
    pub fn bench_threads<Call, T>(
        &mut self,
        what: &str,
        prepare: impl Fn(Size, Option<usize>) -> Result<Call>,
    ) where
        Call: FnMut() -> Result<T>,
    {
        for size in self.sizes_of(what) {
            self.measure(format!("{what}/{size}"), size.rows, || prepare(size, None));
            self.measure(format!("{what}/{size}/threads1"), size.rows, || prepare(size, Some(1)));
        }
    }

    /// To be called last.
    pub fn finish(self) {
        assert!(self.sizes.is_empty(), "sizes.json has sizes without a benchmark: {:?}", self.sizes.keys());
        self.criterion.final_summary();
    }

    fn sizes_of(&mut self, what: &str) -> Vec<Size> {
        self.sizes.remove(what).expect("each benchmark is in sizes.json once")
    }

    fn measure<Call, T>(&mut self, id: String, rows: usize, prepare: impl Fn() -> Result<Call>)
    where
        Call: FnMut() -> Result<T>,
    {
        // Criterion comes back for each sample; one that is filtered out is never prepared.
        let mut call = None;
        let mut group = self.criterion.benchmark_group(self.name);
        group.throughput(Throughput::Elements(rows as u64));
        group.bench_function(id, |bencher| {
            let call = call.get_or_insert_with(|| prepare().expect("the data are sound"));
            bencher.iter(|| call().expect("the call succeeds"));
        });
    }
}

// ------------------------------------------------------------------------------------------------------------- data

/// The seed of everything.
const SEED: u64 = 20_261_121;

/// Uniform numbers in [`low`, `high`).
pub fn uniform(rows: usize, low: f64, high: f64) -> Vec<f64> {
    let mut rng = Rng::new(SEED);
    (0..rows).map(|_| low + (high - low) * rng.uniform()).collect()
}

/// As many round clouds of rows as there are clusters, standard deviation 1, centres within a cube of edge 10.
pub fn clouds(size: Size) -> Array2<f64> {
    let mut rng = Rng::new(SEED);
    let centres = Array2::from_shape_simple_fn((size.clusters, size.columns), || 10.0 * rng.uniform());
    let cloud_of: Vec<usize> = (0..size.rows).map(|_| rng.below(size.clusters)).collect();
    // The sum of three uniform numbers: near enough to normal.
    let mut noise = || 2.0 * (rng.uniform() + rng.uniform() + rng.uniform() - 1.5);
    Array2::from_shape_fn((size.rows, size.columns), |(i, j)| centres[(cloud_of[i], j)] + noise())
}

/// Outcomes that happen with these probabilities.
pub fn outcomes(probabilities: impl IntoIterator<Item = f64>) -> Vec<bool> {
    let mut rng = Rng::new(SEED);
    rng.jump();
    probabilities.into_iter().map(|p| rng.uniform() < p).collect()
}

/// Two years of orders in random order, without order ids. A log borrows its columns; these live as long as the program.
pub fn orders(size: Size, ids: impl Fn(Vec<usize>) -> Ids<'static>) -> Transactions<'static> {
    let mut rng = Rng::new(SEED);
    let mut column = |bound: usize| (0..size.rows).map(|_| rng.below(bound)).collect::<Vec<_>>();
    let customer = ids(column(size.customers));
    let time = column(730 * MICROSECONDS_PER_DAY as usize).into_iter().map(|t| t as i64);
    let amount = column(20_000).into_iter().map(|cents| cents as f64 / 100.0);
    Transactions::new(customer, time.collect::<Vec<_>>().leak(), amount.collect::<Vec<_>>().leak())
}

/// Ids that are integers.
pub fn integers(ids: Vec<usize>) -> Ids<'static> {
    Ids::Int(ids.into_iter().map(|id| id as i64).collect::<Vec<_>>().leak())
}

/// Ids that are texts, each row's in its own place.
pub fn texts(ids: Vec<usize>) -> Ids<'static> {
    Ids::Str(ids.into_iter().map(|id| &*format!("C{id:07}").leak()).collect::<Vec<_>>().leak())
}

/// The CDNOW sample of `loyalty-core/examples/data`: 6,919 orders of 2,357 customers.
pub fn cdnow() -> OrderLog<'static> {
    #[derive(Deserialize)]
    struct Row {
        customer_id: String,
        date: String,
        amount: f64,
    }
    let sample = include_str!("../loyalty-core/examples/data/cdnow_sample.csv");
    let (mut customer, mut time, mut amount) = (Vec::new(), Vec::new(), Vec::new());
    for row in csv::Reader::from_reader(sample.as_bytes()).into_deserialize() {
        let row: Row = row.expect("the sample has these columns");
        let midnight = row.date.parse().and_then(|date: Date| date.to_zoned(TimeZone::UTC));
        customer.push(&*row.customer_id.leak());
        time.push(midnight.expect("the sample has dates").timestamp().as_microsecond());
        amount.push(row.amount);
    }
    OrderLog::new(Transactions::new(Ids::Str(customer.leak()), time.leak(), amount.leak()))
}

/// The default scorecard of the CDNOW sample.
pub fn scorecard() -> Result<FittedScorecard> {
    Scorecard::new().fit(&cdnow())
}
