//! Newton's method with a line search, proximal where there is an L1 penalty.

use super::elastic_net::QuadraticModel;
use super::pass::Totals;
use super::problem::{Part, Problem, Sums};
use super::separation;
use crate::error::Result;
use crate::monitor::Monitor;
use crate::numeric::linalg::{cholesky_row, cholesky_solve, dot, packed, packed_len};
use std::f64::consts::LN_2;

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
        if largest == 0.0 { 0.0 } else { largest / sums.totals.residual }
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

/// Minimises log loss plus penalty; without a penalty it also looks for separation.
///
/// Where there are many rows, it begins at the solution of a sample of them. A Hessian is used again once steps are so short
/// that it hardly changes.
///
/// It has converged when the relative gradient is at most `tol`, and the error that is left at most tol/100 of 1 + its size in
/// any row's predictor: that is of the order of the last full step times the way from where its Hessian was made. Or when
/// the last step was no more than rounding makes.
pub(super) fn minimise(
    problem: &mut Problem<'_>,
    penalty: &Penalty,
    max_iter: usize,
    tol: f64,
    monitor: &mut Monitor<'_>,
) -> Result<std::result::Result<Solution, Direction>> {
    /// Steps whose promises are less than the square of this leave the Hessian nearly as it is, outliers aside.
    const SHORT: f64 = 1e-3;
    /// A row that moves by this much has its curvature changed by 5 % at most.
    const NEAR: f64 = 0.05;

    let penalised = penalty.squared.iter().chain(&penalty.absolute).any(|&p| p > 0.0);
    let mut descent = Descent::new(problem.order(), penalty);
    descent.start(problem, monitor)?;
    let mut last_step = f64::INFINITY;
    // The promises of the steps since the Hessian was made, and how far they moved a row. The Hessian of a sample will do for
    // one step.
    let (mut way, mut moved) = (f64::INFINITY, 0.0);
    let mut solution =
        Solution { theta: Vec::new(), iterations: 0, converged: false, relative_gradient: f64::INFINITY };
    while solution.iterations < max_iter && !solution.converged {
        solution.iterations += 1;
        monitor.report("churn", solution.iterations, Some(max_iter))?;
        if moved > NEAR && !problem.sums().curved {
            descent.evaluate(problem, Part::All, true, monitor)?;
        }
        let mut fresh;
        let accepted = loop {
            fresh = problem.sums().curved;
            if fresh {
                (way, moved) = (0.0, 0.0);
            }
            let promise = descent.aim(problem.sums(), monitor)?;
            way += promise.sqrt();
            let curved = !penalised || way > SHORT;
            let accepted = descent.search(problem, Part::All, promise, curved, fresh, monitor)?;
            if accepted.is_some() || fresh {
                break accepted;
            }
            // An old Hessian has led astray.
            descent.evaluate(problem, Part::All, true, monitor)?;
        };
        let Some(fraction) = accepted else {
            // No descent left that floats can tell; the gradient decides.
            descent.evaluate(problem, Part::All, true, monitor)?;
            solution.relative_gradient = descent.gradient;
            solution.converged = solution.relative_gradient <= tol;
            break;
        };

        // At the optimum rounding may shorten a step: it is the whole one that tells how far it was.
        let Totals { largest_step, relative_step: step, .. } = problem.sums().totals;
        moved += fraction * largest_step;
        let still = step * if fresh { step } else { moved } <= 1e-2 * tol;
        // Steps this small shrink fast, unless what is left of them is rounding.
        let rounding = step <= 1e-3 && step >= 0.5 * last_step;
        last_step = step;
        let unmoved = fraction * step <= 0.125 * f64::EPSILON;
        solution.relative_gradient = descent.gradient;
        solution.converged = (still || rounding) && solution.relative_gradient <= tol;
        if unmoved && tol > 0.0 {
            // So would every step after it be.
            break;
        }
        if penalised || solution.converged {
            continue;
        }
        let search_boundary = solution.iterations >= 5 || solution.iterations == max_iter;
        let Descent { theta, delta, .. } = &descent;
        if let Some(direction) =
            separation::direction(problem, theta, delta, fraction, search_boundary, monitor)?
        {
            return Ok(Err(direction));
        }
    }
    solution.theta = descent.theta;
    Ok(Ok(solution))
}

/// A point on its way down, and the step from there.
struct Descent<'a> {
    penalty: &'a Penalty,
    stepper: Stepper,
    theta: Vec<f64>,
    /// The objective at theta.
    objective: f64,
    /// The relative gradient at theta.
    gradient: f64,
    delta: Vec<f64>,
    candidate: Vec<f64>,
}

