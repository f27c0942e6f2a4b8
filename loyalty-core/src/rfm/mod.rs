//! RFM: recency, frequency and monetary scores, and the named segments made of them.
//!
//! Each of the three values of a customer is scored from 1 to `n_bins` against cut points, by default the
//! quantiles of the customers of the fit. A score is a function of the value alone: equal values score equally
//! whatever the order of the rows, and a new customer is scored tomorrow with the cut points of today.
//!
//! **Higher is always more loyal.** Recipes that rank frequency and amount in descending order and add the
//! ranks give the best customers the lowest sum. Here recency, where fewer days are better, is turned round, so
//! the best score is `n_bins` in all three and the cell `555` is the best of the default.
//!
//! ```
//! use loyalty_core::rfm::Rfm;
//!
//! let recency_days = [2.0, 40.0, 300.0, 9.0, 120.0];
//! let frequency = [12.0, 3.0, 1.0, 8.0, 2.0];
//! let monetary = [900.0, 120.0, 15.0, 640.0, 60.0];
//! let model = Rfm::new().fit(&recency_days, &frequency, &monetary)?;
//!
//! let scores = model.score(&recency_days, &frequency, &monetary)?;
//! assert_eq!(scores.codes(), ["555", "333", "111", "444", "222"]);
//!
//! let newcomer = model.score_one(1.0, 1.0, 70.0)?;
//! assert_eq!((newcomer.code().as_str(), newcomer.segment), ("512", "New"));
//! # Ok::<(), loyalty_core::Error>(())
//! ```
//!
//! Sources: Hughes, *Strategic Database Marketing* (1994), for scores by quantiles, nested ones among them;
//! Hyndman and Fan (1996, The American Statistician 50), type 7, for the quantiles.

use crate::check;
use crate::error::Result;
use crate::numeric::quantile::quantiles;
use serde::{Deserialize, Serialize};

mod segments;

use segments::GRID;
pub use segments::SegmentGrid;

const FEATURES: [&str; 3] = ["recency_days", "frequency", "monetary"];

/// How to score customers by recency, frequency and monetary value.
///
/// Score = 1 + the number of cut points below the value; for recency, `n_bins` − that number. A value equal to a cut
/// point is not above it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct Rfm {
    /// How many scores each of the three has, 2 to 10. Default 5.
    pub n_bins: usize,
    /// Cut points to use in place of learnt ones. Default: learnt.
    pub cut_points: Option<CutPoints>,
    /// Whether frequency is cut within each recency score, and monetary value within each cell of recency and
    /// frequency, in place of over all customers. A cell without customers takes the cut points of all of them.
    /// Default false.
    pub nested: bool,
    /// The weights of the combined score. Default: equal.
    pub weights: RfmWeights,
    /// The names of the segments. Default: the ten of [`SegmentGrid::default`].
    pub segments: SegmentGrid,
}

impl Default for Rfm {
    fn default() -> Self {
        Self {
            n_bins: 5,
            cut_points: None,
            nested: false,
            weights: RfmWeights::default(),
            segments: SegmentGrid::default(),
        }
    }
}

/// The values at which a score changes, ascending, `n_bins` − 1 of each.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CutPoints {
    /// Of the days since the last purchase.
    pub recency_days: Vec<f64>,
    /// Of the number of purchases.
    pub frequency: Vec<f64>,
    /// Of the amount spent.
    pub monetary: Vec<f64>,
}

/// The cut points of nested scores.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NestedCutPoints {
    /// For each recency score from 1, its `n_bins` − 1 cut points of the frequency, one after the other.
    pub frequency: Vec<f64>,
    /// For each cell (1, 1), (1, 2), … of recency and frequency score, its `n_bins` − 1 cut points of the
    /// monetary value.
    pub monetary: Vec<f64>,
}

/// What each score counts for in the combined one: any finite numbers of 0 or more, not all 0.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RfmWeights {
    /// Of the recency score.
    pub recency: f64,
    /// Of the frequency score.
    pub frequency: f64,
    /// Of the monetary score.
    pub monetary: f64,
}

