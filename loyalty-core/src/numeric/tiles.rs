//! Rows in tiles of [`LANES`]: one column of a tile lies together, so that distances vectorise over rows.

use super::frame::Frame;
use ndarray::{ArrayView2, Axis};

/// Rows in a tile: one 512-bit register of numbers, two or four of a narrower machine.
pub(crate) const LANES: usize = 8;

/// One column of a tile, or one number for each of its rows.
pub(crate) type Lanes = [f64; LANES];

/// The rows of `x`, in the coordinates of `frame`, as tiles of `x.ncols()` lanes; the last is filled up with zeros.
pub(crate) fn tiles(x: ArrayView2<'_, f64>, frame: &Frame) -> Vec<Lanes> {
    let columns = x.ncols();
    let mut tiles = vec![[0.0; LANES]; x.nrows().div_ceil(LANES) * columns];
    for (tile, rows) in tiles.chunks_exact_mut(columns).zip(x.axis_chunks_iter(Axis(0), LANES)) {
        for (j, (lanes, column)) in tile.iter_mut().zip(rows.columns()).enumerate() {
            lanes.iter_mut().zip(column).for_each(|(lane, &v)| *lane = frame.enter(j, v));
        }
    }
    tiles
}

/// Squared distances of the rows of a tile from a point, as sums over the columns in their order.
#[inline]
pub(crate) fn squared_distances(tile: &[Lanes], point: &[f64]) -> Lanes {
    let mut sums = [0.0; LANES];
    for (column, p) in tile.iter().zip(point) {
        for (sum, v) in sums.iter_mut().zip(column) {
            let difference = v - p;
            *sum += difference * difference;
        }
    }
    sums
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::monitor::Monitor;
    use ndarray::Array2;

    #[test]
    fn a_tile_gives_the_distance_of_each_row() {
        let x = Array2::from_shape_fn((11, 2), |(i, j)| (2 * i + j) as f64 - 10.0);
        let frame = Frame::of(x.view(), None, 1, &mut Monitor::silent()).unwrap();
        let tiles = tiles(x.view(), &frame);
        assert_eq!(tiles.len(), 4);
        let row = |i: usize| [frame.enter(0, x[(i, 0)]), frame.enter(1, x[(i, 1)])];
        for (lane, distance) in squared_distances(&tiles[..2], &row(0)).into_iter().enumerate() {
            let unit = row(1)[0] - row(0)[0];
            assert_eq!(distance, 2.0 * (lane as f64 * unit) * (lane as f64 * unit));
        }
    }
}
