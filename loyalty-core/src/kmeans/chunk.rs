//! Consecutive rows of one fit, and what the passes hold for them.

use super::draws::{BINS, mark, marks};
use super::filter::Filter;
use super::seeding::{self, Probe};
use super::sketch::{Column, Sketch, TILE};
use super::sums::Sums;
use crate::numeric::dispatch::LANES;
use crate::numeric::frame::Frame;
use fearless_simd::Level;
use ndarray::{ArrayView2, CowArray, Ix2};
use std::cmp::Ordering;
use std::ops::Range;

/// The mean of up to 2¹³ equal rows may be off by this share of them, squared: (2¹³·2⁻⁵³)².
const SQUARED_ROUNDING: f64 = f64::from_bits((1023 - 80) << 52);

/// Rows that are read together after they have changed their cluster.
const MOVED_TOGETHER: usize = 32;

/// The rows as the caller gave them.
pub(super) struct Rows<'a> {
    pub(super) x: CowArray<'a, f64, Ix2>,
    pub(super) frame: Frame,
}

/// The rows as a pass reads them.
#[derive(Clone, Copy)]
pub(super) struct Reader<'a> {
    x: ArrayView2<'a, f64>,
    /// The values row by row, if they lie so.
    values: Option<&'a [f64]>,
    frame: &'a Frame,
}

/// Consecutive rows, and what the passes hold for them. All passes work on chunks, whose size depends on the data alone.
pub(super) struct Chunk {
    pub(super) range: Range<usize>,
    /// The sketch of the rows; the last tile is filled up.
    pub(super) tiles: Vec<Column>,
    /// None where all are 1.
    weights: Vec<[f64; TILE]>,
    pub(super) labels: Vec<[u32; TILE]>,
    pub(super) sums: Sums,
    /// Whether the sums are those of other labels.
    pub(super) stale: bool,
    /// Rows whose label the last pass changed.
    pub(super) moved: usize,
    /// These rows and their labels before, as long as they are few.
    moves: Vec<(u32, u32)>,
    /// Room for some of them.
    copies: Vec<f64>,
    pub(super) inertia: f64,
    /// While the first centroids are drawn: squared distances from the nearest centroid, 0 where the last tile is filled up.
    pub(super) distances: Vec<Column>,
    /// For each row the bin of its mark, once rows are drawn.
    bins: Vec<u16>,
    /// For each bin the sum of weight times kept distance.
    pub(super) masses: Vec<f64>,
    /// The inertia that each of the candidates for the next centroid would leave.
    pub(super) trials: Vec<f64>,
    /// Room for a row.
    row: Vec<f64>,
}

/// A row: its chunk and its place there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place {
    pub(super) chunk: usize,
    pub(super) row: usize,
}

impl Rows<'_> {
    pub(super) fn columns(&self) -> usize {
        self.x.ncols()
    }

    pub(super) fn reader(&self) -> Reader<'_> {
        Reader { x: self.x.view(), values: self.x.as_slice(), frame: &self.frame }
    }
}

impl Reader<'_> {
    /// Writes the values of a row.
    #[inline]
    pub(super) fn copy(&self, row: usize, to: &mut [f64]) {
        match self.values {
            Some(values) => self.frame.enter_row(&values[row * to.len()..][..to.len()], to),
            None => self.frame.enter_row(self.x.row(row), to),
        }
    }
}