impl RfmWeights {
    /// These weights; only their proportions matter.
    pub fn new(recency: f64, frequency: f64, monetary: f64) -> Self {
        Self { recency, frequency, monetary }
    }

    fn total(&self) -> f64 {
        self.recency + self.frequency + self.monetary
    }
}

impl Default for RfmWeights {
    fn default() -> Self {
        Self::new(1.0, 1.0, 1.0)
    }
}

impl Rfm {
    /// The default: quintiles of the customers at hand, equal weights, ten segments.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets [`n_bins`](Self::n_bins).
    #[must_use]
    pub fn n_bins(mut self, n_bins: usize) -> Self {
        self.n_bins = n_bins;
        self
    }

    /// Sets [`cut_points`](Self::cut_points).
    #[must_use]
    pub fn cut_points(mut self, cut_points: impl Into<Option<CutPoints>>) -> Self {
        self.cut_points = cut_points.into();
        self
    }

    /// Sets [`nested`](Self::nested).
    #[must_use]
    pub fn nested(mut self, nested: bool) -> Self {
        self.nested = nested;
        self
    }

    /// Sets [`weights`](Self::weights).
    #[must_use]
    pub fn weights(mut self, weights: RfmWeights) -> Self {
        self.weights = weights;
        self
    }

    /// Sets [`segments`](Self::segments).
    #[must_use]
    pub fn segments(mut self, segments: SegmentGrid) -> Self {
        self.segments = segments;
        self
    }

    /// Learns the cut points from customers, or takes those given.
    ///
    /// Cut point i of n − 1 is the sample quantile at probability i/n, linear between order statistics.
    /// Coinciding cut points, as many equal values give, and fewer customers than bins are no error:
    /// [`bins_in_use`](FittedRfm::bins_in_use) then says less than `n_bins`.
    ///
    /// Arguments: one value a customer in each; `recency_days` since the last purchase, `frequency` the number of purchases (not
    /// that of repeat purchases, as the literature on buying until death has it; the scores would be the same),
    /// `monetary` in money, any finite numbers. With given cut points there may be no customer at all.
    ///
    /// Returns the model that scores.
    ///
    /// # Errors
    /// [`InvalidParameter`](crate::Error::InvalidParameter) if `n_bins` is not within 2 to 10, cut points are
    /// of the wrong number, not ascending, or given for nested scores, a weight is negative or all are 0, or a
    /// segment has no name; [`ShapeMismatch`](crate::Error::ShapeMismatch) if the lengths differ;
    /// [`NonFinite`](crate::Error::NonFinite) for NaN and infinities; [`TooFewRows`](crate::Error::TooFewRows)
    /// if there is no customer to learn from.
    pub fn fit(&self, recency_days: &[f64], frequency: &[f64], monetary: &[f64]) -> Result<FittedRfm> {
        self.check()?;
        check_customers(recency_days, frequency, monetary)?;
        let cut_points = match &self.cut_points {
            Some(given) => given.clone(),
            None => {
                check::at_least_rows("recency_days", recency_days.len(), 1)?;
                CutPoints {
                    recency_days: self.learn(recency_days.to_vec()),
                    frequency: self.learn(frequency.to_vec()),
                    monetary: self.learn(monetary.to_vec()),
                }
            }
        };
        let nested = self.nested.then(|| self.learn_nested(&cut_points, recency_days, frequency, monetary));
        let mut model = FittedRfm {
            feature_names: FEATURES.map(String::from).to_vec(),
            params: self.clone(),
            fitted: Learnt { cut_points, nested, bins_in_use: BinsInUse::default() },
        };
        model.fitted.bins_in_use = model.count_bins(recency_days, frequency, monetary);
        Ok(model)
    }

