//! The numbers of ids: each distinct id of a column gets one.

use super::deal::{Deal, NONE, ROOM, batches, worthwhile};
use super::hash::{Keyed, Keys};
use super::ids::{CustomerIds, Ids};
use super::{ascending, texts::Texts};
use crate::error::{Error, Result};
use crate::monitor::Monitor;
use crate::numeric::blocks;
use std::hint::black_box;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

/// Distinct ids with their numbers: all integers or all texts.
///
/// The numbers are below [`end`](Index::end); a few below may have no id. Results do not depend on them.
#[derive(Debug, Clone, Default)]
pub(super) struct Index {
    kind: Option<Kind>,
    ints: Ints,
    texts: Hashed<Texts>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Int,
    Str,
}

impl Kind {
    fn of(ids: Ids<'_>) -> Self {
        match ids {
            Ids::Int(_) | Ids::NullableInt(_) => Kind::Int,
            Ids::Str(_) | Ids::NullableStr(_) => Kind::Str,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Kind::Int => "integer ids",
            Kind::Str => "text ids",
        }
    }
}

impl Index {
    /// How many distinct ids there are.
    pub(super) fn len(&self) -> usize {
        self.ints.len() + self.texts.len()
    }

    /// What all numbers are below.
    pub(super) fn end(&self) -> usize {
        self.ints.end().max(self.texts.end())
    }

    /// That `ids`, the column `name`, are of the kind seen before, and not too many to number.
    pub(super) fn check(&self, name: &'static str, ids: Ids<'_>) -> Result<()> {
        self.check_kind(name, Some(Kind::of(ids)), ids.len())
    }

    /// The same for the ids of another index.
    pub(super) fn check_index(&self, name: &'static str, other: &Index) -> Result<()> {
        self.check_kind(name, other.kind, other.len())
    }

    fn check_kind(&self, name: &'static str, kind: Option<Kind>, count: usize) -> Result<()> {
        // The rest is for the numbers without an id: a hash deals so many ids out evenly.
        const MOST: usize = (NONE - NONE / 8) as usize;
        let mismatch =
            |got: String, expected: String| Err(Error::ShapeMismatch { name: name.into(), got, expected });
        if let (Some(got), Some(expected)) = (kind, self.kind)
            && got != expected
        {
            return mismatch(got.name().to_owned(), format!("{} like the rows before", expected.name()));
        }
        if self.len().saturating_add(count) >= MOST {
            return mismatch(format!("{count} more ids"), format!("fewer than {MOST} ids in all"));
        }
        Ok(())
    }

    /// The number of each row's id, new ids added; [`NONE`] for a null and where `wanted` says no.
    ///
    /// The column has passed [`check`](Index::check).
    ///
    /// # Errors
    /// [`Error::Cancelled`], with some of the new ids added: see [`back_to`](Index::back_to).
    pub(super) fn number(
        &mut self,
        ids: Ids<'_>,
        wanted: impl Fn(usize) -> bool + Sync,
        n_threads: usize,
        monitor: &mut Monitor<'_>,
    ) -> Result<Vec<u32>> {
        self.kind = Some(Kind::of(ids));
        let (ints, texts) = (&mut self.ints, &mut self.texts);
        let rows = ids.len();
        match ids {
            Ids::Int(ids) => ints.number(rows, |row| wanted(row).then_some(ids[row]), n_threads, monitor),
            Ids::Str(ids) => texts.number(rows, |row| wanted(row).then_some(ids[row]), n_threads, monitor),
            Ids::NullableInt(ids) => {
                ints.number(rows, |row| ids[row].filter(|_| wanted(row)), n_threads, monitor)
            }
            Ids::NullableStr(ids) => {
                texts.number(rows, |row| ids[row].filter(|_| wanted(row)), n_threads, monitor)
            }
        }
    }

    /// What the index holds, for [`back_to`](Index::back_to).
    pub(super) fn mark(&self) -> Mark {
        Mark { kind: self.kind, ints: self.ints.mark(), texts: self.texts.mark() }
    }

    /// Forgets the ids that came after `mark`.
    pub(super) fn back_to(&mut self, mark: &Mark) {
        self.kind = mark.kind;
        self.ints.truncate(&mark.ints);
        self.texts.truncate(&mark.texts);
    }

