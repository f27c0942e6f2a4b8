//! What promises to allocate nothing does so, and a fit allocates nothing an iteration.

// A test that cannot go on panics.
#![allow(clippy::unwrap_used)]

use allocation_counter::measure;
use loyalty_core::churn::LogisticChurn;
use loyalty_core::customers::{MICROSECONDS_PER_DAY, Transactions};
use loyalty_core::kmeans::{Init, KMeans};
use loyalty_core::ndarray::{Array2, Axis};
use loyalty_core::numeric::rng::Rng;
use loyalty_core::rfm::Rfm;
use loyalty_core::scaling::{MinMaxScaler, StandardScaler};
use loyalty_core::score::{LoyaltyScore, Normaliser};
use loyalty_core::scorecard::{CustomerInput, OrderLog, Scorecard};
use std::hint::black_box;

/// How often the heap was asked for memory by this thread.
fn allocations<T>(call: impl FnOnce() -> T) -> u64 {
    measure(|| drop(black_box(call()))).count_total
}

fn uniform(rows: usize, columns: usize) -> Array2<f64> {
    let mut rng = Rng::new(7);
    Array2::from_shape_simple_fn((rows, columns), || rng.uniform())
}

#[test]
fn allocations_are_counted() {
    assert_eq!(allocations(|| vec![black_box(1.0)]), 1);
    assert_eq!(allocations(|| black_box(1.0)), 0);
}

#[test]
fn one_customer_is_scored_without_allocating() {
    let x = uniform(500, 3);
    let row = x.row(1).to_vec();
    let [recency, frequency, monetary] = [0, 1, 2].map(|j| x.column(j).to_vec());

    let rfm = Rfm::new().fit(&recency, &frequency, &monetary).unwrap();
    assert_eq!(allocations(|| rfm.score_one(row[0], row[1], row[2]).unwrap()), 0);
    let nested = Rfm::new().nested(true).fit(&recency, &frequency, &monetary).unwrap();
    assert_eq!(allocations(|| nested.score_one(row[0], row[1], row[2]).unwrap()), 0);

    for normaliser in [Normaliser::MinMax, Normaliser::ZScore, Normaliser::Percentile, Normaliser::None] {
        let mut plan = LoyaltyScore::purchase_usage_feedback();
        plan.behaviours.iter_mut().for_each(|behaviour| behaviour.normaliser = normaliser);
        let loyalty = plan.fit(x.view()).unwrap();
        assert_eq!(allocations(|| loyalty.score_one(&row).unwrap()), 0, "{normaliser:?}");
        let mut scores = vec![0.0; x.nrows()];
        assert_eq!(allocations(|| loyalty.score_into(x.view(), &mut scores).unwrap()), 0, "{normaliser:?}");
    }

    let y: Vec<bool> = x.rows().into_iter().map(|row| row[0] + row[1] > 2.0 * row[2]).collect();
    let churn = LogisticChurn::new().fit(x.view(), &y).unwrap();
    assert_eq!(allocations(|| churn.predict_proba_one(&row).unwrap()), 0);

    let kmeans = KMeans::new(4).fit(x.view()).unwrap();
    assert_eq!(allocations(|| kmeans.predict_one(&row).unwrap()), 0);

    let mut scaled = [0.0; 3];
    let standard = StandardScaler::new().fit(x.view()).unwrap();
    assert_eq!(allocations(|| standard.transform_one(&row, &mut scaled).unwrap()), 0);
    let min_max = MinMaxScaler::new().fit(x.view()).unwrap();
    assert_eq!(allocations(|| min_max.transform_one(&row, &mut scaled).unwrap()), 0);
}

#[test]
fn a_scorecard_scores_one_customer_without_allocating() {
    let mut rng = Rng::new(7);
    let customers: Vec<i64> = (0..600).map(|_| rng.below(150) as i64).collect();
    let times: Vec<i64> = (0..600).map(|_| rng.below(400) as i64 * MICROSECONDS_PER_DAY).collect();
    let amounts: Vec<f64> = (0..600).map(|_| 100.0 * rng.uniform()).collect();
    let ratings: Vec<f64> = (0..600).map(|_| 5.0 * rng.uniform()).collect();
    let log = OrderLog::new(Transactions::new(&customers, &times, &amounts));
    let customer = CustomerInput {
        recency_days: 12.0,
        n_purchases: 8,
        total_amount: 530.5,
        tenure_days: 400.0,
        usage: Some(12.0),
        feedback: None,
    };
    for log in [log, log.usage(&ratings), log.usage(&ratings).feedback(&ratings)] {
        let card = Scorecard::new().horizon_days(60.0).fit(&log).unwrap();
        assert_eq!(allocations(|| card.score_one(&customer).unwrap()), 0);
    }
}

/// A fit, given its `max_iter` and answering its iterations, asks for memory as often at many as at few.
fn same_at_any_number_of_iterations(fit: impl Fn(usize) -> usize) {
    let [few, many] = [3, 20].map(|max_iter| {
        allocations(|| assert_eq!(fit(max_iter), max_iter, "the fit is to take all its iterations"))
    });
    assert_eq!(many, few);
}

#[test]
fn k_means_allocates_nothing_an_iteration() {
    let x = uniform(20_000, 3);
    let rows = x.slice_axis(Axis(0), (..8).into()).to_owned();
    for init in [Init::KMeansPlusPlus, Init::Random, Init::Centroids(rows)] {
        let plan = KMeans::new(8).init(init).tol(0.0).n_threads(Some(1));
        same_at_any_number_of_iterations(|max_iter| {
            plan.clone().max_iter(max_iter).fit(x.view()).unwrap().iterations()
        });
    }
}

#[test]
fn logistic_regression_allocates_nothing_an_iteration() {
    let x = uniform(20_000, 4);
    let mut rng = Rng::new(11);
    let y: Vec<bool> = x.rows().into_iter().map(|row| 2.0 * rng.uniform() < row[0] + row[1]).collect();
    let ridge = LogisticChurn::new().tol(0.0).n_threads(1);
    let elastic_net = ridge.clone().c(0.1).l1_ratio(0.5);
    let unpenalised = ridge.clone().c(f64::INFINITY);
    for plan in [ridge, elastic_net, unpenalised] {
        same_at_any_number_of_iterations(|max_iter| {
            plan.clone().max_iter(max_iter).fit(x.view(), &y).unwrap().iterations()
        });
    }
}
