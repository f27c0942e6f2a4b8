//! Churn: the probability that a customer leaves, by logistic regression.
//!
//! [`LogisticChurn`] is the specification, [`FittedLogisticChurn`] what a fit has learnt, and [`labels`] makes the labels
//! from an order log.

mod elastic_net;
mod fitted;
mod inference;
mod infinity_as_text;
mod labels;
mod newton;
mod orthonormal;
mod pass;
mod problem;
mod scale;
mod separation;
mod weights;

pub use fitted::FittedLogisticChurn;
pub use inference::{Inference, InterceptInference};
pub use labels::labels;

use crate::check;
use crate::error::{Error, Result};
use crate::monitor::Monitor;
use crate::numeric::elementary::ln;
use crate::numeric::quantile::quantiles;
use fitted::Learnt;
use ndarray::ArrayView2;
use newton::{Penalty, Solution, minimise};
use problem::Problem;
use serde::{Deserialize, Serialize};
use weights::RowWeights;

/// How much the rows of each class weigh, besides their sample weights.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
#[non_exhaustive]
pub enum ClassWeight {
    /// Every row the same.
    #[default]
    None,
    /// Both classes the same in sum: total weight ÷ (2 · weight of the class).
    Balanced,
    /// As given, each above 0.
    Given {
        /// The weight of a retained customer (label false).
        retained: f64,
        /// The weight of a churned customer (label true).
        churned: f64,
    },
}

/// Logistic regression of churn on customer features.
///
/// P(churn | x) = 1 / (1 + e^−(w·x + b)), where w and b minimise
///
/// ½(1 − l1_ratio)·‖w‖² + l1_ratio·‖w‖₁ + c·Σ sᵢ·ln(1 + e^−(2yᵢ−1)(w·xᵢ+b)),
///
/// sᵢ = sample weight · class weight. It is scikit-learn's objective: the intercept b is not penalised, and the penalty
/// counts in the caller's units, although the solver standardises the features for its own sake.
///
/// Source: Hosmer, Lemeshow and Sturdivant (2013), Applied Logistic Regression, 3rd ed., section 2.2; elastic net: Friedman,
/// Hastie and Tibshirani (2010), Journal of Statistical Software 33, equation 15.
///
/// ```
/// use loyalty_core::churn::LogisticChurn;
/// use loyalty_core::ndarray::array;
///
/// // Days since the last purchase, and whether the customer left.
/// let x = array![[3.0], [10.0], [25.0], [40.0], [60.0], [90.0]];
/// let y = [false, false, true, false, true, true];
/// let model = LogisticChurn::new().fit(x.view(), &y)?;
/// assert!(model.predict_proba_one(&[80.0])? > 0.8);
/// assert!(model.predict_proba_one(&[5.0])? < 0.2);
/// # Ok::<(), loyalty_core::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct LogisticChurn {
    /// Weight of the data against the penalty, above 0; infinite for no penalty, in JSON `"infinity"`. Default 1.
    #[serde(with = "infinity_as_text")]
    pub c: f64,
    /// The part of the penalty that is L1, 0 to 1: at 0 (default) ridge, at 1 lasso, between elastic net.
    pub l1_ratio: f64,
    /// Weights of the classes.
    pub class_weight: ClassWeight,
    /// Whether to fit an intercept (default) or fix it at 0.
    pub fit_intercept: bool,
    /// The most Newton steps over all rows, at least 1. Default 100; about 6 are usual.
    pub max_iter: usize,
    /// The largest relative gradient at the end: of any standardised feature, divided by the mean absolute residual. Default 1e-8.
    pub tol: f64,
    /// The level of the confidence intervals, between 0 and 1. Default 0.95.
    pub confidence_level: f64,
    /// Threads to use; all cores if `None` (default). The answer does not depend on it.
    #[serde(skip)]
    pub n_threads: Option<usize>,
    /// Names of the columns; `x0, x1, …` if empty (default).
    #[serde(skip)]
    pub feature_names: Vec<String>,
}

impl Default for LogisticChurn {
    fn default() -> Self {
        Self {
            c: 1.0,
            l1_ratio: 0.0,
            class_weight: ClassWeight::None,
            fit_intercept: true,
            max_iter: 100,
            tol: 1e-8,
            confidence_level: 0.95,
            n_threads: None,
            feature_names: Vec::new(),
        }
    }
}