    pub(crate) fn check(&self) -> Result<()> {
        check::count_within("n_bins", self.n_bins, 2..=10)?;
        let RfmWeights { recency, frequency, monetary } = self.weights;
        for (name, weight) in FEATURES.into_iter().zip([recency, frequency, monetary]) {
            if !(weight.is_finite() && weight >= 0.0) {
                return check::invalid(
                    "weights",
                    format!("{weight} for {name}"),
                    "finite numbers of 0 or more",
                );
            }
        }
        let total = self.weights.total();
        if total == 0.0 || !(total * self.n_bins as f64).is_finite() {
            return check::invalid("weights", format!("{total} in all"), "above 0 and finite in all");
        }
        if self.segments.rows.iter().flatten().any(|name| name.trim().is_empty()) {
            return check::invalid(
                "segments",
                "a grid with an empty name",
                "five rows of five names, none of them empty",
            );
        }
        let Some(cut_points) = &self.cut_points else { return Ok(()) };
        if self.nested {
            return check::invalid(
                "cut_points",
                "given",
                "left out for nested scores, whose cut points are learnt",
            );
        }
        cut_points.check(self.n_bins)
    }

    fn learn(&self, mut values: Vec<f64>) -> Vec<f64> {
        let probabilities: Vec<f64> = (1..self.n_bins).map(|i| i as f64 / self.n_bins as f64).collect();
        let mut cut_points = quantiles(&mut values, &probabilities);
        // Two quantiles between the same two values may cross by a rounding.
        for i in 1..cut_points.len() {
            cut_points[i] = cut_points[i].max(cut_points[i - 1]);
        }
        cut_points
    }

    fn learn_nested(
        &self,
        over_all: &CutPoints,
        recency_days: &[f64],
        frequency: &[f64],
        monetary: &[f64],
    ) -> NestedCutPoints {
        let (n_bins, n_cut_points) = (self.n_bins, self.n_bins - 1);
        let mut cells: Vec<usize> =
            recency_days.iter().map(|&value| n_bins - 1 - below(&over_all.recency_days, value)).collect();
        let frequency_cut_points = self.learn_by_cell(&cells, n_bins, frequency, &over_all.frequency);
        for (cell, &value) in cells.iter_mut().zip(frequency) {
            let own = &frequency_cut_points[*cell * n_cut_points..][..n_cut_points];
            *cell = *cell * n_bins + below(own, value);
        }
        let monetary = self.learn_by_cell(&cells, n_bins * n_bins, monetary, &over_all.monetary);
        NestedCutPoints { frequency: frequency_cut_points, monetary }
    }

    /// The cut points of each cell's values, one cell after the other.
    fn learn_by_cell(&self, cells: &[usize], n_cells: usize, values: &[f64], over_all: &[f64]) -> Vec<f64> {
        let mut by_cell = vec![Vec::new(); n_cells];
        for (&cell, &value) in cells.iter().zip(values) {
            by_cell[cell].push(value);
        }
        let learn = |values: Vec<f64>| if values.is_empty() { over_all.to_vec() } else { self.learn(values) };
        by_cell.into_iter().flat_map(learn).collect()
    }
}

impl CutPoints {
    fn check(&self, n_bins: usize) -> Result<()> {
        for (name, cut_points) in
            FEATURES.into_iter().zip([&self.recency_days, &self.frequency, &self.monetary])
        {
            let must = format!("{} finite numbers in ascending order", n_bins - 1);
            if cut_points.len() != n_bins - 1 {
                return check::invalid(
                    "cut_points",
                    format!("{} numbers for {name}", cut_points.len()),
                    must,
                );
            }
            if !(cut_points.iter().all(|c| c.is_finite()) && cut_points.is_sorted()) {
                return check::invalid("cut_points", format!("{cut_points:?} for {name}"), must);
            }
        }
        Ok(())
    }
}

/// How many cut points lie strictly below the value.
fn below(cut_points: &[f64], value: f64) -> usize {
    // So few that counting them all is faster than to search.
    cut_points.iter().filter(|&&cut_point| cut_point < value).count()
}

