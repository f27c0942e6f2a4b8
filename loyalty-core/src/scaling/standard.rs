use super::{map_matrix, map_row};
use crate::check;
use crate::error::Result;
use crate::numeric::moments::{Mean, Sum, Weights, power_of_two_scale};
use ndarray::{Array2, ArrayView2};
use serde::{Deserialize, Serialize};

/// Scales each column to mean 0 and standard deviation 1.
///
/// z = (x − mean) / scale, where mean = Σ wᵢ·xᵢ / Σ wᵢ and scale = √(Σ wᵢ·(xᵢ − mean)² / Σ wᵢ), the standard deviation of
/// the population; 1 for a constant column
///
/// The variance is summed in two corrected, compensated passes (Chan, Golub and LeVeque 1983, The American Statistician 37,
/// 242–247, equation 1.7) over values brought to size about 1, so it keeps its digits with offsets of 10¹² and at any scale.
/// A column is constant if all its values (of weight above 0) are equal; scikit-learn also takes one for constant whose
/// variance lies within that library's own rounding error.
///
/// ```
/// use loyalty_core::{ndarray::array, scaling::StandardScaler};
/// let scaler = StandardScaler::new().fit(array![[1.0, 5.0], [3.0, 5.0]].view())?;
/// assert_eq!((scaler.mean(), scaler.scale()), (&[2.0, 5.0][..], &[1.0, 1.0][..]));
/// assert_eq!(scaler.transform(array![[4.0, 5.0]].view())?, array![[2.0, 0.0]]);
/// assert_eq!(scaler.constant_columns(), [1]);
/// # Ok::<(), loyalty_core::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct StandardScaler {
    /// Whether to subtract the mean; default true.
    pub with_mean: bool,
    /// Whether to divide by the standard deviation; default true.
    pub with_std: bool,
    /// The columns' names; default `x0, x1, …`.
    #[serde(skip)]
    pub feature_names: Vec<String>,
}

impl Default for StandardScaler {
    fn default() -> Self {
        Self { with_mean: true, with_std: true, feature_names: Vec::new() }
    }
}

/// A [`StandardScaler`] that has learnt means and standard deviations.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct FittedStandardScaler {
    pub(crate) feature_names: Vec<String>,
    pub(crate) params: StandardScaler,
    pub(crate) fitted: Learnt,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Learnt {
    mean: Vec<f64>,
    scale: Vec<f64>,
    constant_columns: Vec<usize>,
}

impl StandardScaler {
    /// With mean and standard deviation.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets [`with_mean`](Self::with_mean).
    #[must_use]
    pub fn with_mean(mut self, with_mean: bool) -> Self {
        self.with_mean = with_mean;
        self
    }

    /// Sets [`with_std`](Self::with_std).
    #[must_use]
    pub fn with_std(mut self, with_std: bool) -> Self {
        self.with_std = with_std;
        self
    }

    /// Sets [`feature_names`](Self::feature_names).
    #[must_use]
    pub fn feature_names(mut self, names: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.feature_names = names.into_iter().map(Into::into).collect();
        self
    }

    /// Learns mean and standard deviation of each column; every row counts once.
    ///
    /// # Errors
    /// As [`fit_weighted`](Self::fit_weighted).
    pub fn fit(&self, x: ArrayView2<'_, f64>) -> Result<FittedStandardScaler> {
        self.fit_weighted(x, None)
    }

    /// Learns mean and standard deviation of each column; a weight counts like that many copies of its row.
    ///
    /// `x` has one row a customer, at least one row and one column; `sample_weight` is one weight a row, 0 or more.
    ///
    /// # Errors
    /// No row or column; a value that is not finite; weights that are no weights; names that do not match.
    pub fn fit_weighted(
        &self,
        x: ArrayView2<'_, f64>,
        sample_weight: Option<&[f64]>,
    ) -> Result<FittedStandardScaler> {
        check::matrix("x", x)?;
        let feature_names = check::feature_names(&self.feature_names, x.ncols())?;
        let weights = Weights::new(sample_weight, x.nrows())?;
        let fitted = Learnt::of(x, &weights);
        let params = Self { feature_names: Vec::new(), ..self.clone() };
        Ok(FittedStandardScaler { feature_names, params, fitted })
    }
}

