use super::{map_matrix, map_row};
use crate::check;
use crate::error::Result;
use crate::numeric::moments::Weights;
use ndarray::{Array2, ArrayView2};
use serde::{Deserialize, Serialize};

/// Scales each column to a given range.
///
/// y = low + (x − data_min) / (data_max − data_min) · (high − low); for a constant column the divisor is 1
///
/// The smallest and the largest value of the fit become exactly `low` and `high`. Values outside the range of the fit fall
/// outside `feature_range`, unless `clip` is set. A column is constant if all its values are equal, at any scale.
///
/// ```
/// use loyalty_core::{ndarray::array, scaling::MinMaxScaler};
/// let scaler = MinMaxScaler::new().feature_range((0.0, 100.0)).fit(array![[10.0], [30.0]].view())?;
/// assert_eq!(scaler.transform(array![[15.0], [40.0]].view())?, array![[25.0], [150.0]]);
/// # Ok::<(), loyalty_core::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct MinMaxScaler {
    /// Where the smallest and the largest value go, the first below the second; default (0, 1).
    pub feature_range: (f64, f64),
    /// Whether values beyond the range of the fit are held at its ends; default false.
    pub clip: bool,
    /// The columns' names; default `x0, x1, …`.
    #[serde(skip)]
    pub feature_names: Vec<String>,
}

impl Default for MinMaxScaler {
    fn default() -> Self {
        Self { feature_range: (0.0, 1.0), clip: false, feature_names: Vec::new() }
    }
}

/// A [`MinMaxScaler`] that has learnt the range of each column.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct FittedMinMaxScaler {
    pub(crate) feature_names: Vec<String>,
    pub(crate) params: MinMaxScaler,
    pub(crate) fitted: Learnt,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Learnt {
    data_min: Vec<f64>,
    data_max: Vec<f64>,
}

impl MinMaxScaler {
    /// To [0, 1], without clipping.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets [`feature_range`](Self::feature_range).
    #[must_use]
    pub fn feature_range(mut self, feature_range: (f64, f64)) -> Self {
        self.feature_range = feature_range;
        self
    }

    /// Sets [`clip`](Self::clip).
    #[must_use]
    pub fn clip(mut self, clip: bool) -> Self {
        self.clip = clip;
        self
    }

    /// Sets [`feature_names`](Self::feature_names).
    #[must_use]
    pub fn feature_names(mut self, names: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.feature_names = names.into_iter().map(Into::into).collect();
        self
    }

    /// Learns the range of each column; every row counts.
    ///
    /// # Errors
    /// As [`fit_weighted`](Self::fit_weighted).
    pub fn fit(&self, x: ArrayView2<'_, f64>) -> Result<FittedMinMaxScaler> {
        self.fit_weighted(x, None)
    }

    /// Learns the range of each column over the rows of weight above 0.
    ///
    /// `x` has one row a customer, at least one row and one column; `sample_weight` is one weight a row, 0 or more.
    ///
    /// # Errors
    /// A `feature_range` that is not finite or not ascending; no row or column; a value that is not finite; weights that are no
    /// weights; names that do not match.
    pub fn fit_weighted(
        &self,
        x: ArrayView2<'_, f64>,
        sample_weight: Option<&[f64]>,
    ) -> Result<FittedMinMaxScaler> {
        self.check_range()?;
        check::matrix("x", x)?;
        let feature_names = check::feature_names(&self.feature_names, x.ncols())?;
        let weights = Weights::new(sample_weight, x.nrows())?;
        let mut fitted =
            Learnt { data_min: vec![f64::INFINITY; x.ncols()], data_max: vec![f64::NEG_INFINITY; x.ncols()] };
        for (_, row) in x.rows().into_iter().enumerate().filter(|&(i, _)| weights.of(i) > 0.0) {
            for ((low, high), &x) in fitted.data_min.iter_mut().zip(&mut fitted.data_max).zip(row) {
                // In the total order −0 lies below 0, so that the order of the rows does not matter.
                if x.total_cmp(low).is_lt() {
                    *low = x;
                }
                if x.total_cmp(high).is_gt() {
                    *high = x;
                }
            }
        }
        let params = Self { feature_names: Vec::new(), ..self.clone() };
        Ok(FittedMinMaxScaler { feature_names, params, fitted })
    }

