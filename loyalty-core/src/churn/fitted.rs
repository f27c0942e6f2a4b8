//! A fitted churn model: what it has learnt, and what it says of customers.

use super::{Inference, LogisticChurn};
use crate::check;
use crate::error::{Error, Result};
use crate::monitor::Monitor;
use crate::numeric::blocks;
use crate::numeric::elementary::{each, exp, logistic};
use fearless_simd::{Level, Simd, dispatch};
use ndarray::{Array2, ArrayView2, Axis};
use serde::{Deserialize, Serialize};

/// Rows of a batch that are worked on together.
const CHUNK: usize = 4096;

/// A fitted churn model.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct FittedLogisticChurn {
    pub(crate) feature_names: Vec<String>,
    pub(crate) params: LogisticChurn,
    pub(crate) fitted: Learnt,
}

/// What a fit has learnt.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Learnt {
    pub(super) coefficients: Vec<f64>,
    pub(super) intercept: f64,
    /// The linear predictor at `means`.
    pub(super) base_value: f64,
    pub(super) means: Vec<f64>,
    /// Typical values of the features: the linear predictor is measured from there.
    pub(super) centres: Vec<f64>,
    /// The linear predictor at `centres`.
    pub(super) centre_value: f64,
    pub(super) log_likelihood: f64,
    pub(super) null_log_likelihood: f64,
    pub(super) converged: bool,
    pub(super) iterations: usize,
    pub(super) relative_gradient: f64,
    pub(super) separation_risk: bool,
    pub(super) constant_features: Vec<usize>,
    pub(super) inference: Option<Inference>,
}

impl FittedLogisticChurn {
    /// The specification it was fitted with, without thread count and names.
    pub fn params(&self) -> &LogisticChurn {
        &self.params
    }

    /// The names of the features.
    pub fn feature_names(&self) -> &[String] {
        &self.feature_names
    }

    /// The coefficients w, in the caller's units.
    pub fn coefficients(&self) -> &[f64] {
        &self.fitted.coefficients
    }

    /// The intercept b; 0 if none was fitted.
    pub fn intercept(&self) -> f64 {
        self.fitted.intercept
    }

    /// e^w: the factor by which one more unit of a feature multiplies the odds of churn. Infinite where it overflows.
    pub fn odds_ratios(&self) -> Vec<f64> {
        self.fitted.coefficients.iter().map(|&w| exp(w)).collect()
    }

    /// The log-likelihood Σ sᵢ·ln P(yᵢ | xᵢ) of the training rows, without the penalty.
    pub fn log_likelihood(&self) -> f64 {
        self.fitted.log_likelihood
    }

    /// The log-likelihood of the best model that has only an intercept.
    pub fn null_log_likelihood(&self) -> f64 {
        self.fitted.null_log_likelihood
    }

    /// Whether the fit reached its tolerance.
    pub fn converged(&self) -> bool {
        self.fitted.converged
    }

    /// Newton steps taken over all rows.
    pub fn iterations(&self) -> usize {
        self.fitted.iterations
    }

    /// The largest gradient of a standardised feature at the end, divided by the mean absolute residual.
    pub fn relative_gradient(&self) -> f64 {
        self.fitted.relative_gradient
    }

    /// Whether the fit tells all training rows apart without an error. The penalty alone then keeps the coefficients finite, and
    /// probabilities depend on `c` more than on the data.
    pub fn separation_risk(&self) -> bool {
        self.fitted.separation_risk
    }

    /// Features that were constant in training and so have the coefficient 0.
    pub fn constant_features(&self) -> impl Iterator<Item = &str> {
        self.fitted.constant_features.iter().map(|&j| self.feature_names[j].as_str())
    }

    /// Standard errors, tests and intervals: of a converged fit without penalty and without class weights, whose figures would
    /// not be those of a likelihood.
    pub fn inference(&self) -> Option<&Inference> {
        self.fitted.inference.as_ref()
    }

    /// The weighted mean of each feature in training.
    pub fn means(&self) -> &[f64] {
        &self.fitted.means
    }

    /// The linear predictor of the mean training customer: what [`contributions`](Self::contributions) start from.
    pub fn base_value(&self) -> f64 {
        self.fitted.base_value
    }

    /// [`decision_with`](Self::decision_with) on all cores and silent.
    ///
    /// # Errors
    /// As [`decision_with`](Self::decision_with).
    pub fn decision(&self, x: ArrayView2<'_, f64>) -> Result<Vec<f64>> {
        self.decision_with(x, None, &mut Monitor::silent())
    }

    /// The linear predictor (log odds of churn) w·x + b of each row of `x`.
    ///
    /// It is computed as its value at the medians + Σ wⱼ(xⱼ − medianⱼ), which keeps its digits where features are far from 0
    /// and where one has an outlier, and ends at ±[`f64::MAX`] where it would overflow. Of many rows, the medians are those of
    /// a part.
    ///
    /// # Arguments
    /// * `x`: rows × the columns of the training data, finite.
    /// * `n_threads`: `None` for all cores. The answer has the same bits at any number.
    /// * `monitor`: hears `churn_predict`, counted in blocks of rows.
    ///
    /// # Errors
    /// `ShapeMismatch`, `NonFinite`, `InvalidParameter` (`n_threads`), `Cancelled`.
    pub fn decision_with(
        &self,
        x: ArrayView2<'_, f64>,
        n_threads: Option<usize>,
        monitor: &mut Monitor<'_>,
    ) -> Result<Vec<f64>> {
        self.each_row(x, n_threads, monitor, |predictors, answers| answers.copy_from_slice(predictors))
    }

