//! The largest model file, written and read.

use loyalty_benches::{Concept, scorecard};
use loyalty_core::model::Model;
use loyalty_core::scorecard::FittedScorecard;

fn main() {
    let mut model = Concept::new("model");
    model.bench("to_json/scorecard", |_| {
        let card = scorecard()?;
        Ok(move || card.to_json())
    });
    model.bench("from_json/scorecard", |_| {
        let text = scorecard()?.to_json()?;
        Ok(move || FittedScorecard::from_json(&text))
    });
    model.finish();
}
