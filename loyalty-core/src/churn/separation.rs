//! Separation: whether a direction exists in which the likelihood rises for ever.
//!
//! Albert and Anderson (1984, Biometrika 71): the maximum likelihood estimate fails to exist exactly if some direction d ≠ 0
//! has (2y − 1)·(d·z) ≥ 0 in every row, and above 0 in one. Newton's steps turn into such a direction if there is one:
//! along it each step moves the nearest rows by about 1, and the steps never end. So it need not be searched for, only
//! recognised and then certified row by row.

use super::newton::factorise;
use super::problem::{Block, Problem};
use crate::error::Result;
use crate::monitor::Monitor;
use crate::numeric::linalg::{add_scaled, cholesky_solve, packed};

/// A margin that is no more than this part of what a row could reach in any direction of this size counts as zero.
const ZERO: f64 = 1e-11;

/// A direction that separates the classes: Newton's iterate, or, when asked to search, one that leaves rows on the boundary and
/// that the last step leads to.
pub(super) fn direction(
    problem: &mut Problem,
    theta: &[f64],
    step: &[f64],
    search_boundary: bool,
    monitor: &mut Monitor<'_>,
) -> Result<Option<Vec<f64>>> {
    let sums = problem.sums();
    // All rows on their right sides of the fitted plane: it separates completely.
    if sums.least_margin > 1e-9 * sums.largest_predictor {
        return Ok(Some(theta.to_vec()));
    }
    // Steps of a fit that converges shrink soon.
    if !search_boundary || sums.largest_step < 0.1 {
        return Ok(None);
    }
    let found = certified(problem, step, monitor)?;
    if found.is_none() {
        // The next Newton step needs the sums of this point again.
        problem.evaluate(theta, monitor)?;
    }
    Ok(found)
}

/// `step`, freed of all that moves the rows which should rest on the boundary, if it then separates.
fn certified(problem: &mut Problem, step: &[f64], monitor: &mut Monitor<'_>) -> Result<Option<Vec<f64>>> {
    let order = problem.order();
    let rows = problem.rows() as f64;
    problem.fold(monitor, |block, monitor| mark_boundary(block, step, monitor))?;
    let mut factor = problem.sums().hessian.clone();
    let largest = (0..order).map(|j| factor[packed(j, j)]).fold(0.0, f64::max);
    // The boundary rows leave the direction free, so their Gram matrix is singular; the shift keeps that part of the step.
    // Without an intercept they may all be zero.
    let shift = if largest > 0.0 { 1e-12 * largest } else { 1.0 };
    for j in 0..order {
        factor[packed(j, j)] += shift;
    }
    if !factorise(&mut factor, order, monitor)? {
        return Ok(None);
    }
    let mut direction = step.to_vec();
    for _ in 0..4 {
        problem.fold(monitor, |block, monitor| push_on_boundary(block, &direction, monitor))?;
        let mut push = problem.sums().gradient.clone();
        cholesky_solve(&factor, &mut push);
        add_scaled(&mut direction, -1.0, &push);
    }
    // What is left may be rounding alone.
    let size = largest_absolute(&direction);
    if size <= 1e-6 * largest_absolute(step) {
        return Ok(None);
    }
    direction.iter_mut().for_each(|d| *d /= size);
    problem.fold(monitor, |block, monitor| relative_margins(block, &direction, monitor))?;
    let sums = problem.sums();
    let separates = sums.least_margin >= -ZERO && sums.largest_predictor > 1e-4 / rows.sqrt();
    Ok(separates.then_some(direction))
}

fn largest_absolute(v: &[f64]) -> f64 {
    v.iter().fold(0.0, |largest, v| v.abs().max(largest))
}

/// Marks the rows that the step does not carry away from the other class, and adds up their Gram matrix.
fn mark_boundary(block: &mut Block, step: &[f64], monitor: &mut Monitor<'_>) -> Result<()> {
    block.on_boundary.clear();
    for rows in block.tiles() {
        for (margin, _) in block.margins(&rows, step) {
            block.on_boundary.push(margin < 0.1);
        }
        let marks: Vec<f64> =
            block.on_boundary[rows.clone()].iter().map(|&b| f64::from(u8::from(b))).collect();
        block.accumulate(&rows, &vec![0.0; rows.len()], Some(&marks), monitor)?;
    }
    Ok(())
}

/// Σ (d·z)·z over the boundary rows.
fn push_on_boundary(block: &mut Block, direction: &[f64], monitor: &mut Monitor<'_>) -> Result<()> {
    for rows in block.tiles() {
        let marks = rows.clone().map(|row| if block.on_boundary[row] { block.sign[row] } else { 0.0 });
        let push: Vec<f64> =
            block.margins(&rows, direction).zip(marks).map(|((m, _), mark)| m * mark).collect();
        block.accumulate(&rows, &push, None, monitor)?;
    }
    Ok(())
}

/// The least and the largest margin of a row along a direction of size 1, each relative to Σ|zⱼ|.
fn relative_margins(block: &mut Block, direction: &[f64], monitor: &mut Monitor<'_>) -> Result<()> {
    for rows in block.tiles() {
        for (margin, reach) in block.margins(&rows, direction) {
            let relative = if reach == 0.0 { 0.0 } else { margin / reach };
            block.sums.least_margin = block.sums.least_margin.min(relative);
            block.sums.largest_predictor = block.sums.largest_predictor.max(relative);
        }
        monitor.poll()?;
    }
    Ok(())
}
