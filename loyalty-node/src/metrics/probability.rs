//! Predicted probabilities against outcomes.

use super::classes::PosLabel;
use super::{counted, weighed};
use crate::convert::count;
use crate::error::guarded;
use crate::options::Options;
use loyalty_core::metrics::{self, BinStrategy};
use napi::Env;
use napi::bindgen_prelude::Unknown;
use napi_derive::napi;

/// How predicted probabilities agree with observed rates, by bins of the probability.
#[napi(object, object_from_js = false)]
pub struct Calibration {
    /// The bins that hold a row, ascending.
    pub bins: Vec<CalibrationBin>,
    /// The mean over all rows of their bin's distance between mean probability and observed rate.
    pub expected_calibration_error: f64,
}

/// The rows whose probability lies above `lower` and not above `upper`; the lowest bin includes its lower edge.
#[napi(object, object_from_js = false)]
pub struct CalibrationBin {
    /// The lower edge.
    pub lower: f64,
    /// The upper edge.
    pub upper: f64,
    /// The number of rows.
    pub count: f64,
    /// The mean of their probabilities.
    pub mean_predicted: f64,
    /// The share of positives among them.
    pub observed_rate: f64,
}

impl From<&metrics::Calibration> for Calibration {
    fn from(calibration: &metrics::Calibration) -> Self {
        let bin = |bin: &metrics::CalibrationBin| CalibrationBin {
            lower: bin.lower,
            upper: bin.upper,
            count: bin.count as f64,
            mean_predicted: bin.mean_predicted,
            observed_rate: bin.observed_rate,
        };
        Self {
            bins: calibration.bins.iter().map(bin).collect(),
            expected_calibration_error: calibration.expected_calibration_error,
        }
    }
}

/// The mean negative log-likelihood of the outcomes: 0 or more, in nats, the lower the better.
///
/// −Σ wᵢ·ln qᵢ / Σ wᵢ, where qᵢ is the probability given to what happened, clipped to [ε, 1 − ε] with ε = 2⁻⁵² as scikit-learn
/// does: a sure and wrong prediction costs 36.04, not infinity. Outcomes of one class are no error.
///
/// @param truth What happened: booleans, 0/1, or any two classes with `posLabel`.
/// @param probability The predicted probability of the positive class, within [0, 1].
/// @throws {LoyaltyError} no row; lengths that differ; more than two classes, or what is none; a probability outside [0, 1];
/// weights that are no weights
/// @example
/// ```js
/// metrics.logLoss([true, false], [0.8, 0.5]) // 0.458145…
/// ```
#[napi(
    namespace = "metrics",
    ts_args_type = "truth: ClassColumn, probability: NumberColumn, options?: WeightOptions & PositiveOptions"
)]
pub fn log_loss(
    env: &Env,
    truth: Unknown<'_>,
    probability: Unknown<'_>,
    options: Unknown<'_>,
) -> napi::Result<f64> {
    weighed(env, truth, ("probability", probability), options, metrics::log_loss)
}

/// The Brier score, the mean squared distance between probability and outcome: within [0, 1], the lower the better.
///
/// Σ wᵢ·(pᵢ − yᵢ)² / Σ wᵢ, with y = 1 for a positive and 0 for a negative row.
///
/// Source: Brier (1950), Monthly Weather Review 78(1), 1–3, in its usual form for two classes, half of Brier's own.
///
/// @param truth What happened: booleans, 0/1, or any two classes with `posLabel`.
/// @param probability The predicted probability of the positive class, within [0, 1].
/// @throws {LoyaltyError} as {@link logLoss}
/// @example
/// ```js
/// metrics.brier([true, false], [0.5, 0.25]) // 0.15625
/// ```
#[napi(
    namespace = "metrics",
    ts_args_type = "truth: ClassColumn, probability: NumberColumn, options?: WeightOptions & PositiveOptions"
)]
pub fn brier(
    env: &Env,
    truth: Unknown<'_>,
    probability: Unknown<'_>,
    options: Unknown<'_>,
) -> napi::Result<f64> {
    weighed(env, truth, ("probability", probability), options, metrics::brier)
}

/// The parameters of [`calibration`].
#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Binning {
    #[serde(default)]
    strategy: BinStrategy,
}

/// Mean probability against observed rate, bin by bin, and the expected calibration error.
///
/// ECE = Σ_b (n_b / n) · |mean probability_b − observed rate_b|. The edges and the rows of each bin are those of
/// scikit-learn's `calibration_curve`: a probability on an edge belongs to the bin below it. Bins without rows are left out;
/// with quantiles, many equal probabilities make fewer bins.
///
/// Source: Naeini, Cooper and Hauskrecht (2015), AAAI 29, 2901–2907, equation 3, with the mean over all rows.
///
/// @param truth What happened: booleans, 0/1, or any two classes with `posLabel`.
/// @param probability The predicted probability of the positive class, within [0, 1].
/// @param nBins The number of bins, 1 to 10,000.
/// @throws {LoyaltyError} as {@link logLoss}; INVALID_PARAMETER for `nBins` out of range
/// @example
/// ```js
/// const { bins } = metrics.calibration([false, true, true], [0.2, 0.6, 0.8], 2)
/// bins.map((bin) => bin.observedRate) // [ 0, 1 ]
/// ```
#[napi(
    namespace = "metrics",
    ts_args_type = "truth: ClassColumn, probability: NumberColumn, nBins: number, options?: CalibrationOptions"
)]
pub fn calibration(
    env: &Env,
    truth: Unknown<'_>,
    probability: Unknown<'_>,
    n_bins: Unknown<'_>,
    options: Unknown<'_>,
) -> napi::Result<Calibration> {
    guarded(env, || {
        let mut options = Options::new("options", options)?;
        let positive = PosLabel::new(options.take("posLabel"))?;
        let (Binning { strategy }, n_bins) = (options.specification()?, count("nBins", n_bins)?);
        let judge = |truth: &[bool], chance: &[f64]| metrics::calibration(truth, chance, n_bins, strategy);
        Ok(Calibration::from(&counted(truth, ("probability", probability), &positive, judge)?))
    })
}