impl LogisticChurn {
    /// The defaults: ridge with c = 1.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets [`c`](Self::c).
    #[must_use]
    pub fn c(mut self, c: f64) -> Self {
        self.c = c;
        self
    }

    /// Sets [`l1_ratio`](Self::l1_ratio).
    #[must_use]
    pub fn l1_ratio(mut self, l1_ratio: f64) -> Self {
        self.l1_ratio = l1_ratio;
        self
    }

    /// Sets [`class_weight`](Self::class_weight).
    #[must_use]
    pub fn class_weight(mut self, class_weight: ClassWeight) -> Self {
        self.class_weight = class_weight;
        self
    }

    /// Sets [`fit_intercept`](Self::fit_intercept).
    #[must_use]
    pub fn fit_intercept(mut self, fit_intercept: bool) -> Self {
        self.fit_intercept = fit_intercept;
        self
    }

    /// Sets [`max_iter`](Self::max_iter).
    #[must_use]
    pub fn max_iter(mut self, max_iter: usize) -> Self {
        self.max_iter = max_iter;
        self
    }

    /// Sets [`tol`](Self::tol).
    #[must_use]
    pub fn tol(mut self, tol: f64) -> Self {
        self.tol = tol;
        self
    }

    /// Sets [`confidence_level`](Self::confidence_level).
    #[must_use]
    pub fn confidence_level(mut self, confidence_level: f64) -> Self {
        self.confidence_level = confidence_level;
        self
    }

    /// Sets [`n_threads`](Self::n_threads).
    #[must_use]
    pub fn n_threads(mut self, n_threads: impl Into<Option<usize>>) -> Self {
        self.n_threads = n_threads.into();
        self
    }

    /// Sets [`feature_names`](Self::feature_names).
    #[must_use]
    pub fn feature_names(mut self, names: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.feature_names = names.into_iter().map(Into::into).collect();
        self
    }

    /// Fits with every row weighing the same; see [`fit_with`](Self::fit_with).
    ///
    /// # Errors
    /// As [`fit_with`](Self::fit_with).
    pub fn fit(&self, x: ArrayView2<'_, f64>, y: &[bool]) -> Result<FittedLogisticChurn> {
        self.fit_with(x, y, None, &mut Monitor::silent())
    }

    /// Fits by Newton's method.
    ///
    /// `x` has a row a customer and a column a feature, all finite; `y` says who churned; `sample_weight`, where given, has a
    /// weight of 0 or more for each row, which counts as that many equal rows. A fit that ends at `max_iter` says so by
    /// [`converged`](FittedLogisticChurn::converged).
    ///
    /// # Errors
    /// * `InvalidParameter`, `ShapeMismatch`, `TooFewRows`, `NonFinite`, `InvalidValue` for arguments out of range.
    /// * `Degenerate` of `y` if one class has no weight, or of a feature or the weights where figures overflow.
    /// * `NoEstimate` if c is infinite and no unique maximum of the likelihood exists, with the features to blame: those that
    ///   are constant, that separate the classes, completely or quasi-completely (the most telling first), or that are
    ///   collinear, or whose farthest value lies 10⁸ typical distances from the median, where the other rows would be lost
    ///   to rounding. A separated fit with a finite c is sound, and flagged by
    ///   [`separation_risk`](FittedLogisticChurn::separation_risk).
    /// * `Cancelled` if the monitor said so.
    pub fn fit_with(
        &self,
        x: ArrayView2<'_, f64>,
        y: &[bool],
        sample_weight: Option<&[f64]>,
        monitor: &mut Monitor<'_>,
    ) -> Result<FittedLogisticChurn> {
        self.check()?;
        let n_threads = check::n_threads(self.n_threads)?;
        if x.is_empty() {
            check::matrix("x", x)?;
        }
        let checked = || {
            check::same_rows("y", y.len(), x.nrows())?;
            if let Some(weights) = sample_weight {
                check::sample_weight(weights, x.nrows())?;
            }
            let names = check::feature_names(&self.feature_names, x.ncols())?;
            Ok((names, RowWeights::new(y, sample_weight, &self.class_weight)?))
        };
        // Whether the rows that take part are finite shows when they are read; the others are looked at here, and all are if
        // something else is wrong, since what is said of x comes first.
        let checked = checked();
        if !matches!(&checked, Ok((_, weights)) if weights.all_take_part()) {
            check::matrix("x", x)?;
        }
        let (names, weights) = checked?;

        // The objective divided by c and the total weight: mean log loss + strength · penalty. Beyond the bound the
        // coefficients are 0 to every digit that matters.
        let strength =
            if self.c.is_finite() { (1.0 / self.c / weights.total).clamp(1e-200, 1e200) } else { 0.0 };
        let unit = strength.sqrt();
        monitor.report("churn", 0, Some(self.max_iter))?;
        let mut problem = Problem::new(x, &weights, self.fit_intercept, unit, n_threads, monitor)?;
        if self.c.is_infinite() {
            refuse_constant_and_separating(&problem, &names)?;
            refuse_outliers(x, &weights, &names)?;
            problem.orthonormalise(&names, monitor)?;
        }

        let penalty = self.penalty(&problem, unit);
        match minimise(&mut problem, &penalty, self.max_iter, self.tol, monitor)? {
            Err(direction) => Err(separated(&problem, &direction, &names)),
            Ok(solution) => self.fitted(&problem, &solution, &weights, names),
        }
    }

