//! Logistic churn.

use crate::columns::{Moments, flags};
use crate::convert::{
    DenseMatrix, Floats, Matrix, matrix, number, optional_copy, optional_view, sample_weight,
};
use crate::error::{Fallible, guarded};
use crate::options::Options;
use crate::task::{self, blocking, followed};
use crate::time;
use loyalty_core::churn;
use loyalty_core::model::Model;
use loyalty_core::monitor::Monitor;
use napi::Env;
use napi::bindgen_prelude::{Float64Array, Object, Uint8Array, Unknown};
use napi_derive::napi;
use serde_json::{Map, Value};
use std::sync::Arc;

/// Logistic regression of churn on customer features.
///
/// P(churn | x) = 1 / (1 + e^−(w·x + b)), where w and b minimise
/// ½(1 − l1Ratio)·‖w‖² + l1Ratio·‖w‖₁ + c·Σᵢ sᵢ·ln(1 + e^−(2yᵢ−1)(w·xᵢ+b)), sᵢ = sample weight · class weight.
///
/// It is scikit-learn's objective: the intercept b is not penalised, and the penalty counts in the units of `x`, although
/// the solver standardises the features for its own sake and needs no scaler before it.
///
/// Source: Hosmer, Lemeshow and Sturdivant (2013), Applied Logistic Regression, 3rd ed., section 2.2; elastic net:
/// Friedman, Hastie and Tibshirani (2010), Journal of Statistical Software 33, equation 15.
///
/// @example
/// ```js
/// // Days since the last purchase, and whether the customer left.
/// const x = [[3], [10], [25], [40], [60], [90]]
/// const model = await LogisticChurn.fit(x, [0, 0, 1, 0, 1, 1])
/// model.predictProba([[80]])[0] > 0.8 // true
/// ```
#[napi]
pub struct LogisticChurn(pub(crate) Arc<churn::FittedLogisticChurn>);

impl LogisticChurn {
    pub(crate) fn new(model: churn::FittedLogisticChurn) -> Self {
        Self(Arc::new(model))
    }
}

/// How certain the coefficients of an unpenalised fit are, in the order of the features.
///
/// Standard errors are those of maximum likelihood, √diag((XᵀWX)⁻¹) with W = diag(sᵢpᵢ(1 − pᵢ)); sample weights count as
/// frequencies.
#[napi(object, use_nullable = true)]
pub struct Inference {
    /// Standard errors.
    pub standard_errors: Float64Array,
    /// Coefficients in standard errors.
    pub z: Float64Array,
    /// P(|Z| ≥ |z|) if the coefficient were 0.
    pub p_values: Float64Array,
    /// Lower ends of Wald's confidence intervals.
    pub confidence_low: Float64Array,
    /// Upper ends of the confidence intervals.
    pub confidence_high: Float64Array,
    /// The same of the intercept; null where none was fitted.
    pub intercept: Option<InterceptInference>,
    /// How near the features are to being collinear: the condition number of the Gram matrix of the standardised columns.
    /// From about 1000 on, coefficients hardly tell one feature from others.
    pub condition: f64,
}

/// How certain the intercept of an unpenalised fit is.
#[napi(object)]
pub struct InterceptInference {
    /// Its standard error.
    pub standard_error: f64,
    /// It in standard errors.
    pub z: f64,
    /// P(|Z| ≥ |z|) if it were 0.
    pub p_value: f64,
    /// The lower end of its confidence interval.
    pub confidence_low: f64,
    /// The upper end of its confidence interval.
    pub confidence_high: f64,
}

impl From<&churn::Inference> for Inference {
    fn from(found: &churn::Inference) -> Self {
        Self {
            standard_errors: found.standard_errors.clone().into(),
            z: found.z.clone().into(),
            p_values: found.p_values.clone().into(),
            confidence_low: found.confidence_low.clone().into(),
            confidence_high: found.confidence_high.clone().into(),
            intercept: found.intercept.map(InterceptInference::from),
            condition: found.condition,
        }
    }
}

