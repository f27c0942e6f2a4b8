//! All scores of the CDNOW sample at once, and of one customer.

use loyalty_benches::{Concept, cdnow, scorecard};
use loyalty_core::monitor::Monitor;
use loyalty_core::scorecard::{CustomerInput, Scorecard};
use std::hint::black_box;

fn main() {
    let mut card = Concept::new("scorecard");
    card.bench_threads("fit/cdnow", |_, n_threads| {
        let log = cdnow();
        let mut plan = Scorecard::new();
        plan.n_threads = n_threads;
        Ok(move || plan.fit(&log))
    });
    card.bench_threads("score/cdnow", |_, n_threads| {
        let (log, card) = (cdnow(), scorecard()?);
        Ok(move || {
            let scores = card.score_with(&log, None, n_threads, &mut Monitor::silent())?;
            Ok(black_box(scores).rows.len())
        })
    });
    card.bench("score_one", |_| {
        let card = scorecard()?;
        let customer = CustomerInput {
            recency_days: 12.0,
            n_purchases: 8,
            total_amount: 530.5,
            tenure_days: 400.0,
            usage: None,
            feedback: None,
        };
        Ok(move || Ok(black_box(card.score_one(black_box(&customer))?).clv))
    });
    card.finish();
}
