//! The loyalty score: a weighted sum of behaviours on 0 to 100, and the tiers it falls into.
//!
//! Loyalty = 100 · Σ wᵢ·bᵢ / Σ wᵢ, where bᵢ in [0, 1] is behaviour i after its [`Normaliser`], turned round (as
//! 1 − bᵢ) if it is inverted, and wᵢ ≥ 0 its weight. Only the proportions of the weights matter.
//!
//! **Behaviours are normalised before they are weighted**, because they come in different units. The plain mean
//! of 5 purchases, 3000 of money, a rating of 4.5 and 5 contacts is 753.625 (a source prints 752.375): the
//! money is all that is left to see in it. Each behaviour here counts for its weight and no more.
//!
//! ```
//! use loyalty_core::ndarray::array;
//! use loyalty_core::score::{Behaviour, LoyaltyScore, Normaliser};
//!
//! let spec = LoyaltyScore::new()
//!     .behaviour(Behaviour::new("recency_days", 0.5).inverted(true))
//!     .behaviour(Behaviour::new("rating", 0.5).normaliser(Normaliser::None));
//! let x = array![[10.0, 0.9], [60.0, 0.4], [110.0, 0.1]];
//! let model = spec.fit(x.view())?;
//!
//! assert_eq!(model.score(x.view())?, [95.0, 45.0, 5.0]);
//! assert_eq!(model.tier_of(model.score_one(&[60.0, 0.4])?)?.name, "medium");
//! # Ok::<(), loyalty_core::Error>(())
//! ```

use crate::check;
use crate::error::{Error, Result};
use ndarray::{Array2, ArrayView1, ArrayView2};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

mod normaliser;

use normaliser::check_share;
pub use normaliser::{Normalisation, Normaliser};

/// How to weigh behaviours into one score.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct LoyaltyScore {
    /// What the score is made of: the columns of the data, in their order. Default: none, so that they must be given.
    #[serde(deserialize_with = "crate::check::bounded")]
    pub behaviours: Vec<Behaviour>,
    /// The tiers of the score. Default: below 30 low, below 60 medium, else high.
    pub tiers: Tiers,
    /// What to do where a customer lacks a behaviour (NaN). Default: an error.
    pub missing: Missing,
}

/// One behaviour of the score.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Behaviour {
    /// Its name.
    pub name: String,
    /// Its weight, 0 or more; the score divides it by the sum of the weights.
    pub weight: f64,
    /// How its values come to lie between 0 and 1. Default: min-max.
    #[serde(default)]
    pub normaliser: Normaliser,
    /// Whether less is more loyal, as with days since the last purchase. Default false.
    #[serde(default)]
    pub inverted: bool,
}

/// What to do where a customer lacks a behaviour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Missing {
    /// Refuse NaN.
    #[default]
    Error,
    /// Leave the behaviour out for this customer: the weights of the others are divided by their own sum. A
    /// customer without any behaviour of a weight above 0 is an error.
    Renormalise,
}

/// Names for stretches of the score.
///
/// A score belongs to the tier whose index is the number of thresholds that it reaches.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tiers {
    /// The names, the lowest tier first: one more than thresholds, all different.
    #[serde(deserialize_with = "crate::check::bounded")]
    pub names: Vec<String>,
    /// The scores at which the next tier begins: ascending, within 0 to 100.
    pub thresholds: Vec<f64>,
}

impl Tiers {
    /// Tiers of these names, the lowest first, and the scores at which each but the first begins.
    pub fn new<S: Into<String>>(names: impl IntoIterator<Item = S>, thresholds: impl Into<Vec<f64>>) -> Self {
        Self { names: names.into_iter().map(Into::into).collect(), thresholds: thresholds.into() }
    }

