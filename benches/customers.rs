//! From an order log to customers: at once, and by way of an accumulator.

use loyalty_benches::{Concept, integers, orders, texts};
use loyalty_core::customers::{Accumulator, Ids, Period, SummaryParams, summarize};

fn main() {
    let mut customers = Concept::new("customers");
    for (period, name) in [(Period::None, "none"), (Period::Day, "day")] {
        let mut summary = |kind, ids: fn(Vec<usize>) -> Ids<'static>| {
            customers.bench_threads(&format!("summarize/{name}/{kind}"), |size, n_threads| {
                let log = orders(size, ids);
                let params = SummaryParams::default().period(period).n_threads(n_threads);
                Ok(move || summarize(&log, &params))
            });
        };
        summary("int", integers);
        summary("str", texts);
    }
    customers.bench_threads("accumulator/day/int", |size, n_threads| {
        let log = orders(size, integers);
        let params = SummaryParams::default().n_threads(n_threads);
        Ok(move || {
            let mut accumulator = Accumulator::new(params.clone())?;
            accumulator.update(&log)?;
            accumulator.finish(None)
        })
    });
    customers.finish();
}
