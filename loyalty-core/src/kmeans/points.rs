//! The rows of one fit, and the passes over them.

use super::chunk::{Chunk, Place, Rows, farther, keep_first};
use super::draws::{BINS, mark, pick, pick_in_order};
use super::filter::Filter;
use super::seeding::{self, Probe};
use super::sketch::{Sketch, TILE, median};
use crate::error::Result;
use crate::monitor::Monitor;
use crate::numeric::blocks::{self, Blocks};
use crate::numeric::frame::{Frame, exponent, times_power_of_two};
use crate::numeric::rng::Rng;
use fearless_simd::Level;
use ndarray::{ArrayView2, Axis, CowArray};
use std::cmp::Ordering;

/// Rows whose marks say where the bins end.
const SAMPLED_ROWS: usize = 4096;

/// Rows whose middle is the pivot of the sketch.
const PIVOT_ROWS: usize = 255;

/// Rows in a chunk where clusters and columns are few.
const CHUNK_ROWS: usize = 8192;

/// Differences that one part of a chunk should take in a pass, about: the time between two questions to the monitor.
const PART_DIFFERENCES: usize = 1 << 26;

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
    pub(super) fn draw(&self, rng: &mut Rng, monitor: &mut Monitor<'_>) -> Result<Option<Place>> {
        let masses = &self.totals.masses;
        let Some((bin, rest)) = pick(masses.iter().copied(), rng.uniform() * masses.iter().sum::<f64>())
        else {
            return Ok(None);
        };
        let mut rows: Vec<(f32, f64, Place)> = Vec::new();
        for (index, chunk) in self.chunks.iter().enumerate() {
            monitor.poll()?;
            chunk.of_bin(index, bin as u16, self.columns(), &mut rows);
        }
        let values = |place: &Place| self.rows.x.row(self.chunks[place.chunk].range.start + place.row);
        let order = |(a, _, at): &(f32, f64, Place), (b, _, other): &(f32, f64, Place)| {
            let by_value = || values(at).iter().partial_cmp(values(other).iter()).unwrap_or(Ordering::Equal);
            a.total_cmp(b).then_with(by_value).then(at.cmp(other))
        };
        let picked = pick_in_order(&mut rows, rest, |&(_, mass, _)| mass, order, monitor)?;
        Ok(picked.map(|&(.., place)| place))
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
    use super::super::chunk::{nearest, squared_distance};
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
            counts[points.draw(&mut rng, &mut Monitor::silent()).unwrap().unwrap().row] += 1;
        }
        // Masses 0, 4, 4 and 8 of 16; five standard deviations.
        assert_eq!(counts[0], 0);
        assert!(counts[1].abs_diff(2000) < 194 && counts[2].abs_diff(2000) < 194, "{counts:?}");
    }
}