impl From<churn::InterceptInference> for InterceptInference {
    fn from(found: churn::InterceptInference) -> Self {
        Self {
            standard_error: found.standard_error,
            z: found.z,
            p_value: found.p_value,
            confidence_low: found.confidence_low,
            confidence_high: found.confidence_high,
        }
    }
}

/// The option `classWeight` as the core's JSON has it: one weight for each class is a choice that has a name there.
pub(crate) fn class_weight(weights: Map<String, Value>) -> Map<String, Value> {
    Map::from_iter([("given".to_owned(), Value::Object(weights))])
}

/// The arguments of a fit.
struct Fit<'env> {
    spec: churn::LogisticChurn,
    x: Matrix<'env>,
    y: Vec<bool>,
    weights: Option<Floats<'env>>,
}

impl<'env> Fit<'env> {
    fn new(x: Unknown<'env>, y: Unknown<'env>, mut options: Options<'env>) -> Fallible<Self> {
        let weights = sample_weight(options.take("sampleWeight"))?;
        let (names, n_threads) = (options.take_feature_names()?, options.take_n_threads()?);
        let spec: churn::LogisticChurn = options.specification()?;
        let spec = spec.feature_names(names).n_threads(n_threads);
        Ok(Self { spec, x: matrix("x", x)?, y: flags("y", y)?, weights })
    }
}