impl Chunk {
    pub(super) fn new(
        rows: &Rows<'_>,
        sketch: &Sketch,
        weights: Option<&[f64]>,
        range: Range<usize>,
        n_clusters: usize,
    ) -> Self {
        let columns = rows.columns();
        let n_tiles = range.len().div_ceil(TILE);
        let mut tiles = vec![[0.0; TILE]; n_tiles * columns];
        let mut row = vec![0.0; columns];
        let rows = rows.reader();
        for (place, index) in range.clone().enumerate() {
            rows.copy(index, &mut row);
            sketch.write(&row, &mut tiles[place / TILE * columns..][..columns], place % TILE);
        }
        let mut lanes = Vec::new();
        if let Some(weights) = weights {
            lanes.resize(n_tiles, [0.0; TILE]);
            lanes.as_flattened_mut()[..range.len()].copy_from_slice(&weights[range.clone()]);
        }
        Self {
            tiles,
            weights: lanes,
            labels: vec![[0; TILE]; n_tiles],
            sums: Sums::new(n_clusters, columns),
            stale: true,
            moved: 0,
            moves: Vec::with_capacity(range.len() / 4),
            copies: vec![0.0; columns * MOVED_TOGETHER.min(range.len())],
            inertia: 0.0,
            distances: Vec::new(),
            bins: Vec::new(),
            masses: Vec::new(),
            trials: Vec::new(),
            row,
            range,
        }
    }

    pub(super) fn weight(&self, row: usize) -> f64 {
        if self.weights.is_empty() { 1.0 } else { self.weights.as_flattened()[row] }
    }

    /// Labels, and which rows change theirs, in one pass over a part of the tiles; all parts follow each other from the first.
    pub(super) fn assign(&mut self, rows: &Rows<'_>, filter: &Filter, centroids: &[f64], part: Range<usize>) {
        if part.start == 0 {
            self.moved = 0;
            self.moves.clear();
        }
        let (columns, reader) = (rows.columns(), rows.reader());
        let Self { range, tiles, labels, moved, moves, row: values, .. } = self;
        let first = part.start * TILE;
        let tiles = &tiles[part.start * columns..part.end * columns];
        filter.label(tiles, &mut labels[part], &mut |place, labels, before, look| {
            for lane in (0..TILE).filter(|lane| (look.moved | look.doubt) >> lane & 1 == 1) {
                let row = first + place * TILE + lane;
                if row >= range.len() {
                    break;
                }
                if look.doubt >> lane & 1 == 1 {
                    reader.copy(range.start + row, values);
                    labels[lane] = nearest(values, centroids);
                }
                if before[lane] != labels[lane] {
                    *moved += 1;
                    if moves.len() < moves.capacity() {
                        moves.push((row as u32, before[lane]));
                    }
                }
            }
        });
    }

    /// Brings the sums up to date after the labels. Where many rows changed theirs, to start anew is less work.
    pub(super) fn settle(&mut self, rows: &Rows<'_>) {
        if self.stale || self.moved > self.moves.len() {
            return self.accumulate(rows);
        }
        let (columns, reader) = (rows.columns(), rows.reader());
        // Rows are read a few at a time before they are added: reads far apart then wait together.
        let mut copies = std::mem::take(&mut self.copies);
        for moves in self.moves.chunks(copies.len() / columns) {
            for (&(row, _), copy) in moves.iter().zip(copies.chunks_exact_mut(columns)) {
                reader.copy(self.range.start + row as usize, copy);
            }
            for (&(row, before), copy) in moves.iter().zip(copies.chunks_exact(columns)) {
                let (label, weight) = (self.labels.as_flattened()[row as usize], self.weight(row as usize));
                self.sums.remove(before, copy, weight);
                self.sums.add(label, copy, weight);
            }
        }
        self.copies = copies;
        if self.moved > 0 && !self.sums.are_sound() {
            self.accumulate(rows);
        }
    }

    /// Sums and weights of the labels as they stand.
    pub(super) fn accumulate(&mut self, rows: &Rows<'_>) {
        self.sums.clear();
        let rows = rows.reader();
        for (row, &label) in self.range.clone().zip(self.labels.as_flattened()) {
            rows.copy(row, &mut self.row);
            let weight = self.weight(row - self.range.start);
            self.sums.add(label, &self.row, weight);
        }
        self.sums.are_sound();
        self.stale = false;
    }

