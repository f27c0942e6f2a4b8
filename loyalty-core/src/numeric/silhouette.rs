//! Silhouettes: how much nearer each row is to its own cluster than to the next one.
//!
//! Each distance is taken once and counts for both of its rows. The rows lie in the order of their clusters, in tiles of
//! eight rows of one cluster; neighbouring tiles form groups. As in a tournament every group meets every other one: the pairs
//! of a round share no group, so threads may take them in any order, and each group's sums still grow in the order of the rounds.
//!
//! A cluster that lies within one group has met a row completely once that group has, and only the smallest mean distance
//! is kept of such ones. A cluster that is cut between groups needs a sum for each row, and fewer are cut than there are groups.

use super::blocks::{self, Blocks};
use super::dispatch::{LANES, Lanes};
use super::frame::Frame;
use crate::check;
use crate::error::{Error, Result};
use crate::monitor::Monitor;
use fearless_simd::prelude::*;
use fearless_simd::{Level, dispatch, f64x8};
use ndarray::ArrayView2;
use std::ops::Range;

/// Tiles in a group at the least: to meet another takes longer than to start a thread.
const GROUP_TILES: usize = 64;

/// Groups at the most, a power of two.
const MAX_GROUPS: usize = 64;

/// Rows whose distances are taken together: their squares and sums stay in registers, and the square roots, which take most
/// of the time, run beside the rest.
const TOGETHER: usize = 4;

/// Differences between two questions to the monitor, about.
const ASK_DIFFERENCES: usize = 1 << 21;

/// The silhouette of each row.
///
/// s = (b − a) / max(a, b), where a is the mean Euclidean distance to the other rows of the row's own cluster and b the mean
/// distance to the rows of that other cluster where it is least. A row alone in its cluster, and one with a = b = 0, has
/// s = 0. The time is proportional to n²·d; held in memory are the rows and for each of them one
/// number for every cluster, 64 at the most.
///
/// # Arguments
/// * `x`: n rows × d columns, finite.
/// * `labels`: the cluster of each row; any numbers.
/// * `n_threads`: `None` for all cores. The answer has the same bits at any number.
/// * `monitor`: hears `silhouette`, counted in rounds of the tournament of groups of rows, 64 at the most.
///
/// # Returns
/// n numbers in [−1, 1].
///
/// # Errors
/// [`Error::ShapeMismatch`] if `labels` has another length than `x`, [`Error::NonFinite`], [`Error::Degenerate`] naming `labels`
/// unless there are at least 2 and at most n − 1 clusters, [`Error::Cancelled`].
///
/// # Source
/// Rousseeuw (1987), Journal of Computational and Applied Mathematics 20: 53–65, equations 1 and 2.
///
/// ```
/// use loyalty_core::monitor::Monitor;
/// use loyalty_core::ndarray::array;
/// use loyalty_core::metrics::silhouette_samples;
///
/// let x = array![[0.0], [1.0], [5.0]];
/// let s = silhouette_samples(x.view(), &[0, 0, 1], None, &mut Monitor::silent())?;
/// assert_eq!(s, [0.8, 0.75, 0.0]);
/// # Ok::<(), loyalty_core::Error>(())
/// ```
pub fn silhouette_samples(
    x: ArrayView2<'_, f64>,
    labels: &[u32],
    n_threads: Option<usize>,
    monitor: &mut Monitor<'_>,
) -> Result<Vec<f64>> {
    check::matrix("x", x)?;
    check::same_rows("labels", labels.len(), x.nrows())?;
    samples(Level::new(), x, labels, check::n_threads(n_threads)?, monitor)
}

fn samples(
    level: Level,
    x: ArrayView2<'_, f64>,
    labels: &[u32],
    n_threads: usize,
    monitor: &mut Monitor<'_>,
) -> Result<Vec<f64>> {
    let order = Order::of(labels, monitor)?;
    let frame = Frame::of(x, None, n_threads, monitor)?;
    let (field, mut groups) = enter(level, x, &order, &frame, monitor)?;
    tournament(&field, &mut groups, n_threads, monitor)?;

    let mut answer = vec![0.0; x.nrows()];
    let of_tiles = groups.iter().flat_map(|group| group.silhouettes(&field));
    for (rows, tile) in order.tiles.iter().zip(of_tiles) {
        order.rows[rows.clone()].iter().zip(tile).for_each(|(&row, s)| answer[row] = s);
    }
    Ok(answer)
}