#[napi]
impl LogisticChurn {
    /// Fits by Newton's method, on threads of its own.
    ///
    /// @param x One row a customer, finite numbers.
    /// @param y Who churned: true or 1, the others false or 0. Both must occur.
    /// @throws {LoyaltyError} DEGENERATE of `y` if one class has no weight; NO_ESTIMATE with the `features` to blame if `c` is
    /// Infinity and no unique maximum of the likelihood exists; every other code but BAD_MODEL for wrong arguments. A fit
    /// that ends at `maxIter` says so by `converged`.
    #[napi(
        ts_args_type = "x: Matrix, y: FlagColumn, options?: LogisticChurnOptions & TaskOptions",
        ts_return_type = "Promise<LogisticChurn>"
    )]
    pub fn fit<'env>(
        env: &'env Env,
        x: Unknown<'env>,
        y: Unknown<'env>,
        options: Unknown<'env>,
    ) -> napi::Result<Object<'env>> {
        task::start(env, || {
            let (control, options) = followed(options)?;
            let Fit { spec, x, y, weights } = Fit::new(x, y, options)?;
            let (x, weights) = (x.copied()?, optional_copy(weights)?);
            let work =
                move |monitor: &mut Monitor<'_>| spec.fit_with(x.view(), &y, weights.as_deref(), monitor);
            Ok((control, work, |_: &Env, model| Ok(Self::new(model))))
        })
    }

    /// As {@link LogisticChurn.fit}, blocking the event loop until it is done.
    #[napi(ts_args_type = "x: Matrix, y: FlagColumn, options?: LogisticChurnOptions")]
    pub fn fit_sync(env: &Env, x: Unknown<'_>, y: Unknown<'_>, options: Unknown<'_>) -> napi::Result<Self> {
        guarded(env, || {
            let options = blocking(options)?;
            let Fit { spec, x, y, weights } = Fit::new(x, y, options)?;
            let (x, weights) = (x.view()?, optional_view(weights.as_ref())?);
            let model = spec.fit_with(x.array()?, &y, weights.as_deref(), &mut Monitor::silent())?;
            Ok(Self::new(model))
        })
    }

    /// The model of a file's text, whichever language wrote it.
    ///
    /// @throws {LoyaltyError} BAD_MODEL
    #[napi(js_name = "fromJSON", ts_args_type = "text: ModelText")]
    pub fn from_json(env: &Env, text: Unknown<'_>) -> napi::Result<Self> {
        guarded(env, || Ok(Self::new(Model::from_json(&crate::model::text(text)?)?)))
    }

    /// The text of its model file.
    #[napi(js_name = "toJSON")]
    pub fn to_json(&self, env: &Env) -> napi::Result<String> {
        guarded(env, || Ok(self.0.to_json()?))
    }

    /// The coefficients w, one a feature: log odds for each unit of it.
    #[napi(getter)]
    pub fn coefficients(&self) -> Float64Array {
        self.0.coefficients().to_vec().into()
    }

    /// The intercept b, in log odds; 0 if none was fitted.
    #[napi(getter)]
    pub fn intercept(&self) -> f64 {
        self.0.intercept()
    }

    /// By how much one unit more of a feature multiplies the odds of churn, e^w; infinite where it overflows.
    #[napi(getter)]
    pub fn odds_ratios(&self) -> Float64Array {
        self.0.odds_ratios().into()
    }

    /// The log-likelihood Σᵢ sᵢ·ln P(yᵢ | xᵢ) of the rows of the fit, without the penalty.
    #[napi(getter)]
    pub fn log_likelihood(&self) -> f64 {
        self.0.log_likelihood()
    }

    /// The log-likelihood of the best model that has only an intercept.
    #[napi(getter)]
    pub fn null_log_likelihood(&self) -> f64 {
        self.0.null_log_likelihood()
    }

    /// Whether the fit reached `tol`.
    #[napi(getter)]
    pub fn converged(&self) -> bool {
        self.0.converged()
    }

    /// Newton steps taken over all rows.
    #[napi(getter)]
    pub fn iterations(&self) -> f64 {
        self.0.iterations() as f64
    }

    /// The largest gradient of a standardised feature at the end, divided by the mean absolute residual.
    #[napi(getter)]
    pub fn relative_gradient(&self) -> f64 {
        self.0.relative_gradient()
    }

    /// Whether the model tells all rows of the fit apart without an error. The penalty alone then keeps the coefficients
    /// finite, and probabilities depend on `c` more than on the data.
    #[napi(getter)]
    pub fn separation_risk(&self) -> bool {
        self.0.separation_risk()
    }

    /// The names of the features that were constant in the fit and so have the coefficient 0.
    #[napi(getter, ts_return_type = "readonly string[]")]
    pub fn constant_features(&self) -> Vec<String> {
        self.0.constant_features().map(str::to_owned).collect()
    }

    /// The weighted mean of each feature in the fit.
    #[napi(getter)]
    pub fn means(&self) -> Float64Array {
        self.0.means().to_vec().into()
    }

    /// The log odds of churn of the mean customer, from which `contributions` start.
    #[napi(getter)]
    pub fn base_value(&self) -> f64 {
        self.0.base_value()
    }

    /// Standard errors, tests and intervals of a converged fit with `c` Infinity and without class weights, whose figures
    /// would not be those of a likelihood; null of any other.
    #[napi(getter)]
    pub fn inference(&self) -> Option<Inference> {
        self.0.inference().map(Inference::from)
    }

    /// The names of the columns.
    #[napi(getter, ts_return_type = "readonly string[]")]
    pub fn feature_names(&self) -> Vec<String> {
        self.0.feature_names().to_vec()
    }

    /// The log odds of churn of each row, w·x + b; ±1.8·10³⁰⁸ where they would overflow.
    #[napi(ts_args_type = "x: Matrix, options?: ThreadOptions")]
    pub fn decision(&self, env: &Env, x: Unknown<'_>, options: Unknown<'_>) -> napi::Result<Float64Array> {
        guarded(env, || {
            let (n_threads, x) = (
                Options::new("options", options)?.only_threads()?,
                matrix("x", x)?.or_columns(self.0.feature_names().len()),
            );
            let x = x.view()?;
            Ok(self.0.decision_with(x.array()?, n_threads, &mut Monitor::silent())?.into())
        })
    }

    /// The probability of churn of each row, 1 / (1 + e^−decision), 0 to 1.
    #[napi(ts_args_type = "x: Matrix, options?: ThreadOptions")]
    pub fn predict_proba(
        &self,
        env: &Env,
        x: Unknown<'_>,
        options: Unknown<'_>,
    ) -> napi::Result<Float64Array> {
        guarded(env, || {
            let (n_threads, x) = (
                Options::new("options", options)?.only_threads()?,
                matrix("x", x)?.or_columns(self.0.feature_names().len()),
            );
            let x = x.view()?;
            Ok(self.0.predict_proba_with(x.array()?, n_threads, &mut Monitor::silent())?.into())
        })
    }

    /// 1 for each row whose probability of churn is above ½, 0 for the others.
    #[napi(ts_args_type = "x: Matrix, options?: ThreadOptions")]
    pub fn predict(&self, env: &Env, x: Unknown<'_>, options: Unknown<'_>) -> napi::Result<Uint8Array> {
        guarded(env, || {
            let (n_threads, x) = (
                Options::new("options", options)?.only_threads()?,
                matrix("x", x)?.or_columns(self.0.feature_names().len()),
            );
            let x = x.view()?;
            Ok(bytes(self.0.predict_with(x.array()?, n_threads, &mut Monitor::silent())?))
        })
    }

    /// Each feature's part in the log odds of each row, wⱼ(xⱼ − meanⱼ): `baseValue` + the sum of a row is its `decision`.
    ///
    /// These are the Shapley values of a linear model with independent features.
    ///
    /// Source: Štrumbelj and Kononenko (2014), Knowledge and Information Systems 41, section 3.
    #[napi(ts_args_type = "x: Matrix")]
    pub fn contributions(&self, env: &Env, x: Unknown<'_>) -> napi::Result<DenseMatrix> {
        guarded(env, || {
            Ok(self
                .0
                .contributions(matrix("x", x)?.or_columns(self.0.feature_names().len()).view()?.array()?)?
                .into())
        })
    }
}