    /// `name` is the parameter that holds them, `highest` the highest score there is.
    pub(crate) fn check(&self, name: &'static str, highest: f64) -> Result<()> {
        const MOST: usize = 100;
        if self.names.len() > MOST {
            return check::invalid(name, format!("{} names", self.names.len()), format!("at most {MOST}"));
        }
        check_names(name, self.names.iter())?;
        if self.names.len() != self.thresholds.len().saturating_add(1) {
            let counts = format!("{} names and {} thresholds", self.names.len(), self.thresholds.len());
            return check::invalid(name, counts, "one name more than thresholds");
        }
        let within = |threshold: &f64| (0.0..=highest).contains(threshold);
        if !(self.thresholds.iter().all(within) && self.thresholds.is_sorted_by(|a, b| a < b)) {
            let thresholds = format!("{:?} as thresholds", self.thresholds);
            return check::invalid(name, thresholds, format!("ascending thresholds within 0 to {highest}"));
        }
        Ok(())
    }

    /// The tier of a score; one that is NaN counts as the lowest.
    pub fn tier(&self, score: f64) -> Tier<'_> {
        let index = self.thresholds.partition_point(|&threshold| threshold <= score);
        Tier { index: index as u32, name: self.names.get(index).map_or("", String::as_str) }
    }
}

impl Default for Tiers {
    fn default() -> Self {
        Self::new(["low", "medium", "high"], [30.0, 60.0])
    }
}

/// The tier of one score.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tier<'a> {
    /// Its place from the lowest, which is 0.
    pub index: u32,
    /// Its name.
    pub name: &'a str,
}

impl Behaviour {
    /// A behaviour that is normalised by min-max and counts upwards.
    pub fn new(name: impl Into<String>, weight: f64) -> Self {
        Self { name: name.into(), weight, normaliser: Normaliser::default(), inverted: false }
    }

    /// Sets [`name`](Self::name).
    #[must_use]
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = name.into();
        self
    }

    /// Sets [`weight`](Self::weight).
    #[must_use]
    pub fn weight(mut self, weight: f64) -> Self {
        self.weight = weight;
        self
    }

    /// Sets [`normaliser`](Self::normaliser).
    #[must_use]
    pub fn normaliser(mut self, normaliser: Normaliser) -> Self {
        self.normaliser = normaliser;
        self
    }

    /// Sets [`inverted`](Self::inverted).
    #[must_use]
    pub fn inverted(mut self, inverted: bool) -> Self {
        self.inverted = inverted;
        self
    }
}

impl LoyaltyScore {
    /// A score without behaviours yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// `purchase`, `usage` and `feedback` with weights 0.4, 0.4 and 0.2, each by min-max.
    pub fn purchase_usage_feedback() -> Self {
        let weights = [("purchase", 0.4), ("usage", 0.4), ("feedback", 0.2)];
        Self::new().behaviours(weights.map(|(name, weight)| Behaviour::new(name, weight)))
    }

    /// The C-score: `purchase_frequency`, `purchase_amount`, `interaction` and `feedback` with equal weights,
    /// each by min-max.
    pub fn c_score() -> Self {
        let names = ["purchase_frequency", "purchase_amount", "interaction", "feedback"];
        Self::new().behaviours(names.map(|name| Behaviour::new(name, 0.25)))
    }

    /// Adds one behaviour after those already there.
    #[must_use]
    pub fn behaviour(mut self, behaviour: Behaviour) -> Self {
        self.behaviours.push(behaviour);
        self
    }

    /// Sets [`behaviours`](Self::behaviours).
    #[must_use]
    pub fn behaviours(mut self, behaviours: impl Into<Vec<Behaviour>>) -> Self {
        self.behaviours = behaviours.into();
        self
    }

    /// Sets [`tiers`](Self::tiers).
    #[must_use]
    pub fn tiers(mut self, tiers: Tiers) -> Self {
        self.tiers = tiers;
        self
    }

    /// Sets [`missing`](Self::missing).
    #[must_use]
    pub fn missing(mut self, missing: Missing) -> Self {
        self.missing = missing;
        self
    }