fn check_customers(recency_days: &[f64], frequency: &[f64], monetary: &[f64]) -> Result<()> {
    check::same_rows("frequency", frequency.len(), recency_days.len())?;
    check::same_rows("monetary", monetary.len(), recency_days.len())?;
    check::finite_vector("recency_days", recency_days)?;
    check::finite_vector("frequency", frequency)?;
    check::finite_vector("monetary", monetary)
}

/// How many different scores the customers of the fit have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BinsInUse {
    /// Of recency.
    pub recency_days: usize,
    /// Of frequency.
    pub frequency: usize,
    /// Of monetary value.
    pub monetary: usize,
}

/// Cut points that score any customer.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct FittedRfm {
    pub(crate) feature_names: Vec<String>,
    pub(crate) params: Rfm,
    pub(crate) fitted: Learnt,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Learnt {
    cut_points: CutPoints,
    nested: Option<NestedCutPoints>,
    bins_in_use: BinsInUse,
}

/// The scores of one customer.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RfmScore<'a> {
    /// Recency score, 1 to `n_bins`; the most recent buyers have the highest.
    pub r: u8,
    /// Frequency score, 1 to `n_bins`.
    pub f: u8,
    /// Monetary score, 1 to `n_bins`.
    pub m: u8,
    /// The weighted mean of the three, 1 to `n_bins`.
    pub combined: f64,
    /// The name of the segment.
    pub segment: &'a str,
}

impl RfmScore<'_> {
    /// The three scores in a row, such as `545`. No score is 0, so a ten among them (`1054`) cannot be misread.
    pub fn code(&self) -> String {
        code(self.r, self.f, self.m)
    }
}

fn code(r: u8, f: u8, m: u8) -> String {
    format!("{r}{f}{m}")
}

/// The scores of many customers, row by row.
#[derive(Debug, Clone, PartialEq, Default)]
#[non_exhaustive]
pub struct RfmScores {
    /// Recency scores, 1 to `n_bins`; the most recent buyers have the highest.
    pub r: Vec<u8>,
    /// Frequency scores, 1 to `n_bins`.
    pub f: Vec<u8>,
    /// Monetary scores, 1 to `n_bins`.
    pub m: Vec<u8>,
    /// The weighted mean of the three, 1 to `n_bins`.
    pub combined: Vec<f64>,
    /// The segment, as an index into [`FittedRfm::segment_names`].
    pub segment: Vec<u32>,
}

impl RfmScores {
    /// The three scores of each customer in a row, as [`RfmScore::code`].
    pub fn codes(&self) -> Vec<String> {
        self.r.iter().zip(&self.f).zip(&self.m).map(|((&r, &f), &m)| code(r, f, m)).collect()
    }
}

impl FittedRfm {
    /// The specification it was fitted to.
    pub fn params(&self) -> &Rfm {
        &self.params
    }

    /// `recency_days`, `frequency`, `monetary`.
    pub fn feature_names(&self) -> &[String] {
        &self.feature_names
    }

    /// The cut points over all customers. Nested scores use [`nested_cut_points`](Self::nested_cut_points) for
    /// frequency and monetary value.
    pub fn cut_points(&self) -> &CutPoints {
        &self.fitted.cut_points
    }

    /// The cut points of nested scores, if the model is nested.
    pub fn nested_cut_points(&self) -> Option<&NestedCutPoints> {
        self.fitted.nested.as_ref()
    }

    /// How many different scores the customers of the fit have, at most `n_bins` of each kind.
    pub fn bins_in_use(&self) -> BinsInUse {
        self.fitted.bins_in_use
    }

    /// Each segment's name once, in the order of the grid's rows: what [`RfmScores::segment`] counts.
    pub fn segment_names(&self) -> Vec<&str> {
        self.params.segments.names()
    }

