//! The weight of each training row: its sample weight times the weight of its class.

use super::ClassWeight;
use crate::error::{Error, Result};

/// The rows that take part in a fit, and by how much.
#[derive(Debug)]
pub(super) struct RowWeights {
    /// Rows of positive weight.
    pub(super) rows: Vec<usize>,
    /// Their shares of the total weight.
    pub(super) shares: Vec<f64>,
    /// The total weight.
    pub(super) total: f64,
    /// The share of the churned class.
    pub(super) churned_share: f64,
    /// The class weights, retained and churned, relative to the larger.
    pub(super) class_factors: [f64; 2],
    /// Σ share ÷ class factor: what the sample weights alone add up to.
    pub(super) sample_share: f64,
}

impl RowWeights {
    /// Both classes must have weight.
    pub(super) fn new(y: &[bool], sample_weight: Option<&[f64]>, class_weight: &ClassWeight) -> Result<Self> {
        // Relative to the largest, so that no sum overflows on the way.
        let largest = sample_weight.map_or(1.0, |weights| weights.iter().copied().fold(0.0, f64::max));
        let relative = |row: usize| sample_weight.map_or(1.0, |weights| weights[row] / largest);
        let rows: Vec<usize> = (0..y.len()).filter(|&row| relative(row) > 0.0).collect();

        let mut by_class = [0.0; 2];
        for &row in &rows {
            by_class[usize::from(y[row])] += relative(row);
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
            shares: rows
                .iter()
                .map(|&row| relative(row) * class_factors[usize::from(y[row])] / sum)
                .collect(),
            rows,
            total,
            churned_share: weighted[1] / sum,
            class_factors,
            sample_share: (retained + churned) / sum,
        })
    }
}