    /// Learns the normalisers from customers.
    ///
    /// Arguments: `x` (customers × behaviours, in the order of the specification), at least one row; NaN is a
    /// missing value, allowed with [`Missing::Renormalise`] only.
    ///
    /// Returns the model that scores.
    ///
    /// # Errors
    /// [`InvalidParameter`](Error::InvalidParameter) if there is no behaviour, names are empty or repeated,
    /// weights are negative, all 0 or beyond the range of numbers in all, or the tiers do not fit together;
    /// [`ShapeMismatch`](Error::ShapeMismatch) for another number of columns; [`TooFewRows`](Error::TooFewRows)
    /// for no row; [`NonFinite`](Error::NonFinite) for infinities, and NaN where it is not allowed;
    /// [`Degenerate`](Error::Degenerate), naming the behaviour, if it is missing in every row;
    /// [`InvalidValue`](Error::InvalidValue), naming behaviour and row, for a value outside [0, 1] without a
    /// normaliser.
    pub fn fit(&self, x: ArrayView2<'_, f64>) -> Result<FittedLoyaltyScore> {
        self.check()?;
        check::at_least_rows("x", x.nrows(), 1)?;
        self.check_behaviours(x)?;
        let learn = |(behaviour, column): (&Behaviour, _)| Normalisation::learn(behaviour, column);
        let normalisations = self.behaviours.iter().zip(x.columns()).map(learn).collect::<Result<_>>()?;
        Ok(FittedLoyaltyScore {
            feature_names: self.behaviours.iter().map(|behaviour| behaviour.name.clone()).collect(),
            params: self.clone(),
            fitted: Learnt { normalisations },
        })
    }

    fn check(&self) -> Result<()> {
        if self.behaviours.is_empty() {
            return check::invalid("behaviours", "empty", "at least one behaviour");
        }
        check_names("behaviours", self.behaviours.iter().map(|behaviour| &behaviour.name))?;
        for Behaviour { name, weight, .. } in &self.behaviours {
            if !(weight.is_finite() && *weight >= 0.0) {
                return check::invalid(
                    "weight",
                    format!("{weight} for {name}"),
                    "a finite number, 0 or more",
                );
            }
        }
        let total: f64 = self.behaviours.iter().map(|behaviour| behaviour.weight).sum();
        if total == 0.0 || !total.is_finite() {
            return check::invalid("weight", format!("{total} in all"), "above 0 and finite in all");
        }
        self.tiers.check("tiers", 100.0)
    }

    fn check_behaviours(&self, x: ArrayView2<'_, f64>) -> Result<()> {
        check::same_columns("x", x.ncols(), self.behaviours.len())?;
        let allowed = |v: f64| v.is_finite() || (v.is_nan() && self.missing == Missing::Renormalise);
        match x.indexed_iter().find(|&(_, &v)| !allowed(v)) {
            None => Ok(()),
            Some(((row, column), &value)) => Err(Error::NonFinite { name: "x".into(), row, column, value }),
        }
    }
}

fn check_names<'a>(argument: &'static str, names: impl Iterator<Item = &'a String>) -> Result<()> {
    let must = "distinct names, none of them empty";
    let mut seen = BTreeSet::new();
    for name in names {
        if name.trim().is_empty() {
            return check::invalid(argument, "an empty name", must);
        }
        if !seen.insert(name) {
            return check::invalid(argument, format!("{name:?} twice"), must);
        }
    }
    Ok(())
}

/// Learnt normalisers that score any customer.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct FittedLoyaltyScore {
    pub(crate) feature_names: Vec<String>,
    pub(crate) params: LoyaltyScore,
    pub(crate) fitted: Learnt,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Learnt {
    #[serde(deserialize_with = "crate::check::bounded")]
    normalisations: Vec<Normalisation>,
}

impl FittedLoyaltyScore {
    /// The specification it was fitted to.
    pub fn params(&self) -> &LoyaltyScore {
        &self.params
    }

    /// The names of the behaviours, in the order of the columns.
    pub fn feature_names(&self) -> &[String] {
        &self.feature_names
    }

    /// What was learnt of each behaviour, in the order of the columns.
    pub fn normalisations(&self) -> &[Normalisation] {
        &self.fitted.normalisations
    }

    /// The names of the tiers, the lowest first.
    pub fn tier_names(&self) -> &[String] {
        &self.params.tiers.names
    }