    pub(crate) fn check(&self) -> Result<()> {
        if self.c.is_nan() || self.c <= 0.0 {
            return check::invalid("c", self.c, "a number above 0, or infinite");
        }
        check::within("l1_ratio", self.l1_ratio, 0.0..=1.0)?;
        if let ClassWeight::Given { retained, churned } = self.class_weight {
            check::positive("class_weight", retained)?;
            check::positive("class_weight", churned)?;
        }
        check::count_within("max_iter", self.max_iter, 1..=usize::MAX)?;
        check::non_negative("tol", self.tol)?;
        if !(self.confidence_level > 0.0 && self.confidence_level < 1.0) {
            return check::invalid(
                "confidence_level",
                self.confidence_level,
                "between 0 and 1, both excluded",
            );
        }
        Ok(())
    }

    /// The penalty on standardised coefficients that is the caller's on raw ones.
    fn penalty(&self, problem: &Problem<'_>, unit: f64) -> Penalty {
        let mut penalty =
            Penalty { squared: vec![0.0; problem.order()], absolute: vec![0.0; problem.order()] };
        if unit > 0.0 {
            for (j, scale) in problem.scales.iter().enumerate() {
                // √strength ÷ unit of z, at most 1. A constant column has no unit, and its coefficient is 0 under any.
                let relative = if scale.constant { 1.0 } else { scale.per_unit(unit) };
                penalty.squared[problem.first_feature() + j] = (1.0 - self.l1_ratio) * relative * relative;
                penalty.absolute[problem.first_feature() + j] = self.l1_ratio * unit * relative;
            }
        }
        penalty
    }

    fn fitted(
        &self,
        problem: &Problem<'_>,
        solution: &Solution,
        weights: &RowWeights<'_>,
        feature_names: Vec<String>,
    ) -> Result<FittedLogisticChurn> {
        let first = problem.first_feature();
        let theta = problem.standardised(&solution.theta);
        let coefficients: Vec<f64> =
            theta[first..].iter().zip(&problem.scales).map(|(t, s)| s.to_raw(*t)).collect();
        if let Some(j) = coefficients.iter().position(|w| !w.is_finite()) {
            return Err(Error::Degenerate {
                name: feature_names[j].clone().into(),
                reason: "its values are so small that its coefficient overflows; rescale it".into(),
            });
        }
        let centres: Vec<f64> = problem.scales.iter().map(|scale| scale.to_x(0.0)).collect();
        let offsets = theta[first..].iter().zip(&problem.scales).map(|(t, scale)| t * scale.offset());
        let (intercept, centre_value) =
            if self.fit_intercept { (theta[0] - offsets.sum::<f64>(), theta[0]) } else { (0.0, 0.0) };

        let share = weights.churned_share;
        let null_loss = -(share * ln(share) + (1.0 - share) * ln(1.0 - share));
        let has_inference =
            self.c.is_infinite() && self.class_weight == ClassWeight::None && solution.converged;
        let inference = has_inference
            .then(|| {
                let level = self.confidence_level;
                Inference::new(problem, weights.total, &coefficients, intercept, level, &feature_names)
            })
            .transpose()?;
        let means: Vec<f64> = (0..coefficients.len()).map(|j| problem.mean(j)).collect();
        let mut fitted = Learnt {
            intercept,
            base_value: 0.0,
            means,
            centres,
            centre_value,
            coefficients,
            log_likelihood: -weights.total * problem.sums().totals.loss,
            null_log_likelihood: -weights.total * null_loss,
            converged: solution.converged,
            iterations: solution.iterations,
            relative_gradient: solution.relative_gradient,
            separation_risk: problem.sums().totals.least_margin > 0.0,
            constant_features: (0..problem.scales.len()).filter(|&j| problem.scales[j].constant).collect(),
            inference,
        };
        fitted.base_value = fitted.predictor(fitted.means.iter().copied());
        // Names stand beside the parameters, and threads are a matter of the machine: neither is part of a model file.
        let params = Self { n_threads: None, feature_names: Vec::new(), ..self.clone() };
        let model = FittedLogisticChurn { feature_names, params, fitted };
        model.validate().map_err(|_| Error::Degenerate {
            name: "x".into(),
            reason: "its values or weights are so extreme that the fit overflows; rescale them".into(),
        })?;
        Ok(model)
    }
}