/// The mean of all [`silhouette_samples`], with their arguments and errors: the silhouette score of a clustering.
///
/// ```
/// use loyalty_core::monitor::Monitor;
/// use loyalty_core::ndarray::array;
/// use loyalty_core::metrics::silhouette;
///
/// let x = array![[0.0], [1.0], [5.0], [6.0]];
/// let score = silhouette(x.view(), &[0, 0, 1, 1], None, &mut Monitor::silent())?;
/// assert!((score - (9.0 / 11.0 + 7.0 / 9.0) / 2.0).abs() < 1e-15);
/// # Ok::<(), loyalty_core::Error>(())
/// ```
///
/// # Errors
/// As [`silhouette_samples`].
pub fn silhouette(
    x: ArrayView2<'_, f64>,
    labels: &[u32],
    n_threads: Option<usize>,
    monitor: &mut Monitor<'_>,
) -> Result<f64> {
    let each = silhouette_samples(x, labels, n_threads, monitor)?;
    Ok(each.iter().sum::<f64>() / each.len() as f64)
}

/// The rows, cluster by cluster.
struct Order {
    rows: Vec<usize>,
    /// The places in `rows` of each tile.
    tiles: Vec<Range<usize>>,
    /// The tiles of each cluster.
    clusters: Vec<Range<usize>>,
}

impl Order {
    fn of(labels: &[u32], monitor: &mut Monitor<'_>) -> Result<Self> {
        let mut rows = blocks::collect(labels.len(), monitor, |row| row)?;
        blocks::sort(&mut rows, monitor, |&a, &b| (labels[a], a).cmp(&(labels[b], b)))?;
        let (mut tiles, mut clusters) = (Vec::new(), Vec::new());
        let mut start = 0;
        for cluster in rows.chunk_by(|&a, &b| labels[a] == labels[b]) {
            let (end, first) = (start + cluster.len(), tiles.len());
            tiles.extend((start..end).step_by(LANES).map(|place| place..end.min(place + LANES)));
            clusters.push(first..tiles.len());
            start = end;
        }
        if clusters.len() < 2 || clusters.len() >= rows.len() {
            return Err(Error::Degenerate {
                name: "labels".into(),
                reason: format!(
                    "{} cluster(s) of {} rows have no silhouette; it needs at least 2 clusters and fewer than rows",
                    clusters.len(),
                    rows.len()
                )
                .into(),
            });
        }
        Ok(Self { rows, tiles, clusters })
    }
}

/// What all groups see.
struct Field {
    level: Level,
    columns: usize,
    /// The values of the tiles, `columns` lanes each, 0 where a lane has no row.
    values: Vec<Lanes>,
    /// 1 for each row of a tile, 0 where a lane has none.
    weights: Vec<Lanes>,
    /// The tiles of one cluster in one group, in their order.
    runs: Vec<Run>,
    clusters: Vec<Cluster>,
}

struct Run {
    tiles: Range<usize>,
    cluster: usize,
}

struct Cluster {
    size: f64,
    /// Where the sums of its distances are in a group; that of a cluster that is not cut is free again after each run.
    slot: usize,
    is_cut: bool,
}

/// Neighbouring tiles and the distances that their rows have met so far.
#[derive(Default)]
struct Group {
    tiles: Range<usize>,
    runs: Range<usize>,
    /// For each slot and tile, the sums of distances.
    sums: Vec<Lanes>,
    /// For each tile, the mean distances to the other rows of the cluster.
    within: Vec<Lanes>,
    /// For each tile, the least mean distances to other clusters.
    between: Vec<Lanes>,
}

