//! Ids of customers and orders, and their numbering in order of appearance.

use crate::error::{Error, Result};
use crate::monitor::Monitor;
use crate::numeric::blocks;
use std::hash::{BuildHasher, Hash, RandomState};
use std::ops::Range;

/// A column of ids: of customers or of orders. A null is `None`; the empty text is an id like any other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Ids<'a> {
    /// Integers.
    Int(&'a [i64]),
    /// Texts.
    Str(&'a [&'a str]),
    /// Integers, some of them null.
    NullableInt(&'a [Option<i64>]),
    /// Texts, some of them null.
    NullableStr(&'a [Option<&'a str>]),
}

impl Ids<'_> {
    /// Some of the rows.
    pub(super) fn rows(&self, rows: Range<usize>) -> Self {
        match self {
            Ids::Int(ids) => Ids::Int(&ids[rows]),
            Ids::Str(ids) => Ids::Str(&ids[rows]),
            Ids::NullableInt(ids) => Ids::NullableInt(&ids[rows]),
            Ids::NullableStr(ids) => Ids::NullableStr(&ids[rows]),
        }
    }

    /// How many rows the column has.
    pub fn len(&self) -> usize {
        match self {
            Ids::Int(ids) => ids.len(),
            Ids::Str(ids) => ids.len(),
            Ids::NullableInt(ids) => ids.len(),
            Ids::NullableStr(ids) => ids.len(),
        }
    }

    /// Whether it has none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether any id is null.
    pub(super) fn has_null(&self) -> bool {
        (0..self.len()).any(|row| self.is_null(row))
    }

    /// Whether the id of this row is null.
    pub(super) fn is_null(&self, row: usize) -> bool {
        match self {
            Ids::Int(_) | Ids::Str(_) => false,
            Ids::NullableInt(ids) => ids[row].is_none(),
            Ids::NullableStr(ids) => ids[row].is_none(),
        }
    }
}

macro_rules! from_columns {
    ($($variant:ident: $item:ty),*) => {$(
        impl<'a> From<&'a [$item]> for Ids<'a> {
            fn from(ids: &'a [$item]) -> Self {
                Ids::$variant(ids)
            }
        }
        impl<'a> From<&'a Vec<$item>> for Ids<'a> {
            fn from(ids: &'a Vec<$item>) -> Self {
                Ids::$variant(ids)
            }
        }
        impl<'a, const N: usize> From<&'a [$item; N]> for Ids<'a> {
            fn from(ids: &'a [$item; N]) -> Self {
                Ids::$variant(ids)
            }
        }
    )*};
}
from_columns!(Int: i64, Str: &'a str, NullableInt: Option<i64>, NullableStr: Option<&'a str>);

/// Ids of customers, ascending; texts in the order of their bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum CustomerIds {
    /// Integers.
    Int(Vec<i64>),
    /// Texts.
    Str(Vec<String>),
}

impl CustomerIds {
    /// How many there are.
    pub fn len(&self) -> usize {
        match self {
            CustomerIds::Int(ids) => ids.len(),
            CustomerIds::Str(ids) => ids.len(),
        }
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The id of customer `index` as text; empty past the last.
    pub fn label(&self, index: usize) -> String {
        match self {
            CustomerIds::Int(ids) => ids.get(index).map(i64::to_string),
            CustomerIds::Str(ids) => ids.get(index).cloned(),
        }
        .unwrap_or_default()
    }
}

/// The number of a row that has no id.
pub(super) const NONE: u32 = u32::MAX;

/// Distinct ids, numbered from 0 as they first appear: all integers or all texts.
#[derive(Debug, Clone, Default)]
pub(super) struct Index {
    kind: Option<Kind>,
    ints: Ints,
    texts: Texts,
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
        self.ints.ids.len() + self.texts.ids.len()
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
        let mismatch =
            |got: String, expected: String| Err(Error::ShapeMismatch { name: name.into(), got, expected });
        if let (Some(got), Some(expected)) = (kind, self.kind)
            && got != expected
        {
            return mismatch(got.name().to_owned(), format!("{} like the rows before", expected.name()));
        }
        if self.len().saturating_add(count) >= NONE as usize {
            return mismatch(format!("{count} more ids"), format!("fewer than {NONE} ids in all"));
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
        wanted: impl Fn(usize) -> bool,
        monitor: &mut Monitor<'_>,
    ) -> Result<Vec<u32>> {
        self.kind = Some(Kind::of(ids));
        let rows = ids.len();
        match ids {
            Ids::Int(ids) => self.ints.number(rows, |row| wanted(row).then_some(ids[row]), monitor),
            Ids::Str(ids) => self.texts.number(rows, |row| wanted(row).then_some(ids[row]), monitor),
            Ids::NullableInt(ids) => self.ints.number(rows, |row| ids[row].filter(|_| wanted(row)), monitor),
            Ids::NullableStr(ids) => self.texts.number(rows, |row| ids[row].filter(|_| wanted(row)), monitor),
        }
    }

