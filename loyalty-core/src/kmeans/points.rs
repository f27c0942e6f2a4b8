//! The rows of one fit in tiles, and the passes over them.

use super::filter::{Filter, PAIR};
use super::sums::Sums;
use crate::error::Result;
use crate::monitor::Monitor;
use crate::numeric::blocks::{self, Blocks};
use crate::numeric::frame::{Frame, exponent, times_power_of_two};
use crate::numeric::rng::Rng;
use crate::numeric::tiles::{LANES, Lanes, squared_distances, tiles};
use fearless_simd::Level;
use ndarray::{ArrayView2, Axis, CowArray};
use std::cmp::Ordering;
use std::ops::Range;

/// Bins of rows by their marks: enough that a draw looks at few rows, and few enough that their masses cost nothing.
const BINS: usize = 256;

/// Rows whose marks say where the bins end.
const SAMPLED_ROWS: usize = 4096;

/// Rows in a chunk where clusters and columns are few.
const CHUNK_ROWS: usize = 8192;

/// Differences that one part of a chunk should take in a pass, about: the time between two questions to the monitor.
const PART_DIFFERENCES: usize = 1 << 26;

/// The mean of up to [`CHUNK_ROWS`] equal rows may be off by this share of them, squared: (2¹³·2⁻⁵³)².
const SQUARED_ROUNDING: f64 = f64::from_bits((1023 - 80) << 52);

/// The rows of weight above 0 in the coordinates of their frame. All methods take and give those coordinates, unless they
/// say otherwise.
pub(super) struct Points {
    frame: Frame,
    /// The power of two by which the weights were multiplied.
    weight_exponent: i32,
    chunks: Vec<Chunk>,
    filter: Filter,
    /// The pairs of tiles of a chunk in parts that take little time, whatever the number of clusters.
    parts: Blocks,
    totals: Totals,
    n_clusters: usize,
    columns: usize,
    n_threads: usize,
}

/// Consecutive rows, and what the passes hold for them. All passes work on chunks, whose size depends on the data alone.
struct Chunk {
    rows: usize,
    tiles: Vec<Lanes>,
    /// 0 where the last tile is filled up.
    weights: Vec<Lanes>,
    /// The last pair is filled up.
    labels: Vec<[u32; PAIR]>,
    sums: Sums,
    /// Whether the sums are those of other labels.
    stale: bool,
    /// Rows whose label the last pass changed.
    moved: usize,
    inertia: f64,
    /// Squared distances from the nearest centroid, in the passes that keep them.
    distances: Vec<Lanes>,
    /// For each row the bin of its mark.
    bins: Vec<u8>,
    /// For each bin the sum of weight times kept distance.
    masses: Vec<f64>,
    /// The inertia that each of the candidates for the next centroid would leave.
    trials: Vec<f64>,
    /// Room for a pair of tiles.
    entered: Vec<[f32; PAIR]>,
}

/// What all chunks have together.
struct Totals {
    /// For each cluster the weighted sum of its rows.
    sums: Vec<f64>,
    /// For each cluster the weight of its rows.
    weights: Vec<f64>,
    inertia: f64,
    /// Whether any label changed.
    moved: bool,
}

/// A row: its chunk and its place there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place {
    chunk: usize,
    row: usize,
}

impl Chunk {
    fn new(
        x: ArrayView2<'_, f64>,
        weights: &[f64],
        frame: &Frame,
        bin_ends: &[f64],
        n_clusters: usize,
    ) -> Self {
        let mut lanes = vec![[0.0; LANES]; weights.len().div_ceil(LANES)];
        lanes.as_flattened_mut()[..weights.len()].copy_from_slice(weights);
        let tiles = tiles(x, frame);
        let marks = (0..weights.len()).map(|row| mark(row_of(&tiles, x.ncols(), row)));
        Self {
            bins: marks.map(|mark| bin_ends.partition_point(|&end| end <= mark) as u8).collect(),
            rows: weights.len(),
            tiles,
            weights: lanes,
            labels: vec![[0; PAIR]; weights.len().div_ceil(PAIR)],
            sums: Sums::new(n_clusters, x.ncols()),
            stale: true,
            moved: 0,
            inertia: 0.0,
            distances: Vec::new(),
            masses: vec![0.0; BINS],
            trials: Vec::new(),
            entered: vec![[0.0; PAIR]; x.ncols()],
        }
    }