/// The groups, each with nothing met yet.
fn enter(
    level: Level,
    x: ArrayView2<'_, f64>,
    order: &Order,
    frame: &Frame,
    monitor: &mut Monitor<'_>,
) -> Result<(Field, Vec<Group>)> {
    let n_tiles = order.tiles.len();
    // A power of two, so that the pairs of a round share out evenly among threads.
    let n_groups = 1 << (n_tiles / GROUP_TILES).clamp(1, MAX_GROUPS).ilog2();
    let cut = Blocks::new(n_tiles, n_tiles.div_ceil(n_groups));
    let group_of = |tile: usize| tile / cut.range(0).len();

    let mut n_slots = 0;
    let mut clusters = Vec::with_capacity(order.clusters.len());
    for tiles in &order.clusters {
        let is_cut = group_of(tiles.start) < group_of(tiles.end - 1);
        let size: usize = order.tiles[tiles.clone()].iter().map(Range::len).sum();
        clusters.push(Cluster { size: size as f64, slot: n_slots, is_cut });
        n_slots += usize::from(is_cut);
    }
    // The slot after all others is for those that are not cut.
    clusters.iter_mut().filter(|cluster| !cluster.is_cut).for_each(|cluster| cluster.slot = n_slots);

    let columns = x.ncols();
    let mut values = Vec::with_capacity(n_tiles * columns);
    let mut weights = Vec::with_capacity(n_tiles);
    let mut runs = Vec::new();
    let mut groups = Vec::with_capacity(cut.count() + 1);
    let mut cluster = 0;
    for tiles in (0..cut.count()).map(|index| cut.range(index)) {
        let first_run = runs.len();
        let mut start = tiles.start;
        while start < tiles.end {
            let end = order.clusters[cluster].end.min(tiles.end);
            runs.push(Run { tiles: start..end, cluster });
            cluster += usize::from(end == order.clusters[cluster].end);
            start = end;
        }
        for places in &order.tiles[tiles.clone()] {
            monitor.poll()?;
            let rows = &order.rows[places.clone()];
            weights.push(std::array::from_fn(|lane| if lane < rows.len() { 1.0 } else { 0.0 }));
            values.extend((0..columns).map(|j| -> Lanes {
                std::array::from_fn(|lane| rows.get(lane).map_or(0.0, |&row| frame.enter(j, x[(row, j)])))
            }));
        }
        let n_tiles = tiles.len();
        groups.push(Group {
            tiles,
            runs: first_run..runs.len(),
            sums: vec![[0.0; LANES]; (n_slots + 1) * n_tiles],
            within: vec![[0.0; LANES]; n_tiles],
            between: vec![[f64::INFINITY; LANES]; n_tiles],
        });
    }
    // All sit in pairs, if need be with an empty group.
    if groups.len() > 1 && groups.len() % 2 == 1 {
        groups.push(Group::default());
    }
    Ok((Field { level, columns, values, weights, runs, clusters }, groups))
}

/// Every group meets itself and every other one.
fn tournament(
    field: &Field,
    groups: &mut [Group],
    n_threads: usize,
    monitor: &mut Monitor<'_>,
) -> Result<()> {
    let rounds = Some(groups.len());
    monitor.report("silhouette", 0, rounds)?;
    blocks::for_each_long(groups, n_threads, monitor, |_, group, monitor| group.meet_itself(field, monitor))?;
    for round in 1..groups.len() {
        monitor.report("silhouette", round, rounds)?;
        let (near, far) = groups.split_at_mut(groups.len() / 2);
        let mut pairs: Vec<_> = near.iter_mut().zip(far.iter_mut().rev()).collect();
        blocks::for_each_long(&mut pairs, n_threads, monitor, |_, (a, b), monitor| {
            a.meet(b, field, monitor)
        })?;
        // The first keeps its seat, all others move up by one: after the last round everyone is where it was.
        groups[1..].rotate_right(1);
    }
    groups.iter_mut().for_each(|group| group.close_cut(field));
    monitor.report("silhouette", groups.len(), rounds)
}

impl Group {
    fn meet(&mut self, other: &mut Self, field: &Field, monitor: &mut Monitor<'_>) -> Result<()> {
        for run in &field.runs[other.runs.clone()] {
            for tile in run.tiles.clone() {
                field.ask(tile, self.tiles.len(), monitor)?;
                for own in &field.runs[self.runs.clone()] {
                    let sums = self.meet_tile(own.tiles.clone(), tile, run.cluster, field);
                    other.add(tile, run.cluster, own.cluster, &sums, field);
                }
            }
            self.close(self.runs.clone(), run.cluster, field);
        }
        Ok(())
    }

