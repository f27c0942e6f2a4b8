//! Separation: whether a direction exists in which the likelihood rises for ever.
//!
//! Albert and Anderson (1984, Biometrika 71): the maximum likelihood estimate fails to exist exactly if some direction d ≠ 0
//! has (2y − 1)·(d·z) ≥ 0 in every row, and above 0 in one. Newton's steps turn into such a direction if there is one:
//! along it each step moves the nearest rows by about 1, and the steps never end. So it need not be searched for, only
//! recognised and then certified row by row.

use super::newton::factorise;
use super::problem::{Block, Part, Problem, Scratch};
use super::weights::RowWeights;
use crate::error::Result;
use crate::monitor::Monitor;
use crate::numeric::linalg::{add_scaled, cholesky_solve, packed};

/// A margin that is no more than this part of what a row could reach in any direction of this size counts as zero.
const ZERO: f64 = 1e-11;

/// A direction that separates the classes: Newton's iterate, or, when asked to search, one that leaves rows on the boundary and
/// that the last step leads to.
pub(super) fn direction(
    problem: &mut Problem<'_>,
    theta: &[f64],
    step: &[f64],
    fraction: f64,
    search_boundary: bool,
    monitor: &mut Monitor<'_>,
) -> Result<Option<Vec<f64>>> {
    let sums = problem.sums();
    // All rows on their right sides of the fitted plane: it separates completely.
    if sums.totals.least_margin > 1e-9 * sums.totals.largest_predictor {
        return Ok(Some(theta.to_vec()));
    }
    // Steps of a fit that converges shrink soon.
    if !search_boundary || fraction * sums.totals.largest_step < 0.1 {
        return Ok(None);
    }
    let found = certified(problem, step, monitor)?;
    if found.is_none() {
        // The next Newton step needs the sums of this point again.
        problem.evaluate(theta, step, Part::All, true, monitor)?;
    }
    Ok(found)
}

/// `step`, freed of all that moves the rows which should rest on the boundary, if it then separates.
fn certified(problem: &mut Problem<'_>, step: &[f64], monitor: &mut Monitor<'_>) -> Result<Option<Vec<f64>>> {
    let order = problem.order();
    let rows = problem.rows() as f64;
    let weights = problem.weights;
    problem.fold(true, monitor, |block, scratch, monitor| {
        mark_boundary(block, step, weights, scratch, monitor)
    })?;
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
        problem.fold(false, monitor, |block, scratch, monitor| {
            push_on_boundary(block, &direction, weights, scratch, monitor)
        })?;
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
    problem
        .fold(false, monitor, |block, _, monitor| relative_margins(block, &direction, weights, monitor))?;
    let sums = problem.sums();
    let separates = sums.totals.least_margin >= -ZERO && sums.totals.largest_predictor > 1e-4 / rows.sqrt();
    Ok(separates.then_some(direction))
}

fn largest_absolute(v: &[f64]) -> f64 {
    v.iter().fold(0.0, |largest, v| v.abs().max(largest))
}

/// Marks the rows that the step does not carry away from the other class, and adds up their Gram matrix.
fn mark_boundary(
    block: &mut Block,
    step: &[f64],
    weights: &RowWeights<'_>,
    scratch: &mut Scratch,
    monitor: &mut Monitor<'_>,
) -> Result<()> {
    block.on_boundary.clear();
    for rows in block.tiles() {
        let margins = block.margins(&rows, step, weights);
        block.on_boundary.extend(margins.map(|(margin, _)| margin < 0.1));
        let marks = block.on_boundary[rows.clone()].iter().map(|&b| (0.0, f64::from(u8::from(b))));
        Block::set_factors(scratch, rows.len(), marks);
        block.accumulate(&rows, true, scratch, monitor)?;
    }
    Ok(())
}

/// Σ (d·z)·z over the boundary rows.
fn push_on_boundary(
    block: &mut Block,
    direction: &[f64],
    weights: &RowWeights<'_>,
    scratch: &mut Scratch,
    monitor: &mut Monitor<'_>,
) -> Result<()> {
    for rows in block.tiles() {
        let mark = |row: usize| if block.on_boundary[row] { block.sign(row, weights) } else { 0.0 };
        let push = block.margins(&rows, direction, weights).zip(rows.clone().map(mark));
        Block::set_factors(scratch, rows.len(), push.map(|((margin, _), mark)| (margin * mark, 0.0)));
        block.accumulate(&rows, false, scratch, monitor)?;
    }
    Ok(())
}

/// The least and the largest margin of a row along a direction of size 1, each relative to Σ|zⱼ|.
fn relative_margins(
    block: &mut Block,
    direction: &[f64],
    weights: &RowWeights<'_>,
    monitor: &mut Monitor<'_>,
) -> Result<()> {
    for rows in block.tiles() {
        for (margin, reach) in block.margins(&rows, direction, weights) {
            let relative = if reach == 0.0 { 0.0 } else { margin / reach };
            let totals = &mut block.sums.totals;
            totals.least_margin = totals.least_margin.min(relative);
            totals.largest_predictor = totals.largest_predictor.max(relative);
        }
        monitor.poll()?;
    }
    Ok(())
}