    /// Adds the ids of `other`; the number here of each of its numbers.
    pub(super) fn absorb(&mut self, other: &Index) -> Result<Vec<u32>> {
        let monitor = &mut Monitor::silent();
        let numbers = 0..other.end() as u32;
        match other.kind {
            None => Ok(Vec::new()),
            Some(Kind::Int) => {
                let ids: Vec<Option<i64>> = numbers.map(|number| other.ints.get(number)).collect();
                self.number(Ids::NullableInt(&ids), |_| true, 1, monitor)
            }
            Some(Kind::Str) => {
                let ids: Vec<Option<&str>> = numbers.map(|number| other.text(number)).collect();
                self.number(Ids::NullableStr(&ids), |_| true, 1, monitor)
            }
        }
    }

    /// The number of each of these ids; [`NONE`] where it was never seen.
    pub(super) fn find(&self, ids: &CustomerIds, monitor: &mut Monitor<'_>) -> Result<Vec<u32>> {
        match ids {
            CustomerIds::Int(ids) => blocks::collect(ids.len(), monitor, |i| self.ints.find(ids[i])),
            CustomerIds::Str(ids) => {
                blocks::collect(ids.len(), monitor, |i| self.texts.find(ids[i].as_str()))
            }
        }
    }

    /// The number of each row's id; [`NONE`] where it is null or was never seen.
    pub(super) fn find_rows(&self, ids: Ids<'_>, monitor: &mut Monitor<'_>) -> Result<Vec<u32>> {
        let int = |id: Option<i64>| id.map_or(NONE, |id| self.ints.find(id));
        let text = |id: Option<&str>| id.map_or(NONE, |id| self.texts.find(id));
        let rows = ids.len();
        match ids {
            Ids::Int(ids) => blocks::collect(rows, monitor, |row| int(Some(ids[row]))),
            Ids::Str(ids) => blocks::collect(rows, monitor, |row| text(Some(ids[row]))),
            Ids::NullableInt(ids) => blocks::collect(rows, monitor, |row| int(ids[row])),
            Ids::NullableStr(ids) => blocks::collect(rows, monitor, |row| text(ids[row])),
        }
    }

    /// All numbers that have an id, in ascending order of their ids.
    pub(super) fn ascending(&self, n_threads: usize, monitor: &mut Monitor<'_>) -> Result<Vec<u32>> {
        match (self.kind, &self.ints) {
            (Some(Kind::Str), _) => {
                let shared = self.texts.shards.iter().map(|shard| shard.ids.shared()).collect::<Vec<_>>();
                let shared = super::texts::in_all(&shared);
                let key = |text: &str| super::texts::beginning(&text.as_bytes()[shared..]);
                let entries = self.texts.entries(|texts, place| key(texts.get(place)), monitor)?;
                let text = |number| self.text(number).unwrap_or_default();
                ascending::numbers(entries, n_threads, monitor, |a, b| text(a).cmp(text(b)))
            }
            (_, Ints::Table { numbers, ids, .. }) => {
                let mut ascending = Vec::with_capacity(ids.len());
                for step in blocks::steps(numbers.len()) {
                    monitor.poll()?;
                    ascending.extend(numbers[step].iter().filter(|&&number| number != NONE));
                }
                Ok(ascending)
            }
            (_, Ints::Hashed(hashed)) => {
                // Shifted so that the least is 0.
                let key = |id: i64| id.abs_diff(i64::MIN);
                let entries = hashed.entries(|ids, place| key(ids[place as usize]), monitor)?;
                ascending::numbers(entries, n_threads, monitor, |a, b| a.cmp(&b))
            }
        }
    }

    /// The ids of these numbers, which all have one.
    pub(super) fn ids(
        &self,
        numbers: &[u32],
        n_threads: usize,
        monitor: &mut Monitor<'_>,
    ) -> Result<CustomerIds> {
        let int = |number| self.ints.get(number).unwrap_or_default();
        let text = |number| self.text(number).unwrap_or_default().to_owned();
        Ok(match self.kind {
            Some(Kind::Str) => CustomerIds::Str(each(numbers, text, n_threads, monitor)?),
            _ => CustomerIds::Int(each(numbers, int, n_threads, monitor)?),
        })
    }