    /// Scores customers, those of the fit or others.
    ///
    /// score = 100 · Σ wᵢ·bᵢ / Σ wᵢ over the behaviours that are there.
    ///
    /// Arguments: `x` (customers × behaviours) as for [`LoyaltyScore::fit`]; any number of rows.
    ///
    /// Returns one score a row, within 0 to 100.
    ///
    /// # Errors
    /// [`ShapeMismatch`](Error::ShapeMismatch) for another number of columns; [`NonFinite`](Error::NonFinite)
    /// for infinities, and NaN where it is not allowed; [`InvalidValue`](Error::InvalidValue) with the row,
    /// naming the behaviour, for a value outside [0, 1] without a normaliser, and naming `x` for a customer
    /// without any behaviour of a weight above 0.
    pub fn score(&self, x: ArrayView2<'_, f64>) -> Result<Vec<f64>> {
        // Before the memory, which a matrix without columns might ask for without bounds.
        self.params.check_behaviours(x)?;
        let mut scores = vec![0.0; x.nrows()];
        self.fill(x, &mut scores)?;
        Ok(scores)
    }

    /// As [`score`](Self::score), into `scores`, one for each row of `x`; it allocates nothing.
    ///
    /// # Errors
    /// As [`score`](Self::score), and [`ShapeMismatch`](Error::ShapeMismatch) naming `scores`. The scores before a row that fails are
    /// there.
    ///
    /// ```
    /// use loyalty_core::ndarray::array;
    /// use loyalty_core::score::{Behaviour, LoyaltyScore};
    ///
    /// let x = array![[1.0], [5.0], [9.0]];
    /// let model = LoyaltyScore::new().behaviour(Behaviour::new("purchases", 1.0)).fit(x.view())?;
    /// let mut scores = [0.0; 3];
    /// model.score_into(x.view(), &mut scores)?;
    /// assert_eq!(scores, [0.0, 50.0, 100.0]);
    /// # Ok::<(), loyalty_core::Error>(())
    /// ```
    pub fn score_into(&self, x: ArrayView2<'_, f64>, scores: &mut [f64]) -> Result<()> {
        self.params.check_behaviours(x)?;
        check::same_rows("scores", scores.len(), x.nrows())?;
        self.fill(x, scores)
    }

    /// The scores of behaviours that have been checked.
    fn fill(&self, x: ArrayView2<'_, f64>, scores: &mut [f64]) -> Result<()> {
        for (row, (values, score)) in x.rows().into_iter().zip(scores).enumerate() {
            *score = self.row_score(row, values)?;
        }
        Ok(())
    }

    /// Scores one customer, without allocating; otherwise as [`score`](Self::score).
    ///
    /// # Errors
    /// As [`score`](Self::score), with row 0.
    pub fn score_one(&self, x: &[f64]) -> Result<f64> {
        let row = ArrayView1::from(x);
        self.params.check_behaviours(row.insert_axis(ndarray::Axis(0)))?;
        self.row_score(0, row)
    }

    /// The points of each behaviour in each score.
    ///
    /// 100 · wᵢ·bᵢ / Σ wᵢ, and 0 where the behaviour is missing; a row sums to the customer's score.
    ///
    /// Arguments and errors: as [`score`](Self::score).
    ///
    /// Returns customers × behaviours.
    ///
    /// # Errors
    /// As [`score`](Self::score).
    pub fn contributions(&self, x: ArrayView2<'_, f64>) -> Result<Array2<f64>> {
        self.params.check_behaviours(x)?;
        let mut contributions = Array2::zeros(x.dim());
        for (row, (values, mut points)) in x.rows().into_iter().zip(contributions.rows_mut()).enumerate() {
            self.each_points(row, values, |behaviour, value| points[behaviour] = value)?;
        }
        Ok(contributions)
    }

    /// The tier of each customer: its place from the lowest, an index into [`tier_names`](Self::tier_names).
    ///
    /// # Errors
    /// As [`score`](Self::score).
    pub fn tier(&self, x: ArrayView2<'_, f64>) -> Result<Vec<u32>> {
        Ok(self.score(x)?.into_iter().map(|score| self.params.tiers.tier(score).index).collect())
    }