    /// As [`meet`](Self::meet), each pair of tiles once.
    fn meet_itself(&mut self, field: &Field, monitor: &mut Monitor<'_>) -> Result<()> {
        for r in self.runs.clone() {
            let run = &field.runs[r];
            for tile in run.tiles.clone() {
                field.ask(tile, self.tiles.len(), monitor)?;
                for earlier in &field.runs[self.runs.start..r] {
                    let sums = self.meet_tile(earlier.tiles.clone(), tile, run.cluster, field);
                    self.add(tile, run.cluster, earlier.cluster, &sums, field);
                }
                let sums = self.meet_tile(run.tiles.start..tile, tile, run.cluster, field);
                let place = self.place(field.clusters[run.cluster].slot, tile);
                add(&mut self.sums[place], &sums);
                // Here each distance comes twice, once from either row.
                self.meet_tile(tile..tile + 1, tile, run.cluster, field);
            }
            self.close(self.runs.start..r + 1, run.cluster, field);
        }
        Ok(())
    }

    /// Adds to the sums of own `tiles` the distances to the rows of `tile`, which is of `cluster`; their sums for each of those rows.
    fn meet_tile(&mut self, tiles: Range<usize>, tile: usize, cluster: usize, field: &Field) -> Lanes {
        let columns = field.columns;
        let start = self.place(field.clusters[cluster].slot, tiles.start);
        let own = Tiles {
            values: &field.values[tiles.start * columns..tiles.end * columns],
            weights: &field.weights[tiles.clone()],
        };
        let sums = &mut self.sums[start..start + tiles.len()];
        let rows = &field.values[tile * columns..(tile + 1) * columns];
        let weights = &field.weights[tile];
        dispatch!(field.level, simd => distances(simd, own, sums, rows, weights))
    }

    fn place(&self, slot: usize, tile: usize) -> usize {
        slot * self.tiles.len() + tile - self.tiles.start
    }

    /// Notes the sums of distances of `tile`, which is of cluster `own`, from all rows of `cluster` in a group.
    fn add(&mut self, tile: usize, own: usize, cluster: usize, sums: &Lanes, field: &Field) {
        let Cluster { slot, is_cut, .. } = field.clusters[cluster];
        if is_cut {
            let place = self.place(slot, tile);
            add(&mut self.sums[place], sums);
        } else {
            self.note(tile, own, cluster, sums, field);
        }
    }

    /// Makes means of the sums of distances from `cluster` and frees their slot, unless other groups have rows of that cluster.
    fn close(&mut self, runs: Range<usize>, cluster: usize, field: &Field) {
        let Cluster { slot, is_cut, .. } = field.clusters[cluster];
        if !is_cut {
            self.close_slot(runs, cluster, slot, field);
        }
    }

    fn close_cut(&mut self, field: &Field) {
        for (cluster, &Cluster { slot, is_cut, .. }) in field.clusters.iter().enumerate() {
            if is_cut {
                self.close_slot(self.runs.clone(), cluster, slot, field);
            }
        }
    }

    fn close_slot(&mut self, runs: Range<usize>, cluster: usize, slot: usize, field: &Field) {
        for run in &field.runs[runs] {
            for tile in run.tiles.clone() {
                let place = self.place(slot, tile);
                let sums = std::mem::take(&mut self.sums[place]);
                self.note(tile, run.cluster, cluster, &sums, field);
            }
        }
    }

    /// Notes the mean distances of the rows of `tile`, which is of cluster `own`, from the rows of `cluster`.
    fn note(&mut self, tile: usize, own: usize, cluster: usize, sums: &Lanes, field: &Field) {
        let size = field.clusters[cluster].size;
        let place = self.place(0, tile);
        if cluster == own {
            self.within[place] = sums.map(|sum| sum / (size - 1.0));
        } else {
            self.between[place].iter_mut().zip(sums).for_each(|(least, sum)| *least = least.min(sum / size));
        }
    }

    /// The silhouettes of all tiles, in their order.
    fn silhouettes(&self, field: &Field) -> impl Iterator<Item = Lanes> {
        let of_run = move |run: &Run| {
            let is_alone = field.clusters[run.cluster].size == 1.0;
            let first = self.place(0, run.tiles.start);
            (first..first + run.tiles.len()).map(move |tile| -> Lanes {
                std::array::from_fn(|lane| {
                    let (within, between) = (self.within[tile][lane], self.between[tile][lane]);
                    let larger = within.max(between);
                    if is_alone || larger == 0.0 { 0.0 } else { (between - within) / larger }
                })
            })
        };
        field.runs[self.runs.clone()].iter().flat_map(of_run)
    }
}

