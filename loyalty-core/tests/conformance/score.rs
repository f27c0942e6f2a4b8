use crate::{Case, floats, rows};
use loyalty_core::Result;
use loyalty_core::score::LoyaltyScore;
use serde_json::{Value, json};

pub(crate) fn call(function: &str, case: &Case) -> Result<Value> {
    let x = case.matrix("x");
    let model = case.params::<LoyaltyScore>().fit(x.view())?;
    let new = if case.input.contains_key("new_x") { case.matrix("new_x") } else { x };
    match function {
        "fit" => Ok(json!({ "normalisations": model.normalisations() })),
        "score" => Ok(json!({ "score": floats(&model.score(new.view())?) })),
        "contributions" => Ok(json!({ "contributions": rows(&model.contributions(new.view())?) })),
        "tier" => {
            let tier = model.tier(new.view())?;
            let names: Vec<&String> = tier.iter().map(|&i| &model.tier_names()[i as usize]).collect();
            Ok(json!({ "tier": tier, "names": names }))
        }
        other => panic!("score has no {other}"),
    }
}