    /// Scores customers, those of the fit or others, with the cut points of the fit.
    ///
    /// combined = (w_r·R + w_f·F + w_m·M) / (w_r + w_f + w_m).
    ///
    /// Arguments: as for [`Rfm::fit`], any number of customers.
    ///
    /// Returns their scores, row by row. A score never falls when its own value gets better; of nested scores
    /// this holds among customers of the same cell.
    ///
    /// # Errors
    /// [`ShapeMismatch`](crate::Error::ShapeMismatch) if the lengths differ;
    /// [`NonFinite`](crate::Error::NonFinite) for NaN and infinities.
    pub fn score(&self, recency_days: &[f64], frequency: &[f64], monetary: &[f64]) -> Result<RfmScores> {
        check_customers(recency_days, frequency, monetary)?;
        let segment_of_cell = self.segment_of_cell();
        let rows = recency_days.len();
        let mut scores = RfmScores {
            r: Vec::with_capacity(rows),
            f: Vec::with_capacity(rows),
            m: Vec::with_capacity(rows),
            combined: Vec::with_capacity(rows),
            segment: Vec::with_capacity(rows),
        };
        for ((&recency_days, &frequency), &monetary) in recency_days.iter().zip(frequency).zip(monetary) {
            let [r, f, m] = self.bins(recency_days, frequency, monetary);
            scores.r.push(r as u8);
            scores.f.push(f as u8);
            scores.m.push(m as u8);
            scores.combined.push(self.combine(r, f, m));
            scores.segment.push(segment_of_cell[self.grid_index(r)][self.grid_index(f)]);
        }
        Ok(scores)
    }