impl Field {
    /// Asks the monitor now and then, where each of the tiles of one group meets `opponents` of another.
    fn ask(&self, tile: usize, opponents: usize, monitor: &mut Monitor<'_>) -> Result<()> {
        let differences = LANES * LANES * self.columns * opponents;
        if tile.is_multiple_of((ASK_DIFFERENCES / differences).max(1)) { monitor.poll() } else { Ok(()) }
    }
}

fn add(to: &mut Lanes, lanes: &Lanes) {
    to.iter_mut().zip(lanes).for_each(|(to, v)| *to += v);
}

/// Tiles of one cluster.
struct Tiles<'a> {
    values: &'a [Lanes],
    weights: &'a [Lanes],
}

/// Adds to `sums` of each row of the tiles its distances from `rows`, one tile; and the sums of these for each of `rows`.
#[inline(always)]
fn distances<S: Simd>(
    simd: S,
    tiles: Tiles<'_>,
    sums: &mut [Lanes],
    rows: &[Lanes],
    row_weights: &Lanes,
) -> Lanes {
    let zero = f64x8::splat(simd, 0.0);
    let mut of_rows = [0.0; LANES];
    for first in (0..LANES).step_by(TOGETHER) {
        if row_weights[first] == 0.0 {
            break;
        }
        let mut totals = [zero; TOGETHER];
        let tiles = tiles.values.chunks_exact(rows.len()).zip(tiles.weights);
        for ((tile, weights), sum) in tiles.zip(&mut *sums) {
            let mut squares = [zero; TOGETHER];
            for (column, row) in tile.iter().zip(rows) {
                let column = f64x8::from_slice(simd, column);
                for (i, square) in squares.iter_mut().enumerate() {
                    let difference = column - row[first + i];
                    *square += difference * difference;
                }
            }
            let weights = f64x8::from_slice(simd, weights);
            let mut together = zero;
            for (i, total) in totals.iter_mut().enumerate() {
                let distance = squares[i].sqrt();
                *total += distance * weights;
                together += distance * row_weights[first + i];
            }
            (f64x8::from_slice(simd, sum) + together).store_slice(sum);
        }
        for (i, total) in totals.into_iter().enumerate() {
            let lanes: Lanes = total.into();
            of_rows[first + i] = lanes.iter().sum();
        }
    }
    of_rows
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::numeric::dispatch::levels;
    use crate::numeric::rng::Rng;
    use ndarray::{Array2, array};

    #[test]
    fn every_level_and_any_thread_count_gives_the_same_bits() {
        let mut rng = Rng::new(3);
        // Clusters of one row, of some, and of so many that groups cut them.
        let labels: Vec<u32> =
            (0..3000).map(|i| if i == 7 { 9 } else { rng.below(40).isqrt() as u32 }).collect();
        let x = Array2::from_shape_fn((labels.len(), 5), |(i, _)| f64::from(labels[i] % 3) + rng.uniform());
        let bits = |level, n_threads| -> Vec<u64> {
            let each = samples(level, x.view(), &labels, n_threads, &mut Monitor::silent()).unwrap();
            each.into_iter().map(f64::to_bits).collect()
        };
        let plain = bits(levels()[0], 1);
        for level in levels() {
            for n_threads in [1, 2, 3, 8] {
                assert!(bits(level, n_threads) == plain, "{level:?}, {n_threads} thread(s)");
            }
        }
    }

    #[test]
    fn figures_of_scikit_learn() {
        // scikit-learn 1.9.1, silhouette_samples.
        let x = array![[1.0, 2.0], [1.5, 1.8], [5.0, 8.0], [8.0, 8.0], [1.0, 0.6], [9.0, 11.0], [20.0, -3.0]];
        let expected = [
            0.8978733475485654,
            0.9014100247776594,
            0.4723579288002008,
            0.6743965557774252,
            0.8723168294969029,
            0.6693852861462576,
            0.0,
        ];
        let each =
            silhouette_samples(x.view(), &[4, 4, 9, 9, 4, 9, 1], None, &mut Monitor::silent()).unwrap();
        for (s, e) in each.iter().zip(expected) {
            assert!((s - e).abs() < 1e-15, "{s} {e}");
        }
    }
}