    /// The values of a row.
    fn row(&self, row: usize) -> impl Iterator<Item = f64> + '_ {
        row_of(&self.tiles, self.tiles.len() / self.weights.len(), row)
    }

    /// Labels, and the sums of those rows that change theirs, in one pass over a part of the pairs; all parts follow each
    /// other from the first. Where many rows change, [`accumulate`](Self::accumulate) is less work.
    fn assign(&mut self, filter: &Filter, centroids: &[f64], columns: usize, part: Range<usize>) {
        if part.start == 0 {
            self.moved = 0;
        }
        let few = self.rows / 8;
        let Self { rows, tiles, weights, labels, sums, stale, moved, entered, .. } = self;
        let tiles =
            &tiles[(2 * part.start * columns).min(tiles.len())..(2 * part.end * columns).min(tiles.len())];
        let weights = &weights.as_flattened()[part.start * PAIR..];
        let rows = *rows - part.start * PAIR;
        filter.label(tiles, entered, &mut labels[part], &mut |place, labels, look| {
            for lane in (0..PAIR).filter(|lane| (look.moved | look.doubt) >> lane & 1 == 1) {
                let row = place * PAIR + lane;
                if row >= rows {
                    break;
                }
                let tile = &tiles[row / LANES * columns..][..columns];
                if look.doubt >> lane & 1 == 1 {
                    labels[lane] = nearest(tile, row % LANES, centroids);
                }
                let (before, label) = (look.before[lane], labels[lane]);
                if before != label {
                    *moved += 1;
                    *stale |= *moved > few;
                    if !*stale {
                        sums.remove(before, tile, row % LANES, weights[row]);
                        sums.add(label, tile, row % LANES, weights[row]);
                    }
                }
            }
        });
    }

    /// Brings the sums up to date after the labels.
    fn settle(&mut self, columns: usize) {
        if self.stale || (self.moved > 0 && !self.sums.are_sound()) {
            self.accumulate(columns);
        }
    }

    /// Sums and weights of the labels as they stand.
    fn accumulate(&mut self, columns: usize) {
        self.sums.clear();
        for (row, (&label, &weight)) in
            self.labels.as_flattened().iter().zip(self.weights.as_flattened()).take(self.rows).enumerate()
        {
            self.sums.add(label, &self.tiles[row / LANES * columns..][..columns], row % LANES, weight);
        }
        self.sums.are_sound();
        self.stale = false;
    }

    /// The inertia of the labels as they stand.
    fn sum_inertia(&mut self, centroids: &[f64], columns: usize) {
        let mut inertia = [0.0; LANES];
        let labels = self.labels.as_flattened().chunks(LANES);
        for ((tile, weights), labels) in self.tiles.chunks_exact(columns).zip(&self.weights).zip(labels) {
            for lane in 0..LANES {
                let centroid = &centroids[labels[lane] as usize * columns..][..columns];
                inertia[lane] += weights[lane] * squared_distance(tile, lane, centroid);
            }
        }
        self.inertia = inertia.iter().sum();
    }

    /// Keeps each row's squared distance from the centroid of its label, 0 where the two are equal but for rounding.
    fn measure(&mut self, centroids: &[f64], columns: usize) {
        self.distances.resize(self.weights.len(), [0.0; LANES]);
        let origin = vec![0.0; columns];
        let labels = self.labels.as_flattened().chunks(LANES);
        for ((tile, labels), distances) in
            self.tiles.chunks_exact(columns).zip(labels).zip(&mut self.distances)
        {
            for lane in 0..LANES {
                let centroid = &centroids[labels[lane] as usize * columns..][..columns];
                let distance = squared_distance(tile, lane, centroid);
                let rounding = SQUARED_ROUNDING * squared_distance(tile, lane, &origin);
                distances[lane] = if distance > rounding { distance } else { 0.0 };
            }
        }
    }

    /// Brings the kept distances up to date after one more centroid.
    fn approach(&mut self, centroid: &[f64], columns: usize) {
        for (tile, distances) in self.tiles.chunks_exact(columns).zip(&mut self.distances) {
            *distances = smaller(distances, &squared_distances(tile, centroid));
        }
        self.weigh();
    }

    /// For each candidate the inertia that would be left if it were the next centroid.
    fn try_all(&mut self, candidates: &[f64], columns: usize) {
        self.trials.clear();
        self.trials.extend(candidates.chunks_exact(columns).map(|candidate| {
            let mut inertia = [0.0; LANES];
            for ((tile, distances), weights) in
                self.tiles.chunks_exact(columns).zip(&self.distances).zip(&self.weights)
            {
                let left = smaller(distances, &squared_distances(tile, candidate));
                for lane in 0..LANES {
                    inertia[lane] += weights[lane] * left[lane];
                }
            }
            inertia.iter().sum::<f64>()
        }));
    }

    /// Keeps the distance 0 for the rows that are equal to the centroid.
    fn exclude(&mut self, centroid: &[f64], columns: usize) {
        for (tile, distances) in self.tiles.chunks_exact(columns).zip(&mut self.distances) {
            let apart = squared_distances(tile, centroid);
            *distances = std::array::from_fn(|lane| if apart[lane] == 0.0 { 0.0 } else { distances[lane] });
        }
        self.weigh();
    }

    /// Brings the masses up to date after a change of the kept distances.
    fn weigh(&mut self) {
        self.masses.fill(0.0);
        let products =
            self.weights.as_flattened().iter().zip(self.distances.as_flattened()).map(|(w, d)| w * d);
        for (&bin, mass) in self.bins.iter().zip(products) {
            self.masses[usize::from(bin)] += mass;
        }
    }
}

