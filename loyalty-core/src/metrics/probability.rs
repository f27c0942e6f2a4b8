//! Predicted probabilities against outcomes.

use super::{BINS, check_rows};
use crate::check;
use crate::error::{Error, Result};
use crate::numeric::elementary::{ln, ln_1p};
use crate::numeric::moments::{Mean, Sum, Weights};
use crate::numeric::quantile::quantiles;
use serde::{Deserialize, Serialize};

/// Where the edges of the bins of [`calibration`] lie.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BinStrategy {
    /// Bins of equal width over [0, 1].
    #[default]
    Uniform,
    /// Bins with about the same number of rows: the edges are quantiles of the probabilities.
    Quantile,
}

/// How predicted probabilities agree with observed rates.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Calibration {
    /// The bins that hold a row, ascending.
    pub bins: Vec<CalibrationBin>,
    /// The mean over all rows of their bin's distance between mean probability and observed rate.
    pub expected_calibration_error: f64,
}

/// The rows whose probability lies above `lower` and not above `upper`; the lowest bin includes its lower edge.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct CalibrationBin {
    /// The lower edge.
    pub lower: f64,
    /// The upper edge.
    pub upper: f64,
    /// The number of rows.
    pub count: usize,
    /// The mean of their probabilities.
    pub mean_predicted: f64,
    /// The share of positives among them.
    pub observed_rate: f64,
}

/// The mean negative log-likelihood of the outcomes.
///
/// −Σ wᵢ·ln qᵢ / Σ wᵢ, where qᵢ is the probability given to what happened, clipped to [ε, 1 − ε] with ε = 2⁻⁵² as
/// scikit-learn does
///
/// `truth` says what happened; `probability` is that of `true`, in [0, 1]. The answer is 0 or more, in nats, the lower the
/// better; a sure and wrong prediction costs 36.04, not infinity. Outcomes of one class are no error.
///
/// # Errors
/// No row; lengths that differ; a probability outside [0, 1]; weights that are no weights.
///
/// ```
/// use loyalty_core::metrics::log_loss;
/// assert!((log_loss(&[true, false], &[0.8, 0.5], None)? - 0.458_145_365_937_077_5).abs() < 1e-15);
/// # Ok::<(), loyalty_core::Error>(())
/// ```
pub fn log_loss(truth: &[bool], probability: &[f64], sample_weight: Option<&[f64]>) -> Result<f64> {
    mean_loss(truth, probability, sample_weight, |happened, p| {
        let p = p.clamp(f64::EPSILON, 1.0 - f64::EPSILON);
        if happened { -ln(p) } else { -ln_1p(-p) }
    })
}

/// The Brier score: the mean squared distance between probability and outcome.
///
/// Σ wᵢ·(pᵢ − yᵢ)² / Σ wᵢ, with y = 1 for `true` and 0 for `false`
///
/// `truth` says what happened; `probability` is that of `true`, in [0, 1]. The answer lies in [0, 1], the lower the better.
///
/// # Errors
/// As [`log_loss`].
///
/// Source: Brier (1950), Monthly Weather Review 78(1), 1–3, in its usual form for two classes, half of Brier's own.
///
/// ```
/// use loyalty_core::metrics::brier;
/// assert_eq!(brier(&[true, false], &[0.5, 0.25], None)?, 0.15625);
/// # Ok::<(), loyalty_core::Error>(())
/// ```
pub fn brier(truth: &[bool], probability: &[f64], sample_weight: Option<&[f64]>) -> Result<f64> {
    mean_loss(truth, probability, sample_weight, |happened, p| {
        let distance = if happened { 1.0 - p } else { p };
        distance * distance
    })
}