    /// [`predict_proba_with`](Self::predict_proba_with) on all cores and silent.
    ///
    /// # Errors
    /// As [`decision_with`](Self::decision_with).
    pub fn predict_proba(&self, x: ArrayView2<'_, f64>) -> Result<Vec<f64>> {
        self.predict_proba_with(x, None, &mut Monitor::silent())
    }

    /// The probability of churn for each row of `x`: 1 / (1 + e^−decision). Arguments as in
    /// [`decision_with`](Self::decision_with).
    ///
    /// # Errors
    /// As [`decision_with`](Self::decision_with).
    pub fn predict_proba_with(
        &self,
        x: ArrayView2<'_, f64>,
        n_threads: Option<usize>,
        monitor: &mut Monitor<'_>,
    ) -> Result<Vec<f64>> {
        let level = Level::new();
        self.each_row(x, n_threads, monitor, |predictors, answers| {
            dispatch!(level, simd => probabilities(simd, predictors, answers));
        })
    }

    /// The probability of churn of one customer; it allocates nothing.
    ///
    /// # Errors
    /// `ShapeMismatch`, `NonFinite`.
    pub fn predict_proba_one(&self, x: &[f64]) -> Result<f64> {
        check::same_columns("x", x.len(), self.fitted.coefficients.len())?;
        check::finite_row("x", x)?;
        Ok(logistic(self.fitted.predictor(x.iter().copied())))
    }

    /// [`predict_with`](Self::predict_with) on all cores and silent.
    ///
    /// # Errors
    /// As [`decision_with`](Self::decision_with).
    pub fn predict(&self, x: ArrayView2<'_, f64>) -> Result<Vec<bool>> {
        self.predict_with(x, None, &mut Monitor::silent())
    }

    /// Whether each row's probability of churn is above ½. Arguments as in [`decision_with`](Self::decision_with).
    ///
    /// # Errors
    /// As [`decision_with`](Self::decision_with).
    pub fn predict_with(
        &self,
        x: ArrayView2<'_, f64>,
        n_threads: Option<usize>,
        monitor: &mut Monitor<'_>,
    ) -> Result<Vec<bool>> {
        let level = Level::new();
        self.each_row(x, n_threads, monitor, |predictors, answers| {
            let mut p = [0.0; CHUNK];
            dispatch!(level, simd => probabilities(simd, predictors, &mut p));
            answers.iter_mut().zip(p).for_each(|(answer, p)| *answer = p > 0.5);
        })
    }

    /// Each feature's part in each row's linear predictor: wⱼ(xⱼ − meanⱼ), of the shape of `x`.
    ///
    /// [`base_value`](Self::base_value) + the sum of a row = [`decision`](Self::decision) of that row. These are the Shapley
    /// values of a linear model with independent features.
    ///
    /// Source: Štrumbelj and Kononenko (2014), Knowledge and Information Systems 41, section 3.
    ///
    /// # Errors
    /// `ShapeMismatch`, `NonFinite`.
    pub fn contributions(&self, x: ArrayView2<'_, f64>) -> Result<Array2<f64>> {
        self.check_rows(x)?;
        let Learnt { coefficients, means, .. } = &self.fitted;
        Ok(Array2::from_shape_fn(x.dim(), |(i, j)| contribution(coefficients[j], x[[i, j]], means[j])))
    }

    fn check_rows(&self, x: ArrayView2<'_, f64>) -> Result<()> {
        check::same_columns("x", x.ncols(), self.fitted.coefficients.len())?;
        check::finite_matrix("x", x)
    }

    fn each_row<T: Clone + Default + Send>(
        &self,
        x: ArrayView2<'_, f64>,
        n_threads: Option<usize>,
        monitor: &mut Monitor<'_>,
        answer: impl Fn(&[f64], &mut [T]) + Sync,
    ) -> Result<Vec<T>> {
        self.check_rows(x)?;
        let n_threads = check::n_threads(n_threads)?;
        let mut answers = vec![T::default(); x.nrows()];
        let mut chunks: Vec<&mut [T]> = answers.chunks_mut(CHUNK).collect();
        blocks::for_each_in_steps("churn_predict", &mut chunks, n_threads, monitor, |index, chunk| {
            let rows = x.axis_iter(Axis(0)).skip(index * CHUNK);
            let mut predictors = [0.0; CHUNK];
            let predictors = &mut predictors[..chunk.len()];
            for (predictor, row) in predictors.iter_mut().zip(rows) {
                *predictor = match row.to_slice() {
                    Some(row) => self.fitted.predictor(row.iter().copied()),
                    None => self.fitted.predictor(row.iter().copied()),
                };
            }
            answer(predictors, chunk);
        })?;
        Ok(answers)
    }