/// The squared distance of one row of a tile from a point, as [`squared_distances`] has it.
fn squared_distance(tile: &[Lanes], lane: usize, point: &[f64]) -> f64 {
    tile.iter().zip(point).fold(0.0, |sum, (column, p)| sum + (column[lane] - p) * (column[lane] - p))
}

/// The nearest centroid of one row of a tile, of several the first.
fn nearest(tile: &[Lanes], lane: usize, centroids: &[f64]) -> u32 {
    let mut best = (0, f64::INFINITY);
    for (label, centroid) in (0..).zip(centroids.chunks_exact(tile.len())) {
        let distance = squared_distance(tile, lane, centroid);
        if distance < best.1 {
            best = (label, distance);
        }
    }
    best.0
}

fn smaller(a: &Lanes, b: &Lanes) -> Lanes {
    std::array::from_fn(|lane| if b[lane] < a[lane] { b[lane] } else { a[lane] })
}

impl Points {
    /// Copies the rows of `x` (in the caller's units) whose weight is above 0; `given` centroids widen the frame.
    pub(super) fn new(
        x: ArrayView2<'_, f64>,
        sample_weight: Option<&[f64]>,
        n_clusters: usize,
        given: Option<ArrayView2<'_, f64>>,
        n_threads: usize,
        monitor: &mut Monitor<'_>,
    ) -> Result<Self> {
        let (weights, weight_exponent) = match sample_weight {
            Some(weights) => scaled(weights),
            None => (vec![1.0; x.nrows()], 0),
        };
        let kept: Vec<usize> = (0..weights.len()).filter(|&i| weights[i] > 0.0).collect();
        let (x, weights) = if kept.len() == weights.len() {
            (CowArray::from(x), weights)
        } else {
            (x.select(Axis(0), &kept).into(), kept.iter().map(|&i| weights[i]).collect())
        };
        let x = x.view();
        let columns = x.ncols();
        let frame = Frame::of(x, given, n_threads, monitor)?;
        let bin_ends = bin_ends(x, &frame);
        let rows = chunk_rows(n_clusters, columns);
        let parts = Blocks::new(rows / PAIR, part_rows(n_clusters, columns).div_ceil(PAIR));
        let cut = Blocks::new(x.nrows(), rows);
        let chunks = blocks::map(cut.count(), n_threads, monitor, |index| {
            let rows = cut.range(index);
            Chunk::new(
                x.slice_axis(Axis(0), rows.clone().into()),
                &weights[rows],
                &frame,
                &bin_ends,
                n_clusters,
            )
        })?;
        let filter = Filter::new(Level::new());
        let totals = Totals {
            sums: vec![0.0; n_clusters * columns],
            weights: vec![0.0; n_clusters],
            inertia: 0.0,
            moved: false,
        };
        Ok(Self { frame, weight_exponent, chunks, filter, parts, totals, n_clusters, columns, n_threads })
    }