    /// What the index holds, for [`back_to`](Index::back_to).
    pub(super) fn mark(&self) -> Mark {
        Mark { kind: self.kind, ints: self.ints.ids.len(), texts: self.texts.ids.len() }
    }

    /// Forgets the ids that came after `mark`.
    pub(super) fn back_to(&mut self, mark: Mark) {
        self.kind = mark.kind;
        self.ints.truncate(mark.ints);
        self.texts.truncate(mark.texts);
    }

    /// Adds the ids of `other`; the number here of each of its numbers.
    pub(super) fn absorb(&mut self, other: &Index) -> Result<Vec<u32>> {
        let monitor = &mut Monitor::silent();
        match other.kind {
            None => Ok(Vec::new()),
            Some(Kind::Int) => self.number(Ids::Int(&other.ints.ids), |_| true, monitor),
            Some(Kind::Str) => {
                let ids: Vec<&str> = (0..other.len() as u32).map(|n| other.texts.ids.get(n)).collect();
                self.number(Ids::Str(&ids), |_| true, monitor)
            }
        }
    }

    /// The number of each of these ids; [`NONE`] where it was never seen.
    pub(super) fn find(&self, ids: &CustomerIds, monitor: &mut Monitor<'_>) -> Result<Vec<u32>> {
        match ids {
            CustomerIds::Int(ids) => blocks::collect(ids.len(), monitor, |i| self.ints.find(ids[i])),
            CustomerIds::Str(ids) => blocks::collect(ids.len(), monitor, |i| self.texts.find(&ids[i])),
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

    /// All numbers, in ascending order of their ids.
    pub(super) fn ascending(&self, monitor: &mut Monitor<'_>) -> Result<Vec<u32>> {
        match self.kind {
            Some(Kind::Str) => self.texts.ascending(monitor),
            _ => self.ints.ascending(monitor),
        }
    }

    /// The ids of these numbers.
    pub(super) fn ids(&self, numbers: &[u32], monitor: &mut Monitor<'_>) -> Result<CustomerIds> {
        let count = numbers.len();
        Ok(match self.kind {
            Some(Kind::Str) => CustomerIds::Str(blocks::collect(count, monitor, |i| {
                self.texts.ids.get(numbers[i]).to_owned()
            })?),
            _ => CustomerIds::Int(blocks::collect(count, monitor, |i| self.ints.ids[numbers[i] as usize])?),
        })
    }
}

/// What an index held at some moment.
#[derive(Debug, Clone, Copy)]
pub(super) struct Mark {
    kind: Option<Kind>,
    ints: usize,
    texts: usize,
}

#[derive(Debug, Clone, Default)]
struct Ints {
    /// The id of each number.
    ids: Vec<i64>,
    lookup: Lookup,
}

/// From an integer to its number: by position while the ids lie close together, as ids handed out in sequence do.
#[derive(Debug, Clone)]
enum Lookup {
    Table { base: i64, numbers: Vec<u32> },
    Hashed(Hashed),
}

impl Default for Lookup {
    fn default() -> Self {
        Lookup::Table { base: 0, numbers: Vec::new() }
    }
}

impl Ints {
    /// The numbers of a column's ids, new ones added.
    fn number(
        &mut self,
        rows: usize,
        id: impl Fn(usize) -> Option<i64>,
        monitor: &mut Monitor<'_>,
    ) -> Result<Vec<u32>> {
        self.make_room(rows, &id, monitor)?;
        let ids = &mut self.ids;
        match &mut self.lookup {
            Lookup::Table { base, numbers } => blocks::collect(rows, monitor, |row| {
                let Some(id) = id(row) else { return NONE };
                let number = &mut numbers[id.abs_diff(*base) as usize];
                if *number == NONE {
                    *number = ids.len() as u32;
                    ids.push(id);
                }
                *number
            }),
            Lookup::Hashed(hashed) => hashed.number(rows, id, ids, monitor),
        }
    }

    /// Makes the table hold these ids, or gives it up if they lie too far apart.
    fn make_room(
        &mut self,
        rows: usize,
        id: impl Fn(usize) -> Option<i64>,
        monitor: &mut Monitor<'_>,
    ) -> Result<()> {
        let Lookup::Table { base, numbers } = &mut self.lookup else { return Ok(()) };
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
        if width > 4 * rows as u128 + 16 * self.ids.len() as u128 + 1024 {
            let mut hashed = Hashed::default();
            hashed.number(self.ids.len(), |number| Some(self.ids[number]), &mut Vec::new(), monitor)?;
            self.lookup = Lookup::Hashed(hashed);
            return Ok(());
        }
        let mut wider = blocks::collect(width as usize, monitor, |_| NONE)?;
        for step in blocks::steps(self.ids.len()) {
            monitor.poll()?;
            for number in step {
                wider[self.ids[number].abs_diff(low) as usize] = number as u32;
            }
        }
        (*base, *numbers) = (low, wider);
        Ok(())
    }

    fn find(&self, id: i64) -> u32 {
        match &self.lookup {
            Lookup::Table { base, numbers } if id >= *base => {
                usize::try_from(id.abs_diff(*base)).ok().and_then(|i| numbers.get(i).copied()).unwrap_or(NONE)
            }
            Lookup::Table { .. } => NONE,
            Lookup::Hashed(hashed) => hashed.find(id, &self.ids),
        }
    }

    fn truncate(&mut self, length: usize) {
        match &mut self.lookup {
            Lookup::Table { base, numbers } => {
                for id in self.ids.drain(length..) {
                    numbers[id.abs_diff(*base) as usize] = NONE;
                }
            }
            Lookup::Hashed(hashed) => {
                hashed.truncate(length);
                self.ids.truncate(length);
            }
        }
    }

    fn ascending(&self, monitor: &mut Monitor<'_>) -> Result<Vec<u32>> {
        match &self.lookup {
            Lookup::Table { numbers, .. } => {
                let mut ascending = Vec::with_capacity(self.ids.len());
                for step in blocks::steps(numbers.len()) {
                    monitor.poll()?;
                    ascending.extend(numbers[step].iter().filter(|&&number| number != NONE));
                }
                Ok(ascending)
            }
            Lookup::Hashed(_) => {
                let mut pairs = blocks::collect(self.ids.len(), monitor, |n| (self.ids[n], n as u32))?;
                blocks::sort(&mut pairs, monitor, Ord::cmp)?;
                blocks::collect(pairs.len(), monitor, |i| pairs[i].1)
            }
        }
    }
}

/// Texts by number.
#[derive(Debug, Clone, Default)]
struct Texts {
    ids: TextList,
    hashed: Hashed,
}

impl Texts {
    /// The numbers of a column's ids, new ones added.
    fn number<'a>(
        &mut self,
        rows: usize,
        id: impl Fn(usize) -> Option<&'a str>,
        monitor: &mut Monitor<'_>,
    ) -> Result<Vec<u32>> {
        self.hashed.number(rows, id, &mut self.ids, monitor)
    }

    fn find(&self, id: &str) -> u32 {
        self.hashed.find(id, &self.ids)
    }

    fn truncate(&mut self, length: usize) {
        self.hashed.truncate(length);
        self.ids.truncate(length);
    }

    fn ascending(&self, monitor: &mut Monitor<'_>) -> Result<Vec<u32>> {
        // Most texts differ in their first bytes, which are at hand where the texts are not.
        let beginning = |text: &str| {
            let mut bytes = [0; 8];
            bytes.iter_mut().zip(text.bytes()).for_each(|(slot, byte)| *slot = byte);
            u64::from_be_bytes(bytes)
        };
        let count = self.ids.len();
        let mut pairs = blocks::collect(count, monitor, |n| (beginning(self.ids.get(n as u32)), n as u32))?;
        blocks::sort(&mut pairs, monitor, |a, b| {
            a.0.cmp(&b.0).then_with(|| self.ids.get(a.1).cmp(self.ids.get(b.1)))
        })?;
        blocks::collect(count, monitor, |i| pairs[i].1)
    }
}

/// Texts, one after the other in one string.
#[derive(Debug, Clone, Default)]
struct TextList {
    all: String,
    /// Where in `all` each text ends.
    ends: Vec<usize>,
}

impl TextList {
    fn len(&self) -> usize {
        self.ends.len()
    }