    /// The inertia of the labels as they stand.
    pub(super) fn sum_inertia(&mut self, rows: &Rows<'_>, centroids: &[f64]) {
        let rows = rows.reader();
        let mut inertia = [0.0; LANES];
        for (place, &label) in self.labels.as_flattened()[..self.range.len()].iter().enumerate() {
            rows.copy(self.range.start + place, &mut self.row);
            let centroid = &centroids[label as usize * self.row.len()..][..self.row.len()];
            let weight = if self.weights.is_empty() { 1.0 } else { self.weights.as_flattened()[place] };
            inertia[place % LANES] += weight * squared_distance(&self.row, centroid);
        }
        self.inertia = inertia.iter().sum();
    }

    /// Up to `count` rows of this chunk, farthest first; see [`Points::farthest`].
    pub(super) fn farthest(
        &self,
        rows: &Rows<'_>,
        chunk: usize,
        count: usize,
        centroids: &[f64],
    ) -> Vec<(f64, Place)> {
        let columns = rows.columns();
        let rows = rows.reader();
        let (mut values, origin) = (vec![0.0; columns], vec![0.0; columns]);
        let mut found = Vec::new();
        for (row, &label) in self.labels.as_flattened()[..self.range.len()].iter().enumerate() {
            rows.copy(self.range.start + row, &mut values);
            let distance = squared_distance(&values, &centroids[label as usize * columns..][..columns]);
            if distance > SQUARED_ROUNDING * squared_distance(&values, &origin) {
                found.push((distance, Place { chunk, row }));
            }
        }
        keep_first(&mut found, count, farther);
        found
    }

    /// Sorts the rows into bins by their marks.
    pub(super) fn sort_into_bins(&mut self, bin_ends: &[f32; BINS], columns: usize) {
        self.bins = vec![0; self.range.len()];
        self.masses = vec![0.0; BINS];
        let tiles = self.tiles.chunks_exact(columns);
        for (tile, bins) in tiles.zip(self.bins.chunks_mut(TILE)) {
            let marks = marks(tile);
            for (bin, mark) in bins.iter_mut().zip(marks) {
                // The number of ends at or below the mark, by bisection without a branch.
                let mut below = 0;
                let mut step = BINS / 2;
                while step > 0 {
                    below += if bin_ends[below + step - 1] <= mark { step } else { 0 };
                    step /= 2;
                }
                *bin = below as u16;
            }
        }
    }

    /// Sets the kept distance of each row.
    pub(super) fn keep(&mut self, distance: f32) {
        self.distances.clear();
        self.distances.resize(self.labels.len(), [0.0; TILE]);
        self.distances.as_flattened_mut()[..self.range.len()].fill(distance);
    }

    /// Brings the kept distances up to date after one more centroid.
    pub(super) fn approach(
        &mut self,
        level: Level,
        rows: &Rows<'_>,
        sketch: &Sketch,
        centroid: &[f64],
        probe: &Probe<1>,
    ) {
        let Self { range, tiles, distances, row: values, .. } = self;
        let rows = rows.reader();
        seeding::approach(level, tiles, probe, distances, &mut |row| {
            rows.copy(range.start + row, values);
            sketch.square(squared_distance(values, centroid))
        });
        self.weigh();
    }

    /// For each candidate the inertia that would be left if it were the next centroid.
    pub(super) fn try_all(
        &mut self,
        level: Level,
        rows: &Rows<'_>,
        sketch: &Sketch,
        candidates: &[f64],
        probes: &[Probe<{ seeding::GROUP }>],
    ) {
        let (columns, rows) = (rows.columns(), rows.reader());
        let Self { range, tiles, distances, weights, trials, row: values, .. } = self;
        trials.clear();
        for (probe, candidates) in probes.iter().zip(candidates.chunks(seeding::GROUP * columns)) {
            let mut exact = |row: usize, i: usize| {
                rows.copy(range.start + row, values);
                // What fills up the last group counts for nothing.
                let candidate = candidates.chunks_exact(columns).nth(i).unwrap_or(&candidates[..columns]);
                sketch.square(squared_distance(values, candidate))
            };
            trials.extend(seeding::inertia_left(level, tiles, probe, distances, weights, &mut exact));
        }
    }