    pub(super) fn n_clusters(&self) -> usize {
        self.n_clusters
    }

    pub(super) fn columns(&self) -> usize {
        self.columns
    }

    pub(super) fn frame(&self) -> &Frame {
        &self.frame
    }

    /// Centroids given row by row in the caller's units.
    pub(super) fn enter(&self, centroids: impl Iterator<Item = f64>) -> Vec<f64> {
        centroids.zip((0..self.columns).cycle()).map(|(v, j)| self.frame.enter(j, v)).collect()
    }

    /// Centroids in the caller's units, rounded once.
    pub(super) fn leave(&self, centroids: &[f64]) -> Vec<f64> {
        centroids.iter().zip((0..self.columns).cycle()).map(|(&v, j)| self.frame.leave(j, v)).collect()
    }

    /// The inertia of the last [`sum_inertia`](Self::sum_inertia).
    pub(super) fn inertia(&self) -> f64 {
        self.totals.inertia
    }

    /// An inertia in the caller's units.
    pub(super) fn inertia_outside(&self, inertia: f64) -> f64 {
        times_power_of_two(inertia, -2 * self.frame.exponent() - self.weight_exponent)
    }

    /// Whether the last [`assign`](Self::assign) changed any label.
    pub(super) fn moved(&self) -> bool {
        self.totals.moved
    }

    /// For each cluster the sum of its rows, row by row.
    pub(super) fn sums(&self) -> &[f64] {
        &self.totals.sums
    }

    /// For each cluster the weight of its rows.
    pub(super) fn weights(&self) -> &[f64] {
        &self.totals.weights
    }

    /// The same in the caller's units.
    pub(super) fn weights_outside(&self) -> Vec<f64> {
        self.weights().iter().map(|&w| times_power_of_two(w, -self.weight_exponent)).collect()
    }

    /// The label of each row.
    pub(super) fn labels(&self) -> Vec<u32> {
        self.chunks.iter().flat_map(|chunk| &chunk.labels.as_flattened()[..chunk.rows]).copied().collect()
    }

    pub(super) fn label(&self, place: Place) -> u32 {
        self.chunks[place.chunk].labels.as_flattened()[place.row]
    }

    pub(super) fn set_label(&mut self, place: Place, label: u32) {
        let chunk = &mut self.chunks[place.chunk];
        chunk.labels.as_flattened_mut()[place.row] = label;
        chunk.stale = true;
    }

    /// Gives all rows one label.
    pub(super) fn set_labels(&mut self, label: u32) {
        for chunk in &mut self.chunks {
            chunk.labels.as_flattened_mut().fill(label);
            chunk.stale = true;
        }
    }

    /// Gives each row the label of its nearest centroid, of several the first, and sums up.
    pub(super) fn assign(&mut self, centroids: &[f64], monitor: &mut Monitor<'_>) -> Result<()> {
        let Self { chunks, filter, parts, columns, n_threads, .. } = self;
        let (columns, last) = (*columns, parts.count() - 1);
        filter.aim(centroids, columns);
        for part in 0..=last {
            blocks::for_each(chunks, *n_threads, monitor, |_, chunk| {
                let pairs = parts.range(part);
                let pairs = pairs.start.min(chunk.labels.len())..pairs.end.min(chunk.labels.len());
                chunk.assign(filter, centroids, columns, pairs);
                if part == last {
                    chunk.settle(columns);
                }
            })?;
        }
        self.total();
        Ok(())
    }

    /// Sums up with the labels as they stand.
    pub(super) fn accumulate(&mut self, monitor: &mut Monitor<'_>) -> Result<()> {
        let columns = self.columns;
        self.each(monitor, |chunk| chunk.accumulate(columns))?;
        self.total();
        Ok(())
    }

    /// The inertia of the labels as they stand.
    pub(super) fn sum_inertia(&mut self, centroids: &[f64], monitor: &mut Monitor<'_>) -> Result<()> {
        let columns = self.columns;
        self.each(monitor, |chunk| chunk.sum_inertia(centroids, columns))?;
        self.totals.inertia = self.chunks.iter().map(|chunk| chunk.inertia).sum();
        Ok(())
    }