    /// Scores one customer, without allocating; otherwise as [`score`](Self::score).
    ///
    /// # Errors
    /// [`NonFinite`](crate::Error::NonFinite) for NaN and infinities.
    pub fn score_one(&self, recency_days: f64, frequency: f64, monetary: f64) -> Result<RfmScore<'_>> {
        check_customers(&[recency_days], &[frequency], &[monetary])?;
        let [r, f, m] = self.bins(recency_days, frequency, monetary);
        Ok(RfmScore {
            r: r as u8,
            f: f as u8,
            m: m as u8,
            combined: self.combine(r, f, m),
            segment: &self.params.segments.rows[self.grid_index(r)][self.grid_index(f)],
        })
    }

    /// The three scores of a customer.
    fn bins(&self, recency_days: f64, frequency: f64, monetary: f64) -> [usize; 3] {
        let (n_bins, n_cut_points) = (self.params.n_bins, self.params.n_bins - 1);
        let CutPoints { recency_days: of_recency, frequency: of_frequency, monetary: of_monetary } =
            self.cut_points();
        let r = n_bins - below(of_recency, recency_days);
        let Some(nested) = &self.fitted.nested else {
            return [r, 1 + below(of_frequency, frequency), 1 + below(of_monetary, monetary)];
        };
        let f = 1 + below(&nested.frequency[(r - 1) * n_cut_points..][..n_cut_points], frequency);
        let cell = (r - 1) * n_bins + f - 1;
        [r, f, 1 + below(&nested.monetary[cell * n_cut_points..][..n_cut_points], monetary)]
    }

    fn combine(&self, r: usize, f: usize, m: usize) -> f64 {
        let weights = &self.params.weights;
        let sum = weights.recency * r as f64 + weights.frequency * f as f64 + weights.monetary * m as f64;
        // Roundings may leave the range by one in the last place.
        (sum / weights.total()).clamp(1.0, self.params.n_bins as f64)
    }

    /// The row or column of the grid where a score stands: ⌈5·score / n_bins⌉, from 0.
    fn grid_index(&self, score: usize) -> usize {
        (GRID * score).div_ceil(self.params.n_bins) - 1
    }

    fn segment_of_cell(&self) -> [[u32; GRID]; GRID] {
        let names = self.segment_names();
        let index = |name: &String| names.iter().position(|known| known == name).unwrap_or(0) as u32;
        self.params.segments.rows.each_ref().map(|row| row.each_ref().map(index))
    }

    fn count_bins(&self, recency_days: &[f64], frequency: &[f64], monetary: &[f64]) -> BinsInUse {
        let mut used = [[false; 11]; 3];
        for ((&recency_days, &frequency), &monetary) in recency_days.iter().zip(frequency).zip(monetary) {
            for (used, bin) in used.iter_mut().zip(self.bins(recency_days, frequency, monetary)) {
                used[bin] = true;
            }
        }
        let [recency_days, frequency, monetary] =
            used.map(|used| used.into_iter().filter(|&used| used).count());
        BinsInUse { recency_days, frequency, monetary }
    }

    /// Refuses what a damaged model file may hold.
    pub(crate) fn validate(&self) -> Result<()> {
        check::model_params(self.params.check())?;
        let n_bins = self.params.n_bins;
        check::model(
            self.feature_names == FEATURES,
            "feature_names of an RFM model are recency_days, frequency, monetary",
        )?;
        check::model_params(self.fitted.cut_points.check(n_bins))?;
        let given = self.params.cut_points.as_ref();
        check::model(
            given.is_none_or(|given| given == self.cut_points()),
            "cut_points are not the given ones",
        )?;

        check::model(
            self.fitted.nested.is_some() == self.params.nested,
            "nested cut points do not fit params.nested",
        )?;
        if let Some(nested) = &self.fitted.nested {
            let right = |cut_points: &[f64], cells: usize| {
                cut_points.len() == cells * (n_bins - 1)
                    && cut_points.iter().all(|c| c.is_finite())
                    && cut_points.chunks_exact(n_bins - 1).all(<[f64]>::is_sorted)
            };
            check::model(right(&nested.frequency, n_bins), "nested cut points of the frequency")?;
            check::model(
                right(&nested.monetary, n_bins * n_bins),
                "nested cut points of the monetary value",
            )?;
        }

        let BinsInUse { recency_days, frequency, monetary } = self.bins_in_use();
        check::model(
            [recency_days, frequency, monetary].iter().all(|&bins| bins <= n_bins),
            "bins_in_use above n_bins",
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn customers() -> [Vec<f64>; 3] {
        let row = |i: u64, factor: u64| ((i * factor) % 37) as f64;
        [7, 11, 16].map(|factor| (0..50).map(|i| row(i, factor)).collect())
    }

    #[test]
    fn every_score_is_oriented_so_that_higher_is_more_loyal() {
        let best_first: Vec<f64> = (0..5).map(f64::from).collect();
        let worst_first: Vec<f64> = best_first.iter().rev().copied().collect();
        let model = Rfm::new().fit(&best_first, &worst_first, &worst_first).unwrap();
        let scores = model.score(&best_first, &worst_first, &worst_first).unwrap();
        assert_eq!(scores.codes(), ["555", "444", "333", "222", "111"]);
        assert_eq!(scores.combined, [5.0, 4.0, 3.0, 2.0, 1.0]);
        assert_eq!(model.segment_names()[scores.segment[0] as usize], "Champion");
        assert_eq!(model.segment_names()[scores.segment[4] as usize], "Hibernating");
    }

    #[test]
    fn coinciding_quantiles_leave_bins_unused() {
        let model =
            Rfm::new().fit(&[3.0; 9], &[1.0; 9], &[0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 8.0]).unwrap();
        assert_eq!(model.bins_in_use(), BinsInUse { recency_days: 1, frequency: 1, monetary: 2 });
        let scores = model.score(&[3.0, 4.0], &[1.0, 2.0], &[0.0, 8.0]).unwrap();
        assert_eq!(scores.codes(), ["511", "155"]);
    }

    #[test]
    fn other_bin_numbers_map_to_the_grid() {
        for (n_bins, expected) in
            [(2, vec![3, 5]), (3, vec![2, 4, 5]), (10, vec![1, 1, 2, 2, 3, 3, 4, 4, 5, 5])]
        {
            let model = Rfm::new().n_bins(n_bins).fit(&[1.0], &[1.0], &[1.0]).unwrap();
            let rows: Vec<usize> = (1..=n_bins).map(|score| model.grid_index(score) + 1).collect();
            assert_eq!(rows, expected, "{n_bins} bins");
        }
    }

    #[test]
    fn the_default_grid_has_ten_names() {
        let model = Rfm::new().fit(&[1.0], &[1.0], &[1.0]).unwrap();
        assert_eq!(
            model.segment_names(),
            [
                "Hibernating",
                "At Risk",
                "Can't Lose",
                "About to Sleep",
                "Need Attention",
                "Loyal",
                "Promising",
                "Potential Loyalist",
                "New",
                "Champion"
            ]
        );
    }

    #[test]
    fn given_cut_points_need_no_customer() {
        let each = vec![10.0, 20.0, 30.0, 40.0];
        let cut_points = CutPoints { recency_days: each.clone(), frequency: each.clone(), monetary: each };
        let model = Rfm::new().cut_points(cut_points.clone()).fit(&[], &[], &[]).unwrap();
        assert_eq!((model.cut_points(), model.bins_in_use()), (&cut_points, BinsInUse::default()));
        let score = model.score_one(20.0, 20.5, 1e300).unwrap();
        assert_eq!((score.code().as_str(), score.segment), ("435", "Potential Loyalist"));
    }

    #[test]
    fn nested_cells_without_customers_take_the_cut_points_of_all() {
        let model = Rfm::new().nested(true).fit(&[1.0; 4], &[1.0, 2.0, 3.0, 4.0], &[5.0; 4]).unwrap();
        let nested = model.nested_cut_points().unwrap();
        assert_eq!(nested.frequency[..4], model.cut_points().frequency[..]);
        assert_eq!((nested.frequency.len(), nested.monetary.len()), (20, 100));
        assert_eq!(model.score_one(9.0, 4.0, 5.0).unwrap().code(), "151");
    }

    #[test]
    fn batch_and_single_agree() {
        let [r, f, m] = customers();
        for spec in [
            Rfm::new().n_bins(10),
            Rfm::new().n_bins(3).nested(true),
            Rfm::new().weights(RfmWeights::new(3.0, 0.1, 0.7)),
        ] {
            let model = spec.fit(&r, &f, &m).unwrap();
            model.validate().unwrap();
            let scores = model.score(&r, &f, &m).unwrap();
            for i in 0..r.len() {
                let one = model.score_one(r[i], f[i], m[i]).unwrap();
                assert_eq!(
                    (one.r, one.f, one.m, one.combined),
                    (scores.r[i], scores.f[i], scores.m[i], scores.combined[i])
                );
                assert_eq!(one.segment, model.segment_names()[scores.segment[i] as usize]);
            }
        }
    }

    #[test]
    fn damaged_models_are_refused() {
        let [r, f, m] = customers();
        let plain = Rfm::new().fit(&r, &f, &m).unwrap();
        let nested = Rfm::new().nested(true).fit(&r, &f, &m).unwrap();
        let damages: [fn(&mut FittedRfm); 8] = [
            |model| model.params.n_bins = 0,
            |model| model.params.n_bins = 4,
            |model| model.feature_names.clear(),
            |model| model.fitted.cut_points.frequency[0] = f64::NAN,
            |model| model.fitted.cut_points.frequency[0] = 1e9,
            |model| model.fitted.bins_in_use.monetary = 6,
            |model| model.params.nested = !model.params.nested,
            |model| model.params.weights.recency = -1.0,
        ];
        for (i, damage) in damages.iter().enumerate() {
            for mut model in [plain.clone(), nested.clone()] {
                model.validate().unwrap();
                damage(&mut model);
                assert_eq!(model.validate().unwrap_err().code(), "BAD_MODEL", "damage {i}");
            }
        }
        let mut short = nested;
        short.fitted.nested.as_mut().unwrap().monetary.pop();
        assert_eq!(short.validate().unwrap_err().code(), "BAD_MODEL");
    }

    #[test]
    fn a_model_survives_json() {
        let [r, f, m] = customers();
        let model = Rfm::new().nested(true).fit(&r, &f, &m).unwrap();
        let text = serde_json::to_string(&model).unwrap();
        assert_eq!(serde_json::from_str::<FittedRfm>(&text).unwrap(), model);
    }
}
