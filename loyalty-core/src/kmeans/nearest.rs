//! Distances of any finite row from the centroids, in the caller's units.
//!
//! Squares of differences overflow or vanish for some rows. Those are taken once more with all differences multiplied by a
//! power of two, which changes no digit. So a row's label depends on no other row, and a row of the training data gets the
//! label that it had there, unless differences decide that were too small for the coordinates of the fit.

use super::filter::Filter;
use super::sketch::{Sketch, TILE};
use crate::numeric::frame::times_power_of_two;
use fearless_simd::Level;
use ndarray::{ArrayView2, ArrayViewMut2, Axis};

/// What row and centroid, and what their difference, are multiplied by: powers of two.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Scale {
    before: i32,
    after: i32,
}

const PLAIN: Scale = Scale { before: 0, after: 0 };
/// For squares that overflow.
const FAR: Scale = Scale { before: -600, after: 0 };
/// For squares that vanish. Here only the differences are sure not to overflow.
const NEAR: Scale = Scale { before: 0, after: 700 };

/// A squared distance below 2⁻⁹⁰⁰ may have lost digits.
const VANISHING: f64 = f64::from_bits((1023 - 900) << 52);

impl Scale {
    /// The scale for what came out as this at the plain one.
    fn suited_to(squared_distance: f64) -> Self {
        if squared_distance == f64::INFINITY {
            FAR
        } else if squared_distance < VANISHING {
            NEAR
        } else {
            PLAIN
        }
    }

    fn squared_distance(self, value: &impl Fn(usize) -> f64, centroid: &[f64]) -> f64 {
        let mut sum = 0.0;
        for (j, &c) in centroid.iter().enumerate() {
            let difference = times_power_of_two(value(j), self.before) - times_power_of_two(c, self.before);
            let scaled = times_power_of_two(difference, self.after);
            sum += scaled * scaled;
        }
        sum
    }

    /// The label of the nearest centroid, of several the first, and its squared distance.
    fn nearest(self, value: &impl Fn(usize) -> f64, centroids: &[f64], columns: usize) -> (u32, f64) {
        let mut best = (0, f64::INFINITY);
        for (label, centroid) in (0..).zip(centroids.chunks_exact(columns)) {
            let distance = self.squared_distance(value, centroid);
            if distance < best.1 {
                best = (label, distance);
            }
        }
        best
    }
}

/// The label of a row of which `value` gives each column.
pub(super) fn label(value: impl Fn(usize) -> f64, centroids: &[f64], columns: usize) -> u32 {
    let (label, squared_distance) = PLAIN.nearest(&value, centroids, columns);
    let scale = Scale::suited_to(squared_distance);
    if scale == PLAIN { label } else { scale.nearest(&value, centroids, columns).0 }
}

/// Centroids made ready to label many rows.
pub(super) struct Labeller<'a> {
    centroids: &'a [f64],
    sketch: Sketch,
    filter: Filter,
}

impl<'a> Labeller<'a> {
    pub(super) fn new(centroids: &'a [f64], columns: usize) -> Self {
        let sketch = Sketch::around(centroids, columns);
        let mut filter = Filter::new(Level::new(), columns);
        filter.aim(&sketch, centroids);
        Self { centroids, sketch, filter }
    }

    /// Writes the label of each row of `x`; answers whether all numbers are finite.
    pub(super) fn label(&self, x: ArrayView2<'_, f64>, labels: &mut [u32]) -> bool {
        /// Tiles that are labelled in one go, and stay in the cache meanwhile.
        const TILES: usize = 16;
        let columns = x.ncols();
        let mut tiles = vec![[0.0; TILE]; TILES * columns];
        let mut finite = true;
        for (labels, rows) in labels.chunks_mut(TILES * TILE).zip(x.axis_chunks_iter(Axis(0), TILES * TILE)) {
            for (place, row) in rows.rows().into_iter().enumerate() {
                self.sketch.write(row, &mut tiles[place / TILE * columns..][..columns], place % TILE);
            }
            let mut found = [[0; TILE]; TILES];
            self.filter.label(&tiles, &mut found, &mut |place, found, _, look| {
                for lane in (0..TILE).filter(|lane| look.doubt >> lane & 1 == 1) {
                    if let Some(row) = rows.rows().into_iter().nth(place * TILE + lane) {
                        // What is not finite is always in doubt.
                        finite &= row.iter().all(|v| v.is_finite());
                        found[lane] = label(|j| row[j], self.centroids, columns);
                    }
                }
            });
            labels.copy_from_slice(&found.as_flattened()[..labels.len()]);
        }
        finite
    }
}

/// Writes the Euclidean distance of each row of `x` from each centroid, infinite where above the largest number; answers row
/// and centroid of the first such one.
pub(super) fn distances(
    x: ArrayView2<'_, f64>,
    centroids: &[f64],
    distances: &mut ArrayViewMut2<'_, f64>,
) -> Option<(usize, usize)> {
    let mut infinite = None;
    let mut values = Vec::with_capacity(x.ncols());
    for (i, (row, distances)) in x.rows().into_iter().zip(distances.rows_mut()).enumerate() {
        values.clear();
        values.extend(row);
        for (c, (found, centroid)) in distances.into_iter().zip(centroids.chunks_exact(x.ncols())).enumerate()
        {
            *found = distance(&values, centroid);
            if found.is_infinite() {
                infinite.get_or_insert((i, c));
            }
        }
    }
    infinite
}

fn distance(row: &[f64], centroid: &[f64]) -> f64 {
    let value = |j: usize| row[j];
    let squared_distance = PLAIN.squared_distance(&value, centroid);
    let scale = Scale::suited_to(squared_distance);
    if scale == PLAIN {
        return squared_distance.sqrt();
    }
    times_power_of_two(scale.squared_distance(&value, centroid).sqrt(), -scale.before - scale.after)
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::{Array2, array};

    #[test]
    fn all_scales_find_the_nearest() {
        for unit in [5e-324, 1e-320, 1e-200, 1e-140, 1.0, 1e140, 1e200, 1e307] {
            let centroids = [0.0, 0.0, 8.0 * unit, 0.0, 8.0 * unit, 8.0 * unit];
            let rows =
                array![[unit, unit], [7.0 * unit, 3.0 * unit], [5.0 * unit, 5.0 * unit], [4.0 * unit, 0.0]];
            let mut labels = [9; 4];
            assert!(Labeller::new(&centroids, 2).label(rows.view(), &mut labels));
            assert_eq!(labels, [0, 1, 2, 0], "{unit:e}");
        }
    }

    fn both(x: Array2<f64>, centroids: &[f64]) -> (Vec<f64>, Option<(usize, usize)>) {
        let mut found = Array2::zeros((x.nrows(), centroids.len() / x.ncols()));
        let infinite = distances(x.view(), centroids, &mut found.view_mut());
        (found.into_iter().collect(), infinite)
    }

    #[test]
    fn distances_neither_overflow_nor_vanish() {
        for unit in [1e-320, 1e-200, 1e-100, 1.0, 1e100, 1e200, 1e307] {
            let (found, _) = both(array![[3.0 * unit, 4.0 * unit]], &[0.0, 0.0, 3.0 * unit, 0.0]);
            assert!(
                (found[0] / unit - 5.0).abs() < 1e-3 && (found[1] / unit - 4.0).abs() < 1e-3,
                "{found:?}"
            );
        }
        assert_eq!(both(array![[0.0], [f64::MAX]], &[1.0, -f64::MAX]).1, Some((1, 1)));
        assert_eq!(both(array![[5e-324]], &[5e-324, 0.0]), (vec![0.0, 5e-324], None));
    }
}
