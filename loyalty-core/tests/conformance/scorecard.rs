//! `scorecard.*`: params = the plan; input = customer (texts), time, amount, and usage and feedback if given.

use crate::{Case, float};
use loyalty_core::Result;
use loyalty_core::customers::Transactions;
use loyalty_core::scorecard::{CustomerScore, FittedScorecard, OrderLog, Scorecard};
use serde_json::{Value, json};

pub(crate) fn call(function: &str, case: &Case) -> Result<Value> {
    let ids: Vec<String> = case.input("customer");
    let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
    let (time, amount): (Vec<i64>, _) = (case.input("time"), case.vector("amount"));
    let (usage, feedback) = (case.optional_vector("usage"), case.optional_vector("feedback"));
    let mut log = OrderLog::new(Transactions::new(&ids, &time, &amount));
    log.usage = usage.as_deref();
    log.feedback = feedback.as_deref();

    let plan: Scorecard = case.params();
    let card = plan.fit(&log)?;
    match function {
        "fit" => Ok(fitted(&card)),
        "score" => scores(&card, &log),
        other => panic!("no call scorecard.{other}"),
    }
}

fn fitted(card: &FittedScorecard) -> Value {
    let candidates = card.cluster_candidates();
    json!({
        "k": card.cluster_names().len(),
        "inertia": candidates.iter().map(|c| c.inertia).collect::<Vec<_>>(),
        "silhouette": candidates.iter().map(|c| c.silhouette).collect::<Vec<_>>(),
    })
}

fn scores(card: &FittedScorecard, log: &OrderLog<'_>) -> Result<Value> {
    let scores = card.score(log, card.params().as_of)?;
    let column =
        |value: &dyn Fn(&CustomerScore<'_>) -> Value| scores.rows.iter().map(value).collect::<Value>();
    Ok(json!({
        "customer": (0..scores.rows.len()).map(|i| scores.customers.ids.label(i)).collect::<Vec<_>>(),
        "r": column(&|s| s.r.into()),
        "f": column(&|s| s.f.into()),
        "m": column(&|s| s.m.into()),
        "rfm_score": column(&|s| float(s.rfm_score)),
        "segment": column(&|s| s.segment.into()),
        "loyalty": column(&|s| float(s.loyalty)),
        "tier": column(&|s| s.tier.into()),
        "churn_probability": column(&|s| float(s.churn_probability)),
        "risk": column(&|s| s.risk.into()),
        "cluster": column(&|s| s.cluster.into()),
        "clv": column(&|s| float(s.clv)),
        "action": column(&|s| s.action.into()),
    }))
}