    fn get(&self, number: u32) -> &str {
        let number = number as usize;
        let start = if number == 0 { 0 } else { self.ends[number - 1] };
        &self.all[start..self.ends[number]]
    }

    fn truncate(&mut self, length: usize) {
        self.ends.truncate(length);
        self.all.truncate(self.ends.last().copied().unwrap_or(0));
    }
}

/// Distinct ids by number, in the order in which they were first seen.
trait Distinct<Id> {
    fn count(&self) -> usize;
    fn is(&self, number: u32, id: Id) -> bool;
    fn add(&mut self, id: Id);
}

impl Distinct<i64> for Vec<i64> {
    fn count(&self) -> usize {
        self.len()
    }

    fn is(&self, number: u32, id: i64) -> bool {
        self[number as usize] == id
    }

    fn add(&mut self, id: i64) {
        self.push(id);
    }
}

impl Distinct<&str> for TextList {
    fn count(&self) -> usize {
        self.len()
    }

    fn is(&self, number: u32, id: &str) -> bool {
        self.get(number) == id
    }

    fn add(&mut self, id: &str) {
        self.all.push_str(id);
        self.ends.push(self.all.len());
    }
}

/// From an id to its number: a hash table with open addressing and linear probing.
#[derive(Debug, Clone, Default)]
struct Hashed {
    /// Keyed at random: no choice of ids makes it slow, and no result depends on its order.
    hasher: RandomState,
    /// Each number with its id's hash, from the place that the hash says onwards; at most half of it is in use.
    table: Vec<(u32, u32)>,
}

impl Hashed {
    /// The numbers of a column's ids, new ones added here and to `known`.
    fn number<Id: Copy + Hash>(
        &mut self,
        rows: usize,
        id: impl Fn(usize) -> Option<Id>,
        known: &mut impl Distinct<Id>,
        monitor: &mut Monitor<'_>,
    ) -> Result<Vec<u32>> {
        let (mut numbers, mut hashes) = (Vec::with_capacity(rows), Vec::new());
        for step in blocks::steps(rows) {
            monitor.poll()?;
            self.make_room(known.count() + step.len(), monitor)?;
            // Hashed first, so that the look-ups need not wait for one another.
            hashes.clear();
            hashes.extend(step.clone().map(|row| id(row).map_or(0, |id| self.hash(id))));
            let numbered = |(row, &hash): (usize, &u32)| {
                let Some(id) = id(row) else { return NONE };
                let place = self.place(hash, |number| known.is(number, id));
                if self.table[place].1 == NONE {
                    self.table[place] = (hash, known.count() as u32);
                    known.add(id);
                }
                self.table[place].1
            };
            numbers.extend(step.zip(&hashes).map(numbered));
        }
        Ok(numbers)
    }

