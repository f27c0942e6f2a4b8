//! What to do about a customer: rules over loyalty tier and churn risk.

use crate::check;
use crate::error::Result;
use serde::{Deserialize, Serialize};

/// One row of the rule table; `None` matches every tier, or every risk.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// The loyalty tier it is for.
    pub tier: Option<String>,
    /// The churn risk it is for.
    pub risk: Option<String>,
    /// What to do.
    pub action: String,
}

impl Rule {
    /// For one tier and one risk; `None` stands for any.
    pub fn new(tier: Option<&str>, risk: Option<&str>, action: &str) -> Self {
        Self { tier: tier.map(str::to_owned), risk: risk.map(str::to_owned), action: action.to_owned() }
    }
}

/// The default: whoever is about to leave is won back; the others are treated by tier.
pub(super) fn default_rules() -> Vec<Rule> {
    vec![
        Rule::new(None, Some("high"), "win back"),
        Rule::new(Some("high"), None, "VIP service, tailored offers"),
        Rule::new(Some("medium"), None, "trial offers, coupons"),
        Rule::new(Some("low"), None, "ask for feedback, improve service"),
    ]
}

/// Every rule names known bands, and every pair of tier and risk has a rule.
pub(super) fn check(rules: &[Rule], tiers: &[String], risks: &[String]) -> Result<()> {
    const MOST: usize = 1000;
    if rules.len() > MOST {
        return check::invalid("actions", format!("{} rules", rules.len()), format!("at most {MOST}"));
    }
    for rule in rules {
        if rule.action.trim().is_empty() {
            return check::invalid("actions", "a rule without an action", "rules that say what to do");
        }
        for (wanted, known) in [(&rule.tier, tiers), (&rule.risk, risks)] {
            if let Some(name) = wanted.as_ref().filter(|name| !known.contains(name)) {
                return check::invalid(
                    "actions",
                    format!("for {name:?}"),
                    format!("for one of {}", known.join(", ")),
                );
            }
        }
    }
    for tier in tiers {
        if let Some(risk) = risks.iter().find(|risk| action(rules, tier, risk).is_none()) {
            return check::invalid(
                "actions",
                format!("without a rule for tier {tier}, risk {risk}"),
                "complete",
            );
        }
    }
    Ok(())
}

/// The action of the first rule that matches.
pub(super) fn action<'a>(rules: &'a [Rule], tier: &str, risk: &str) -> Option<&'a str> {
    let matches = |wanted: &Option<String>, name: &str| wanted.as_ref().is_none_or(|w| w == name);
    let rule = rules.iter().find(|rule| matches(&rule.tier, tier) && matches(&rule.risk, risk))?;
    Some(&rule.action)
}