    /// Refuses what no fit can have produced.
    pub(crate) fn validate(&self) -> Result<()> {
        let bad = |reason: &str| Err(Error::BadModel { reason: format!("churn: {reason}") });
        let Learnt { coefficients, means, centres, constant_features, inference, .. } = &self.fitted;
        let features = self.feature_names.len();
        if self.params.check().is_err() {
            return bad("params out of range");
        }
        if features == 0 || [coefficients.len(), means.len(), centres.len()] != [features; 3] {
            return bad("feature_names, coefficients, means and centres differ in length");
        }
        let Learnt { intercept, base_value, centre_value, relative_gradient, .. } = self.fitted;
        let Learnt { log_likelihood, null_log_likelihood, .. } = self.fitted;
        let figures =
            [intercept, base_value, centre_value, log_likelihood, null_log_likelihood, relative_gradient];
        if !coefficients.iter().chain(means).chain(centres).chain(&figures).all(|v| v.is_finite()) {
            return bad("a figure is not finite");
        }
        if constant_features.len() > features || constant_features.iter().any(|&j| j >= features) {
            return bad("constant_features has an index that is no feature's");
        }
        if inference.as_ref().is_some_and(|inference| !inference.is_valid(features)) {
            return bad("inference does not fit the coefficients");
        }
        Ok(())
    }
}

/// The probability of each predictor.
#[allow(clippy::redundant_closure)]
#[inline(always)]
fn probabilities<S: Simd>(simd: S, predictors: &[f64], p: &mut [f64]) {
    each(
        simd,
        predictors,
        p,
        #[inline(always)]
        |predictor| logistic(predictor),
    );
}

impl Learnt {
    pub(super) fn predictor(&self, x: impl Iterator<Item = f64> + Clone) -> f64 {
        let terms = || self.coefficients.iter().zip(x.clone()).zip(&self.centres);
        let sum = terms().fold(self.centre_value, |sum, ((w, x), centre)| sum + w * (x - centre));
        if sum.is_finite() {
            return sum;
        }
        // Some term overflowed: again in units so large that none can.
        let unit = f64::from_bits((1023 - 600) << 52);
        let sum: f64 = terms().map(|((w, x), centre)| (w * unit) * (x * unit - centre * unit)).sum();
        (sum / unit / unit).clamp(-f64::MAX, f64::MAX)
    }
}

/// w(x − mean), at most ±MAX.
fn contribution(w: f64, x: f64, mean: f64) -> f64 {
    let plain = w * (x - mean);
    if plain.is_finite() { plain } else { (w * (0.5 * x - 0.5 * mean) * 2.0).clamp(-f64::MAX, f64::MAX) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::array;

    fn model() -> FittedLogisticChurn {
        let x = array![[1.0, 0.5], [2.0, -1.0], [3.0, 0.3], [4.0, 0.1], [5.0, -0.2], [6.0, 0.8]];
        let y = [false, true, false, true, false, true];
        LogisticChurn::new().c(f64::INFINITY).fit(x.view(), &y).unwrap()
    }

    #[test]
    fn a_model_that_no_fit_can_have_produced_is_refused() {
        assert_eq!(model().validate(), Ok(()));
        let damages: [fn(&mut FittedLogisticChurn); 14] = [
            |m| m.feature_names.clear(),
            |m| m.feature_names.push("more".to_owned()),
            |m| m.params.c = -1.0,
            |m| m.fitted.coefficients.push(1.0),
            |m| m.fitted.coefficients[1] = f64::NAN,
            |m| m.fitted.means.clear(),
            |m| m.fitted.means[0] = f64::INFINITY,
            |m| m.fitted.centres.push(0.0),
            |m| m.fitted.centre_value = f64::NAN,
            |m| m.fitted.intercept = f64::NAN,
            |m| m.fitted.base_value = f64::INFINITY,
            |m| m.fitted.constant_features = vec![2],
            |m| m.fitted.inference.as_mut().unwrap().p_values[0] = 1.5,
            |m| m.fitted.inference.as_mut().unwrap().z.clear(),
        ];
        for (i, damage) in damages.iter().enumerate() {
            let mut model = model();
            damage(&mut model);
            assert_eq!(model.validate().unwrap_err().code(), "BAD_MODEL", "damage {i}");
        }
    }

    #[test]
    fn overflowing_terms_end_at_the_largest_number() {
        let mut model = model();
        model.fitted.coefficients = vec![1e300, -1e300];
        model.fitted.means = vec![-1e300, 1e300];
        model.fitted.centres = vec![-1e300, 1e300];
        model.fitted.centre_value = model.fitted.base_value;
        let x = array![[f64::MAX, -f64::MAX], [f64::MAX, f64::MAX], [1e10, -1e10], [-1e300, 1e300]];
        let decision = model.decision(x.view()).unwrap();
        assert_eq!((decision[0], decision[3]), (f64::MAX, model.base_value()));
        assert!(decision.iter().all(|d| d.is_finite()));
        assert!(model.contributions(x.view()).unwrap().iter().all(|c| c.is_finite()));
    }
}