    fn find<Id: Copy + Hash>(&self, id: Id, known: &impl Distinct<Id>) -> u32 {
        if self.table.is_empty() {
            return NONE;
        }
        self.table[self.place(self.hash(id), |number| known.is(number, id))].1
    }

    fn hash(&self, id: impl Hash) -> u32 {
        self.hasher.hash_one(id) as u32
    }

    /// Where the id of this hash stands in the table, or where it would have to.
    fn place(&self, hash: u32, is: impl Fn(u32) -> bool) -> usize {
        let mask = self.table.len() - 1;
        let mut place = hash as usize & mask;
        loop {
            let (other, number) = self.table[place];
            if number == NONE || (other == hash && is(number)) {
                return place;
            }
            place = (place + 1) & mask;
        }
    }

    /// Makes room for so many ids in all.
    fn make_room(&mut self, count: usize, monitor: &mut Monitor<'_>) -> Result<()> {
        if self.table.len() < 2 * count {
            let length = (2 * count).next_power_of_two();
            self.table = self.with_length(length, NONE, monitor)?;
        }
        Ok(())
    }

    /// Forgets all numbers from `length` on.
    fn truncate(&mut self, length: usize) {
        // A silent monitor does not cancel.
        if let Ok(table) = self.with_length(self.table.len(), length as u32, &mut Monitor::silent()) {
            self.table = table;
        }
    }