    fn check_range(&self) -> Result<()> {
        let (low, high) = self.feature_range;
        if low < high && (high - low).is_finite() {
            return Ok(());
        }
        check::invalid(
            "feature_range",
            format!("({low}, {high})"),
            "two finite numbers, the first below the second",
        )
    }
}

impl FittedMinMaxScaler {
    /// The specification it was fitted with.
    pub fn params(&self) -> &MinMaxScaler {
        &self.params
    }

    /// The columns' names.
    pub fn feature_names(&self) -> &[String] {
        &self.feature_names
    }

    /// Each column's smallest value.
    pub fn data_min(&self) -> &[f64] {
        &self.fitted.data_min
    }

    /// Each column's largest value.
    pub fn data_max(&self) -> &[f64] {
        &self.fitted.data_max
    }

    /// The columns whose values were all equal, ascending.
    pub fn constant_columns(&self) -> Vec<usize> {
        let Learnt { data_min, data_max } = &self.fitted;
        (0..data_min.len()).filter(|&j| data_min[j] == data_max[j]).collect()
    }

    /// Scaled rows.
    ///
    /// `x` has the columns of the fit and any number of rows. A value too large for a float becomes infinite, never NaN.
    ///
    /// # Errors
    /// Another number of columns; a value that is not finite.
    pub fn transform(&self, x: ArrayView2<'_, f64>) -> Result<Array2<f64>> {
        map_matrix(x, self.feature_names.len(), |column, x| self.forward(column, x))
    }

    /// One scaled row, written into `out`, without allocating.
    ///
    /// # Errors
    /// As [`transform`](Self::transform); an `out` of another length.
    pub fn transform_one(&self, x: &[f64], out: &mut [f64]) -> Result<()> {
        map_row(x, out, self.feature_names.len(), |column, x| self.forward(column, x))
    }

    /// Rows in the caller's units from scaled ones; what was clipped comes back as the nearest value of the fit's range.
    ///
    /// # Errors
    /// As [`transform`](Self::transform).
    pub fn inverse_transform(&self, x: ArrayView2<'_, f64>) -> Result<Array2<f64>> {
        map_matrix(x, self.feature_names.len(), |column, y| {
            let share = share(y, self.params.feature_range);
            between(self.range(column), share)
        })
    }

    fn forward(&self, column: usize, x: f64) -> f64 {
        let (low, high) = self.params.feature_range;
        let y = between((low, high), share(x, self.range(column)));
        if self.params.clip { y.clamp(low, high) } else { y }
    }

    fn range(&self, column: usize) -> (f64, f64) {
        (self.fitted.data_min[column], self.fitted.data_max[column])
    }

    /// Refuses what no fit can have learnt.
    pub(crate) fn validate(&self) -> Result<()> {
        let Learnt { data_min, data_max } = &self.fitted;
        let columns = self.feature_names.len();
        check::model(columns > 0, "a scaler without columns")?;
        check::model(
            data_min.len() == columns && data_max.len() == columns,
            "data_min and data_max must have one entry a column",
        )?;
        let ordered = |(low, high): (&f64, &f64)| low.is_finite() && high.is_finite() && low <= high;
        check::model(
            data_min.iter().zip(data_max).all(ordered),
            "data_min and data_max must be finite, the former not above",
        )?;
        check::model(
            self.params.check_range().is_ok(),
            "feature_range must be two finite numbers, the first below the second",
        )
    }
}

