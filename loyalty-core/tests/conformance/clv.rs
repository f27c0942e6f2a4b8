use crate::{Case, floats, number};
use loyalty_core::Result;
use loyalty_core::clv::{self, Costs, Discounting, PerCustomer, RetentionTerms};
use loyalty_core::ndarray::Array2;
use serde_json::{Value, json};

/// One number for all, or a list or matrix of them; 0 if it is not given.
enum Given {
    All(f64),
    Each(Vec<f64>),
    Matrix(Array2<f64>),
}

fn given(case: &Case, name: &str) -> Given {
    match case.input.get(name) {
        None => Given::All(0.0),
        Some(Value::Array(items)) if items.iter().any(Value::is_array) => Given::Matrix(case.matrix(name)),
        Some(Value::Array(_)) => Given::Each(case.vector(name)),
        Some(value) => Given::All(number(value)),
    }
}

fn per_customer(given: &Given) -> PerCustomer<'_> {
    match given {
        Given::All(value) => (*value).into(),
        Given::Each(values) => values.into(),
        Given::Matrix(_) => panic!("a matrix where one value a customer is due"),
    }
}

pub(crate) fn call(function: &str, case: &Case) -> Result<Value> {
    let acquisition_cost = given(case, "acquisition_cost");
    let values = match function {
        "discounted" | "undiscounted" => {
            let cost = given(case, "cost");
            let costs = Costs::default().acquisition_cost(per_customer(&acquisition_cost));
            let costs = match &cost {
                Given::All(value) => costs.cost(*value),
                Given::Matrix(values) => costs.cost(values.view()),
                Given::Each(_) => panic!("a list where customers × periods are due"),
            };
            let revenue = case.matrix("revenue");
            if function == "discounted" {
                clv::discounted(revenue.view(), costs, &case.params::<Discounting>())?
            } else {
                clv::undiscounted(revenue.view(), costs)?
            }
        }
        "historic" => {
            let names = ["average_order_value", "purchases_per_period", "lifespan_periods"];
            let [value, purchases, lifespan] = names.map(|name| case.vector(name));
            clv::historic(&value, &purchases, &lifespan)?
        }
        "lifespan" => clv::lifespan(&case.vector("churn_rate"))?,
        "retention" => {
            let retention_rate = given(case, "retention_rate");
            let terms = case.params::<RetentionTerms>();
            let (rate, cost) = (per_customer(&retention_rate), per_customer(&acquisition_cost));
            clv::retention(&case.vector("margin"), rate, cost, &terms)?
        }
        "retention_rate" => {
            let names = ["customers_at_start", "customers_at_end", "new_customers"];
            let [start, end, new] = names.map(|name| case.input::<u64>(name));
            return Ok(json!({ "value": clv::retention_rate(start, end, new)? }));
        }
        other => panic!("clv has no {other}"),
    };
    Ok(json!({ "values": floats(&values) }))
}
