//! Standard errors, tests and intervals of an unpenalised fit.

use super::leading_features;
use super::problem::Problem;
use crate::error::{Error, Result};
use crate::numeric::linalg::{cholesky, condition, dot, packed, solve_lower, solve_lower_transposed};
use crate::numeric::special::{normal_quantile, normal_survival};
use serde::{Deserialize, Serialize};

/// What an unpenalised fit says about the uncertainty of each coefficient, in the order of the features.
///
/// Standard errors are those of maximum likelihood, √diag((XᵀWX)⁻¹) with W = diag(sᵢpᵢ(1 − pᵢ)); sample weights count as
/// frequencies. z = coefficient ÷ standard error; p-values are two-sided; intervals are Wald's.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Inference {
    /// Standard errors.
    pub standard_errors: Vec<f64>,
    /// Coefficients in standard errors.
    pub z: Vec<f64>,
    /// P(|Z| ≥ |z|) if the coefficient were 0.
    pub p_values: Vec<f64>,
    /// Lower ends of the confidence intervals.
    pub confidence_low: Vec<f64>,
    /// Upper ends of the confidence intervals.
    pub confidence_high: Vec<f64>,
    /// The same of the intercept, where one was fitted.
    pub intercept: Option<InterceptInference>,
    /// How near the features are to being collinear: the condition number ‖G‖₁‖G⁻¹‖₁, estimated from below, of the Gram matrix
    /// of the standardised columns and the intercept. From about 1000 on, coefficients hardly tell one feature from others.
    pub condition: f64,
}

/// The figures of [`Inference`] for the intercept.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
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

impl Inference {
    /// From the Hessian at the optimum that the problem's last pass left.
    pub(super) fn new(
        problem: &Problem<'_>,
        total_weight: f64,
        coefficients: &[f64],
        intercept: f64,
        confidence_level: f64,
        names: &[String],
    ) -> Result<Self> {
        let (order, first) = (problem.order(), problem.first_feature());
        let mut factor = problem.sums().hessian.clone();
        if let Err(k) = cholesky(&mut factor, order) {
            // Row k is numerically a combination of those before it, and their difference a direction without curvature.
            let (before, row) = factor.split_at(packed(k, 0));
            let mut flat = vec![0.0; order];
            flat[..k].copy_from_slice(&row[..k]);
            solve_lower_transposed(before, &mut flat[..k]);
            flat[k] = -1.0;
            return Err(singular(leading_features(problem, &flat, names)));
        }
        // A figure aᵀθ of the standardised coefficients θ has the variance ‖L⁻¹R⁻ᵀa‖² ÷ total weight.
        let standard_error = |mut a: Vec<f64>| {
            if let Some(triangle) = &problem.triangle {
                solve_lower(triangle, &mut a);
            }
            solve_lower(&factor, &mut a);
            (dot(&a, &a) / total_weight).sqrt()
        };
        let half_width = normal_quantile(0.5 + 0.5 * confidence_level);
        let figures = |estimate: f64, standard_error: f64| {
            let z = estimate / standard_error;
            InterceptInference {
                standard_error,
                z,
                p_value: 2.0 * normal_survival(z.abs()),
                confidence_low: estimate - half_width * standard_error,
                confidence_high: estimate + half_width * standard_error,
            }
        };

        let each: Vec<InterceptInference> = (0..coefficients.len())
            .map(|j| {
                let mut unit = vec![0.0; order];
                unit[first + j] = 1.0;
                figures(coefficients[j], problem.scales[j].per_unit(standard_error(unit)))
            })
            .collect();
        let of_intercept = problem.intercept.then(|| {
            let mut a = vec![1.0];
            a.extend(problem.scales.iter().map(|scale| -scale.offset()));
            figures(intercept, standard_error(a))
        });
        let inference = Self {
            standard_errors: each.iter().map(|e| e.standard_error).collect(),
            z: each.iter().map(|e| e.z).collect(),
            p_values: each.iter().map(|e| e.p_value).collect(),
            confidence_low: each.iter().map(|e| e.confidence_low).collect(),
            confidence_high: each.iter().map(|e| e.confidence_high).collect(),
            intercept: of_intercept,
            condition: problem.triangle.as_ref().map_or(1.0, |triangle| collinearity(triangle, order)),
        };
        if inference.is_valid(coefficients.len()) {
            return Ok(inference);
        }
        let unknown = |&j: &usize| !inference.standard_errors[j].is_finite();
        let mut features: Vec<usize> = (0..names.len()).filter(unknown).collect();
        if features.is_empty() {
            features = (0..names.len()).collect();
        }
        Err(singular(features.into_iter().map(|j| names[j].clone()).collect()))
    }

    /// Whether it has a figure for each of `features` coefficients, and each within its range.
    pub(super) fn is_valid(&self, features: usize) -> bool {
        let columns =
            [&self.standard_errors, &self.z, &self.p_values, &self.confidence_low, &self.confidence_high];
        let intercept =
            self.intercept.map(|i| [i.standard_error, i.z, i.p_value, i.confidence_low, i.confidence_high]);
        let sane = |e: [f64; 5]| e.iter().all(|v| v.is_finite()) && e[0] > 0.0 && (0.0..=1.0).contains(&e[2]);
        self.condition >= 0.0
            && columns.iter().all(|column| column.len() == features)
            && (0..features).all(|j| sane(columns.map(|column| column[j])))
            && intercept.is_none_or(sane)
    }
}

/// The condition number of the Gram matrix whose Cholesky factor this is.
fn collinearity(triangle: &[f64], order: usize) -> f64 {
    let row = |i: usize| &triangle[packed(i, 0)..=packed(i, i)];
    let gram: Vec<f64> = (0..order).flat_map(|i| (0..=i).map(move |j| dot(&row(i)[..=j], row(j)))).collect();
    condition(&gram, triangle, order).min(f64::MAX)
}

fn singular(features: Vec<String>) -> Error {
    Error::NoEstimate {
        features,
        reason: "the standard errors are beyond what can be computed with; rescale the features, or set a finite c".into(),
    }
}
