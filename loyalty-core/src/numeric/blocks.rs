//! Work over rows in fixed blocks: the same partial results, merged in the same order, at any thread count.
//!
//! Rows are cut into blocks whose size depends on the data alone. Each block has its own state, written by whichever
//! thread reaches it, and the states are merged afterwards in a fixed tree. So the thread count decides how long the work
//! takes and never what it answers. Threads live within one call: none is left behind when it returns.

use crate::error::Result;
use crate::monitor::Monitor;
use std::cmp::Ordering;
use std::ops::Range;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering as Atomic};
use std::sync::{Mutex, PoisonError};
use std::thread::{self, Builder, Thread};
use std::time::Duration;

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

/// Rows of a pass between two looks at the monitor: a few milliseconds even where each row misses the cache.
pub(crate) const STEP: usize = 1 << 15;

/// The rows of a pass in steps, between which the monitor is to be asked.
pub(crate) fn steps(rows: usize) -> impl Iterator<Item = Range<usize>> {
    let blocks = Blocks::new(rows, STEP);
    (0..blocks.count()).map(move |step| blocks.range(step))
}

/// `value(i)` for each i below `count`, in steps.
///
/// # Errors
/// [`Error::Cancelled`](crate::Error::Cancelled) if the monitor said so.
pub(crate) fn collect<T>(
    count: usize,
    monitor: &mut Monitor<'_>,
    mut value: impl FnMut(usize) -> T,
) -> Result<Vec<T>> {
    let mut values = Vec::with_capacity(count);
    for step in steps(count) {
        monitor.poll()?;
        values.extend(step.map(&mut value));
    }
    Ok(values)
}

/// Sorts like `sort_unstable_by`, in steps: sorts runs of one step and merges neighbours.
///
/// # Errors
/// [`Error::Cancelled`](crate::Error::Cancelled) if the monitor said so; the items are then of no use.
pub(crate) fn sort<T: Copy>(
    items: &mut [T],
    monitor: &mut Monitor<'_>,
    compare: impl Fn(&T, &T) -> Ordering,
) -> Result<()> {
    for run in items.chunks_mut(STEP) {
        monitor.poll()?;
        run.sort_unstable_by(&compare);
    }
    if items.len() <= STEP {
        return Ok(());
    }
    let mut spare = collect(items.len(), monitor, |i| items[i])?;
    let (mut from, mut to) = (&mut *items, &mut spare[..]);
    let (mut run, mut in_spare) = (STEP, false);
    while run < from.len() {
        for (from, to) in from.chunks(2 * run).zip(to.chunks_mut(2 * run)) {
            let (mut left, mut right) = from.split_at(run.min(from.len()));
            for to in to.chunks_mut(STEP) {
                monitor.poll()?;
                for slot in to {
                    let side = match (left, right) {
                        ([a, ..], [b, ..]) if compare(b, a).is_lt() => &mut right,
                        ([], _) => &mut right,
                        _ => &mut left,
                    };
                    if let Some((first, rest)) = side.split_first() {
                        (*slot, *side) = (*first, rest);
                    }
                }
            }
        }
        std::mem::swap(&mut from, &mut to);
        (run, in_spare) = (2 * run, !in_spare);
    }
    if in_spare {
        for step in steps(items.len()) {
            monitor.poll()?;
            items[step.clone()].copy_from_slice(&spare[step]);
        }
    }
    Ok(())
}

/// Calls `work(index, state)` once for every state, on up to `n_threads` threads.
///
/// The calling thread takes its part of the work and asks `monitor` between states, and while it waits for the others,
/// whether to go on. With one thread, or one state, no thread is started; where the machine has no thread to give, those
/// at hand do all the work.
///
/// # Errors
/// [`Error::Cancelled`](crate::Error::Cancelled) if the monitor said so; the states are then part done and of no use.
pub(crate) fn for_each<S: Send>(
    states: &mut [S],
    n_threads: usize,
    monitor: &mut Monitor<'_>,
    work: impl Fn(usize, &mut S) + Sync,
) -> Result<()> {
    run(None, states, n_threads, monitor, unasked(work))
}