/// Who churned by the order log itself: 1 for who bought nothing in the horizon after the cutoff, 0 for the others.
///
/// churnedᵢ = no purchase in (cutoff, cutoff + horizon]
///
/// The log must reach to the end of the horizon: a customer whose later purchases were not yet recorded would count as
/// churned.
///
/// @param nextPurchase The moment of each customer's first purchase after the cutoff; `null`, NaN or an invalid Date where
/// there is none.
/// @param cutoff What is known of a customer ends here.
/// @param horizonDays Days of 86,400 seconds, above 0.
/// @throws {LoyaltyError} INVALID_PARAMETER for a horizon that is not a finite number above 0; INVALID_VALUE for a purchase
/// that is not after the cutoff; INVALID_TYPE
/// @example
/// ```js
/// const bought = [new Date('2024-01-06'), new Date('2024-02-10'), null]
/// churn.labels(bought, new Date('2024-01-01'), 30) // Uint8Array [0, 1, 1]
/// ```
#[napi(namespace = "churn", ts_args_type = "nextPurchase: MomentColumn, cutoff: Moment, horizonDays: number")]
pub fn labels(
    env: &Env,
    next_purchase: Unknown<'_>,
    cutoff: Unknown<'_>,
    horizon_days: Unknown<'_>,
) -> napi::Result<Uint8Array> {
    guarded(env, || {
        let next_purchase = Moments::new("nextPurchase", next_purchase)?;
        let cutoff = time::micros("cutoff", cutoff)?;
        let horizon_days = number("horizonDays", horizon_days)?;
        Ok(bytes(churn::labels(&next_purchase.view()?, cutoff, horizon_days)?))
    })
}

/// 1 for yes, 0 for no.
fn bytes(flags: Vec<bool>) -> Uint8Array {
    flags.into_iter().map(u8::from).collect::<Vec<_>>().into()
}
