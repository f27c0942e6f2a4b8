//! Coordinate descent for the quadratic model inside a proximal Newton step.

use super::newton::{Penalty, factorise};
use super::problem::Sums;
use crate::error::Result;
use crate::monitor::Monitor;
use crate::numeric::linalg::{add_scaled, cholesky_solve, packed, packed_len};

/// Minimises gᵀ(β − θ) + ½(β − θ)ᵀH(β − θ) + penalty(β) over β, with room for all it needs.
///
/// Coordinate descent finds which coefficients are zero; the others are then solved for exactly (Friedman, Hastie and
/// Tibshirani 2010, Journal of Statistical Software 33, section 3; Lee, Sun and Saunders 2014, SIAM Journal on
/// Optimization 24).
#[derive(Debug)]
pub(super) struct QuadraticModel {
    order: usize,
    /// All of H with the L2 penalty, by rows.
    hessian: Vec<f64>,
    /// The gradient of the smooth part at β.
    gradient: Vec<f64>,
    beta: Vec<f64>,
    active: Vec<usize>,
    factor: Vec<f64>,
    correction: Vec<f64>,
}

impl QuadraticModel {
    pub(super) fn new(order: usize) -> Self {
        Self {
            order,
            hessian: vec![0.0; order * order],
            gradient: vec![0.0; order],
            beta: vec![0.0; order],
            active: Vec::with_capacity(order),
            factor: vec![0.0; packed_len(order)],
            correction: Vec::with_capacity(order),
        }
    }

    /// δ = β − θ of the model at θ.
    pub(super) fn step(
        &mut self,
        sums: &Sums,
        penalty: &Penalty,
        theta: &[f64],
        delta: &mut [f64],
        monitor: &mut Monitor<'_>,
    ) -> Result<()> {
        // Enough for any model that a later Newton step would not replace anyway.
        const ROUNDS: usize = 10;
        const SWEEPS: usize = 20;
        self.load(sums, penalty, theta);
        for _ in 0..ROUNDS {
            let mut change = self.sweep(&penalty.absolute, false);
            for _ in 0..SWEEPS {
                if self.settled(change) {
                    break;
                }
                monitor.poll()?;
                change = self.sweep(&penalty.absolute, true);
            }
            self.solve_active(&penalty.absolute, monitor)?;
            let change = self.sweep(&penalty.absolute, false);
            if self.settled(change) {
                break;
            }
        }
        for ((delta, beta), theta) in delta.iter_mut().zip(&self.beta).zip(theta) {
            *delta = beta - theta;
        }
        Ok(())
    }

    fn load(&mut self, sums: &Sums, penalty: &Penalty, theta: &[f64]) {
        let order = self.order;
        if sums.curved {
            for i in 0..order {
                for j in 0..=i {
                    let entry = sums.hessian[packed(i, j)];
                    self.hessian[i * order + j] = entry;
                    self.hessian[j * order + i] = entry;
                }
                self.hessian[i * order + i] += penalty.squared[i];
            }
        }
        for (i, (squared, theta)) in penalty.squared.iter().zip(theta).enumerate() {
            self.gradient[i] = sums.gradient[i] + squared * theta;
        }
        self.beta.copy_from_slice(theta);
    }

    /// Minimises over each coordinate in turn; the largest change, in units of the curvature.
    fn sweep(&mut self, absolute: &[f64], active_only: bool) -> f64 {
        let mut largest: f64 = 0.0;
        for (j, &absolute) in absolute.iter().enumerate() {
            let curvature = self.hessian[j * self.order + j];
            let old = self.beta[j];
            if (curvature <= 0.0 && absolute == 0.0) || (active_only && old == 0.0 && absolute > 0.0) {
                continue;
            }
            let target = curvature * old - self.gradient[j];
            let excess = (target.abs() - absolute).max(0.0);
            // Where the loss is flat, the penalty alone pulls the coefficient all the way to 0.
            let new = if excess == 0.0 { 0.0 } else { excess.copysign(target) / curvature };
            if new != old {
                self.move_by(j, new - old);
                self.beta[j] = new;
                largest = largest.max((new - old).abs() * curvature.sqrt());
            }
        }
        largest
    }

    fn move_by(&mut self, j: usize, step: f64) {
        add_scaled(&mut self.gradient, step, &self.hessian[j * self.order..(j + 1) * self.order]);
    }

    fn settled(&self, change: f64) -> bool {
        let size = |j: usize| self.beta[j].abs() * self.hessian[j * self.order + j].sqrt();
        change <= 1e-12 * (0..self.order).map(size).fold(0.0, f64::max)
    }

    /// Solves for the coefficients that are not zero; those that reach zero on the way there stop at it.
    fn solve_active(&mut self, absolute: &[f64], monitor: &mut Monitor<'_>) -> Result<()> {
        const STOPS: usize = 20;
        for _ in 0..STOPS {
            monitor.poll()?;
            if !self.find_correction(absolute, monitor)? {
                return Ok(());
            }
            let mut fraction = 1.0;
            let mut stops = None;
            for (&j, step) in self.active.iter().zip(&self.correction) {
                let to_zero = -self.beta[j] / step;
                if absolute[j] > 0.0 && to_zero > 0.0 && to_zero <= fraction {
                    fraction = to_zero;
                    stops = Some(j);
                }
            }
            for a in 0..self.active.len() {
                let (j, old) = (self.active[a], self.beta[self.active[a]]);
                let new = if stops == Some(j) { 0.0 } else { old + fraction * self.correction[a] };
                self.move_by(j, new - old);
                self.beta[j] = new;
            }
            if stops.is_none() {
                return Ok(());
            }
        }
        Ok(())
    }

    /// Lists the coefficients that are not zero, and how far each is from the minimum with all signs as they are.
    fn find_correction(&mut self, absolute: &[f64], monitor: &mut Monitor<'_>) -> Result<bool> {
        let (beta, hessian, order) = (&self.beta, &self.hessian, self.order);
        let moves = |&j: &usize| (beta[j] != 0.0 || absolute[j] == 0.0) && hessian[j * order + j] > 0.0;
        self.active.clear();
        self.active.extend((0..order).filter(moves));
        let size = self.active.len();
        let factor = &mut self.factor[..packed_len(size)];
        // Collinear columns make the model flat along some direction; a slight bend lets it be solved, a little short.
        for bend in [1.0, 1.0 + 1e-10] {
            for (a, &i) in self.active.iter().enumerate() {
                for (b, &j) in self.active[..=a].iter().enumerate() {
                    factor[packed(a, b)] = hessian[i * order + j];
                }
                factor[packed(a, a)] *= bend;
            }
            if factorise(factor, size, monitor)? {
                self.correction.clear();
                self.correction.extend(self.active.iter().map(|&j| {
                    let pull = if absolute[j] > 0.0 { absolute[j].copysign(beta[j]) } else { 0.0 };
                    -(self.gradient[j] + pull)
                }));
                cholesky_solve(factor, &mut self.correction);
                return Ok(true);
            }
        }
        Ok(false)
    }
}
