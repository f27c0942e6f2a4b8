//! Writes model files, and answers with model files that any of the three languages wrote.

use clap::Parser;
use loyalty_core::churn::LogisticChurn;
use loyalty_core::kmeans::KMeans;
use loyalty_core::model::{self, AnyModel, Model};
use loyalty_core::ndarray::{Array2, ArrayView2};
use loyalty_core::rfm::Rfm;
use loyalty_core::scaling::{MinMaxScaler, StandardScaler};
use loyalty_core::score::{Behaviour, LoyaltyScore};
use loyalty_core::scorecard::{CustomerInput, FittedScorecard};
use std::error::Error;
use std::path::{Path, PathBuf};

/// Fits a model of each kind to customer rows, or answers with one.
#[derive(Parser)]
#[command(version)]
enum Args {
    /// Fit each kind of model to the features and write it to a file named after its kind
    Fit {
        /// Features: CSV with a header line, one row a customer; the last column is 1 where the customer left, otherwise 0
        features: PathBuf,
        /// Where the files go
        folder: PathBuf,
    },
    /// Print what a model answers about each customer
    Answer {
        /// Model file
        model: PathBuf,
        /// Features: CSV with a header line, one row a customer, in the columns of the fit
        features: PathBuf,
    },
}

fn main() -> Result<(), Box<dyn Error>> {
    match Args::parse() {
        Args::Fit { features, folder } => fit(&features, &folder),
        Args::Answer { model, features } => answer(&model, &features),
    }
}

/// The names of the columns, and the values.
fn read(path: &Path) -> Result<(Vec<String>, Array2<f64>), Box<dyn Error>> {
    let mut reader = csv::Reader::from_path(path)?;
    let names: Vec<String> = reader.headers()?.iter().map(str::to_owned).collect();
    let mut values = Vec::new();
    for record in reader.records() {
        for field in &record? {
            values.push(field.parse()?);
        }
    }
    let x = Array2::from_shape_vec((values.len() / names.len().max(1), names.len()), values)?;
    Ok((names, x))
}

fn columns(x: ArrayView2<'_, f64>) -> Vec<Vec<f64>> {
    x.columns().into_iter().map(|column| column.to_vec()).collect()
}

fn fit(features: &Path, folder: &Path) -> Result<(), Box<dyn Error>> {
    let (mut names, table) = read(features)?;
    names.pop();
    let (x, left) = table.view().split_at(loyalty_core::ndarray::Axis(1), names.len());
    let left: Vec<bool> = left.iter().map(|&left| left == 1.0).collect();
    let [recency, frequency, monetary, ..] = &columns(x)[..] else {
        return Err("three features are needed: recency, frequency and money".into());
    };
    let mut loyalty = LoyaltyScore::new();
    for name in &names {
        loyalty = loyalty.behaviour(Behaviour::new(name, 1.0));
    }
    write(folder, &Rfm::new().fit(recency, frequency, monetary)?)?;
    write(folder, &loyalty.fit(x)?)?;
    write(folder, &LogisticChurn::new().feature_names(names.clone()).fit(x, &left)?)?;
    write(folder, &KMeans::new(4).seed(7).feature_names(names.clone()).fit(x)?)?;
    write(folder, &StandardScaler::new().feature_names(names.clone()).fit(x)?)?;
    write(folder, &MinMaxScaler::new().feature_names(names).fit(x)?)
}

fn write<M: Model>(folder: &Path, model: &M) -> Result<(), Box<dyn Error>> {
    Ok(std::fs::write(folder.join(format!("{}.json", M::KIND)), model.to_json()?)?)
}

fn answer(model: &Path, features: &Path) -> Result<(), Box<dyn Error>> {
    let (_, x) = read(features)?;
    let x = x.view();
    // One column of texts for each answer; a float's text is the shortest that means the same float.
    let floats = |values: &[f64]| values.iter().map(f64::to_string).collect::<Vec<_>>();
    let matrix = |values: &Array2<f64>| columns(values.view()).iter().map(|v| floats(v)).collect();
    let answers: Vec<Vec<String>> = match model::load(&std::fs::read_to_string(model)?)? {
        AnyModel::Rfm(model) => {
            let [recency, frequency, monetary] = &columns(x)[..] else {
                return Err("an RFM model needs three features: recency, frequency and money".into());
            };
            let scores = model.score(recency, frequency, monetary)?;
            let bins = |bins: &[u8]| bins.iter().map(u8::to_string).collect();
            vec![bins(&scores.r), bins(&scores.f), bins(&scores.m), floats(&scores.combined)]
        }
        AnyModel::LoyaltyScore(model) => vec![floats(&model.score(x)?)],
        AnyModel::LogisticChurn(model) => vec![floats(&model.decision(x)?), floats(&model.predict_proba(x)?)],
        AnyModel::KMeans(model) => matrix(&model.distances(x)?),
        AnyModel::StandardScaler(model) => matrix(&model.transform(x)?),
        AnyModel::MinMaxScaler(model) => matrix(&model.transform(x)?),
        AnyModel::Scorecard(model) => scores(&model, x)?,
        _ => return Err("a model of a kind that this example does not know".into()),
    };
    let mut lines = csv::Writer::from_writer(std::io::stdout().lock());
    for row in 0..x.nrows() {
        lines.write_record(answers.iter().map(|column| &column[row]))?;
    }
    Ok(lines.flush()?)
}

/// What a scorecard says of customers one by one; about order logs it answers in the example `score_customers`.
fn scores(card: &FittedScorecard, x: ArrayView2<'_, f64>) -> Result<Vec<Vec<String>>, Box<dyn Error>> {
    let [recency, purchases, amount, tenure] = &columns(x)[..] else {
        return Err("a scorecard needs four features: recency, purchases, money and tenure".into());
    };
    let mut answers = vec![Vec::new(); 12];
    for row in 0..x.nrows() {
        let score = card.score_one(&CustomerInput {
            recency_days: recency[row],
            n_purchases: purchases[row] as u64,
            total_amount: amount[row],
            tenure_days: tenure[row],
            usage: None,
            feedback: None,
        })?;
        let figures =
            [score.rfm_score, score.loyalty, score.churn_probability, score.clv].map(|v| v.to_string());
        let bins = [score.r, score.f, score.m].map(|bin| bin.to_string());
        let names = [score.segment, score.tier, score.risk, score.cluster, score.action].map(str::to_owned);
        for (answer, text) in answers.iter_mut().zip(bins.into_iter().chain(figures).chain(names)) {
            answer.push(text);
        }
    }
    Ok(answers)
}