    fn text(&self, number: u32) -> Option<&str> {
        let (shard, place) = self.texts.at(number)?;
        ((place as usize) < shard.ids.len()).then(|| shard.ids.get(place))
    }
}

/// `value` of each number.
fn each<T: Clone + Default + Send>(
    numbers: &[u32],
    value: impl Fn(u32) -> T + Sync,
    n_threads: usize,
    monitor: &mut Monitor<'_>,
) -> Result<Vec<T>> {
    let mut values = vec![T::default(); numbers.len()];
    let mut steps: Vec<_> = values.chunks_mut(blocks::STEP).zip(numbers.chunks(blocks::STEP)).collect();
    blocks::for_each(&mut steps, n_threads, monitor, |_, (values, numbers)| {
        values.iter_mut().zip(numbers.iter()).for_each(|(slot, &number)| *slot = value(number));
    })?;
    Ok(values)
}

/// What an index held at some moment.
#[derive(Debug, Clone)]
pub(super) struct Mark {
    kind: Option<Kind>,
    ints: Vec<usize>,
    texts: Vec<usize>,
}

/// Distinct integers: found by position while they lie close together, as ids handed out in sequence do.
#[derive(Debug, Clone)]
enum Ints {
    Table { ids: Vec<i64>, base: i64, numbers: Vec<u32> },
    Hashed(Hashed<Vec<i64>>),
}

impl Default for Ints {
    fn default() -> Self {
        Ints::Table { ids: Vec::new(), base: 0, numbers: Vec::new() }
    }
}

impl Ints {
    fn len(&self) -> usize {
        match self {
            Ints::Table { ids, .. } => ids.len(),
            Ints::Hashed(hashed) => hashed.len(),
        }
    }

    fn end(&self) -> usize {
        match self {
            Ints::Table { ids, .. } => ids.len(),
            Ints::Hashed(hashed) => hashed.end(),
        }
    }

    /// The id of a number.
    fn get(&self, number: u32) -> Option<i64> {
        match self {
            Ints::Table { ids, .. } => ids.get(number as usize).copied(),
            Ints::Hashed(hashed) => {
                hashed.at(number).and_then(|(shard, place)| shard.ids.get(place as usize).copied())
            }
        }
    }

    /// The numbers of a column's ids, new ones added.
    fn number(
        &mut self,
        rows: usize,
        id: impl Fn(usize) -> Option<i64> + Sync,
        n_threads: usize,
        monitor: &mut Monitor<'_>,
    ) -> Result<Vec<u32>> {
        self.make_room(rows, &id, monitor)?;
        match self {
            Ints::Table { ids, base, numbers } => blocks::collect(rows, monitor, |row| {
                let Some(id) = id(row) else { return NONE };
                let number = &mut numbers[id.abs_diff(*base) as usize];
                if *number == NONE {
                    *number = ids.len() as u32;
                    ids.push(id);
                }
                *number
            }),
            Ints::Hashed(hashed) => hashed.number(rows, id, n_threads, monitor),
        }
    }

    /// Makes the table hold these ids, or gives it up if they lie too far apart.
    fn make_room(
        &mut self,
        rows: usize,
        id: impl Fn(usize) -> Option<i64>,
        monitor: &mut Monitor<'_>,
    ) -> Result<()> {
        let Ints::Table { ids, base, numbers } = self else { return Ok(()) };
        let (mut low, mut high) = (i64::MAX, i64::MIN);
        for step in blocks::steps(rows) {
            monitor.poll()?;
            (low, high) =
                step.filter_map(&id).fold((low, high), |(low, high), id| (low.min(id), high.max(id)));
        }
        if low > high {
            return Ok(());
        }
        let (mut low, mut end) = (i128::from(low), i128::from(high) + 1);
        if !numbers.is_empty() {
            // Room for as much again beyond what is needed, so that many small batches do not copy it too often.
            let (old_low, length) = (i128::from(*base), numbers.len() as i128);
            let old_end = old_low + length;
            if old_low <= low && end <= old_end {
                return Ok(());
            }
            low = if low < old_low { (low - length).max(i64::MIN.into()) } else { old_low };
            end = if end > old_end { end + length } else { old_end };
        }
        let width = (end - low) as u128;
        let low = low as i64;
        if width > 2 * rows as u128 + 16 * ids.len() as u128 + 1024 {
            let mut hashed = Hashed::default();
            if !ids.is_empty() {
                // One shard gives the numbers that they have.
                hashed.number(ids.len(), |number| Some(ids[number]), 1, monitor)?;
            }
            *self = Ints::Hashed(hashed);
            return Ok(());
        }
        let mut wider = blocks::collect(width as usize, monitor, |_| NONE)?;
        for step in blocks::steps(ids.len()) {
            monitor.poll()?;
            for number in step {
                wider[ids[number].abs_diff(low) as usize] = number as u32;
            }
        }
        (*base, *numbers) = (low, wider);
        Ok(())
    }