impl Learnt {
    /// Three passes over the rows, all columns at once: magnitude, mean, deviation.
    fn of(x: ArrayView2<'_, f64>, weights: &Weights<'_>) -> Self {
        let columns = x.ncols();
        let weighted = || {
            x.rows().into_iter().enumerate().map(|(row, x)| (weights.of(row), x)).filter(|(w, _)| *w > 0.0)
        };

        let mut largest = vec![0.0_f64; columns];
        for (_, row) in weighted() {
            largest.iter_mut().zip(row).for_each(|(largest, x)| *largest = largest.max(x.abs()));
        }
        let units: Vec<f64> = largest.into_iter().map(|largest| power_of_two_scale([largest])).collect();

        let mut means = vec![Mean::default(); columns];
        for (w, row) in weighted() {
            means.iter_mut().zip(row).zip(&units).for_each(|((mean, x), unit)| mean.add(x * unit, w));
        }
        let centres: Vec<f64> = means.iter().map(|mean| mean.value()).collect();

        // The mean is rounded; the sum of the deviations from it, which would be 0, corrects for that.
        let mut sums = vec![(Sum::default(), Sum::default()); columns];
        for (w, row) in weighted() {
            for (j, ((squares, rest), x)) in sums.iter_mut().zip(row).enumerate() {
                let deviation = x * units[j] - centres[j];
                squares.add(w * deviation * deviation);
                rest.add(w * deviation);
            }
        }
        let scale = |j: usize| {
            if means[j].is_constant() {
                return 1.0;
            }
            let ((squares, rest), total) = (sums[j], means[j].weight());
            let variance = (squares.value() - rest.value() * (rest.value() / total)) / total;
            // Back in the caller's units, a tiny deviation may round to 0 and a huge one beyond the largest float.
            (variance.max(0.0).sqrt() / units[j]).clamp(f64::from_bits(1), f64::MAX)
        };
        Self {
            mean: (0..columns).map(|j| centres[j] / units[j]).collect(),
            scale: (0..columns).map(scale).collect(),
            constant_columns: (0..columns).filter(|&j| means[j].is_constant()).collect(),
        }
    }
}

impl FittedStandardScaler {
    /// The specification it was fitted with.
    pub fn params(&self) -> &StandardScaler {
        &self.params
    }

    /// The columns' names.
    pub fn feature_names(&self) -> &[String] {
        &self.feature_names
    }

    /// Each column's mean, also where `with_mean` is false.
    pub fn mean(&self) -> &[f64] {
        &self.fitted.mean
    }

    /// Each column's standard deviation, also where `with_std` is false; 1 for a constant column.
    pub fn scale(&self) -> &[f64] {
        &self.fitted.scale
    }

    /// The columns whose values were all equal, ascending.
    pub fn constant_columns(&self) -> Vec<usize> {
        self.fitted.constant_columns.clone()
    }

    /// Scaled rows: z = (x − mean) / scale.
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

    /// Rows in the caller's units from scaled ones: x = z · scale + mean.
    ///
    /// # Errors
    /// As [`transform`](Self::transform).
    pub fn inverse_transform(&self, x: ArrayView2<'_, f64>) -> Result<Array2<f64>> {
        map_matrix(x, self.feature_names.len(), |column, z| {
            let (mean, scale) = self.centre_and_scale(column);
            let x = z * scale + mean;
            // Halves where a step overflows although the result may not.
            if x.is_finite() { x } else { 2.0 * (z * (0.5 * scale) + 0.5 * mean) }
        })
    }

