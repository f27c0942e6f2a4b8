//! The loyalty score.

use crate::convert::{DenseMatrix, Floats, matrix, names_column, number};
use crate::error::{Fallible, guarded};
use crate::memory::{check_length, fill};
use crate::options::{Options, wrong_choice};
use crate::task::{self, blocking, followed};
use loyalty_core::model::Model;
use loyalty_core::monitor::Monitor;
use loyalty_core::ndarray::ArrayView2;
use loyalty_core::score::{self, Normalisation as CoreNormalisation};
use napi::Env;
use napi::bindgen_prelude::{Array, Float64Array, FromNapiValue, Object, Unknown};
use napi_derive::napi;
use std::sync::Arc;

/// A weighted score of behaviours, within 0 to 100, and its tiers.
///
/// score = 100 · Σ wᵢ·bᵢ / Σ wᵢ, where each behaviour bᵢ is brought to [0, 1] by a learnt rule, and some count downwards.
///
/// @example
/// ```js
/// const behaviours = [
///   { name: 'purchases', weight: 0.6 },
///   { name: 'days since the last', weight: 0.4, inverted: true },
/// ]
/// const model = LoyaltyScore.fitSync([[1, 90], [5, 30], [9, 0]], { behaviours })
/// model.score([[5, 45]])[0] // 50
/// model.tier([[5, 45]]) // ['medium']
/// ```
#[napi]
pub struct LoyaltyScore(pub(crate) Arc<score::FittedLoyaltyScore>);

/// What was learnt of a behaviour: of its range, its mean and spread, or its distribution.
#[napi(object, object_from_js = false)]
pub struct Normalisation {
    /// The rule.
    #[napi(ts_type = "Normaliser")]
    pub normaliser: String,
    /// The least value of the fit.
    pub min: Option<f64>,
    /// The greatest value of the fit.
    pub max: Option<f64>,
    /// The mean of the fit.
    pub mean: Option<f64>,
    /// The standard deviation of the fit, with divisor n.
    pub standard_deviation: Option<f64>,
    /// The quantiles of the fit at 0, 1, … 100 %.
    pub quantiles: Option<Float64Array>,
}

impl From<&CoreNormalisation> for Normalisation {
    fn from(learnt: &CoreNormalisation) -> Self {
        let of = |normaliser: &str| Self {
            normaliser: normaliser.to_owned(),
            min: None,
            max: None,
            mean: None,
            standard_deviation: None,
            quantiles: None,
        };
        match learnt {
            CoreNormalisation::MinMax { min, max } => {
                Self { min: Some(*min), max: Some(*max), ..of("min_max") }
            }
            CoreNormalisation::ZScore { mean, standard_deviation } => {
                Self { mean: Some(*mean), standard_deviation: Some(*standard_deviation), ..of("z_score") }
            }
            CoreNormalisation::Percentile { quantiles } => {
                Self { quantiles: Some(quantiles.clone().into()), ..of("percentile") }
            }
            CoreNormalisation::None => of("none"),
        }
    }
}

/// The specification of the options; a preset stands for the behaviours.
fn specification(mut options: Options<'_>) -> Fallible<score::LoyaltyScore> {
    let Some(preset) = options.take("preset") else { return options.specification() };
    let preset = match String::from_unknown(preset).as_deref() {
        Ok("purchase_usage_feedback") => score::LoyaltyScore::purchase_usage_feedback(),
        Ok("c_score") => score::LoyaltyScore::c_score(),
        _ => return wrong_choice("preset", preset, "purchase_usage_feedback or c_score"),
    };
    if let Some(behaviours) = options.take("behaviours") {
        return wrong_choice("behaviours", behaviours, "left out where there is a preset");
    }
    Ok(options.specification::<score::LoyaltyScore>()?.behaviours(preset.behaviours))
}

