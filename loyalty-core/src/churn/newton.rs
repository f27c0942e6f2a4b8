//! Newton's method with a line search, proximal where there is an L1 penalty.

use super::elastic_net::QuadraticModel;
use super::problem::{Problem, Sums};
use super::separation;
use crate::error::Result;
use crate::monitor::Monitor;
use crate::numeric::linalg::{cholesky_row, cholesky_solve, dot, packed, packed_len};

/// Σ ½·squaredⱼ·θⱼ² + absoluteⱼ·|θⱼ|.
#[derive(Debug)]
pub(super) struct Penalty {
    pub(super) squared: Vec<f64>,
    pub(super) absolute: Vec<f64>,
}

impl Penalty {
    fn value(&self, theta: &[f64]) -> f64 {
        theta
            .iter()
            .zip(self.squared.iter().zip(&self.absolute))
            .map(|(t, (squared, absolute))| 0.5 * squared * t * t + absolute * t.abs())
            .sum()
    }

    /// The least subgradient of the whole objective in coordinate `j`: 0 for all at the optimum.
    fn subgradient(&self, sums: &Sums, theta: &[f64], j: usize) -> f64 {
        let smooth = sums.gradient[j] + self.squared[j] * theta[j];
        if theta[j] == 0.0 {
            (smooth.abs() - self.absolute[j]).max(0.0)
        } else {
            smooth + self.absolute[j].copysign(theta[j])
        }
    }

    fn relative_gradient(&self, sums: &Sums, theta: &[f64]) -> f64 {
        let largest = (0..theta.len()).map(|j| self.subgradient(sums, theta, j).abs()).fold(0.0, f64::max);
        if largest == 0.0 { 0.0 } else { largest / sums.residual }
    }
}

/// Where the method ended. The problem's sums are those of this point.
#[derive(Debug)]
pub(super) struct Solution {
    pub(super) theta: Vec<f64>,
    pub(super) iterations: usize,
    pub(super) converged: bool,
    pub(super) relative_gradient: f64,
}

/// Coefficients in whose direction the loss falls for ever, so that there is no solution to give.
pub(super) type Direction = Vec<f64>;

/// Minimises log loss plus penalty from zero; without a penalty it also looks for separation.
///
/// It has converged when the relative gradient is at most `tol` and the last full step moved no row's predictor by more
/// than √tol/1000 of 1 + its size, since Newton's error is of the order of that step's square; or by no more than rounding does.
pub(super) fn minimise(
    problem: &mut Problem,
    penalty: &Penalty,
    max_iter: usize,
    tol: f64,
    monitor: &mut Monitor<'_>,
) -> Result<std::result::Result<Solution, Direction>> {
    let order = problem.order();
    let penalised = penalty.squared.iter().chain(&penalty.absolute).any(|&p| p > 0.0);
    let mut stepper = Stepper::new(order, penalty);
    let mut theta = vec![0.0; order];
    let mut candidate = vec![0.0; order];
    let mut delta = vec![0.0; order];

    problem.evaluate(&theta, monitor)?;
    let mut objective = problem.sums().loss;
    let mut last_step = f64::INFINITY;
    let mut solution =
        Solution { theta: Vec::new(), iterations: 0, converged: false, relative_gradient: f64::INFINITY };
    while solution.iterations < max_iter && !solution.converged {
        solution.iterations += 1;
        monitor.report("churn", solution.iterations, Some(max_iter))?;
        stepper.step(problem.sums(), penalty, &theta, &mut delta, monitor)?;
        let slope = slope(problem.sums(), penalty, &theta, &delta);

        let mut fraction = 1.0;
        let accepted = loop {
            for ((candidate, theta), delta) in candidate.iter_mut().zip(&theta).zip(&delta) {
                *candidate = theta + fraction * delta;
            }
            problem.evaluate(&candidate, monitor)?;
            let value = problem.sums().loss + penalty.value(&candidate);
            // Armijo's rule, up to the rounding of the objective.
            if value <= objective + 1e-4 * fraction * slope + 1e-14 * objective {
                objective = value;
                break true;
            }
            fraction *= 0.5;
            if fraction < 1e-15 {
                break false;
            }
        };
        if !accepted {
            // No descent left that floats can tell; the gradient decides.
            problem.evaluate(&theta, monitor)?;
            solution.relative_gradient = penalty.relative_gradient(problem.sums(), &theta);
            solution.converged = solution.relative_gradient <= tol;
            break;
        }
        std::mem::swap(&mut theta, &mut candidate);

        let sums = problem.sums();
        // At the optimum rounding may shorten a step: it is the whole one that tells how far it was.
        let step = sums.relative_step / fraction;
        let still = step <= 1e-3 * tol.sqrt();
        // Steps this small shrink fast, unless what is left of them is rounding.
        let rounding = step <= 1e-3 && step >= 0.5 * last_step;
        last_step = step;
        let unmoved = sums.largest_step == 0.0;
        solution.relative_gradient = penalty.relative_gradient(sums, &theta);
        solution.converged = (still || rounding) && solution.relative_gradient <= tol;
        if unmoved && tol > 0.0 {
            // So would every step after it be.
            break;
        }
        if penalised || solution.converged {
            continue;
        }
        let search_boundary = solution.iterations >= 5 || solution.iterations == max_iter;
        if let Some(direction) = separation::direction(problem, &theta, &delta, search_boundary, monitor)? {
            return Ok(Err(direction));
        }
    }
    solution.theta = theta;
    Ok(Ok(solution))
}

