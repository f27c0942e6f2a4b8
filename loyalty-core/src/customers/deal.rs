//! Numbers dealt out to parts, one for each thread, like cards: number n goes to part n mod parts.
//!
//! So each part owns its customers, all threads have about the same work however ids and purchases are spread, and no two
//! ever write to the same place.

use crate::numeric::blocks;
use std::ops::Range;

/// The number of a row that has no id.
pub(super) const NONE: u32 = u32::MAX;

/// Rows that are looked at together, so that what they miss in the cache is fetched at the same time.
pub(super) const BATCH: usize = 128;

/// More parts than this would only read the rows more often.
const MOST: usize = 64;

/// How numbers are dealt out: to a power of two, so that masks and shifts do it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Deal {
    log2: u32,
}

impl Deal {
    /// To at least so many parts; to some more where that divides the work among the threads more evenly.
    pub(super) fn new(parts: usize) -> Self {
        let parts = parts.clamp(1, MOST);
        let even = if parts.is_power_of_two() { parts } else { 2 * parts.next_power_of_two() };
        Self { log2: even.min(MOST).ilog2() }
    }

    /// To the threads that this much work is worth.
    pub(super) fn among(n_threads: usize, rows: usize) -> Self {
        Self::new(n_threads.min(worthwhile(rows)))
    }

    pub(super) fn parts(self) -> usize {
        1 << self.log2
    }

    /// The part of a number, and its place there.
    #[inline]
    pub(super) fn of(self, number: u32) -> (usize, u32) {
        (number as usize & (self.parts() - 1), number >> self.log2)
    }

    /// The number at a place of a part.
    #[inline]
    pub(super) fn number(self, part: usize, place: u32) -> u32 {
        place << self.log2 | part as u32
    }

    /// How many of the numbers below `count` a part has.
    pub(super) fn places(self, part: usize, count: usize) -> usize {
        (count + self.parts() - 1).saturating_sub(part) / self.parts()
    }

    /// Of the rows of a batch, by their numbers, those that are of this part and wanted: each with its place.
    #[inline]
    pub(super) fn pick<'a>(
        self,
        part: usize,
        numbers: &[u32],
        wanted: impl Fn(usize, u32) -> bool,
        picked: &'a mut Picked,
    ) -> &'a [(u32, u32)] {
        let mut count = 0;
        for (offset, &number) in numbers.iter().enumerate() {
            let (owner, place) = self.of(number);
            // Which part is next cannot be foretold, so there is nothing to branch on.
            picked[count % ROOM] = (offset as u32, place);
            count += usize::from((owner == part) & (number != NONE) & wanted(offset, number));
        }
        &picked[..count]
    }
}

/// Room for the rows of a batch: how far into it they are, and their places.
pub(super) type Picked = [(u32, u32); ROOM];

/// More than a batch, and a power of two.
pub(super) const ROOM: usize = 2 * BATCH;

/// How many threads this many rows are worth: starting one takes as long as some ten thousand of them.
pub(super) fn worthwhile(rows: usize) -> usize {
    1 + rows / 32_768
}

/// The rows of a step in batches.
pub(super) fn batches(step: Range<usize>) -> impl Iterator<Item = Range<usize>> {
    let batches = blocks::Blocks::new(step.len(), BATCH);
    (0..batches.count()).map(move |batch| {
        let rows = batches.range(batch);
        step.start + rows.start..step.start + rows.end
    })
}

/// A value for each number, in parts as they were dealt out.
#[derive(Debug)]
pub(super) struct Hands<T> {
    pub(super) deal: Deal,
    pub(super) parts: Vec<Vec<T>>,
}

impl<T> Hands<T> {
    /// The value of a number; none past the last.
    #[inline]
    pub(super) fn get(&self, number: u32) -> Option<&T> {
        let (part, place) = self.deal.of(number);
        self.parts.get(part)?.get(place as usize)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_number_has_one_place() {
        for parts in [1, 2, 3, 5, 7, 48, 64, 1_000_000] {
            let deal = Deal::new(parts);
            for number in (0..1000).chain([NONE - 7, NONE - 1, NONE, 1 << 31, (1 << 31) - 1]) {
                let (part, place) = deal.of(number);
                let dealt = deal.parts() as u32;
                assert_eq!((part as u32, place), (number % dealt, number / dealt), "{number} of {parts}");
                assert_eq!(deal.number(part, place), number);
            }
            for count in [0, 1, 63, 64, 65, 999] {
                let dealt: usize = (0..deal.parts()).map(|part| deal.places(part, count)).sum();
                assert_eq!(dealt, count);
            }
        }
    }
}