    /// The tier of a score.
    ///
    /// # Errors
    /// [`InvalidParameter`](Error::InvalidParameter) for a score outside 0 to 100.
    pub fn tier_of(&self, score: f64) -> Result<Tier<'_>> {
        check::within("score", score, 0.0..=100.0)?;
        Ok(self.params.tiers.tier(score))
    }

    fn row_score(&self, row: usize, values: ArrayView1<'_, f64>) -> Result<f64> {
        let mut score = 0.0;
        self.each_points(row, values, |_, points| score += points)?;
        // Roundings may leave the range by a few in the last place.
        Ok(score.min(100.0))
    }

    /// Hands the points of each behaviour that is there to `put`.
    fn each_points(
        &self,
        row: usize,
        values: ArrayView1<'_, f64>,
        mut put: impl FnMut(usize, f64),
    ) -> Result<()> {
        let behaviours = &self.params.behaviours;
        let there = |&(_, value): &(&Behaviour, &f64)| !value.is_nan();
        let total: f64 =
            behaviours.iter().zip(values).filter(there).map(|(behaviour, _)| behaviour.weight).sum();
        if total == 0.0 {
            let must = "a customer with at least one behaviour of a weight above 0";
            return check::invalid_value("x", row, "missing", must);
        }
        for (i, ((behaviour, normalisation), &value)) in
            behaviours.iter().zip(&self.fitted.normalisations).zip(values).enumerate()
        {
            if value.is_nan() {
                continue;
            }
            if matches!(normalisation, Normalisation::None) {
                check_share(&behaviour.name, row, value)?;
            }
            let share = normalisation.apply(value);
            let share = if behaviour.inverted { 1.0 - share } else { share };
            put(i, 100.0 * share * (behaviour.weight / total));
        }
        Ok(())
    }

    /// Refuses what a damaged model file may hold.
    pub(crate) fn validate(&self) -> Result<()> {
        check::model_params(self.params.check())?;
        let behaviours = &self.params.behaviours;
        let names = behaviours.iter().map(|behaviour| &behaviour.name);
        check::model(names.eq(&self.feature_names), "feature_names are not the names of the behaviours")?;
        check::model(
            self.fitted.normalisations.len() == behaviours.len(),
            "as many normalisations as behaviours are due",
        )?;
        let mut pairs = self.fitted.normalisations.iter().zip(behaviours);
        pairs.try_for_each(|(normalisation, behaviour)| normalisation.validate(behaviour.normaliser))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::array;

    fn one(normaliser: Normaliser) -> LoyaltyScore {
        LoyaltyScore::new().behaviour(Behaviour::new("b", 1.0).normaliser(normaliser))
    }

    fn fit_one(normaliser: Normaliser, values: &[f64]) -> FittedLoyaltyScore {
        let model = one(normaliser).fit(ArrayView1::from(values).insert_axis(ndarray::Axis(1))).unwrap();
        model.validate().unwrap();
        model
    }

    #[test]
    fn behaviours_are_normalised_before_they_are_weighted() {
        // Purchases, money, rating and contacts of two customers, and the range of them all.
        let x = array![
            [5.0, 3000.0, 4.5, 5.0],
            [1.0, 3100.0, 1.0, 1.0],
            [0.0, 0.0, 0.0, 0.0],
            [6.0, 4000.0, 5.0, 6.0]
        ];
        let mean = |row: usize| x.row(row).iter().sum::<f64>() / 4.0;
        assert_eq!(mean(0), 753.625);
        assert!(mean(1) > mean(0), "the money alone decides");
        let scores = LoyaltyScore::c_score().fit(x.view()).unwrap().score(x.view()).unwrap();
        assert!(scores[0] > 2.0 * scores[1], "{scores:?}");
    }

    #[test]
    fn presets() {
        let weights = |spec: LoyaltyScore| spec.behaviours.iter().map(|b| b.weight).collect::<Vec<_>>();
        assert_eq!(weights(LoyaltyScore::purchase_usage_feedback()), [0.4, 0.4, 0.2]);
        assert_eq!(weights(LoyaltyScore::c_score()), [0.25; 4]);
        let x = array![[0.0, 0.0, 0.0], [1.0, 1.0, 1.0]];
        let model = LoyaltyScore::purchase_usage_feedback().fit(x.view()).unwrap();
        assert_eq!(model.score(array![[1.0, 0.5, 0.0]].view()).unwrap(), [60.0]);
    }

    #[test]
    fn min_max_takes_values_beyond_the_range_as_its_ends() {
        let model = fit_one(Normaliser::MinMax, &[2.0, 4.0, 3.0]);
        let scores = [1.0, 2.0, 2.5, 4.0, 9.0].map(|v| model.score_one(&[v]).unwrap());
        assert_eq!(scores, [0.0, 0.0, 25.0, 100.0, 100.0]);
    }

    #[test]
    fn z_score_at_extreme_scales() {
        for scale in [1e-320, 1e-300, 1e-5, 1.0, 1e200, 1e308] {
            let model = fit_one(Normaliser::ZScore, &[-scale, scale]);
            let [Normalisation::ZScore { mean, standard_deviation }] = model.normalisations() else {
                panic!()
            };
            assert_eq!((*mean, *standard_deviation), (0.0, scale));
            let score = model.score_one(&[scale]).unwrap();
            assert!((score - 73.10585786300048).abs() < 1e-13, "{scale:e}: {score}");
        }
        let model = fit_one(Normaliser::ZScore, &[f64::MAX, f64::MAX, -f64::MAX]);
        assert!(model.score_one(&[-f64::MAX]).unwrap() < 50.0);
        let offset = fit_one(Normaliser::ZScore, &[1e12, 1e12 + 1.0, 1e12 + 2.0, 1e12 + 3.0]);
        let [Normalisation::ZScore { standard_deviation, .. }] = offset.normalisations() else { panic!() };
        assert_eq!(*standard_deviation, 1.25_f64.sqrt());
    }

    #[test]
    fn percentiles_by_the_middle_of_ties() {
        let model = fit_one(Normaliser::Percentile, &[1.0, 2.0, 2.0, 2.0, 3.0]);
        // Quantiles 25 to 75 % are 2: their middle is 50 %; 1.5 lies half-way up the first quarter.
        let scores = [0.0, 1.0, 1.5, 2.0, 2.5, 3.0, 4.0].map(|v| model.score_one(&[v]).unwrap());
        assert_eq!(scores, [0.0, 0.0, 12.5, 50.0, 87.5, 100.0, 100.0]);
    }

    #[test]
    fn a_constant_behaviour_counts_half() {
        for normaliser in [Normaliser::MinMax, Normaliser::ZScore, Normaliser::Percentile] {
            for value in [0.1, 0.0, -1e308, 5e-324] {
                let model = fit_one(normaliser, &[value; 7]);
                assert_eq!(model.score_one(&[value]).unwrap(), 50.0, "{normaliser:?} {value}");
            }
        }
    }

    #[test]
    fn the_widest_range_there_is() {
        for normaliser in [Normaliser::MinMax, Normaliser::ZScore, Normaliser::Percentile] {
            let model = fit_one(normaliser, &[-f64::MAX, f64::MAX]);
            let scores = [-f64::MAX, -1.0, 0.0, 1.0, f64::MAX].map(|v| model.score_one(&[v]).unwrap());
            assert!(scores.is_sorted() && scores[2] == 50.0, "{normaliser:?}: {scores:?}");
        }
    }

    #[test]
    fn missing_behaviours() {
        let spec = LoyaltyScore::purchase_usage_feedback().missing(Missing::Renormalise);
        let nan = f64::NAN;
        let x = array![[0.0, 0.0, 0.0], [1.0, 1.0, 1.0], [0.5, nan, 1.0]];
        let model = spec.fit(x.view()).unwrap();
        let score = model.score_one(&[0.5, nan, 1.0]).unwrap();
        assert!((score - 100.0 * (0.4 * 0.5 + 0.2) / 0.6).abs() < 1e-12);
        assert_eq!(model.contributions(x.view()).unwrap()[[2, 1]], 0.0);
        let error = model.score(array![[1.0, 1.0, 1.0], [nan, nan, nan]].view()).unwrap_err();
        assert!(matches!(error, Error::InvalidValue { row: 1, .. }), "{error}");
    }

    #[test]
    fn scores_into_given_memory_are_those_of_score() {
        let behaviours = [Normaliser::MinMax, Normaliser::ZScore, Normaliser::Percentile].map(|normaliser| {
            Behaviour::new(format!("{normaliser:?}"), 0.3).normaliser(normaliser).inverted(true)
        });
        let spec = LoyaltyScore::new().behaviours(behaviours).missing(Missing::Renormalise);
        let nan = f64::NAN;
        let x = array![[0.1, 7.0, 3.0], [0.7, nan, 1.0], [0.4, 2.0, nan], [0.2, 9.0, 8.0]];
        let model = spec.fit(x.view()).unwrap();
        let scores = model.score(x.view()).unwrap();
        // Also of rows that do not lie one after the other in memory.
        for x in [x.view(), x.t().as_standard_layout().t()] {
            let mut out = [nan; 4];
            model.score_into(x, &mut out).unwrap();
            assert_eq!(scores, out);
        }
        for (row, score) in scores.iter().enumerate() {
            assert_eq!(model.score_one(x.row(row).as_slice().unwrap()).unwrap(), *score);
        }
        for wrong in [3, 5] {
            let error = model.score_into(x.view(), &mut vec![0.0; wrong]).unwrap_err();
            assert_eq!((error.code(), error.argument()), ("SHAPE_MISMATCH", Some("scores")));
        }
        let mut out = [-1.0; 2];
        model.score_into(array![[0.1, 7.0, 3.0], [nan; 3]].view(), &mut out).unwrap_err();
        assert_eq!(out, [scores[0], -1.0]);
    }

    #[test]
    fn tiers_begin_at_their_thresholds() {
        let model = fit_one(Normaliser::None, &[0.5]);
        let tier = |score| model.tier_of(score).unwrap().name;
        assert_eq!(
            [0.0, 29.9, 30.0, 59.9, 60.0, 100.0].map(tier),
            ["low", "low", "medium", "medium", "high", "high"]
        );
        assert_eq!(model.tier(array![[0.1], [0.3], [0.9]].view()).unwrap(), [0, 1, 2]);
        assert_eq!(model.tier_of(f64::NAN).unwrap_err().argument(), Some("score"));
    }

    #[test]
    fn damaged_models_are_refused() {
        let damages: [fn(&mut FittedLoyaltyScore); 7] = [
            |model| model.fitted.normalisations.clear(),
            |model| model.fitted.normalisations[0] = Normalisation::None,
            |model| model.fitted.normalisations[0] = Normalisation::MinMax { min: 1.0, max: 0.0 },
            |model| model.fitted.normalisations[0] = Normalisation::Percentile { quantiles: vec![0.0; 100] },
            |model| model.feature_names.clear(),
            |model| model.params.behaviours[0].weight = f64::INFINITY,
            |model| model.params.tiers.names.clear(),
        ];
        for normaliser in [Normaliser::MinMax, Normaliser::Percentile] {
            for (i, damage) in damages.iter().enumerate() {
                let mut model = fit_one(normaliser, &[0.1, 0.5]);
                damage(&mut model);
                assert_eq!(model.validate().unwrap_err().code(), "BAD_MODEL", "damage {i}");
            }
        }
    }

    #[test]
    fn a_model_survives_json() {
        let behaviours = [Normaliser::MinMax, Normaliser::ZScore, Normaliser::Percentile, Normaliser::None]
            .map(|normaliser| {
                Behaviour::new(format!("{normaliser:?}"), 0.3).normaliser(normaliser).inverted(true)
            });
        let model =
            LoyaltyScore::new().behaviours(behaviours).fit(array![[0.1; 4], [0.7; 4]].view()).unwrap();
        let text = serde_json::to_string(&model).unwrap();
        assert_eq!(serde_json::from_str::<FittedLoyaltyScore>(&text).unwrap(), model);
    }
}