    /// The `count` rows farthest from the centroids of their labels, farthest first, of several the first; none of those that
    /// are equal to it but for rounding, as they would move to and fro for ever.
    pub(super) fn farthest(
        &mut self,
        count: usize,
        centroids: &[f64],
        monitor: &mut Monitor<'_>,
    ) -> Result<Vec<Place>> {
        let columns = self.columns;
        self.each(monitor, |chunk| chunk.measure(centroids, columns))?;
        let farther = |a: &(f64, Place), b: &(f64, Place)| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1));
        let mut rows: Vec<(f64, Place)> = Vec::new();
        for (index, chunk) in self.chunks.iter().enumerate() {
            let distances = &chunk.distances.as_flattened()[..chunk.rows];
            let off = distances.iter().enumerate().filter(|&(_, &distance)| distance > 0.0);
            rows.extend(off.map(|(row, &distance)| (distance, Place { chunk: index, row })));
            keep_first(&mut rows, count, farther);
        }
        rows.sort_unstable_by(farther);
        Ok(rows.into_iter().map(|(_, place)| place).collect())
    }

    /// Sets all kept distances to 1, so that [`draw`](Self::draw) goes by weight alone.
    pub(super) fn forget_distances(&mut self) {
        for chunk in &mut self.chunks {
            chunk.distances.clear();
            chunk.distances.resize(chunk.weights.len(), [1.0; LANES]);
            chunk.weigh();
        }
    }

    /// Keeps each row's squared distance from the first of the centroids, and from then on from the nearest.
    pub(super) fn approach(
        &mut self,
        centroid: &[f64],
        first: bool,
        monitor: &mut Monitor<'_>,
    ) -> Result<()> {
        let columns = self.columns;
        self.each(monitor, |chunk| {
            if first {
                chunk.distances.fill([f64::INFINITY; LANES]);
            }
            chunk.approach(centroid, columns);
        })
    }

    /// Keeps the distance 0 for the rows that are equal to the centroid.
    pub(super) fn exclude(&mut self, centroid: &[f64], monitor: &mut Monitor<'_>) -> Result<()> {
        let columns = self.columns;
        self.each(monitor, |chunk| chunk.exclude(centroid, columns))
    }

    /// A row drawn with a probability proportional to weight times kept distance; none if all of that is 0.
    ///
    /// The probabilities are laid end to end in the order of the rows' [marks](mark), where copies of a row lie together:
    /// the answer depends neither on the order of the rows, nor on whether copies or a weight stand for them.
    pub(super) fn draw(&self, rng: &mut Rng) -> Option<Place> {
        let mass_of_bin = |bin: usize| self.chunks.iter().map(|chunk| chunk.masses[bin]).sum();
        let masses: Vec<f64> = (0..BINS).map(mass_of_bin).collect();
        let (bin, rest) = pick(masses.iter().copied(), rng.uniform() * masses.iter().sum::<f64>())?;
        let mut rows: Vec<(f64, Place)> = Vec::new();
        for (index, chunk) in self.chunks.iter().enumerate() {
            let in_bin = (0..chunk.bins.len()).filter(|&row| usize::from(chunk.bins[row]) == bin);
            rows.extend(in_bin.map(|row| (mark(chunk.row(row)), Place { chunk: index, row })));
        }
        let values = |place: &Place| self.chunks[place.chunk].row(place.row);
        rows.sort_unstable_by(|(a, at), (b, other)| {
            let by_value = || values(at).partial_cmp(values(other)).unwrap_or(Ordering::Equal);
            a.total_cmp(b).then_with(by_value).then(at.cmp(other))
        });
        let mass = |&(_, Place { chunk, row }): &(f64, Place)| {
            let Chunk { weights, distances, .. } = &self.chunks[chunk];
            weights.as_flattened()[row] * distances.as_flattened()[row]
        };
        let (drawn, _) = pick(rows.iter().map(mass), rest)?;
        Some(rows[drawn].1)
    }

    /// Appends the values of a row.
    pub(super) fn copy_row(&self, place: Place, to: &mut Vec<f64>) {
        to.extend(self.chunks[place.chunk].row(place.row));
    }

    /// Which of the candidates for the next centroid leaves the least inertia; of several the first.
    pub(super) fn best_of(&mut self, candidates: &[f64], monitor: &mut Monitor<'_>) -> Result<usize> {
        let columns = self.columns;
        self.each(monitor, |chunk| chunk.try_all(candidates, columns))?;
        let inertia = |i: usize| self.chunks.iter().map(|chunk| chunk.trials[i]).sum::<f64>();
        let mut best = (0, f64::INFINITY);
        for i in 0..candidates.len() / columns {
            if inertia(i) < best.1 {
                best = (i, inertia(i));
            }
        }
        Ok(best.0)
    }

    fn each(&mut self, monitor: &mut Monitor<'_>, work: impl Fn(&mut Chunk) + Sync) -> Result<()> {
        blocks::for_each(&mut self.chunks, self.n_threads, monitor, |_, chunk| work(chunk))
    }

    /// Adds up the sums of all chunks in their order.
    fn total(&mut self) {
        let Totals { sums, weights, moved, .. } = &mut self.totals;
        sums.fill(0.0);
        weights.fill(0.0);
        *moved = false;
        for chunk in &self.chunks {
            chunk.sums.add_to(sums, weights);
            *moved |= chunk.moved > 0;
        }
    }
}

