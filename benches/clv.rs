//! Lifetime value from cash flows and from retention.

use loyalty_benches::{Concept, clouds, uniform};
use loyalty_core::clv::{self, Costs, Discounting, RetentionTerms};

fn main() {
    let mut clv = Concept::new("clv");
    clv.bench("discounted", |size| {
        let revenue = clouds(size);
        Ok(move || clv::discounted(revenue.view(), Costs::default(), &Discounting::new(0.1)))
    });
    clv.bench("retention", |size| {
        let (margin, rate) = (uniform(size.rows, 0.0, 100.0), uniform(size.rows, 0.0, 1.0));
        Ok(move || clv::retention(&margin, &rate, 20.0, &RetentionTerms::new(0.1)))
    });
    clv.finish();
}