/// [`for_each`] with long work, which is to ask the monitor it is given and to fail only if that says to stop.
///
/// # Errors
/// As [`for_each`].
pub(crate) fn for_each_long<S: Send>(
    states: &mut [S],
    n_threads: usize,
    monitor: &mut Monitor<'_>,
    work: impl Fn(usize, &mut S, &mut Monitor<'_>) -> Result<()> + Sync,
) -> Result<()> {
    run(None, states, n_threads, monitor, work)
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
    run(Some(stage), states, n_threads, monitor, unasked(work))
}

/// Work on a state that is too short to ask the monitor.
fn unasked<S>(
    work: impl Fn(usize, &mut S) + Sync,
) -> impl Fn(usize, &mut S, &mut Monitor<'_>) -> Result<()> + Sync {
    move |index, state, _| {
        work(index, state);
        Ok(())
    }
}

/// [`for_each`] with work that asks a monitor of its thread, and fails only if that says to stop.
fn run<S: Send>(
    stage: Option<&'static str>,
    states: &mut [S],
    n_threads: usize,
    monitor: &mut Monitor<'_>,
    work: impl Fn(usize, &mut S, &mut Monitor<'_>) -> Result<()> + Sync,
) -> Result<()> {
    /// How long the calling thread waits for the others before it asks the monitor again.
    const WAIT: Duration = Duration::from_millis(5);

    let count = states.len();
    let helpers = n_threads.min(count).saturating_sub(1);
    let queue = Mutex::new(states.iter_mut().enumerate());
    let next = || queue.lock().unwrap_or_else(PoisonError::into_inner).next();

    let take_part = |monitor: &mut Monitor<'_>| {
        let mut taken = 0;
        loop {
            match stage {
                Some(stage) => monitor.report(stage, taken, Some(count))?,
                None => monitor.poll()?,
            }
            let Some((index, state)) = next() else { return Ok(()) };
            work(index, state, monitor)?;
            taken = index + 1;
        }
    };
    if helpers == 0 {
        // A scope allocates even where it starts no thread.
        return take_part(monitor);
    }

    let stop = AtomicBool::new(false);
    let crew = Crew { caller: thread::current(), at_work: AtomicUsize::new(0) };
    thread::scope(|scope| {
        let mut started = Vec::with_capacity(helpers);
        for _ in 0..helpers {
            let place = crew.join();
            let help = || {
                let _place = place;
                let mut monitor = Monitor::silent().cancelled_by(&stop);
                while monitor.poll().is_ok()
                    && let Some((index, state)) = next()
                    && work(index, state, &mut monitor).is_ok()
                {}
            };
            match Builder::new().spawn_scoped(scope, help) {
                Ok(helper) => started.push(helper),
                Err(_) => break,
            }
        }
        let mut work_and_wait = || {
            take_part(monitor)?;
            while crew.at_work.load(Atomic::Acquire) > 0 {
                thread::park_timeout(WAIT);
                monitor.poll()?;
            }
            Ok(())
        };
        let outcome = work_and_wait().inspect_err(|_| stop.store(true, Atomic::Relaxed));
        // The scope waits for the work alone; a thread that has been joined is gone for the operating system, too.
        for helper in started {
            helper.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        }
        outcome
    })
}

/// The threads that help a calling thread.
struct Crew {
    caller: Thread,
    at_work: AtomicUsize,
}

impl Crew {
    fn join(&self) -> Place<'_> {
        self.at_work.fetch_add(1, Atomic::Relaxed);
        Place(self)
    }
}

/// A thread's place in a crew, given up however the thread ends.
struct Place<'a>(&'a Crew);

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.0.at_work.fetch_sub(1, Atomic::Release);
        self.0.caller.unpark();
    }
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
    map_long(count, n_threads, monitor, |index, _| Ok(work(index)))
}

/// [`map`] with long work, which is to ask the monitor it is given and to fail only if that says to stop.
///
/// # Errors
/// As [`for_each`].
pub(crate) fn map_long<T: Send>(
    count: usize,
    n_threads: usize,
    monitor: &mut Monitor<'_>,
    work: impl Fn(usize, &mut Monitor<'_>) -> Result<T> + Sync,
) -> Result<Vec<T>> {
    let mut results: Vec<Option<T>> = (0..count).map(|_| None).collect();
    run(None, &mut results, n_threads, monitor, |index, slot, monitor| {
        *slot = Some(work(index, monitor)?);
        Ok(())
    })?;
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
    use std::sync::Barrier;

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
    fn steps_sort_as_a_plain_sort() {
        for count in [0, 1, STEP, STEP + 1, 2 * STEP, 5 * STEP - 7] {
            let mut items: Vec<u64> =
                (0..count as u64).map(|i| i.wrapping_mul(0x9e37_79b9) % 50_000).collect();
            let mut sorted = items.clone();
            sorted.sort_unstable();
            sort(&mut items, &mut Monitor::silent(), u64::cmp).unwrap();
            assert!(items == sorted, "{count} items");
        }
        let mut items = vec![1; 3 * STEP];
        let flag = AtomicBool::new(true);
        let stopped = sort(&mut items, &mut Monitor::silent().cancelled_by(&flag), i32::cmp);
        assert_eq!(stopped, Err(crate::Error::Cancelled));
    }

    #[test]
    fn the_monitor_is_asked_within_long_work_and_while_others_end_theirs() {
        let caller = thread::current().id();
        for (stop_at, n_threads) in [(1, 1), (2, 1), (2, 2), (5, 2)] {
            let mut calls = 0;
            let mut listener = |_: Progress| {
                calls += 1;
                if calls > stop_at { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
            };
            let mut monitor = Monitor::new(&mut listener);
            monitor.report("test", 0, None).unwrap();
            // The calling thread ends its own work at once if there is another, which works until told to stop. It must have
            // begun by then, or the other would wait for it.
            let all = Barrier::new(n_threads);
            let stopped = map_long(2, n_threads, &mut monitor, |_, monitor| {
                all.wait();
                while n_threads == 1 || thread::current().id() != caller {
                    monitor.poll()?;
                }
                Ok(())
            });
            assert_eq!(stopped, Err(crate::Error::Cancelled));
        }
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