/// Mean probability against observed rate, bin by bin, and the expected calibration error.
///
/// ECE = Σ_b (n_b / n) · |mean probability_b − observed rate_b|
///
/// `truth` says what happened; `probability` is that of `true`, in [0, 1]; `n_bins` is 1 to 10,000. The edges and the rows
/// of each bin are scikit-learn's `calibration_curve`'s: a probability on an edge belongs to the bin below it. Bins without
/// rows are left out; with [`BinStrategy::Quantile`] many equal probabilities make fewer bins.
///
/// # Errors
/// No row; lengths that differ; a probability outside [0, 1]; `n_bins` out of range.
///
/// Source: Naeini, Cooper and Hauskrecht (2015), AAAI 29, 2901–2907, equation 3, with the mean over all rows.
///
/// ```
/// use loyalty_core::metrics::{BinStrategy, calibration};
/// let result = calibration(&[false, true, true], &[0.2, 0.6, 0.8], 2, BinStrategy::Uniform)?;
/// assert_eq!(result.bins.len(), 2);
/// assert_eq!(result.bins[1].observed_rate, 1.0);
/// assert!((result.expected_calibration_error - 0.8 / 3.0).abs() < 1e-15);
/// # Ok::<(), loyalty_core::Error>(())
/// ```
pub fn calibration(
    truth: &[bool],
    probability: &[f64],
    n_bins: usize,
    strategy: BinStrategy,
) -> Result<Calibration> {
    check::count_within("n_bins", n_bins, BINS)?;
    check_probability(truth, probability)?;
    let edges = edges(probability, n_bins, strategy);
    let mut in_bin = vec![(0_usize, Mean::default(), 0_usize); n_bins];
    for (&happened, &p) in truth.iter().zip(probability) {
        let (count, mean, positives) = &mut in_bin[edges[1..n_bins].partition_point(|&edge| edge < p)];
        *count += 1;
        mean.add(p, 1.0);
        *positives += usize::from(happened);
    }

    let mut bins = Vec::new();
    let mut error = Sum::default();
    for (bin, (count, mean, positives)) in
        in_bin.into_iter().enumerate().filter(|(_, (count, ..))| *count > 0)
    {
        let (mean_predicted, observed_rate) = (mean.value(), positives as f64 / count as f64);
        error.add(count as f64 * (mean_predicted - observed_rate).abs());
        bins.push(CalibrationBin {
            lower: edges[bin],
            upper: edges[bin + 1],
            count,
            mean_predicted,
            observed_rate,
        });
    }
    Ok(Calibration { bins, expected_calibration_error: error.value() / truth.len() as f64 })
}

/// The `n_bins + 1` edges, in the very operations of NumPy's `linspace` and `percentile`: a probability on an edge then falls
/// into the same bin.
fn edges(probability: &[f64], n_bins: usize, strategy: BinStrategy) -> Vec<f64> {
    let step = 1.0 / n_bins as f64;
    let mut shares: Vec<f64> = (0..n_bins).map(|i| i as f64 * step).collect();
    shares.push(1.0);
    match strategy {
        BinStrategy::Uniform => shares,
        BinStrategy::Quantile => {
            shares.iter_mut().for_each(|share| *share = *share * 100.0 / 100.0);
            quantiles(&mut probability.to_vec(), &shares)
        }
    }
}

fn mean_loss(
    truth: &[bool],
    probability: &[f64],
    sample_weight: Option<&[f64]>,
    loss: impl Fn(bool, f64) -> f64,
) -> Result<f64> {
    check_probability(truth, probability)?;
    let weights = Weights::new(sample_weight, truth.len())?;
    let mut mean = Mean::default();
    for (row, (&happened, &p)) in truth.iter().zip(probability).enumerate() {
        mean.add(loss(happened, p), weights.of(row));
    }
    Ok(mean.value())
}

fn check_probability(truth: &[bool], probability: &[f64]) -> Result<()> {
    let name = "probability";
    check_rows(truth.len(), name, probability.len())?;
    check::finite_vector(name, probability)?;
    match probability.iter().position(|p| !(0.0..=1.0).contains(p)) {
        None => Ok(()),
        Some(row) => Err(Error::InvalidValue {
            name: name.into(),
            row,
            value: probability[row].to_string(),
            must: "between 0 and 1".into(),
        }),
    }
}
