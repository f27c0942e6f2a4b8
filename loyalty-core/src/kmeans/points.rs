//! The rows of one fit, and the passes over them.

use super::filter::Filter;
use super::seeding::{self, Probe};
use super::sketch::{Column, Sketch, TILE, median};
use super::sums::Sums;
use crate::error::Result;
use crate::monitor::Monitor;
use crate::numeric::blocks::{self, Blocks};
use crate::numeric::dispatch::LANES;
use crate::numeric::frame::{Frame, exponent, times_power_of_two};
use crate::numeric::rng::Rng;
use fearless_simd::Level;
use ndarray::{ArrayView2, Axis, CowArray, Ix2};
use std::cmp::Ordering;
use std::ops::Range;

/// Bins of rows by their marks: enough that a draw looks at few rows, and few enough that their masses cost nothing.
const BINS: usize = 1024;

/// Rows whose marks say where the bins end.
const SAMPLED_ROWS: usize = 4096;

/// Rows whose middle is the pivot of the sketch.
const PIVOT_ROWS: usize = 255;

/// Rows in a chunk where clusters and columns are few.
const CHUNK_ROWS: usize = 8192;

/// Differences that one part of a chunk should take in a pass, about: the time between two questions to the monitor.
const PART_DIFFERENCES: usize = 1 << 26;

/// The mean of up to [`CHUNK_ROWS`] equal rows may be off by this share of them, squared: (2¹³·2⁻⁵³)².
const SQUARED_ROUNDING: f64 = f64::from_bits((1023 - 80) << 52);

/// Rows that are read together after they have changed their cluster.
const MOVED_TOGETHER: usize = 32;

/// The rows of weight above 0 in the coordinates of their frame. All methods take and give those coordinates, unless they
/// say otherwise.
pub(super) struct Points<'a> {
    rows: Rows<'a>,
    sketch: Sketch,
    /// The power of two by which the weights were multiplied.
    weight_exponent: i32,
    chunks: Vec<Chunk>,
    filter: Filter,
    /// The tiles of a chunk in parts that take little time, whatever the number of clusters.
    parts: Blocks,
    totals: Totals,
    level: Level,
    n_clusters: usize,
    n_threads: usize,
}

/// The rows as the caller gave them.
struct Rows<'a> {
    x: CowArray<'a, f64, Ix2>,
    frame: Frame,
}

/// The rows as a pass reads them.
#[derive(Clone, Copy)]
struct Reader<'a> {
    x: ArrayView2<'a, f64>,
    /// The values row by row, if they lie so.
    values: Option<&'a [f64]>,
    frame: &'a Frame,
}

/// Consecutive rows, and what the passes hold for them. All passes work on chunks, whose size depends on the data alone.
struct Chunk {
    range: Range<usize>,
    /// The sketch of the rows; the last tile is filled up.
    tiles: Vec<Column>,
    /// None where all are 1.
    weights: Vec<[f64; TILE]>,
    labels: Vec<[u32; TILE]>,
    sums: Sums,
    /// Whether the sums are those of other labels.
    stale: bool,
    /// Rows whose label the last pass changed.
    moved: usize,
    /// These rows and their labels before, as long as they are few.
    moves: Vec<(u32, u32)>,
    /// Room for some of them.
    copies: Vec<f64>,
    inertia: f64,
    /// While the first centroids are drawn: squared distances from the nearest centroid, 0 where the last tile is filled up.
    distances: Vec<Column>,
    /// For each row the bin of its mark, once rows are drawn.
    bins: Vec<u16>,
    /// For each bin the sum of weight times kept distance.
    masses: Vec<f64>,
    /// The inertia that each of the candidates for the next centroid would leave.
    trials: Vec<f64>,
    /// Room for a row.
    row: Vec<f64>,
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
    masses: Vec<f64>,
}

/// A row: its chunk and its place there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place {
    chunk: usize,
    row: usize,
}

impl Rows<'_> {
    fn columns(&self) -> usize {
        self.x.ncols()
    }

    fn reader(&self) -> Reader<'_> {
        Reader { x: self.x.view(), values: self.x.as_slice(), frame: &self.frame }
    }
}

impl Reader<'_> {
    /// Writes the values of a row.
    #[inline]
    fn copy(&self, row: usize, to: &mut [f64]) {
        match self.values {
            Some(values) => self.frame.enter_row(&values[row * to.len()..][..to.len()], to),
            None => self.frame.enter_row(self.x.row(row), to),
        }
    }
}