    fn find(&self, id: i64) -> u32 {
        match self {
            Ints::Table { base, numbers, .. } if id >= *base => {
                usize::try_from(id.abs_diff(*base)).ok().and_then(|i| numbers.get(i).copied()).unwrap_or(NONE)
            }
            Ints::Table { .. } => NONE,
            Ints::Hashed(hashed) => hashed.find(id),
        }
    }

    fn mark(&self) -> Vec<usize> {
        match self {
            Ints::Table { ids, .. } => vec![ids.len()],
            Ints::Hashed(hashed) => hashed.mark(),
        }
    }

    fn truncate(&mut self, mark: &[usize]) {
        match self {
            Ints::Table { ids, base, numbers } => {
                let length = mark.first().copied().unwrap_or(0).min(ids.len());
                for id in ids.drain(length..) {
                    numbers[id.abs_diff(*base) as usize] = NONE;
                }
            }
            // If it was a table at the mark, its ids are those of the first shard.
            Ints::Hashed(hashed) => hashed.truncate(mark),
        }
    }
}

/// Distinct ids by place, in the order in which they were first seen.
pub(super) trait Distinct<Id>: Default + Send {
    fn count(&self) -> usize;
    fn is(&self, place: u32, id: Id) -> bool;
    /// Reads of it, to have it fetched.
    fn touch(&self, place: u32) -> u64;
    fn add(&mut self, id: Id);
    fn forget_from(&mut self, count: usize);
}

impl Distinct<i64> for Vec<i64> {
    fn count(&self) -> usize {
        self.len()
    }

    fn is(&self, place: u32, id: i64) -> bool {
        self[place as usize] == id
    }

    fn touch(&self, place: u32) -> u64 {
        self.get(place as usize).map_or(0, |&id| id as u64)
    }

    fn add(&mut self, id: i64) {
        self.push(id);
    }

    fn forget_from(&mut self, count: usize) {
        self.truncate(count);
    }
}

/// Hash tables with open addressing and linear probing, one for each thread of the first column: a hash says whose an id is.
#[derive(Debug, Clone, Default)]
struct Hashed<L> {
    keys: Keys,
    shards: Vec<Shard<L>>,
}

#[derive(Debug, Clone, Default)]
struct Shard<L> {
    /// The low half of each id's hash, and its place in `ids`, from the slot that the hash says onwards; at most half of
    /// them are in use.
    slots: Vec<(u32, u32)>,
    ids: L,
}

impl<L> Hashed<L> {
    fn deal(&self) -> Deal {
        Deal::new(self.shards.len())
    }

    /// Where the id of a number is.
    fn at(&self, number: u32) -> Option<(&Shard<L>, u32)> {
        let (shard, place) = self.deal().of(number);
        Some((self.shards.get(shard)?, place))
    }

    fn len<Id>(&self) -> usize
    where
        L: Distinct<Id>,
    {
        self.shards.iter().map(|shard| shard.ids.count()).sum()
    }

    fn end<Id>(&self) -> usize
    where
        L: Distinct<Id>,
    {
        self.mark().iter().max().map_or(0, |&places| places * self.shards.len())
    }

    fn mark<Id>(&self) -> Vec<usize>
    where
        L: Distinct<Id>,
    {
        self.shards.iter().map(|shard| shard.ids.count()).collect()
    }