/// How far between the ends x lies, 0 to 1 within them; its distance from the ends where these coincide.
fn share(x: f64, (low, high): (f64, f64)) -> f64 {
    if low == high {
        return x - low;
    }
    let share = (x - low) / (high - low);
    // Halves where a difference overflows although the ratio may not.
    if (x - low).is_finite() && (high - low).is_finite() {
        share
    } else {
        (0.5 * x - 0.5 * low) / (0.5 * high - 0.5 * low)
    }
}

/// What lies so far between the ends: the inverse of [`share`], exact at both ends and never decreasing.
///
/// Only at share 1 can the rounding of the width show: the next share below takes at least half a unit in the last place off
/// it, the next above adds one.
fn between((low, high): (f64, f64), share: f64) -> f64 {
    let width = high - low;
    if low == high {
        low + share
    } else if share == 1.0 {
        high
    } else if width.is_finite() {
        low + share * width
    } else {
        2.0 * (0.5 * low + share * (0.5 * high - 0.5 * low))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::array;

    #[test]
    fn both_ends_are_exact_at_any_offset_and_scale() {
        for (low, high) in [(1e12, 1e12 + 1.0), (1e-300, 3e-300), (-f64::MAX, f64::MAX), (0.1, 0.3)] {
            let scaler =
                MinMaxScaler::new().feature_range((-0.3, 0.1)).fit(array![[low], [high]].view()).unwrap();
            let y = scaler.transform(array![[low], [high]].view()).unwrap();
            assert_eq!(y, array![[-0.3], [0.1]], "{low:e} {high:e}");
            assert_eq!(scaler.inverse_transform(y.view()).unwrap(), array![[low], [high]]);
        }
    }

    #[test]
    fn rounding_carries_nothing_past_an_end() {
        for i in 1..1000 {
            let (low, high) = (-0.1 * f64::from(i), 0.3 + 0.7 / f64::from(i));
            assert!(between((low, high), 1.0 - f64::EPSILON / 2.0) <= high, "{low} {high}");
            assert!(between((low, high), 1.0 + f64::EPSILON) >= high, "{low} {high}");
        }
    }

    #[test]
    fn differences_beyond_the_largest_float_are_taken_in_halves() {
        let scaler = MinMaxScaler::new().fit(array![[-f64::MAX], [f64::MAX]].view()).unwrap();
        let y = scaler.transform(array![[0.0], [f64::MAX / 2.0]].view()).unwrap();
        assert_eq!(y, array![[0.5], [0.75]]);
        assert_eq!(scaler.inverse_transform(y.view()).unwrap()[[0, 0]], 0.0);
    }

    #[test]
    fn clipping_holds_new_values_in_the_range() {
        let scaler = MinMaxScaler::new().clip(true).fit(array![[1.0], [2.0]].view()).unwrap();
        let y = scaler.transform(array![[-f64::MAX], [1.25], [f64::MAX]].view()).unwrap();
        assert_eq!(y, array![[0.0], [0.25], [1.0]]);
    }

    #[test]
    fn a_damaged_model_is_refused() {
        let good = MinMaxScaler::new().fit(array![[1.0, 2.0], [1.0, 4.0]].view()).unwrap();
        assert_eq!((good.validate(), good.constant_columns()), (Ok(()), vec![0]));
        let refuses = |damage: fn(&mut FittedMinMaxScaler)| {
            let mut bad = good.clone();
            damage(&mut bad);
            assert_eq!(bad.validate().unwrap_err().code(), "BAD_MODEL");
        };
        refuses(|m| m.feature_names.clear());
        refuses(|m| m.fitted.data_min.truncate(1));
        refuses(|m| m.fitted.data_max.push(1.0));
        refuses(|m| m.fitted.data_min[1] = 5.0);
        refuses(|m| m.fitted.data_min[1] = f64::NAN);
        refuses(|m| m.fitted.data_max[1] = f64::INFINITY);
        refuses(|m| m.params.feature_range = (1.0, 1.0));
        refuses(|m| m.params.feature_range = (f64::NAN, 1.0));
    }
}