/// Replaces a packed matrix by its Cholesky factor, if it is positive definite; large ones take long enough to be stopped.
pub(super) fn factorise(matrix: &mut [f64], order: usize, monitor: &mut Monitor<'_>) -> Result<bool> {
    const ROWS: usize = 32;
    for i in 0..order {
        if i % ROWS == ROWS - 1 {
            monitor.poll()?;
        }
        if cholesky_row(matrix, order, i).is_err() {
            return Ok(false);
        }
    }
    Ok(true)
}

/// The decrease of the objective that a full step promises, to first order in the smooth part.
fn slope(sums: &Sums, penalty: &Penalty, theta: &[f64], delta: &[f64]) -> f64 {
    let change = |j: usize| {
        delta[j] * penalty.squared[j] * theta[j]
            + penalty.absolute[j] * ((theta[j] + delta[j]).abs() - theta[j].abs())
    };
    dot(&sums.gradient, delta) + (0..theta.len()).map(change).sum::<f64>()
}

/// Minimises the quadratic model of the objective at a point.
enum Stepper {
    Smooth { factor: Vec<f64> },
    Proximal(QuadraticModel),
}

impl Stepper {
    fn new(order: usize, penalty: &Penalty) -> Self {
        if penalty.absolute.iter().any(|&a| a > 0.0) {
            Stepper::Proximal(QuadraticModel::new(order))
        } else {
            Stepper::Smooth { factor: vec![0.0; packed_len(order)] }
        }
    }

    fn step(
        &mut self,
        sums: &Sums,
        penalty: &Penalty,
        theta: &[f64],
        delta: &mut [f64],
        monitor: &mut Monitor<'_>,
    ) -> Result<()> {
        match self {
            Stepper::Proximal(model) => model.step(sums, penalty, theta, delta, monitor),
            Stepper::Smooth { factor } => {
                let order = theta.len();
                let curvature = |j: usize| sums.hessian[packed(j, j)] + penalty.squared[j];
                let least = 1e-40 * (0..order).map(curvature).fold(0.0, f64::max);
                // Where the Hessian is numerically singular, the least shift of its diagonal that helps: relative, as an outlier
                // can leave a column with little curvature that matters all the same.
                let mut shift = 0.0;
                for _ in 0..20 {
                    factor.copy_from_slice(&sums.hessian);
                    for j in 0..order {
                        factor[packed(j, j)] = curvature(j) + shift * curvature(j).max(least);
                    }
                    if factorise(factor, order, monitor)? {
                        for j in 0..order {
                            delta[j] = -(sums.gradient[j] + penalty.squared[j] * theta[j]);
                        }
                        cholesky_solve(factor, delta);
                        return Ok(());
                    }
                    shift = if shift == 0.0 { f64::EPSILON } else { 10.0 * shift };
                }
                delta.fill(0.0);
                Ok(())
            }
        }
    }
}
