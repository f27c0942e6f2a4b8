//! The weight of each training row: its sample weight times the weight of its class.

use super::ClassWeight;
use crate::error::{Error, Result};
use fearless_simd::Simd;

/// The rows that take part in a fit, and by how much.
#[derive(Debug)]
pub(super) struct RowWeights<'a> {
    y: &'a [bool],
    sample_weight: Option<&'a [f64]>,
    /// Rows of positive weight, unless that is all.
    rows: Option<Vec<usize>>,
    /// The largest sample weight.
    largest: f64,
    /// Σ of the weights relative to the largest of their kind.
    sum: f64,
    /// The total weight.
    pub(super) total: f64,
    /// The share of the churned class.
    pub(super) churned_share: f64,
    /// The class weights, retained and churned, relative to the larger.
    pub(super) class_factors: [f64; 2],
    /// Σ share ÷ class factor: what the sample weights alone add up to.
    pub(super) sample_share: f64,
}

impl<'a> RowWeights<'a> {
    /// Both classes must have weight.
    pub(super) fn new(
        y: &'a [bool],
        sample_weight: Option<&'a [f64]>,
        class_weight: &ClassWeight,
    ) -> Result<Self> {
        // Relative to the largest, so that no sum overflows on the way.
        let largest = sample_weight.map_or(1.0, |weights| weights.iter().copied().fold(0.0, f64::max));
        let mut by_class = [0.0; 2];
        let mut rows = None;
        match sample_weight {
            None => {
                let churned = y.iter().filter(|&&y| y).count();
                by_class = [(y.len() - churned) as f64, churned as f64];
            }
            Some(weights) => {
                let mut count = 0;
                for (&y, weight) in y.iter().zip(weights) {
                    let relative = weight / largest;
                    if relative > 0.0 {
                        by_class[usize::from(y)] += relative;
                        count += 1;
                    }
                }
                if count < y.len() {
                    rows = Some((0..y.len()).filter(|&row| weights[row] / largest > 0.0).collect());
                }
            }
        }
        let [retained, churned] = by_class;
        if retained == 0.0 || churned == 0.0 {
            let only = if churned == 0.0 { "false (retained)" } else { "true (churned)" };
            let reason = format!("every label with weight is {only}; both classes are needed");
            return Err(Error::Degenerate { name: "y".into(), reason: reason.into() });
        }

        let class_weights = match *class_weight {
            ClassWeight::None => [1.0; 2],
            ClassWeight::Balanced => by_class.map(|weight| (retained + churned) / (2.0 * weight)),
            ClassWeight::Given { retained, churned } => [retained, churned],
        };
        let heavier = class_weights[0].max(class_weights[1]);
        let class_factors = class_weights.map(|weight| weight / heavier);
        let weighted = [retained * class_factors[0], churned * class_factors[1]];
        let sum = weighted[0] + weighted[1];
        let total = sum * largest * heavier;
        if !(total.is_finite() && total > 0.0 && weighted[0] > 0.0 && weighted[1] > 0.0) {
            return Err(Error::Degenerate {
                name: if sample_weight.is_some() { "sample_weight" } else { "class_weight" }.into(),
                reason: format!(
                    "the weights add up to {total:e}, beyond what can be computed with; rescale them"
                )
                .into(),
            });
        }
        Ok(Self {
            y,
            sample_weight,
            rows,
            largest,
            sum,
            total,
            churned_share: weighted[1] / sum,
            class_factors,
            sample_share: (retained + churned) / sum,
        })
    }

    /// Whether all rows do.
    pub(super) fn all_take_part(&self) -> bool {
        self.rows.is_none()
    }

    /// How many rows take part.
    pub(super) fn count(&self) -> usize {
        self.rows.as_ref().map_or(self.y.len(), Vec::len)
    }

    /// The `i`-th row that takes part.
    #[inline]
    pub(super) fn row(&self, i: usize) -> usize {
        self.rows.as_ref().map_or(i, |rows| rows[i])
    }

    /// Whether the `i`-th of them churned.
    #[inline]
    pub(super) fn churned(&self, i: usize) -> bool {
        self.y[self.row(i)]
    }

    /// For rows from the `first` that takes part on: 1 for churned or −1 for retained, and the share of the total weight.
    #[inline(always)]
    pub(super) fn label<S: Simd>(&self, _: S, first: usize, signs: &mut [f64], shares: &mut [f64]) {
        let of_class = self.class_factors.map(|factor| factor / self.sum);
        let label = |y: bool| if y { (1.0, of_class[1]) } else { (-1.0, of_class[0]) };
        let places = signs.iter_mut().zip(shares);
        match self.sample_weight {
            None => {
                for ((sign, share), &y) in places.zip(&self.y[first..]) {
                    (*sign, *share) = label(y);
                }
            }
            Some(weights) => {
                for (i, (sign, share)) in places.enumerate() {
                    let row = self.row(first + i);
                    let (of_sign, of_class) = label(self.y[row]);
                    (*sign, *share) = (of_sign, weights[row] / self.largest * of_class);
                }
            }
        }
    }
}