    /// Keeps the distance 0 for the rows that are equal to the centroid.
    pub(super) fn exclude(&mut self, rows: &Rows<'_>, centroid: &[f64], entered: &[f32]) {
        let rows = rows.reader();
        for (place, tile) in self.tiles.chunks_exact(centroid.len()).enumerate() {
            let mut equal = [true; TILE];
            for (column, c) in tile.iter().zip(entered) {
                equal.iter_mut().zip(column).for_each(|(equal, y)| *equal &= y == c);
            }
            for lane in (0..TILE).filter(|&lane| equal[lane]) {
                let row = self.range.start + place * TILE + lane;
                if row < self.range.end {
                    rows.copy(row, &mut self.row);
                    if squared_distance(&self.row, centroid) == 0.0 {
                        self.distances[place][lane] = 0.0;
                    }
                }
            }
        }
        self.weigh();
    }

    /// Brings the masses up to date after a change of the kept distances.
    pub(super) fn weigh(&mut self) {
        self.masses.fill(0.0);
        let distances = self.distances.as_flattened();
        if self.weights.is_empty() {
            for (&bin, &distance) in self.bins.iter().zip(distances) {
                self.masses[usize::from(bin)] += f64::from(distance);
            }
        } else {
            let weights = self.weights.as_flattened();
            for ((&bin, &distance), weight) in self.bins.iter().zip(distances).zip(weights) {
                self.masses[usize::from(bin)] += weight * f64::from(distance);
            }
        }
    }

    /// The rows of a bin with a mass: their marks, masses and places.
    pub(super) fn of_bin(&self, chunk: usize, bin: u16, columns: usize, rows: &mut Vec<(f32, f64, Place)>) {
        let (steps, rest) = self.bins.as_chunks::<32>();
        let mut look_at = |first: usize, bins: &[u16]| {
            for row in (first..).zip(bins).filter(|&(_, &b)| b == bin).map(|(row, _)| row) {
                let mass = self.weight(row) * f64::from(self.distances.as_flattened()[row]);
                if mass > 0.0 {
                    let tile = &self.tiles[row / TILE * columns..][..columns];
                    let mark = mark(tile.iter().map(|column| column[row % TILE]));
                    rows.push((mark, mass, Place { chunk, row }));
                }
            }
        };
        for (step, bins) in steps.iter().enumerate() {
            // Most steps have no such row, and this is a comparison of 64 bytes at once.
            if bins.iter().fold(false, |any, &b| any | (b == bin)) {
                look_at(32 * step, bins);
            }
        }
        look_at(32 * steps.len(), rest);
    }
}

/// The squared distance of a row from a point, as a sum over the columns in their order.
pub(super) fn squared_distance(row: &[f64], point: &[f64]) -> f64 {
    row.iter().zip(point).fold(0.0, |sum, (v, p)| sum + (v - p) * (v - p))
}

/// The nearest centroid of a row, of several the first.
pub(super) fn nearest(row: &[f64], centroids: &[f64]) -> u32 {
    let mut best = (0, f64::INFINITY);
    for (label, centroid) in (0..).zip(centroids.chunks_exact(row.len())) {
        let distance = squared_distance(row, centroid);
        if distance < best.1 {
            best = (label, distance);
        }
    }
    best.0
}

/// The order by distance, farthest first, of several the first row.
pub(super) fn farther(a: &(f64, Place), b: &(f64, Place)) -> Ordering {
    b.0.total_cmp(&a.0).then(a.1.cmp(&b.1))
}

/// Leaves the `count` first of this order, in any.
pub(super) fn keep_first<T>(items: &mut Vec<T>, count: usize, order: impl FnMut(&T, &T) -> Ordering) {
    if count < items.len() {
        items.select_nth_unstable_by(count, order);
        items.truncate(count);
    }
}
