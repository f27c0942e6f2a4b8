//! Numbers in the order of their ids.

use crate::error::Result;
use crate::monitor::Monitor;
use crate::numeric::blocks;
use std::cmp::Ordering;
use std::mem;

/// Bits of the keys by which entries are first dealt out.
const BITS: u32 = 11;

/// The numbers of `entries`, each a key and a number, in the order of the keys; where keys are equal, that of `compare`.
///
/// The entries are counted out to buckets by the leading bits in which their keys differ; then each bucket, which fits
/// into a cache where the keys are spread evenly, is sorted on its own.
pub(super) fn numbers(
    entries: Vec<(u64, u32)>,
    n_threads: usize,
    monitor: &mut Monitor<'_>,
    compare: impl Fn(u32, u32) -> Ordering + Sync,
) -> Result<Vec<u32>> {
    let (mut low, mut high) = (u64::MAX, 0);
    for step in blocks::steps(entries.len()) {
        monitor.poll()?;
        (low, high) =
            entries[step].iter().fold((low, high), |(low, high), &(key, _)| (low.min(key), high.max(key)));
    }
    let shift = (u64::BITS - high.saturating_sub(low).leading_zeros()).saturating_sub(BITS);
    let bucket = |key: u64| ((key - low) >> shift) as usize;

    // ends[i] counts bucket i, then tells where it starts, and at last where it ends.
    let mut ends = vec![0; 1 << BITS];
    for step in blocks::steps(entries.len()) {
        monitor.poll()?;
        entries[step].iter().for_each(|&(key, _)| ends[bucket(key)] += 1);
    }
    ends.iter_mut().fold(0, |start, end| start + mem::replace(end, start));
    let mut sorted = blocks::collect(entries.len(), monitor, |_| (0, 0))?;
    for step in blocks::steps(entries.len()) {
        monitor.poll()?;
        for &entry in &entries[step] {
            let end = &mut ends[bucket(entry.0)];
            sorted[*end] = entry;
            *end += 1;
        }
    }
    drop(entries);

    let (mut buckets, mut rest, mut start) = (Vec::with_capacity(ends.len()), &mut sorted[..], 0);
    for end in ends {
        let (bucket, more) = rest.split_at_mut(end - start);
        (rest, start) = (more, end);
        if bucket.len() > 1 {
            buckets.push(bucket);
        }
    }
    blocks::for_each_long(&mut buckets, n_threads, monitor, |_, bucket, monitor| {
        blocks::sort(bucket, monitor, |a, b| a.0.cmp(&b.0).then_with(|| compare(a.1, b.1)))
    })?;
    blocks::collect(sorted.len(), monitor, |i| sorted[i].1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_keys_are_sorted() {
        let spread = |i: u64| i.wrapping_mul(0x9E37_79B9_7F4A_7C15);
        for count in [0, 1, 2, 100, 70_000] {
            for key in [|_| 7, |i| i, |i: u64| i % 3, |i: u64| u64::MAX * (i % 2)] {
                let entries: Vec<_> =
                    (0..count).map(|i| (key(spread(i)), (spread(i) >> 32) as u32)).collect();
                let mut expected = entries.clone();
                expected.sort_unstable();
                let numbers = numbers(entries, 2, &mut Monitor::silent(), |a, b| a.cmp(&b)).unwrap();
                assert!(numbers.into_iter().eq(expected.into_iter().map(|entry| entry.1)));
            }
        }
    }
}
