//! Work over rows in fixed blocks: the same partial results, merged in the same order, at any thread count.
//!
//! Rows are cut into blocks whose size depends on the data alone. Each block has its own state, written by whichever
//! thread reaches it, and the states are merged afterwards in a fixed tree. So the thread count decides how long the work
//! takes and never what it answers. Threads live within one call: none is left behind when it returns.

use crate::error::Result;
use crate::monitor::Monitor;
use std::ops::Range;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread::Builder;

/// Rows `0..rows` in blocks of `size`; the last may be shorter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Blocks {
    rows: usize,
    size: usize,
}

impl Blocks {
    /// Cuts `rows` rows into blocks of `size` (taken as 1 if 0).
    pub(crate) fn new(rows: usize, size: usize) -> Self {
        Self { rows, size: size.max(1) }
    }

    /// How many blocks there are.
    pub(crate) fn count(&self) -> usize {
        self.rows.div_ceil(self.size)
    }

    /// The rows of block `index`; empty past the last block.
    pub(crate) fn range(&self, index: usize) -> Range<usize> {
        let start = index.saturating_mul(self.size).min(self.rows);
        start..start.saturating_add(self.size).min(self.rows)
    }
}

/// Calls `work(index, state)` once for every state, on up to `n_threads` threads.
///
/// The calling thread takes its part of the work and asks `monitor` between states whether to go on. With one thread, or
/// one state, no thread is started; where the machine has no thread to give, those at hand do all the work.
///
/// # Errors
/// [`Error::Cancelled`](crate::Error::Cancelled) if the monitor said so; the states are then part done and of no use.
pub(crate) fn for_each<S: Send>(
    states: &mut [S],
    n_threads: usize,
    monitor: &mut Monitor<'_>,
    work: impl Fn(usize, &mut S) + Sync,
) -> Result<()> {
    run(states, n_threads, |_| monitor.poll(), work)
}

/// [`for_each`], with each state a step of `stage` for the monitor.
///
/// # Errors
/// As [`for_each`].
pub(crate) fn for_each_in_steps<S: Send>(
    stage: &'static str,
    states: &mut [S],
    n_threads: usize,
    monitor: &mut Monitor<'_>,
    work: impl Fn(usize, &mut S) + Sync,
) -> Result<()> {
    let count = states.len();
    run(states, n_threads, |done| monitor.report(stage, done, Some(count)), work)
}

/// [`for_each`], with `go_on` asked in place of the monitor and told how many states have been taken.
fn run<S: Send>(
    states: &mut [S],
    n_threads: usize,
    mut go_on: impl FnMut(usize) -> Result<()>,
    work: impl Fn(usize, &mut S) + Sync,
) -> Result<()> {
    let helpers = n_threads.min(states.len()).saturating_sub(1);
    let queue = Mutex::new(states.iter_mut().enumerate());
    let next = || queue.lock().unwrap_or_else(PoisonError::into_inner).next();
    let stop = AtomicBool::new(false);

    let mut take_part = || {
        let mut taken = 0;
        loop {
            go_on(taken)?;
            let Some((index, state)) = next() else { return Ok(()) };
            work(index, state);
            taken = index + 1;
        }
    };
    if helpers == 0 {
        // A scope allocates even where it starts no thread.
        return take_part();
    }

    std::thread::scope(|scope| {
        for _ in 0..helpers {
            let help = || {
                while !stop.load(Ordering::Relaxed) {
                    let Some((index, state)) = next() else { break };
                    work(index, state);
                }
            };
            if Builder::new().spawn_scoped(scope, help).is_err() {
                break;
            }
        }
        take_part().inspect_err(|_| stop.store(true, Ordering::Relaxed))
    })
}

/// `work(index)` for each index below `count`, in order of index; threads and errors as in [`for_each`].
///
/// # Errors
/// As [`for_each`].
pub(crate) fn map<T: Send>(
    count: usize,
    n_threads: usize,
    monitor: &mut Monitor<'_>,
    work: impl Fn(usize) -> T + Sync,
) -> Result<Vec<T>> {
    map_by(count, n_threads, |_| monitor.poll(), work)
}

/// [`map`], with each index a step of `stage` for the monitor.
///
/// # Errors
/// As [`for_each`].
pub(crate) fn map_in_steps<T: Send>(
    stage: &'static str,
    count: usize,
    n_threads: usize,
    monitor: &mut Monitor<'_>,
    work: impl Fn(usize) -> T + Sync,
) -> Result<Vec<T>> {
    map_by(count, n_threads, |done| monitor.report(stage, done, Some(count)), work)
}

fn map_by<T: Send>(
    count: usize,
    n_threads: usize,
    go_on: impl FnMut(usize) -> Result<()>,
    work: impl Fn(usize) -> T + Sync,
) -> Result<Vec<T>> {
    let mut results: Vec<Option<T>> = (0..count).map(|_| None).collect();
    run(&mut results, n_threads, go_on, |index, slot| *slot = Some(work(index)))?;
    Ok(results.into_iter().flatten().collect())
}

/// Merges all states into the first, neighbours first, then neighbours of those: a tree fixed by their number.
pub(crate) fn merge<S>(states: &mut [S], mut merge: impl FnMut(&mut S, &S)) {
    let mut stride = 1;
    while stride < states.len() {
        for left in (0..states.len() - stride).step_by(2 * stride) {
            let (head, tail) = states.split_at_mut(left + stride);
            merge(&mut head[left], &tail[0]);
        }
        stride *= 2;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::monitor::Progress;
    use std::ops::ControlFlow;

    #[test]
    fn blocks_cover_every_row_once() {
        for (rows, size) in [(0, 4), (1, 4), (4, 4), (5, 4), (9, 1), (3, 0), (7, usize::MAX)] {
            let blocks = Blocks::new(rows, size);
            let covered: Vec<usize> = (0..blocks.count()).flat_map(|i| blocks.range(i)).collect();
            assert_eq!(covered, (0..rows).collect::<Vec<_>>(), "{rows} rows in blocks of {size}");
            assert!(blocks.range(blocks.count()).is_empty());
        }
    }

    #[test]
    fn any_thread_count_gives_the_same_result() {
        for n_threads in [1, 2, 3, 8, 1000] {
            let squares = map(17, n_threads, &mut Monitor::silent(), |i| i * i).unwrap();
            assert_eq!(squares, (0..17).map(|i| i * i).collect::<Vec<_>>());
        }
    }

    #[test]
    fn merging_is_a_fixed_tree() {
        let mut states: Vec<String> = "abcdefg".chars().map(String::from).collect();
        merge(&mut states, |left, right| *left = format!("({left}{right})"));
        assert_eq!(states[0], "(((ab)(cd))((ef)g))");
        merge(&mut [] as &mut [u8], |_, _| ());
    }

    #[test]
    fn a_listener_or_a_flag_stops_the_work() {
        let mut calls = 0;
        let mut listener = |_: Progress| {
            calls += 1;
            if calls > 3 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        };
        let mut monitor = Monitor::new(&mut listener);
        monitor.report("test", 0, None).unwrap();
        // One thread: a second might finish the work before the fourth call.
        let stopped = map(1000, 1, &mut monitor, |i| i);
        assert_eq!(stopped, Err(crate::Error::Cancelled));

        let flag = AtomicBool::new(true);
        let stopped = map(1000, 2, &mut Monitor::silent().cancelled_by(&flag), |i| i);
        assert_eq!(stopped, Err(crate::Error::Cancelled));
    }
}