    fn forward(&self, column: usize, x: f64) -> f64 {
        let (mean, scale) = self.centre_and_scale(column);
        let difference = x - mean;
        if difference.is_finite() { difference / scale } else { 2.0 * ((0.5 * x - 0.5 * mean) / scale) }
    }

    fn centre_and_scale(&self, column: usize) -> (f64, f64) {
        let mean = if self.params.with_mean { self.fitted.mean[column] } else { 0.0 };
        let scale = if self.params.with_std { self.fitted.scale[column] } else { 1.0 };
        (mean, scale)
    }

    /// Refuses what no fit can have learnt.
    pub(crate) fn validate(&self) -> Result<()> {
        let Learnt { mean, scale, constant_columns } = &self.fitted;
        let columns = self.feature_names.len();
        check::model(columns > 0, "a scaler without columns")?;
        check::model(
            mean.len() == columns && scale.len() == columns,
            "mean and scale must have one entry a column",
        )?;
        check::model(mean.iter().all(|m| m.is_finite()), "every mean must be finite")?;
        check::model(
            scale.iter().all(|s| s.is_finite() && *s > 0.0),
            "every scale must be finite and above 0",
        )?;
        let ascending = constant_columns.is_sorted_by(|a, b| a < b);
        let constant = constant_columns.iter().all(|&j| scale.get(j) == Some(&1.0));
        check::model(ascending && constant, "constant_columns must be ascending columns of scale 1")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::array;

    #[test]
    fn offsets_and_scales_cost_no_digits() {
        // Deviations −1, 0, 1 about an offset that swallows their squares: √(2/3).
        let root = (2.0_f64 / 3.0).sqrt();
        for (offset, unit) in
            [(0.0, 1.0), (1e12, 1.0), (0.0, 1e150), (0.0, 1e-150), (1e165, 1e150), (0.0, 1e-300)]
        {
            let x = array![[offset - unit], [offset], [offset + unit]];
            let exact = (x[[2, 0]] - x[[0, 0]]) / 2.0 * root;
            let scaler = StandardScaler::new().fit(x.view()).unwrap();
            assert!(
                (scaler.scale()[0] / exact - 1.0).abs() < 1e-15,
                "{offset:e} {unit:e}: {:e}",
                scaler.scale()[0]
            );
            assert!((scaler.mean()[0] - offset).abs() <= f64::EPSILON * offset);
        }
    }

    #[test]
    fn the_ends_of_the_range_of_floats() {
        let x = array![[-f64::MAX, 0.0], [f64::MAX, f64::from_bits(1)]];
        let scaler = StandardScaler::new().fit(x.view()).unwrap();
        assert_eq!((scaler.mean()[0], scaler.scale()), (0.0, &[f64::MAX, f64::from_bits(1)][..]));
        let z = scaler.transform(x.view()).unwrap();
        assert_eq!(z.column(0).to_vec(), [-1.0, 1.0]);
        assert_eq!(scaler.inverse_transform(z.view()).unwrap().column(0), x.column(0));
    }

    #[test]
    fn a_damaged_model_is_refused() {
        let good = StandardScaler::new().fit(array![[1.0, 2.0], [1.0, 8.0]].view()).unwrap();
        assert_eq!(good.validate(), Ok(()));
        let refuses = |damage: fn(&mut FittedStandardScaler)| {
            let mut bad = good.clone();
            damage(&mut bad);
            assert_eq!(bad.validate().unwrap_err().code(), "BAD_MODEL");
        };
        refuses(|m| m.feature_names.clear());
        refuses(|m| m.fitted.mean.truncate(1));
        refuses(|m| m.fitted.scale.push(1.0));
        refuses(|m| m.fitted.mean[0] = f64::NAN);
        refuses(|m| m.fitted.scale[1] = 0.0);
        refuses(|m| m.fitted.scale[1] = f64::INFINITY);
        refuses(|m| m.fitted.constant_columns = vec![1]);
        refuses(|m| m.fitted.constant_columns = vec![0, 0]);
        refuses(|m| m.fitted.constant_columns = vec![usize::MAX]);
    }
}