impl Chunk {
    fn new(
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

    fn weight(&self, row: usize) -> f64 {
        if self.weights.is_empty() { 1.0 } else { self.weights.as_flattened()[row] }
    }

    /// Labels, and which rows change theirs, in one pass over a part of the tiles; all parts follow each other from the first.
    fn assign(&mut self, rows: &Rows<'_>, filter: &Filter, centroids: &[f64], part: Range<usize>) {
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
    fn settle(&mut self, rows: &Rows<'_>) {
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
    fn accumulate(&mut self, rows: &Rows<'_>) {
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
    fn sum_inertia(&mut self, rows: &Rows<'_>, centroids: &[f64]) {
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
    fn farthest(&self, rows: &Rows<'_>, chunk: usize, count: usize, centroids: &[f64]) -> Vec<(f64, Place)> {
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
    fn sort_into_bins(&mut self, bin_ends: &[f32; BINS], columns: usize) {
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
    fn keep(&mut self, distance: f32) {
        self.distances.clear();
        self.distances.resize(self.labels.len(), [0.0; TILE]);
        self.distances.as_flattened_mut()[..self.range.len()].fill(distance);
    }

    /// Brings the kept distances up to date after one more centroid.
    fn approach(
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
    fn try_all(
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
    fn exclude(&mut self, rows: &Rows<'_>, centroid: &[f64], entered: &[f32]) {
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
    fn weigh(&mut self) {
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
    fn of_bin(&self, chunk: usize, bin: u16, columns: usize, rows: &mut Vec<(f32, f64, Place)>) {
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
fn squared_distance(row: &[f64], point: &[f64]) -> f64 {
    row.iter().zip(point).fold(0.0, |sum, (v, p)| sum + (v - p) * (v - p))
}

/// The nearest centroid of a row, of several the first.
fn nearest(row: &[f64], centroids: &[f64]) -> u32 {
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
fn farther(a: &(f64, Place), b: &(f64, Place)) -> Ordering {
    b.0.total_cmp(&a.0).then(a.1.cmp(&b.1))
}

impl<'a> Points<'a> {
    /// Takes the rows of `x` (in the caller's units) whose weight is above 0; `given` centroids widen the frame.
    pub(super) fn new(
        x: ArrayView2<'a, f64>,
        sample_weight: Option<&[f64]>,
        n_clusters: usize,
        given: Option<ArrayView2<'_, f64>>,
        n_threads: usize,
        monitor: &mut Monitor<'_>,
    ) -> Result<Self> {
        let mut x = CowArray::from(x);
        let mut scaled = sample_weight.map(scaled);
        if let Some((weights, _)) = &mut scaled
            && weights.contains(&0.0)
        {
            let kept: Vec<usize> = (0..weights.len()).filter(|&i| weights[i] > 0.0).collect();
            x = x.select(Axis(0), &kept).into();
            weights.retain(|&w| w > 0.0);
        }
        let (weights, weight_exponent) = scaled.map_or((None, 0), |(weights, e)| (Some(weights), e));
        let frame = Frame::of(x.view(), given, n_threads, monitor)?;
        let rows = Rows { x, frame };
        let (n, columns) = rows.x.dim();
        let sketch = Sketch::new(middle(&rows));
        let size = chunk_rows(n_clusters, columns);
        let parts = Blocks::new(size / TILE, part_rows(n_clusters, columns).div_ceil(TILE));
        let cut = Blocks::new(n, size);
        let chunks = blocks::map(cut.count(), n_threads, monitor, |index| {
            Chunk::new(&rows, &sketch, weights.as_deref(), cut.range(index), n_clusters)
        })?;
        let level = Level::new();
        let filter = Filter::new(level, columns);
        let totals = Totals {
            sums: vec![0.0; n_clusters * columns],
            weights: vec![0.0; n_clusters],
            inertia: 0.0,
            moved: false,
            masses: Vec::new(),
        };
        Ok(Self {
            rows,
            sketch,
            weight_exponent,
            chunks,
            filter,
            parts,
            totals,
            level,
            n_clusters,
            n_threads,
        })
    }

    pub(super) fn n_clusters(&self) -> usize {
        self.n_clusters
    }

    pub(super) fn columns(&self) -> usize {
        self.rows.columns()
    }

    pub(super) fn frame(&self) -> &Frame {
        &self.rows.frame
    }

    /// Centroids given row by row in the caller's units.
    pub(super) fn enter(&self, centroids: impl Iterator<Item = f64>) -> Vec<f64> {
        centroids.zip((0..self.columns()).cycle()).map(|(v, j)| self.frame().enter(j, v)).collect()
    }

    /// Centroids in the caller's units, rounded once.
    pub(super) fn leave(&self, centroids: &[f64]) -> Vec<f64> {
        centroids.iter().zip((0..self.columns()).cycle()).map(|(&v, j)| self.frame().leave(j, v)).collect()
    }

    /// The inertia of the last [`sum_inertia`](Self::sum_inertia).
    pub(super) fn inertia(&self) -> f64 {
        self.totals.inertia
    }

    /// An inertia in the caller's units.
    pub(super) fn inertia_outside(&self, inertia: f64) -> f64 {
        times_power_of_two(inertia, -2 * self.frame().exponent() - self.weight_exponent)
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
        self.chunks
            .iter()
            .flat_map(|chunk| &chunk.labels.as_flattened()[..chunk.range.len()])
            .copied()
            .collect()
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
        let Self { rows, sketch, chunks, filter, parts, n_threads, .. } = self;
        filter.aim(sketch, centroids);
        let last = parts.count() - 1;
        for part in 0..=last {
            blocks::for_each(chunks, *n_threads, monitor, |_, chunk| {
                let tiles = parts.range(part);
                let tiles = tiles.start.min(chunk.labels.len())..tiles.end.min(chunk.labels.len());
                chunk.assign(rows, filter, centroids, tiles);
                if part == last {
                    chunk.settle(rows);
                }
            })?;
        }
        self.total();
        Ok(())
    }

    /// Sums up with the labels as they stand.
    pub(super) fn accumulate(&mut self, monitor: &mut Monitor<'_>) -> Result<()> {
        self.each(monitor, |chunk, rows| chunk.accumulate(rows))?;
        self.total();
        Ok(())
    }

    /// The inertia of the labels as they stand.
    pub(super) fn sum_inertia(&mut self, centroids: &[f64], monitor: &mut Monitor<'_>) -> Result<()> {
        self.each(monitor, |chunk, rows| chunk.sum_inertia(rows, centroids))?;
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
        let Self { rows, chunks, n_threads, .. } = self;
        let of_chunks = blocks::map(chunks.len(), *n_threads, monitor, |index| {
            chunks[index].farthest(rows, index, count, centroids)
        })?;
        let mut found: Vec<(f64, Place)> = Vec::new();
        for of_chunk in of_chunks {
            found.extend(of_chunk);
            keep_first(&mut found, count, farther);
        }
        found.sort_unstable_by(farther);
        Ok(found.into_iter().map(|(_, place)| place).collect())
    }

    /// Sets all kept distances to 1, so that [`draw`](Self::draw) goes by weight alone.
    pub(super) fn forget_distances(&mut self, monitor: &mut Monitor<'_>) -> Result<()> {
        let columns = self.columns();
        let bin_ends = if self.totals.masses.is_empty() { Some(self.bin_ends()) } else { None };
        self.each(monitor, |chunk, _| {
            if let Some(bin_ends) = &bin_ends {
                chunk.sort_into_bins(bin_ends, columns);
            }
            chunk.keep(1.0);
            chunk.weigh();
        })?;
        self.total_masses();
        Ok(())
    }

    /// Keeps each row's squared distance from the first of the centroids, and from then on from the nearest.
    pub(super) fn approach(
        &mut self,
        centroid: &[f64],
        first: bool,
        monitor: &mut Monitor<'_>,
    ) -> Result<()> {
        let Self { rows, sketch, chunks, level, n_threads, .. } = self;
        let probe = Probe::new(centroid.len(), |_, j| sketch.enter(j, centroid[j]));
        blocks::for_each(chunks, *n_threads, monitor, |_, chunk| {
            if first {
                chunk.keep(f32::INFINITY);
            }
            chunk.approach(*level, rows, sketch, centroid, &probe);
        })?;
        self.total_masses();
        Ok(())
    }

    /// Keeps the distance 0 for the rows that are equal to the centroid.
    pub(super) fn exclude(&mut self, centroid: &[f64], monitor: &mut Monitor<'_>) -> Result<()> {
        let entered: Vec<f32> = centroid.iter().enumerate().map(|(j, &c)| self.sketch.enter(j, c)).collect();
        self.each(monitor, |chunk, rows| chunk.exclude(rows, centroid, &entered))?;
        self.total_masses();
        Ok(())
    }

    /// A row drawn with a probability proportional to weight times kept distance; none if all of that is 0.
    ///
    /// The probabilities are laid end to end in the order of the rows' [marks](mark), where copies of a row lie together:
    /// the answer depends neither on the order of the rows, nor on whether copies or a weight stand for them.
    pub(super) fn draw(&self, rng: &mut Rng) -> Option<Place> {
        let masses = &self.totals.masses;
        let (bin, rest) = pick(masses.iter().copied(), rng.uniform() * masses.iter().sum::<f64>())?;
        let mut rows: Vec<(f32, f64, Place)> = Vec::new();
        for (index, chunk) in self.chunks.iter().enumerate() {
            chunk.of_bin(index, bin as u16, self.columns(), &mut rows);
        }
        let values = |place: &Place| self.rows.x.row(self.chunks[place.chunk].range.start + place.row);
        let order = |(a, _, at): &(f32, f64, Place), (b, _, other): &(f32, f64, Place)| {
            let by_value = || values(at).iter().partial_cmp(values(other).iter()).unwrap_or(Ordering::Equal);
            a.total_cmp(b).then_with(by_value).then(at.cmp(other))
        };
        pick_in_order(&mut rows, rest, |&(_, mass, _)| mass, order).map(|&(.., place)| place)
    }

    /// Appends the values of a row.
    pub(super) fn copy_row(&self, place: Place, to: &mut Vec<f64>) {
        let from = to.len();
        to.resize(from + self.columns(), 0.0);
        self.rows.reader().copy(self.chunks[place.chunk].range.start + place.row, &mut to[from..]);
    }

    /// Which of the candidates for the next centroid leaves the least inertia; of several the first.
    pub(super) fn best_of(&mut self, candidates: &[f64], monitor: &mut Monitor<'_>) -> Result<usize> {
        let Self { rows, sketch, chunks, level, n_threads, .. } = self;
        let columns = rows.columns();
        let probe = |group: &[f64]| {
            let last = group.len() / columns - 1;
            Probe::new(columns, |i, j| sketch.enter(j, group[i.min(last) * columns + j]))
        };
        let probes: Vec<_> = candidates.chunks(seeding::GROUP * columns).map(probe).collect();
        blocks::for_each(chunks, *n_threads, monitor, |_, chunk| {
            chunk.try_all(*level, rows, sketch, candidates, &probes);
        })?;
        let inertia = |i: usize| chunks.iter().map(|chunk| chunk.trials[i]).sum::<f64>();
        let mut best = (0, f64::INFINITY);
        for i in 0..candidates.len() / columns {
            if inertia(i) < best.1 {
                best = (i, inertia(i));
            }
        }
        Ok(best.0)
    }

    fn each(&mut self, monitor: &mut Monitor<'_>, work: impl Fn(&mut Chunk, &Rows<'a>) + Sync) -> Result<()> {
        let Self { rows, chunks, n_threads, .. } = self;
        blocks::for_each(chunks, *n_threads, monitor, |_, chunk| work(chunk, rows))
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

    fn total_masses(&mut self) {
        let masses = &mut self.totals.masses;
        masses.clear();
        masses.resize(BINS, 0.0);
        for chunk in &self.chunks {
            masses.iter_mut().zip(&chunk.masses).for_each(|(sum, mass)| *sum += mass);
        }
    }

    /// The marks at which bins of about as many rows end, ascending; at last one beyond all.
    fn bin_ends(&self) -> [f32; BINS] {
        let columns = self.columns();
        let n = self.rows.x.nrows();
        let chunk_rows = self.chunks[0].range.len();
        let mark_of = |row: usize| {
            let (chunk, row) = (&self.chunks[row / chunk_rows], row % chunk_rows);
            mark(chunk.tiles[row / TILE * columns..][..columns].iter().map(|column| column[row % TILE]))
        };
        let mut marks: Vec<f32> = (0..n).step_by(n.div_ceil(SAMPLED_ROWS).max(1)).map(mark_of).collect();
        marks.sort_unstable_by(f32::total_cmp);
        std::array::from_fn(|bin| marks.get((bin + 1) * marks.len() / BINS).copied().unwrap_or(f32::INFINITY))
    }
}

/// The median of each column of some rows.
fn middle(rows: &Rows<'_>) -> Vec<f64> {
    let (n, columns) = rows.x.dim();
    let sampled = (0..n).step_by(n.div_ceil(PIVOT_ROWS).max(1));
    let column = |j: usize| sampled.clone().map(|row| rows.frame.enter(j, rows.x[(row, j)])).collect();
    (0..columns).map(|j| median(column(j))).collect()
}

/// What each column weighs in a mark. Multiples of the golden ratio: no two columns weigh the same, nor are they in a ratio
/// that would cancel whole numbers.
fn share(column: usize) -> f32 {
    const GOLDEN: f64 = 0.618_033_988_749_894_9;
    (0.5 + ((column + 1) as f64 * GOLDEN).fract()) as f32
}

/// A number by which rows are put in an order that has nothing to do with their place: the same for equal rows, and nearly
/// the same for nearly equal ones, so that the rounding of the data changes no draw.
fn mark(row: impl Iterator<Item = f32>) -> f32 {
    row.enumerate().fold(0.0, |sum, (j, value)| sum + value * share(j))
}

/// The marks of the rows of a tile.
fn marks(tile: &[Column]) -> Column {
    let mut marks = [0.0; TILE];
    for (j, column) in tile.iter().enumerate() {
        let share = share(j);
        marks.iter_mut().zip(column).for_each(|(mark, value)| *mark += value * share);
    }
    marks
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

/// The item at which the masses so far, all above 0, exceed this much of them when the items are put in order; the last if
/// they do not. Halves the items until one is left.
fn pick_in_order<T>(
    mut items: &mut [T],
    mut rest: f64,
    mass: impl Fn(&T) -> f64,
    order: impl Fn(&T, &T) -> Ordering,
) -> Option<&T> {
    while items.len() > 1 {
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
    items.first()
}

/// The weights times a power of two that brings the largest into [½, 1), and its exponent. A weight 10³⁰⁰ times smaller
/// than the largest becomes 0.
fn scaled(weights: &[f64]) -> (Vec<f64>, i32) {
    let e = -exponent(weights.iter().copied().fold(0.0, f64::max)).unwrap_or(0);
    (weights.iter().map(|&w| times_power_of_two(w, e)).collect(), e)
}

/// Rows in a chunk: enough that the sums of all chunks together take no more memory than the rows.
fn chunk_rows(n_clusters: usize, columns: usize) -> usize {
    let least = n_clusters.min(usize::MAX / 8) * 3;
    part_rows(n_clusters, columns).min(CHUNK_ROWS).max(least).max(TILE).next_multiple_of(TILE)
}

/// Rows that take [`PART_DIFFERENCES`].
fn part_rows(n_clusters: usize, columns: usize) -> usize {
    PART_DIFFERENCES / n_clusters.saturating_mul(columns).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::numeric::dispatch::levels;
    use ndarray::{Array2, array};

    fn points<'a>(x: &'a Array2<f64>, weights: Option<&[f64]>, n_clusters: usize) -> Points<'a> {
        Points::new(x.view(), weights, n_clusters, None, 2, &mut Monitor::silent()).unwrap()
    }

    fn at(points: &Points<'_>, place: Place) -> usize {
        (0..place.chunk).map(|c| points.chunks[c].range.len()).sum::<usize>() + place.row
    }

    /// Rows on a coarse grid, where many distances are equal and rows are copies, around an offset; every hundredth off
    /// the grid and some far out.
    fn hard_rows(n: usize, columns: usize) -> Array2<f64> {
        let mut rng = Rng::new(5);
        Array2::from_shape_fn((n, columns), |(i, j)| {
            let grid = 100.0 + rng.below(7) as f64;
            match i % 100 {
                0 => grid + rng.uniform(),
                1 if j == 0 => 1e7 * rng.uniform(),
                _ => grid,
            }
        })
    }

    /// Calls `test` with the points at each level of the CPU and several numbers of threads.
    fn at_all_levels(x: &Array2<f64>, n_clusters: usize, mut test: impl FnMut(Points<'_>)) {
        for level in levels() {
            for n_threads in [1, 2, 3] {
                let monitor = &mut Monitor::silent();
                let mut points = Points::new(x.view(), None, n_clusters, None, n_threads, monitor).unwrap();
                points.filter = Filter::new(level, x.ncols());
                points.level = level;
                test(points);
            }
        }
    }

    fn entered(points: &Points<'_>, x: &Array2<f64>, rows: &[usize]) -> Vec<f64> {
        points.enter(rows.iter().flat_map(|&row| x.row(row)).copied())
    }

    #[test]
    fn every_level_labels_and_sums_as_the_slow_twin() {
        for (columns, n_clusters) in [(1, 2), (2, 1), (3, 5), (4, 7), (9, 13)] {
            let x = hard_rows(20_003, columns);
            let mut sums: Option<Vec<f64>> = None;
            at_all_levels(&x, n_clusters, |mut points| {
                let first: Vec<usize> = (0..n_clusters).map(|c| 7 * c + c % 2).collect();
                let mut centroids = entered(&points, &x, &first);
                points.set_labels(u32::MAX);
                // The second step is short, so that few rows move.
                for step in [0.0, 1e-3] {
                    let unit = points.frame().enter(0, 1.0) - points.frame().enter(0, 0.0);
                    centroids.iter_mut().step_by(2).for_each(|c| *c += step * unit);
                    points.assign(&centroids, &mut Monitor::silent()).unwrap();
                    let twin = |row: usize| nearest(&entered(&points, &x, &[row]), &centroids);
                    assert!(points.labels() == (0..x.nrows()).map(twin).collect::<Vec<_>>());
                }
                let kept = points.sums().to_vec();
                assert_eq!(*sums.get_or_insert_with(|| kept.clone()), kept);
                points.accumulate(&mut Monitor::silent()).unwrap();
                for (kept, anew) in kept.iter().zip(points.sums()) {
                    assert!((kept - anew).abs() <= 1e-12 * anew.abs(), "{kept} {anew}");
                }
            });
        }
    }

    #[test]
    fn every_level_keeps_the_distances_of_the_slow_twin() {
        for columns in [1, 3, 10] {
            let x = hard_rows(9001, columns);
            let mut first: Option<(Vec<f32>, Vec<f64>)> = None;
            at_all_levels(&x, 8, |mut points| {
                let monitor = &mut Monitor::silent();
                points.forget_distances(monitor).unwrap();
                let centroids = entered(&points, &x, &[0, 1]);
                points.approach(&centroids[..columns], true, monitor).unwrap();
                points.approach(&centroids[columns..], false, monitor).unwrap();
                let candidates = entered(&points, &x, &[2, 101, 200, 300, 400]);
                let best = points.best_of(&candidates, monitor).unwrap();
                let kept: Vec<f32> = points
                    .chunks
                    .iter()
                    .flat_map(|c| &c.distances.as_flattened()[..c.range.len()])
                    .copied()
                    .collect();
                let trials: Vec<f64> =
                    (0..5).map(|i| points.chunks.iter().map(|chunk| chunk.trials[i]).sum()).collect();
                assert!(trials.iter().all(|&trial| trial >= trials[best]));

                let left = |row: usize, points_to: &[f64]| {
                    let row = entered(&points, &x, &[row]);
                    let to = points_to.chunks_exact(columns).map(|point| squared_distance(&row, point));
                    to.fold(f64::INFINITY, f64::min) * points.sketch.scale * points.sketch.scale
                };
                let close = |a: f64, b: f64| (a - b).abs() <= b / 1000.0;
                assert!((0..x.nrows()).all(|row| close(f64::from(kept[row]), left(row, &centroids))));
                for (candidate, &trial) in candidates.chunks_exact(columns).zip(&trials) {
                    let all = [&centroids, candidate].concat();
                    assert!(close(trial, (0..x.nrows()).map(|row| left(row, &all)).sum()));
                }
                assert_eq!(*first.get_or_insert_with(|| (kept.clone(), trials.clone())), (kept, trials));
            });
        }
    }

    #[test]
    fn picking_in_order_is_picking_of_the_sorted() {
        let mut rng = Rng::new(9);
        for n in 1..40 {
            let mut items: Vec<(u64, f64)> =
                (0..n).map(|_| (rng.bits(), 1.0 + rng.below(9) as f64)).collect();
            let total: f64 = items.iter().map(|item| item.1).sum();
            for share in [0.0, 0.3, 0.999, 1.0] {
                let rest = (share * total).floor();
                let picked = *pick_in_order(&mut items, rest, |item| item.1, |a, b| a.0.cmp(&b.0)).unwrap();
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
                rows >= n_clusters.min(usize::MAX / 8) && rows.is_multiple_of(TILE),
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
        let rows = |points: &mut Points<'_>, count, monitor: &mut Monitor<'_>| {
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
        points.forget_distances(&mut Monitor::silent()).unwrap();
        let enter = |points: &Points<'_>, values: &[f64]| points.enter(values.iter().copied());
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
        points.forget_distances(&mut Monitor::silent()).unwrap();
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