impl<'a> Descent<'a> {
    fn new(order: usize, penalty: &'a Penalty) -> Self {
        Self {
            penalty,
            stepper: Stepper::new(order, penalty),
            theta: vec![0.0; order],
            objective: f64::INFINITY,
            gradient: f64::INFINITY,
            delta: vec![0.0; order],
            candidate: vec![0.0; order],
        }
    }

    /// Goes to where the search over all rows begins: the solution of a sample if that is better than 0.
    fn start(&mut self, problem: &mut Problem<'_>, monitor: &mut Monitor<'_>) -> Result<()> {
        const STEPS: usize = 20;
        let sample_rows = problem.sample_rows();
        if sample_rows > 0 {
            // Closer than this to its solution is no closer to that of all rows.
            let enough = self.theta.len() as f64 / sample_rows as f64;
            self.evaluate(problem, Part::Sample, true, monitor)?;
            for _ in 0..STEPS {
                let promise = self.aim(problem.sums(), monitor)?;
                if promise <= enough {
                    self.theta.iter_mut().zip(&self.delta).for_each(|(theta, delta)| *theta += delta);
                    break;
                }
                if self.search(problem, Part::Sample, promise, true, true, monitor)?.is_none() {
                    break;
                }
            }
            self.evaluate(problem, Part::All, false, monitor)?;
            if self.objective < LN_2 {
                return Ok(());
            }
            self.theta.fill(0.0);
        }
        self.evaluate(problem, Part::All, true, monitor)
    }

    fn evaluate(
        &mut self,
        problem: &mut Problem<'_>,
        part: Part,
        curved: bool,
        monitor: &mut Monitor<'_>,
    ) -> Result<()> {
        problem.evaluate(&self.theta, &self.delta, part, curved, monitor)?;
        self.objective = problem.sums().totals.loss + self.penalty.value(&self.theta);
        self.gradient = self.penalty.relative_gradient(problem.sums(), &self.theta);
        Ok(())
    }

    /// Finds the next step; the decrease of the objective that it promises, to first order in the smooth part.
    fn aim(&mut self, sums: &Sums, monitor: &mut Monitor<'_>) -> Result<f64> {
        let Self { penalty, theta, delta, .. } = self;
        self.stepper.step(sums, penalty, theta, delta, monitor)?;
        let change = |j: usize| {
            delta[j] * penalty.squared[j] * theta[j]
                + penalty.absolute[j] * ((theta[j] + delta[j]).abs() - theta[j].abs())
        };
        let slope = dot(&sums.gradient, delta) + (0..theta.len()).map(change).sum::<f64>();
        // Rounding may promise less than nothing.
        Ok((-slope).max(0.0))
    }

    /// Takes the step, or, unless the whole one is asked for, the largest of its halves and quarters that descends enough.
    /// Its fraction; the problem's sums are then those of the new point.
    fn search(
        &mut self,
        problem: &mut Problem<'_>,
        part: Part,
        promise: f64,
        curved: bool,
        shorten: bool,
        monitor: &mut Monitor<'_>,
    ) -> Result<Option<f64>> {
        let mut fraction = 1.0;
        while fraction >= 1e-15 {
            for ((candidate, theta), delta) in self.candidate.iter_mut().zip(&self.theta).zip(&self.delta) {
                *candidate = theta + fraction * delta;
            }
            problem.evaluate(&self.candidate, &self.delta, part, curved, monitor)?;
            let value = problem.sums().totals.loss + self.penalty.value(&self.candidate);
            let gradient = self.penalty.relative_gradient(problem.sums(), &self.candidate);
            // Armijo's rule, up to the rounding of the objective; of a promise so small the gradient can tell more.
            let descends = value <= self.objective - 1e-4 * fraction * promise + 1e-14 * self.objective;
            let flattens = promise <= 1e-10 * self.objective && gradient <= self.gradient;
            if descends || flattens {
                std::mem::swap(&mut self.theta, &mut self.candidate);
                (self.objective, self.gradient) = (value, gradient);
                return Ok(Some(fraction));
            }
            if !shorten {
                break;
            }
            fraction *= 0.5;
        }
        Ok(None)
    }
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

/// Minimises the quadratic model of the objective at a point, with the last Hessian there was.
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
                let aim = |delta: &mut [f64], factor: &[f64]| {
                    for j in 0..order {
                        delta[j] = -(sums.gradient[j] + penalty.squared[j] * theta[j]);
                    }
                    cholesky_solve(factor, delta);
                };
                if !sums.curved {
                    aim(delta, factor);
                    return Ok(());
                }
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
                        aim(delta, factor);
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