/// The values of a row in tiles.
fn row_of(tiles: &[Lanes], columns: usize, row: usize) -> impl Iterator<Item = f64> + '_ {
    tiles[row / LANES * columns..][..columns].iter().map(move |column| column[row % LANES])
}

/// A number by which rows are put in an order that has nothing to do with their place: the same for equal rows, and nearly
/// the same for nearly equal ones, so that the rounding of the data changes no draw.
fn mark(row: impl Iterator<Item = f64>) -> f64 {
    // Multiples of the golden ratio: no two columns weigh the same, nor are they in a ratio that would cancel whole numbers.
    const GOLDEN: f64 = 0.618_033_988_749_894_9;
    row.enumerate().map(|(j, value)| value * (0.5 + ((j + 1) as f64 * GOLDEN).fract())).sum()
}

/// The marks at which bins of about as many rows end, ascending.
fn bin_ends(x: ArrayView2<'_, f64>, frame: &Frame) -> Vec<f64> {
    let step = x.nrows().div_ceil(SAMPLED_ROWS).max(1);
    let entered = |row: usize| x.row(row).into_iter().enumerate().map(|(j, &v)| frame.enter(j, v));
    let mut marks: Vec<f64> = (0..x.nrows()).step_by(step).map(|row| mark(entered(row))).collect();
    marks.sort_unstable_by(f64::total_cmp);
    (1..BINS).map(|bin| marks[bin * marks.len() / BINS]).collect()
}

/// Leaves the `count` first of this order, in any.
fn keep_first<T>(items: &mut Vec<T>, count: usize, order: impl FnMut(&T, &T) -> Ordering) {
    if count < items.len() {
        items.select_nth_unstable_by(count, order);
        items.truncate(count);
    }
}

