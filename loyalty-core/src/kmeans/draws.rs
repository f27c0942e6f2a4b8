//! Draws of rows with given masses, whatever their order.

use super::sketch::{Column, TILE};
use crate::error::Result;
use crate::monitor::Monitor;
use std::cmp::Ordering;

/// Bins of rows by their marks: enough that a draw looks at few rows, and few enough that their masses cost nothing.
pub(super) const BINS: usize = 1024;

/// What each column weighs in a mark. Multiples of the golden ratio: no two columns weigh the same, nor are they in a ratio
/// that would cancel whole numbers.
fn share(column: usize) -> f32 {
    const GOLDEN: f64 = 0.618_033_988_749_894_9;
    (0.5 + ((column + 1) as f64 * GOLDEN).fract()) as f32
}

/// A number by which rows are put in an order that has nothing to do with their place: the same for equal rows, and nearly
/// the same for nearly equal ones, so that the rounding of the data changes no draw.
pub(super) fn mark(row: impl Iterator<Item = f32>) -> f32 {
    row.enumerate().fold(0.0, |sum, (j, value)| sum + value * share(j))
}

/// The marks of the rows of a tile.
pub(super) fn marks(tile: &[Column]) -> Column {
    let mut marks = [0.0; TILE];
    for (j, column) in tile.iter().enumerate() {
        let share = share(j);
        marks.iter_mut().zip(column).for_each(|(mark, value)| *mark += value * share);
    }
    marks
}

/// The first index at which the masses so far exceed this much of them, and what of it falls on its own; none if all masses
/// are 0.
pub(super) fn pick(masses: impl Iterator<Item = f64>, mut rest: f64) -> Option<(usize, f64)> {
    let mut last = None;
    for (i, mass) in masses.enumerate().filter(|&(_, mass)| mass > 0.0) {
        if rest < mass {
            return Some((i, rest));
        }
        rest -= mass;
        last = Some((i, mass));
    }
    // Rounding can leave a little of the rest.
    last
}

/// The item at which the masses so far, all above 0, exceed this much of them when the items are put in order; the last if
/// they do not. Halves the items until one is left.
pub(super) fn pick_in_order<'a, T>(
    mut items: &'a mut [T],
    mut rest: f64,
    mass: impl Fn(&T) -> f64,
    order: impl Fn(&T, &T) -> Ordering,
    monitor: &mut Monitor<'_>,
) -> Result<Option<&'a T>> {
    while items.len() > 1 {
        monitor.poll()?;
        let half = items.len() / 2;
        items.select_nth_unstable_by(half, &order);
        let (before, after) = items.split_at_mut(half);
        let mass_before: f64 = before.iter().map(&mass).sum();
        items = if rest < mass_before {
            before
        } else {
            rest -= mass_before;
            after
        };
    }
    Ok(items.first())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::numeric::rng::Rng;

    #[test]
    fn picking_in_order_is_picking_of_the_sorted() {
        let mut rng = Rng::new(9);
        for n in 1..40 {
            let mut items: Vec<(u64, f64)> =
                (0..n).map(|_| (rng.bits(), 1.0 + rng.below(9) as f64)).collect();
            let total: f64 = items.iter().map(|item| item.1).sum();
            for share in [0.0, 0.3, 0.999, 1.0] {
                let rest = (share * total).floor();
                let order = |a: &(u64, f64), b: &(u64, f64)| a.0.cmp(&b.0);
                let monitor = &mut Monitor::silent();
                let picked =
                    *pick_in_order(&mut items, rest, |item| item.1, order, monitor).unwrap().unwrap();
                let mut sorted = items.clone();
                sorted.sort_unstable_by_key(|item| item.0);
                assert_eq!(picked, sorted[pick(sorted.iter().map(|item| item.1), rest).unwrap().0]);
            }
        }
    }

    #[test]
    fn picking_goes_by_mass() {
        let masses = [0.0, 1.0, 0.0, 3.0, 0.0];
        let picked = |share: f64| pick(masses.into_iter(), share * 4.0).map(|(index, _)| index);
        assert_eq!(
            [picked(0.0), picked(0.24), picked(0.25), picked(0.99)],
            [Some(1), Some(1), Some(3), Some(3)]
        );
        assert_eq!(pick([0.0; 3].into_iter(), 0.5), None);
        assert_eq!(pick([1.0, 2.0].into_iter(), 1.5), Some((1, 0.5)));
        // What rounding leaves of the rest falls to the last with a mass.
        assert_eq!(pick([0.1, 0.2, 0.3, 0.0].into_iter(), 0.7), Some((2, 0.3)));
    }
}
