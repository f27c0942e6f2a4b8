//! Sums, means and weights that keep their digits at any scale and hardly notice the order of the rows.

use super::error_free;
use crate::check;
use crate::error::{Error, Result};

/// A compensated sum: as if added in twice the precision and rounded once.
///
/// Neumaier (1974, Zeitschrift für Angewandte Mathematik und Mechanik 54). The terms' sum must not
/// overflow: bring them to a common scale by [`power_of_two_scale`] first.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Sum {
    high: f64,
    low: f64,
}

impl Sum {
    /// Adds one term.
    pub(crate) fn add(&mut self, term: f64) {
        let (sum, cut) = error_free::sum(self.high, term);
        self.high = sum;
        self.low += cut;
    }

    /// The sum so far.
    pub(crate) fn value(self) -> f64 {
        self.high + self.low
    }
}

impl FromIterator<f64> for Sum {
    fn from_iter<I: IntoIterator<Item = f64>>(terms: I) -> Self {
        let mut sum = Self::default();
        terms.into_iter().for_each(|term| sum.add(term));
        sum
    }
}

/// A weighted mean that never leaves the range of its values, so that the mean of equal values is that value.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Mean {
    sum: Sum,
    weight: Sum,
    lowest: f64,
    highest: f64,
}

impl Default for Mean {
    fn default() -> Self {
        Self {
            sum: Sum::default(),
            weight: Sum::default(),
            lowest: f64::INFINITY,
            highest: f64::NEG_INFINITY,
        }
    }
}

impl Mean {
    /// Adds one value; of weight 0 it changes nothing.
    pub(crate) fn add(&mut self, value: f64, weight: f64) {
        if weight > 0.0 {
            self.sum.add(value * weight);
            self.weight.add(weight);
            // Without a −0: which of two zeros is the lesser differs between machines.
            self.lowest = self.lowest.min(value + 0.0);
            self.highest = self.highest.max(value + 0.0);
        }
    }

    /// The mean; without a value of positive weight there is none, and the answer means nothing.
    pub(crate) fn value(self) -> f64 {
        (self.sum.value() / self.weight.value() + 0.0).max(self.lowest).min(self.highest)
    }

    /// The total weight.
    pub(crate) fn weight(self) -> f64 {
        self.weight.value()
    }

    /// Whether all values are equal.
    pub(crate) fn is_constant(self) -> bool {
        self.lowest == self.highest
    }
}

impl FromIterator<f64> for Mean {
    fn from_iter<I: IntoIterator<Item = f64>>(values: I) -> Self {
        let mut mean = Self::default();
        values.into_iter().for_each(|value| mean.add(value, 1.0));
        mean
    }
}

/// The power of two that brings the largest magnitude among `values` to about 1, where neither a square nor a sum of many
/// squares overflows. A power of two changes no digit of a value unless that value becomes subnormal.
pub(crate) fn power_of_two_scale(values: impl IntoIterator<Item = f64>) -> f64 {
    let largest = values.into_iter().fold(0.0_f64, |largest, value| largest.max(value.abs()));
    let exponent = (largest.to_bits() >> 52) & 0x7ff;
    // The exponent field of 1 is 1023; of the largest power of two, 2046.
    f64::from_bits(2046_u64.saturating_sub(exponent).max(1) << 52)
}

/// One weight a row, in units in which the largest is about 1; 1 for each row where none are given.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Weights<'a> {
    given: Option<&'a [f64]>,
    scale: f64,
}

impl<'a> Weights<'a> {
    /// Checks the weights.
    ///
    /// # Errors
    /// A length other than `rows`; a weight that is negative or not finite; all of them 0; a sum beyond the range of f64.
    pub(crate) fn new(given: Option<&'a [f64]>, rows: usize) -> Result<Self> {
        let Some(weights) = given else { return Ok(Self { given, scale: 1.0 }) };
        check::sample_weight(weights, rows)?;
        let weights = Self { given, scale: power_of_two_scale(weights.iter().copied()) };
        let total: Sum = (0..rows).map(|row| weights.of(row)).collect();
        if weights.unscaled(total.value()).is_finite() {
            Ok(weights)
        } else {
            let reason = "the weights' sum is beyond the range of a float; divide them by a common factor";
            Err(Error::Degenerate { name: "sample_weight".into(), reason: reason.into() })
        }
    }

    /// The scaled weight of a row.
    pub(crate) fn of(&self, row: usize) -> f64 {
        self.given.map_or(1.0, |weights| weights[row] * self.scale)
    }

    /// A sum of scaled weights in the caller's units.
    pub(crate) fn unscaled(&self, sum: f64) -> f64 {
        sum / self.scale
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_keep_what_plain_addition_loses() {
        let sum: Sum = [1.0, 1e100, 1.0, -1e100].into_iter().collect();
        assert_eq!(sum.value(), 2.0);
        let tenths: Sum = std::iter::repeat_n(0.1, 10).collect();
        assert_eq!(tenths.value(), 1.0);
    }

    #[test]
    fn the_mean_of_equal_values_is_that_value() {
        for n in 1..200 {
            let mean: Mean = std::iter::repeat_n(0.1, n).collect();
            assert!(mean.value() == 0.1 && mean.is_constant());
        }
        let mut mean = Mean::default();
        mean.add(1.0, 3.0);
        mean.add(5.0, 1.0);
        mean.add(1e300, 0.0);
        assert_eq!((mean.value(), mean.weight(), mean.is_constant()), (2.0, 4.0, false));
        for zeros in [[0.0, -0.0], [-0.0, 0.0], [-0.0, -0.0]] {
            let mean: Mean = zeros.into_iter().collect();
            assert!(mean.value().is_sign_positive() && mean.is_constant());
        }
    }

    #[test]
    fn the_scale_brings_the_largest_to_about_one() {
        for largest in [1.0, 1.99, -3.0, 1e-300, 1e300, f64::MAX, f64::MIN_POSITIVE] {
            let scaled = (largest * power_of_two_scale([largest, 0.0])).abs();
            assert!((1.0..4.0).contains(&scaled), "{largest:e}: {scaled}");
        }
        assert!(power_of_two_scale([f64::from_bits(1)]).is_finite());
        assert!(power_of_two_scale([]).is_finite());
    }

    #[test]
    fn weights_are_checked_and_scaled() {
        let weights = Weights::new(Some(&[1e200, 3e200]), 2).unwrap();
        assert_eq!(weights.of(1) / weights.of(0), 3.0);
        assert_eq!(weights.unscaled(weights.of(0)), 1e200);
        assert_eq!(Weights::new(None, 2).unwrap().of(1), 1.0);
        let error = Weights::new(Some(&[f64::MAX, f64::MAX]), 2).unwrap_err();
        assert_eq!((error.code(), error.argument()), ("DEGENERATE", Some("sample_weight")));
    }
}
