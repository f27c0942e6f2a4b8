//! The rows in single precision: enough to say in nearly all cases what is near and what is far.
//!
//! The passes go over this sketch, which takes half the memory of the rows and half the time of their arithmetic, and look at
//! a row itself where the sketch leaves doubt. Each keeps to a bound of its own error, so that the answers are those of the
//! rows.

use crate::numeric::frame::{Frame, exponent, times_power_of_two};

/// Rows in a tile of a sketch: one 512-bit register of single precision.
pub(super) const TILE: usize = 16;

/// One column of a tile, or one number for each of its rows.
pub(super) type Column = [f32; TILE];

/// Half the distance from 1 to the next number of single precision.
pub(super) const UNIT: f64 = f64::from_bits((1023 - 24) << 52);

/// Values enter below 2 to the power of this, so that neither their squares nor sums of those overflow, and few vanish.
const REACH: i32 = 41;

/// How values enter.
#[derive(Debug)]
pub(super) struct Sketch {
    /// Subtracted first: a row near the middle has the smallest errors.
    pub(super) pivot: Vec<f64>,
    /// Multiplied then: a power of two.
    pub(super) scale: f64,
}

impl Sketch {
    /// With the middle of some rows as the pivot.
    pub(super) fn new(pivot: Vec<f64>) -> Self {
        // The magnitude of a difference is below twice the reach of the frame.
        Self { pivot, scale: times_power_of_two(1.0, REACH - 1 - Frame::REACH) }
    }

    /// With the middle of the centroids as the pivot, for rows in the caller's units.
    pub(super) fn around(centroids: &[f64], columns: usize) -> Self {
        let pivot: Vec<f64> = (0..columns)
            .map(|j| median(centroids.iter().skip(j).step_by(columns).copied().collect()))
            .collect();
        let from_pivot = centroids.iter().zip(pivot.iter().cycle()).map(|(c, p)| (c - p).abs());
        let e = exponent(from_pivot.fold(0.0, f64::max)).unwrap_or(0);
        Self { pivot, scale: times_power_of_two(1.0, (REACH / 2 - e).clamp(-1000, 1000)) }
    }

    /// Writes a row into its lane of a tile.
    #[inline]
    pub(super) fn write<'v>(&self, row: impl IntoIterator<Item = &'v f64>, tile: &mut [Column], lane: usize) {
        for ((column, value), pivot) in tile.iter_mut().zip(row).zip(&self.pivot) {
            column[lane] = ((value - pivot) * self.scale) as f32;
        }
    }

    /// A value in the coordinates of the frame.
    #[inline]
    pub(super) fn enter(&self, column: usize, value: f64) -> f32 {
        ((value - self.pivot[column]) * self.scale) as f32
    }

    /// A squared distance in the coordinates of the frame; above 0 stays above 0.
    pub(super) fn square(&self, squared_distance: f64) -> f32 {
        let square = (squared_distance * self.scale * self.scale) as f32;
        if square == 0.0 && squared_distance > 0.0 { f32::MIN_POSITIVE } else { square }
    }
}

/// The upper median.
pub(super) fn median(mut values: Vec<f64>) -> f64 {
    let half = values.len() / 2;
    *values.select_nth_unstable_by(half, f64::total_cmp).1
}
