//! `customers`: columns in, one row per customer out.

use super::{Case, floats};
use loyalty_core::Result;
use loyalty_core::customers::{
    self, Accumulator, CustomerIds, Customers, Ids, NULL_TIME, SummaryParams, Transactions,
};
use serde_json::{Value, json};

pub(crate) fn call(function: &str, case: &Case) -> Result<Value> {
    let (customer, order) = (Column::read(case, "customer"), Column::read(case, "order"));
    let time: Vec<i64> = case.input::<Vec<Value>>("time").iter().map(integer).collect();
    let amount = case.vector("amount");
    let mut log = Transactions::new(customer.as_ref().expect("customers").ids(), &time, &amount);
    if let Some(order) = &order {
        log = log.order(order.ids());
    }
    let params: SummaryParams = case.params();
    if function == "summarize" {
        return Ok(table(&customers::summarize(&log, &params)?));
    }

    let cutoff = |name| integer(&case.input::<Value>(name));
    let mut accumulator = Accumulator::new(params)?;
    accumulator.update(&log)?;
    match function {
        "next_purchase" => {
            let customers = accumulator.finish(Some(cutoff("after")))?;
            let next = accumulator.next_purchase(&customers, cutoff("after"));
            let next = next.into_iter().map(|time| (time != NULL_TIME).then_some(time));
            Ok(json!({ "ids": ids(&customers.ids), "next_purchase": next.collect::<Vec<_>>() }))
        }
        "purchase_totals" => {
            let customers = accumulator.finish(Some(cutoff("from")))?;
            let totals = accumulator.purchase_totals(&customers, cutoff("from"), cutoff("to"))?;
            Ok(json!({ "ids": ids(&customers.ids), "purchase_totals": floats(&totals) }))
        }
        other => panic!("{}: no function {other}", case.name),
    }
}

/// A column of ids that owns them.
enum Column {
    Int(Vec<i64>),
    Str(Vec<&'static str>),
    NullableInt(Vec<Option<i64>>),
    NullableStr(Vec<Option<&'static str>>),
}

impl Column {
    fn read(case: &Case, name: &str) -> Option<Self> {
        let values: Vec<Value> = case.optional(name)?;
        let nulls = values.iter().any(Value::is_null);
        // Leaked, for a column of `&str` borrows from elsewhere; the test process ends soon.
        let text = |v: &Value| v.as_str().map(|s| &*s.to_owned().leak());
        Some(match (values.iter().any(Value::is_string), nulls) {
            (true, true) => Column::NullableStr(values.iter().map(text).collect()),
            (true, false) => Column::Str(values.iter().filter_map(text).collect()),
            (false, true) => Column::NullableInt(values.iter().map(Value::as_i64).collect()),
            (false, false) => Column::Int(values.iter().map(integer).collect()),
        })
    }

    fn ids(&self) -> Ids<'_> {
        match self {
            Column::Int(ids) => ids.into(),
            Column::Str(ids) => ids.into(),
            Column::NullableInt(ids) => ids.into(),
            Column::NullableStr(ids) => ids.into(),
        }
    }
}

/// An integer that may be written as text; a null is the null time.
fn integer(value: &Value) -> i64 {
    match value {
        Value::Null => NULL_TIME,
        Value::String(text) => text.parse().expect("an integer"),
        other => other.as_i64().expect("an integer"),
    }
}

fn ids(ids: &CustomerIds) -> Value {
    match ids {
        CustomerIds::Int(ids) => json!(ids),
        CustomerIds::Str(ids) => json!(ids),
        other => panic!("{other:?}"),
    }
}

fn table(customers: &Customers) -> Value {
    json!({
        "ids": ids(&customers.ids),
        "n_purchases": customers.n_purchases,
        "total_amount": floats(&customers.total_amount),
        "mean_amount": floats(&customers.mean_amount),
        "first_time": customers.first_time,
        "last_time": customers.last_time,
        "recency_days": floats(&customers.recency_days),
        "tenure_days": floats(&customers.tenure_days),
        "frequency": customers.frequency,
        "t_x": floats(&customers.t_x),
        "t": floats(&customers.t),
        "repeat_mean_amount": floats(&customers.repeat_mean_amount),
        "as_of": customers.as_of,
        "counts": serde_json::to_value(customers.counts).expect("counts"),
    })
}