    /// Forgets what came after `mark`.
    fn truncate<Id>(&mut self, mark: &[usize])
    where
        L: Distinct<Id>,
    {
        for (shard, &count) in self.shards.iter_mut().zip(mark.iter().chain(std::iter::repeat(&0))) {
            if count < shard.ids.count() {
                // A silent monitor does not cancel.
                let monitor = &mut Monitor::silent();
                if let Ok(slots) = shard.with_slots(shard.slots.len(), count as u32, monitor) {
                    shard.slots = slots;
                }
                shard.ids.forget_from(count);
            }
        }
    }

    /// The numbers of a column's ids, new ones added.
    fn number<Id: Keyed + Copy>(
        &mut self,
        rows: usize,
        id: impl Fn(usize) -> Option<Id> + Sync,
        n_threads: usize,
        monitor: &mut Monitor<'_>,
    ) -> Result<Vec<u32>>
    where
        L: Distinct<Id>,
    {
        if self.shards.is_empty() {
            self.shards.resize_with(Deal::new(n_threads).parts(), Shard::default);
        }
        let (deal, keys) = (self.deal(), self.keys);
        let numbers = blocks::collect(rows, monitor, |_| AtomicU32::new(NONE))?;
        let n_threads = n_threads.min(worthwhile(rows));
        blocks::for_each_long(&mut self.shards, n_threads, monitor, |owner, shard, monitor| {
            let mut picked = [(0, 0); ROOM];
            for step in blocks::steps(rows) {
                monitor.poll()?;
                shard.make_room(step.len(), monitor)?;
                for batch in batches(step) {
                    let mut count = 0;
                    for (offset, row) in batch.clone().enumerate() {
                        let Some(id) = id(row) else { continue };
                        let hash = id.hash(&keys);
                        picked[count % ROOM] = (offset as u32, hash as u32);
                        count += usize::from(owner_of(hash, deal) == owner);
                    }
                    let picked = &picked[..count];
                    // The slots first, then the ids in them, so that none need wait for another.
                    black_box(picked.iter().fold(0, |all, &(_, hash)| all ^ shard.slot(hash)));
                    black_box(picked.iter().fold(0, |all, &(_, hash)| all ^ shard.touch(hash)));
                    for &(offset, hash) in picked {
                        let row = batch.start + offset as usize;
                        let Some(id) = id(row) else { continue };
                        numbers[row].store(deal.number(owner, shard.find_or_add(hash, id)), Relaxed);
                    }
                }
            }
            Ok(())
        })?;
        Ok(numbers.into_iter().map(AtomicU32::into_inner).collect())
    }

    fn find<Id: Keyed + Copy>(&self, id: Id) -> u32
    where
        L: Distinct<Id>,
    {
        let (deal, hash) = (self.deal(), id.hash(&self.keys));
        let owner = owner_of(hash, deal);
        let Some(shard) = self.shards.get(owner).filter(|shard| !shard.slots.is_empty()) else { return NONE };
        match shard.slots[shard.search(hash as u32, |place| shard.ids.is(place, id))].1 {
            NONE => NONE,
            place => deal.number(owner, place),
        }
    }

    /// `key` of each id with its number.
    fn entries<Id>(&self, key: impl Fn(&L, u32) -> u64, monitor: &mut Monitor<'_>) -> Result<Vec<(u64, u32)>>
    where
        L: Distinct<Id>,
    {
        let mut entries = Vec::with_capacity(self.len());
        for (owner, shard) in self.shards.iter().enumerate() {
            for step in blocks::steps(shard.ids.count()) {
                monitor.poll()?;
                let entry =
                    |place: usize| (key(&shard.ids, place as u32), self.deal().number(owner, place as u32));
                entries.extend(step.map(entry));
            }
        }
        Ok(entries)
    }
}

/// The shard of a hash, from its high half.
#[inline]
fn owner_of(hash: u64, deal: Deal) -> usize {
    (hash >> 32) as usize & (deal.parts() - 1)
}

impl<L> Shard<L> {
    /// What stands in the slot where the search for a hash begins.
    #[inline]
    fn slot(&self, hash: u32) -> u32 {
        self.slots[hash as usize & (self.slots.len() - 1)].1
    }

    /// Reads of the first id of this hash, to have it fetched.
    #[inline]
    fn touch<Id>(&self, hash: u32) -> u64
    where
        L: Distinct<Id>,
    {
        self.ids.touch(self.slots[self.search(hash, |_| true)].1)
    }