/// Refuses features with an outlier so far out that a fit of all rows loses the digits of all the others.
fn refuse_outliers(x: ArrayView2<'_, f64>, weights: &RowWeights<'_>, names: &[String]) -> Result<()> {
    const FARTHEST: f64 = 1e8;
    let median = |values: &mut [f64]| quantiles(values, &[0.5]).first().copied().unwrap_or(0.0);
    let far_out = |j: &usize| {
        let mut values: Vec<f64> = (0..weights.count()).map(|i| x[[weights.row(i), *j]]).collect();
        let centre = median(&mut values);
        // Halves, whose difference cannot overflow; values at the centre itself say nothing of the spread.
        let mut distances: Vec<f64> =
            values.iter().map(|v| (0.5 * v - 0.5 * centre).abs()).filter(|&d| d > 0.0).collect();
        distances.iter().copied().fold(0.0, f64::max) / FARTHEST > median(&mut distances)
    };
    let features: Vec<String> = (0..names.len()).filter(far_out).map(|j| names[j].clone()).collect();
    if features.is_empty() {
        return Ok(());
    }
    let reason = "a value lies more than 1e8 typical distances from the median, and the other rows would be lost to \
                  rounding beside it; leave it out, transform the feature, or set a finite c";
    Err(Error::NoEstimate { features, reason: reason.into() })
}

fn refuse_constant_and_separating(problem: &Problem<'_>, names: &[String]) -> Result<()> {
    let name = |j: usize| names[j].clone();
    let constant: Vec<String> = (0..names.len()).filter(|&j| problem.scales[j].constant).map(name).collect();
    if !constant.is_empty() {
        return Err(Error::NoEstimate {
            features: constant,
            reason: "these features are constant, so their effect cannot be told from the intercept's; leave them out, or set a \
                     finite c"
                .into(),
        });
    }
    if !problem.separators.is_empty() {
        return Err(Error::NoEstimate {
            features: problem.separators.iter().copied().map(name).collect(),
            reason: "each of these features alone separates churned from retained customers, so its best coefficient is \
                     infinite; leave it out, or set a finite c"
                .into(),
        });
    }
    Ok(())
}

/// The names of the features that make up a direction, by their part in it.
fn leading_features(problem: &Problem<'_>, direction: &[f64], names: &[String]) -> Vec<String> {
    let theta = problem.standardised(direction);
    let parts = &theta[problem.first_feature()..];
    let largest = parts.iter().map(|part| part.abs()).fold(0.0, f64::max);
    let mut blamed: Vec<usize> = (0..parts.len()).filter(|&j| parts[j].abs() > 1e-9 * largest).collect();
    blamed.sort_by(|&a, &b| parts[b].abs().total_cmp(&parts[a].abs()));
    blamed.into_iter().map(|j| names[j].clone()).collect()
}

fn separated(problem: &Problem<'_>, direction: &[f64], names: &[String]) -> Error {
    Error::NoEstimate {
        features: leading_features(problem, direction, names),
        reason: "a combination of these features separates churned from retained customers, so their best coefficients are \
                 infinite; leave some out, or set a finite c"
            .into(),
    }
}