/// The first index at which the masses so far exceed this much of them, and what of it falls on its own; none if all masses
/// are 0.
fn pick(masses: impl Iterator<Item = f64>, mut rest: f64) -> Option<(usize, f64)> {
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

/// The weights times a power of two that brings the largest into [½, 1), and its exponent. A weight 10³⁰⁰ times smaller
/// than the largest becomes 0.
fn scaled(weights: &[f64]) -> (Vec<f64>, i32) {
    let e = -exponent(weights.iter().copied().fold(0.0, f64::max)).unwrap_or(0);
    (weights.iter().map(|&w| times_power_of_two(w, e)).collect(), e)
}

/// Rows in a chunk: enough that the sums of all chunks together take no more memory than twice the rows.
fn chunk_rows(n_clusters: usize, columns: usize) -> usize {
    part_rows(n_clusters, columns)
        .min(CHUNK_ROWS)
        .max(2 * n_clusters.min(usize::MAX / 4))
        .max(PAIR)
        .next_multiple_of(PAIR)
}

/// Rows that take [`PART_DIFFERENCES`].
fn part_rows(n_clusters: usize, columns: usize) -> usize {
    PART_DIFFERENCES / n_clusters.saturating_mul(columns).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::{Array2, array};

    fn points(x: &Array2<f64>, weights: Option<&[f64]>, n_clusters: usize) -> Points {
        Points::new(x.view(), weights, n_clusters, None, 2, &mut Monitor::silent()).unwrap()
    }

    fn at(points: &Points, place: Place) -> usize {
        (0..place.chunk).map(|c| points.chunks[c].rows).sum::<usize>() + place.row
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

    #[test]
    fn weights_are_scaled_by_a_power_of_two() {
        assert_eq!(scaled(&[3.0, 1.0, 0.0]), (vec![0.75, 0.25, 0.0], -2));
        assert_eq!(scaled(&[5e-324]), (vec![0.5], 1073));
        assert_eq!(scaled(&[1e300, 1e-300]).0[1], 0.0);
    }

    #[test]
    fn sums_of_all_chunks_take_little_memory() {
        for (n_clusters, columns) in [(1, 1), (5, 3), (50, 16), (1000, 1000), (100_000, 2), (usize::MAX, 7)] {
            let rows = chunk_rows(n_clusters, columns);
            assert!(
                rows >= n_clusters.min(usize::MAX / 4) && rows.is_multiple_of(PAIR),
                "{rows} for {n_clusters} × {columns}"
            );
        }
        assert_eq!(chunk_rows(8, 8), CHUNK_ROWS);
    }

    #[test]
    fn the_farthest_come_first_and_ties_by_row() {
        let x = Array2::from_shape_fn((20_000, 1), |(i, _)| match i {
            7 | 19_999 => 5.0,
            12_000 => -6.0,
            _ => 1.0,
        });
        let mut points = points(&x, None, 1);
        let monitor = &mut Monitor::silent();
        let centroid = points.enter(std::iter::once(1.0));
        points.set_labels(0);
        let rows = |points: &mut Points, count, monitor: &mut Monitor<'_>| {
            let places = points.farthest(count, &centroid, monitor).unwrap();
            places.into_iter().map(|place| at(points, place)).collect::<Vec<_>>()
        };
        assert_eq!(rows(&mut points, 1, monitor), [12_000]);
        assert_eq!(rows(&mut points, 2, monitor), [12_000, 7]);
        // All others are on the centroid.
        assert_eq!(rows(&mut points, 9, monitor), [12_000, 7, 19_999]);
    }

    #[test]
    fn the_best_candidate_leaves_the_least_inertia() {
        let x = array![[0.0], [1.0], [10.0], [11.0], [30.0]];
        let mut points = points(&x, Some(&[1.0, 1.0, 1.0, 1.0, 0.1]), 3);
        let monitor = &mut Monitor::silent();
        points.forget_distances();
        let enter = |points: &Points, values: &[f64]| points.enter(values.iter().copied());
        points.approach(&enter(&points, &[0.0]), true, monitor).unwrap();
        // 1, 10 and 30 leave 0+0+81+100+.1·841, 0+1+0+1+.1·400 and 0+1+100+121+0.
        assert_eq!(points.best_of(&enter(&points, &[1.0, 10.0, 30.0]), monitor).unwrap(), 1);
        points.approach(&enter(&points, &[10.0]), false, monitor).unwrap();
        assert_eq!(points.best_of(&enter(&points, &[1.0, 11.0, 30.0]), monitor).unwrap(), 2);
    }

    #[test]
    fn draws_go_by_weight_times_squared_distance() {
        let x = array![[0.0], [1.0], [2.0], [2.0]];
        let mut points = points(&x, Some(&[5.0, 4.0, 1.0, 2.0]), 2);
        points.forget_distances();
        points.approach(&points.enter(std::iter::once(0.0)), true, &mut Monitor::silent()).unwrap();
        let mut rng = Rng::new(3);
        let mut counts = [0_usize; 4];
        for _ in 0..8000 {
            counts[points.draw(&mut rng).unwrap().row] += 1;
        }
        // Masses 0, 4, 4 and 8 of 16; five standard deviations.
        assert_eq!(counts[0], 0);
        assert!(counts[1].abs_diff(2000) < 194 && counts[2].abs_diff(2000) < 194, "{counts:?}");
    }
}