    /// The table of the numbers below `end`, with another length.
    fn with_length(&self, length: usize, end: u32, monitor: &mut Monitor<'_>) -> Result<Vec<(u32, u32)>> {
        let mut table = blocks::collect(length, monitor, |_| (0, NONE))?;
        for step in blocks::steps(self.table.len()) {
            monitor.poll()?;
            for &(hash, number) in self.table[step].iter().filter(|(_, number)| *number < end) {
                let mut place = hash as usize & (length - 1);
                while table[place].1 != NONE {
                    place = (place + 1) & (length - 1);
                }
                table[place] = (hash, number);
            }
        }
        Ok(table)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ascending(index: &Index) -> CustomerIds {
        let monitor = &mut Monitor::silent();
        index.ids(&index.ascending(monitor).unwrap(), monitor).unwrap()
    }

    fn find(index: &Index, ids: &[i64]) -> Vec<u32> {
        index.find(&CustomerIds::Int(ids.to_vec()), &mut Monitor::silent()).unwrap()
    }

    fn all(index: &mut Index, ids: &[i64]) -> Vec<u32> {
        index.number(Ids::Int(ids), |_| true, &mut Monitor::silent()).unwrap()
    }

    #[test]
    fn ids_are_numbered_as_they_appear_and_told_in_order() {
        let mut index = Index::default();
        assert_eq!(all(&mut index, &[7, 3, 7, -2]), [0, 1, 0, 2]);
        assert_eq!(all(&mut index, &[90_000, 3]), [3, 1]);
        assert!(matches!(index.ints.lookup, Lookup::Hashed(_)));
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
        assert!(matches!(index.ints.lookup, Lookup::Table { .. }));
        assert_eq!(find(&index, &[i64::MAX - 900, i64::MIN, i64::MAX - 901, 0]), [2, NONE, NONE, NONE]);
        assert_eq!(index.ascending(&mut Monitor::silent()), Ok(vec![2, 1, 0]));

        let mut index = Index::default();
        for first in (-3000..3000_i64).rev().step_by(7) {
            all(&mut index, &[first, first + 1]);
        }
        assert!(matches!(index.ints.lookup, Lookup::Table { .. }));
        assert_eq!(index.len(), 2 * 858);
    }

    #[test]
    fn texts_come_in_the_order_of_their_bytes() {
        let mut index = Index::default();
        let ids = ["é", "", "b", "Z", "é", "a long id", "a long i", "a long\0"].map(Some);
        let numbers = index.number(Ids::NullableStr(&ids), |row| row != 2, &mut Monitor::silent());
        assert_eq!(numbers.unwrap(), [0, 1, NONE, 2, 0, 3, 4, 5]);
        let CustomerIds::Str(ids) = ascending(&index) else { panic!() };
        assert_eq!(ids, ["", "Z", "a long\0", "a long i", "a long id", "é"]);
    }

    #[test]
    fn ids_of_the_same_hash_are_told_apart() {
        /// An id whose hash is that of all others.
        #[derive(Clone, Copy, PartialEq)]
        struct Same(char);
        impl Hash for Same {
            fn hash<H: std::hash::Hasher>(&self, _: &mut H) {}
        }
        impl Distinct<Same> for Vec<Same> {
            fn count(&self) -> usize {
                self.len()
            }
            fn is(&self, number: u32, id: Same) -> bool {
                self[number as usize] == id
            }
            fn add(&mut self, id: Same) {
                self.push(id);
            }
        }

        let ids = ['a', 'b', 'c', 'b'].map(Same);
        let (mut hashed, mut known) = (Hashed::default(), Vec::new());
        let numbers = hashed.number(4, |row| Some(ids[row]), &mut known, &mut Monitor::silent()).unwrap();
        assert_eq!(numbers, [0, 1, 2, 1]);
        hashed.truncate(2);
        known.truncate(2);
        assert_eq!(['c', 'b', 'a'].map(|id| hashed.find(Same(id), &known)), [NONE, 1, 0]);
    }

    #[test]
    fn many_texts_are_told_apart() {
        let texts: Vec<String> = (0..100_000).map(|i| format!("{}", i % 60_000)).collect();
        let ids: Vec<&str> = texts.iter().map(String::as_str).collect();
        let mut index = Index::default();
        let numbers = index.number(Ids::Str(&ids), |_| true, &mut Monitor::silent()).unwrap();
        assert!(numbers.iter().zip(0..).all(|(&number, i)| number == i % 60_000));
        let twice = index.clone().absorb(&index).unwrap();
        assert_eq!(twice, (0..60_000).collect::<Vec<u32>>());
    }

    #[test]
    fn ids_after_a_mark_are_forgotten() {
        for far in [1, 1_000_000_007] {
            let mut index = Index::default();
            let empty = index.mark();
            all(&mut index, &[5 * far, 3 * far]);
            let mark = index.mark();
            all(&mut index, &[4 * far, 5 * far, 9 * far]);
            index.back_to(mark);
            assert_eq!(find(&index, &[3 * far, 4 * far, 5 * far, 9 * far]), [1, NONE, 0, NONE]);
            assert_eq!(all(&mut index, &[9 * far, 3 * far, 4 * far]), [2, 1, 3]);
            index.back_to(empty);
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