    /// Where the id of this hash stands among the slots, or where it would have to.
    #[inline]
    fn search(&self, hash: u32, is: impl Fn(u32) -> bool) -> usize {
        let mask = self.slots.len() - 1;
        let mut slot = hash as usize & mask;
        loop {
            let (other, place) = self.slots[slot];
            if place == NONE || (other == hash && is(place)) {
                return slot;
            }
            slot = (slot + 1) & mask;
        }
    }

    /// The place of this id, which is added if it is new.
    #[inline]
    fn find_or_add<Id: Copy>(&mut self, hash: u32, id: Id) -> u32
    where
        L: Distinct<Id>,
    {
        let slot = self.search(hash, |place| self.ids.is(place, id));
        if self.slots[slot].1 == NONE {
            self.slots[slot] = (hash, self.ids.count() as u32);
            self.ids.add(id);
        }
        self.slots[slot].1
    }

    /// Makes room for so many more ids.
    fn make_room<Id>(&mut self, more: usize, monitor: &mut Monitor<'_>) -> Result<()>
    where
        L: Distinct<Id>,
    {
        let count = self.ids.count() + more;
        if self.slots.len() < 2 * count {
            self.slots = self.with_slots((2 * count).next_power_of_two(), NONE, monitor)?;
        }
        Ok(())
    }

    /// So many slots, with the places below `end`.
    fn with_slots(&self, length: usize, end: u32, monitor: &mut Monitor<'_>) -> Result<Vec<(u32, u32)>> {
        let mut slots = blocks::collect(length, monitor, |_| (0, NONE))?;
        for step in blocks::steps(self.slots.len()) {
            monitor.poll()?;
            for &(hash, place) in self.slots[step].iter().filter(|(_, place)| *place < end) {
                let mut slot = hash as usize & (length - 1);
                while slots[slot].1 != NONE {
                    slot = (slot + 1) & (length - 1);
                }
                slots[slot] = (hash, place);
            }
        }
        Ok(slots)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ascending(index: &Index) -> CustomerIds {
        let monitor = &mut Monitor::silent();
        index.ids(&index.ascending(2, monitor).unwrap(), 2, monitor).unwrap()
    }

    fn find(index: &Index, ids: &[i64]) -> Vec<u32> {
        index.find(&CustomerIds::Int(ids.to_vec()), &mut Monitor::silent()).unwrap()
    }

    fn all(index: &mut Index, ids: &[i64]) -> Vec<u32> {
        index.number(Ids::Int(ids), |_| true, 1, &mut Monitor::silent()).unwrap()
    }

    #[test]
    fn ids_are_numbered_as_they_appear_and_told_in_order() {
        let mut index = Index::default();
        assert_eq!(all(&mut index, &[7, 3, 7, -2]), [0, 1, 0, 2]);
        assert_eq!(all(&mut index, &[90_000, 3]), [3, 1]);
        assert!(matches!(index.ints, Ints::Hashed(_)));
        assert_eq!(all(&mut index, &[i64::MIN, i64::MAX, 7]), [4, 5, 0]);
        assert_eq!(ascending(&index), CustomerIds::Int(vec![i64::MIN, -2, 3, 7, 90_000, i64::MAX]));
        assert_eq!(find(&index, &[3, 4]), [1, NONE]);
        let texts = CustomerIds::Str(vec!["3".to_owned()]);
        assert_eq!(index.find(&texts, &mut Monitor::silent()), Ok(vec![NONE]));
    }

    #[test]
    fn tables_grow_to_both_sides_and_stop_at_the_ends_of_the_range() {
        let mut index = Index::default();
        assert_eq!(all(&mut index, &[i64::MAX, i64::MAX - 5]), [0, 1]);
        assert_eq!(all(&mut index, &[i64::MAX - 900, i64::MAX]), [2, 0]);
        assert!(matches!(index.ints, Ints::Table { .. }));
        assert_eq!(find(&index, &[i64::MAX - 900, i64::MIN, i64::MAX - 901, 0]), [2, NONE, NONE, NONE]);
        assert_eq!(index.ascending(1, &mut Monitor::silent()), Ok(vec![2, 1, 0]));

        let mut index = Index::default();
        for first in (-3000..3000_i64).rev().step_by(7) {
            all(&mut index, &[first, first + 1]);
        }
        assert!(matches!(index.ints, Ints::Table { .. }));
        assert_eq!(index.len(), 2 * 858);
    }

    #[test]
    fn texts_come_in_the_order_of_their_bytes() {
        let mut index = Index::default();
        let ids = ["é", "", "b", "Z", "é", "a long id", "a long i", "a long\0"].map(Some);
        let numbers = index.number(Ids::NullableStr(&ids), |row| row != 2, 1, &mut Monitor::silent());
        assert_eq!(numbers.unwrap(), [0, 1, NONE, 2, 0, 3, 4, 5]);
        let CustomerIds::Str(ids) = ascending(&index) else { panic!() };
        assert_eq!(ids, ["", "Z", "a long\0", "a long i", "a long id", "é"]);
    }

    #[test]
    fn ids_of_the_same_hash_are_told_apart() {
        /// An id whose hash is that of all others.
        #[derive(Clone, Copy, PartialEq)]
        struct Same(char);
        impl Keyed for Same {
            fn hash(self, _: &Keys) -> u64 {
                7
            }
        }
        impl Distinct<Same> for Vec<Same> {
            fn count(&self) -> usize {
                self.len()
            }
            fn is(&self, place: u32, id: Same) -> bool {
                self[place as usize] == id
            }
            fn touch(&self, _: u32) -> u64 {
                0
            }
            fn add(&mut self, id: Same) {
                self.push(id);
            }
            fn forget_from(&mut self, count: usize) {
                self.truncate(count);
            }
        }

        let ids = ['a', 'b', 'c', 'b'].map(Same);
        let mut hashed = Hashed::<Vec<Same>>::default();
        let numbers = hashed.number(4, |row| Some(ids[row]), 1, &mut Monitor::silent()).unwrap();
        assert_eq!(numbers, [0, 1, 2, 1]);
        hashed.truncate(&[2]);
        assert_eq!(['c', 'b', 'a'].map(|id| hashed.find(Same(id))), [NONE, 1, 0]);
    }

    #[test]
    fn many_texts_are_told_apart() {
        let texts: Vec<String> = (0..100_000).map(|i| format!("{}", i % 60_000)).collect();
        let ids: Vec<&str> = texts.iter().map(String::as_str).collect();
        let mut index = Index::default();
        let numbers = index.number(Ids::Str(&ids), |_| true, 2, &mut Monitor::silent()).unwrap();
        assert!(numbers.iter().zip(&texts).all(|(&number, text)| index.text(number) == Some(text)));
        assert_eq!((index.len(), numbers[60_000..] == numbers[..40_000]), (60_000, true));
        let twice = index.clone().absorb(&index).unwrap();
        assert!(twice.into_iter().zip(0..).all(|(number, i)| number == i || index.text(i).is_none()));
    }

    #[test]
    fn ids_after_a_mark_are_forgotten() {
        for far in [1, 1_000_000_007] {
            let mut index = Index::default();
            let empty = index.mark();
            all(&mut index, &[5 * far, 3 * far]);
            let mark = index.mark();
            all(&mut index, &[4 * far, 5 * far, 9 * far]);
            index.back_to(&mark);
            assert_eq!(find(&index, &[3 * far, 4 * far, 5 * far, 9 * far]), [1, NONE, 0, NONE]);
            assert_eq!(all(&mut index, &[9 * far, 3 * far, 4 * far]), [2, 1, 3]);
            index.back_to(&empty);
            assert!(index.check("customer", Ids::Str(&["1"])).is_ok());
            assert_eq!(index.len(), 0);
        }
    }

    #[test]
    fn kinds_do_not_mix() {
        let mut index = Index::default();
        all(&mut index, &[1]);
        let error = index.check("customer", Ids::Str(&["1"])).unwrap_err();
        assert_eq!((error.code(), error.argument()), ("SHAPE_MISMATCH", Some("customer")));
        assert!(index.check("customer", Ids::NullableInt(&[None])).is_ok());
        assert!(index.check_index("customer", &Index::default()).is_ok());
    }
}
