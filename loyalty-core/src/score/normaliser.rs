//! How behaviours come to lie between 0 and 1.

use super::Behaviour;
use crate::check;
use crate::error::{Error, Result};
use crate::numeric::elementary::logistic;
use crate::numeric::moments::{Mean, power_of_two_scale};
use crate::numeric::quantile::quantiles;
use ndarray::ArrayView1;
use serde::{Deserialize, Serialize};

/// The steps between the quantiles that stand for a distribution.
const PERCENTILES: usize = 100;

/// How the values of a behaviour come to lie between 0 and 1.
///
/// All but `None` are learnt from the customers of the fit, never fall when the value grows, and give 0.5 to
/// everybody where all customers of the fit had the same value (for `Percentile`: to everybody who still has
/// it).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Normaliser {
    /// (v − min) / (max − min), values beyond the range of the fit as its nearer end.
    #[default]
    MinMax,
    /// 1 / (1 + e^−z) of z = (v − mean) / standard deviation, the deviation with divisor n.
    ZScore,
    /// The share of customers below the value and half of those equal to it, from the 101 quantiles at 0, 1, …
    /// 100 %, linear between them. The model holds the quantiles and no customer.
    Percentile,
    /// The value itself, which must lie within [0, 1].
    None,
}

/// What a normaliser has learnt of one behaviour.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Normalisation {
    /// The range of the customers of the fit.
    MinMax {
        /// Their least value.
        min: f64,
        /// Their greatest value.
        max: f64,
    },
    /// Mean and spread of the customers of the fit.
    ZScore {
        /// Their mean.
        mean: f64,
        /// Their standard deviation, with divisor n.
        standard_deviation: f64,
    },
    /// The distribution of the customers of the fit.
    Percentile {
        /// Their quantiles at 0, 1, … 100 %.
        quantiles: Vec<f64>,
    },
    /// Nothing: the value must lie within [0, 1].
    None,
}

impl Normalisation {
    pub(super) fn learn(behaviour: &Behaviour, column: ArrayView1<'_, f64>) -> Result<Self> {
        let mut present: Vec<f64> = column.iter().copied().filter(|v| !v.is_nan()).collect();
        if present.is_empty() {
            let reason = "missing in every row; leave the behaviour out";
            return Err(Error::Degenerate { name: behaviour.name.clone().into(), reason: reason.into() });
        }
        Ok(match behaviour.normaliser {
            Normaliser::MinMax => Self::MinMax {
                min: present.iter().copied().fold(f64::INFINITY, f64::min),
                max: present.iter().copied().fold(f64::NEG_INFINITY, f64::max),
            },
            Normaliser::ZScore => {
                let (mean, standard_deviation) = moments(&present);
                Self::ZScore { mean, standard_deviation }
            }
            Normaliser::Percentile => {
                let probabilities: Vec<f64> =
                    (0..=PERCENTILES).map(|i| i as f64 / PERCENTILES as f64).collect();
                let mut quantiles = quantiles(&mut present, &probabilities);
                // Two quantiles between the same two values may cross by a rounding.
                for i in 1..quantiles.len() {
                    quantiles[i] = quantiles[i].max(quantiles[i - 1]);
                }
                Self::Percentile { quantiles }
            }
            Normaliser::None => {
                for (row, &value) in column.iter().enumerate() {
                    check_share(&behaviour.name, row, value)?;
                }
                Self::None
            }
        })
    }

    /// The value on [0, 1]; `None` gives it back as it is.
    pub(super) fn apply(&self, value: f64) -> f64 {
        match self {
            Self::MinMax { min, max } if min == max => 0.5,
            Self::MinMax { min, max } => position(value.clamp(*min, *max), *min, *max),
            Self::ZScore { standard_deviation: 0.0, .. } => 0.5,
            Self::ZScore { mean, standard_deviation } => {
                let difference = value - mean;
                logistic(if difference.is_finite() {
                    difference / standard_deviation
                } else {
                    value / standard_deviation - mean / standard_deviation
                })
            }
            Self::Percentile { quantiles } => percentile(quantiles, value),
            Self::None => value,
        }
    }

    pub(super) fn validate(&self, normaliser: Normaliser) -> Result<()> {
        let right = match (self, normaliser) {
            (Self::MinMax { min, max }, Normaliser::MinMax) => {
                min.is_finite() && max.is_finite() && min <= max
            }
            (Self::ZScore { mean, standard_deviation }, Normaliser::ZScore) => {
                mean.is_finite() && standard_deviation.is_finite() && *standard_deviation >= 0.0
            }
            (Self::Percentile { quantiles }, Normaliser::Percentile) => {
                quantiles.len() == PERCENTILES + 1
                    && quantiles.iter().all(|q| q.is_finite())
                    && quantiles.is_sorted()
            }
            (Self::None, Normaliser::None) => true,
            _ => false,
        };
        check::model(right, "a normalisation that does not fit its behaviour")
    }
}

/// Where a value stands between two others, low < high: from 0 to 1.
fn position(value: f64, low: f64, high: f64) -> f64 {
    let range = high - low;
    if range.is_finite() {
        (value - low) / range
    } else {
        // Halves, whose differences cannot overflow.
        (value / 2.0 - low / 2.0) / (high / 2.0 - low / 2.0)
    }
}

/// The mean, and the standard deviation with divisor n.
fn moments(values: &[f64]) -> (f64, f64) {
    // Brought near 1 by a power of two, which rounds nothing, no square overflows or vanishes.
    let scale = power_of_two_scale(values.iter().copied());
    let mean_of =
        |term: &dyn Fn(f64) -> f64| values.iter().map(|&v| term(v * scale)).collect::<Mean>().value();
    let mean = mean_of(&|v| v);
    // The mean is rounded, so the deviations from it have a mean of their own (Chan, Golub and LeVeque 1983).
    let rest = mean_of(&|v| v - mean);
    let variance = mean_of(&|v| (v - mean) * (v - mean)) - rest * rest;
    (mean / scale, variance.max(0.0).sqrt() / scale)
}

/// The share of the distribution below the value, and half of what is equal to it.
fn percentile(quantiles: &[f64], value: f64) -> f64 {
    let below = quantiles.partition_point(|&q| q < value);
    let equal = match quantiles.get(below) {
        Some(&quantile) if quantile == value => quantiles[below..].partition_point(|&q| q == value),
        _ => 0,
    };
    let step = if equal > 0 {
        below as f64 + (equal - 1) as f64 / 2.0
    } else if below == 0 {
        0.0
    } else if below > PERCENTILES {
        PERCENTILES as f64
    } else {
        (below - 1) as f64 + position(value, quantiles[below - 1], quantiles[below])
    };
    step / PERCENTILES as f64
}

/// A behaviour without a normaliser must be a share already.
pub(super) fn check_share(name: &str, row: usize, value: f64) -> Result<()> {
    if value.is_nan() || (0.0..=1.0).contains(&value) {
        return Ok(());
    }
    check::invalid_value(name.to_owned(), row, value, "between 0 and 1, or be given a normaliser")
}