#[napi]
impl LoyaltyScore {
    /// Learns how to bring each behaviour to [0, 1], on a thread of its own.
    ///
    /// @param x One row a customer, one column a behaviour; `null` and NaN where it is missing, if `missing` allows it.
    /// @throws {LoyaltyError} INVALID_PARAMETER, INVALID_TYPE, INVALID_VALUE, SHAPE_MISMATCH, NON_FINITE, TOO_FEW_ROWS, DEGENERATE,
    /// CANCELLED
    #[napi(
        ts_args_type = "x: Matrix, options: LoyaltyScoreOptions & TaskOptions",
        ts_return_type = "Promise<LoyaltyScore>"
    )]
    pub fn fit<'env>(env: &'env Env, x: Unknown<'env>, options: Unknown<'env>) -> napi::Result<Object<'env>> {
        task::start(env, || {
            let (control, options) = followed(options)?;
            let spec = specification(options)?;
            let x = matrix("x", x)?.copied()?;
            let work = move |_: &mut Monitor<'_>| spec.fit(x.view());
            Ok((control, work, |_: &Env, model| Ok(Self(Arc::new(model)))))
        })
    }

    /// As {@link LoyaltyScore.fit}, blocking the event loop until it is done.
    #[napi(ts_args_type = "x: Matrix, options: LoyaltyScoreOptions")]
    pub fn fit_sync(env: &Env, x: Unknown<'_>, options: Unknown<'_>) -> napi::Result<Self> {
        guarded(env, || {
            let options = blocking(options)?;
            let spec = specification(options)?;
            Ok(Self(Arc::new(spec.fit(matrix("x", x)?.view()?.array()?)?)))
        })
    }

    /// The model of a file's text, whichever language wrote it.
    ///
    /// @throws {LoyaltyError} BAD_MODEL
    #[napi(js_name = "fromJSON", ts_args_type = "text: ModelText")]
    pub fn from_json(env: &Env, text: Unknown<'_>) -> napi::Result<Self> {
        guarded(env, || Ok(Self(Arc::new(Model::from_json(&crate::model::text(text)?)?))))
    }

    /// The text of its model file.
    #[napi(js_name = "toJSON")]
    pub fn to_json(&self, env: &Env) -> napi::Result<String> {
        guarded(env, || Ok(self.0.to_json()?))
    }

    /// Scores customers, those of the fit or others: one score a row, within 0 to 100.
    ///
    /// @throws {LoyaltyError} INVALID_VALUE, SHAPE_MISMATCH, NON_FINITE
    #[napi(ts_args_type = "x: Matrix")]
    pub fn score(&self, env: &Env, x: Unknown<'_>) -> napi::Result<Float64Array> {
        guarded(env, || {
            Ok(self
                .0
                .score(matrix("x", x)?.or_columns(self.0.feature_names().len()).view()?.array()?)?
                .into())
        })
    }

    /// As {@link score}, into memory that is there: the way without an allocation.
    ///
    /// `x` has one number a behaviour for each customer, row by row; `scores` gets one a customer.
    ///
    /// @throws {LoyaltyError} INVALID_VALUE, SHAPE_MISMATCH, NON_FINITE
    #[napi(ts_args_type = "x: Float64Array, scores: Float64Array")]
    pub fn score_into(&self, env: &Env, x: Unknown<'_>, scores: Unknown<'_>) -> napi::Result<()> {
        guarded(env, || {
            let x = Floats::new("x", x)?;
            let x = x.view()?;
            let columns = self.0.feature_names().len();
            let rows = x.len().div_ceil(columns);
            check_length("x", x.len(), rows * columns)?;
            let Ok(x) = ArrayView2::from_shape((rows, columns), &x) else {
                return check_length("x", x.len(), rows * columns);
            };
            let input = x.as_slice().unwrap_or_default();
            fill("scores", scores, input, |scores| Ok(self.0.score_into(x, scores)?))
        })
    }

    /// The tier of each customer.
    ///
    /// @throws {LoyaltyError} as {@link score}
    #[napi(ts_args_type = "x: Matrix", ts_return_type = "string[]")]
    pub fn tier<'env>(&self, env: &'env Env, x: Unknown<'env>) -> napi::Result<Array<'env>> {
        guarded(env, || {
            let tiers =
                self.0.tier(matrix("x", x)?.or_columns(self.0.feature_names().len()).view()?.array()?)?;
            names_column(env, self.0.tier_names(), &tiers)
        })
    }

    /// The tier of a score.
    ///
    /// @throws {LoyaltyError} INVALID_PARAMETER for a score outside 0 to 100, INVALID_TYPE
    #[napi(ts_args_type = "score: number")]
    pub fn tier_of(&self, env: &Env, score: Unknown<'_>) -> napi::Result<String> {
        guarded(env, || Ok(self.0.tier_of(number("score", score)?)?.name.to_owned()))
    }

    /// The points of each behaviour in each score: 100 · wᵢ·bᵢ / Σ wᵢ, and 0 where it is missing. A row adds up to the score.
    ///
    /// @throws {LoyaltyError} as {@link score}
    #[napi(ts_args_type = "x: Matrix")]
    pub fn contributions(&self, env: &Env, x: Unknown<'_>) -> napi::Result<DenseMatrix> {
        guarded(env, || {
            Ok(self
                .0
                .contributions(matrix("x", x)?.or_columns(self.0.feature_names().len()).view()?.array()?)?
                .into())
        })
    }

    /// The names of the tiers, the lowest first.
    #[napi(getter, ts_return_type = "readonly string[]")]
    pub fn tier_names(&self) -> Vec<String> {
        self.0.tier_names().to_vec()
    }

    /// What was learnt of each behaviour, in the order of the columns.
    #[napi(getter, ts_return_type = "readonly Normalisation[]")]
    pub fn normalisations(&self) -> Vec<Normalisation> {
        self.0.normalisations().iter().map(Normalisation::from).collect()
    }

    /// The names of the behaviours, in the order of the columns.
    #[napi(getter, ts_return_type = "readonly string[]")]
    pub fn feature_names(&self) -> Vec<String> {
        self.0.feature_names().to_vec()
    }
}
