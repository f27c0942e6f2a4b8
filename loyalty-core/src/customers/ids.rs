//! Ids of customers and orders, and their numbering in order of appearance.

use crate::error::{Error, Result};
use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
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

    /// For each row of a column the place of its id among these; `None` if it is null, of another kind, or not here.
    pub(crate) fn places(&self, column: Ids<'_>) -> Vec<Option<usize>> {
        match self {
            CustomerIds::Int(ids) => {
                let place = |id: i64| ids.binary_search(&id).ok();
                match column {
                    Ids::Int(column) => column.iter().map(|&id| place(id)).collect(),
                    Ids::NullableInt(column) => column.iter().map(|&id| place(id?)).collect(),
                    _ => vec![None; column.len()],
                }
            }
            CustomerIds::Str(ids) => {
                let places: HashMap<&str, usize> = ids.iter().map(String::as_str).zip(0..).collect();
                let place = |id: &str| places.get(id).copied();
                match column {
                    Ids::Str(column) => column.iter().map(|&id| place(id)).collect(),
                    Ids::NullableStr(column) => column.iter().map(|&id| place(id?)).collect(),
                    _ => vec![None; column.len()],
                }
            }
        }
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
        self.ints.ids.len() + self.texts.ends.len()
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
    pub(super) fn number(&mut self, ids: Ids<'_>, wanted: impl Fn(usize) -> bool) -> Vec<u32> {
        self.kind = Some(Kind::of(ids));
        match ids {
            Ids::Int(ids) => {
                self.ints.make_room(ids.iter().copied(), ids.len());
                numbers(ids.iter().map(|&id| Some(id)), wanted, |id| self.ints.number(id))
            }
            Ids::NullableInt(ids) => {
                self.ints.make_room(ids.iter().copied().flatten(), ids.len());
                numbers(ids.iter().copied(), wanted, |id| self.ints.number(id))
            }
            Ids::Str(ids) => self.texts.number_all(ids.iter().map(|&id| Some(id)), wanted),
            Ids::NullableStr(ids) => self.texts.number_all(ids.iter().copied(), wanted),
        }
    }

    /// Adds the ids of `other`; the number here of each of its numbers.
    pub(super) fn absorb(&mut self, other: &Index) -> Vec<u32> {
        let Some(kind) = other.kind else { return Vec::new() };
        match kind {
            Kind::Int => self.number(Ids::Int(&other.ints.ids), |_| true),
            Kind::Str => {
                let ids: Vec<&str> = (0..other.len() as u32).map(|n| other.texts.text(n)).collect();
                self.number(Ids::Str(&ids), |_| true)
            }
        }
    }

    /// The number of each of these ids; [`NONE`] where it was never seen.
    pub(super) fn find(&self, ids: &CustomerIds) -> Vec<u32> {
        match ids {
            CustomerIds::Int(ids) => ids.iter().map(|&id| self.ints.find(id)).collect(),
            CustomerIds::Str(ids) => ids.iter().map(|id| self.texts.find(id)).collect(),
        }
    }

    /// All numbers, in ascending order of their ids.
    pub(super) fn ascending(&self) -> Vec<u32> {
        match self.kind {
            Some(Kind::Str) => self.texts.ascending(),
            _ => self.ints.ascending(),
        }
    }

    /// The ids of these numbers.
    pub(super) fn ids(&self, numbers: &[u32]) -> CustomerIds {
        match self.kind {
            Some(Kind::Str) => {
                CustomerIds::Str(numbers.iter().map(|&n| self.texts.text(n).to_owned()).collect())
            }
            _ => CustomerIds::Int(numbers.iter().map(|&n| self.ints.ids[n as usize]).collect()),
        }
    }
}

fn numbers<T>(
    ids: impl Iterator<Item = Option<T>>,
    wanted: impl Fn(usize) -> bool,
    mut number: impl FnMut(T) -> u32,
) -> Vec<u32> {
    let numbered = |(row, id): (usize, Option<T>)| match id {
        Some(id) if wanted(row) => number(id),
        _ => NONE,
    };
    ids.enumerate().map(numbered).collect()
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
    Table {
        base: i64,
        numbers: Vec<u32>,
    },
    /// Its hash is keyed at random: no choice of ids makes it slow, and no result depends on its order.
    Map(HashMap<i64, u32>),
}

impl Default for Lookup {
    fn default() -> Self {
        Lookup::Table { base: 0, numbers: Vec::new() }
    }
}

impl Ints {
    /// Makes the table hold these ids of `rows` rows, or gives it up if they lie too far apart.
    fn make_room(&mut self, new: impl Iterator<Item = i64>, rows: usize) {
        let Lookup::Table { base, numbers } = &mut self.lookup else { return };
        let (low, high) = new.fold((i64::MAX, i64::MIN), |(low, high), id| (low.min(id), high.max(id)));
        if low > high {
            return;
        }
        let (mut low, mut end) = (i128::from(low), i128::from(high) + 1);
        if !numbers.is_empty() {
            // Room for as much again beyond what is needed, so that many small batches do not copy it too often.
            let (old_low, length) = (i128::from(*base), numbers.len() as i128);
            let old_end = old_low + length;
            if old_low <= low && end <= old_end {
                return;
            }
            low = if low < old_low { (low - length).max(i64::MIN.into()) } else { old_low };
            end = if end > old_end { end + length } else { old_end };
        }
        let width = (end - low) as u128;
        let low = low as i64;
        if width > 4 * rows as u128 + 16 * self.ids.len() as u128 + 1024 {
            self.lookup = Lookup::Map(self.ids.iter().copied().zip(0..).collect());
            return;
        }
        *base = low;
        *numbers = vec![NONE; width as usize];
        for (number, id) in (0..).zip(&self.ids) {
            numbers[id.abs_diff(low) as usize] = number;
        }
    }

    /// The number of an id for which there is room.
    #[inline]
    fn number(&mut self, id: i64) -> u32 {
        let next = self.ids.len() as u32;
        let number = match &mut self.lookup {
            Lookup::Table { base, numbers } => {
                let number = &mut numbers[id.abs_diff(*base) as usize];
                *number = if *number == NONE { next } else { *number };
                *number
            }
            Lookup::Map(map) => *map.entry(id).or_insert(next),
        };
        if number == next {
            self.ids.push(id);
        }
        number
    }

    fn find(&self, id: i64) -> u32 {
        match &self.lookup {
            Lookup::Table { base, numbers } if id >= *base => {
                usize::try_from(id.abs_diff(*base)).ok().and_then(|i| numbers.get(i).copied())
            }
            Lookup::Table { .. } => None,
            Lookup::Map(map) => map.get(&id).copied(),
        }
        .unwrap_or(NONE)
    }

    fn ascending(&self) -> Vec<u32> {
        match &self.lookup {
            Lookup::Table { numbers, .. } => numbers.iter().copied().filter(|&n| n != NONE).collect(),
            Lookup::Map(_) => {
                let mut numbers: Vec<u32> = (0..self.ids.len() as u32).collect();
                numbers.sort_unstable_by_key(|&n| self.ids[n as usize]);
                numbers
            }
        }
    }
}

/// Texts in one string, found through a table with open addressing and linear probing.
#[derive(Debug, Clone, Default)]
struct Texts {
    /// Keyed at random, as in [`Lookup::Map`].
    hasher: RandomState,
    all: String,
    /// Where in `all` each number's text ends.
    ends: Vec<usize>,
    /// Each number with its text's hash, from the place that the hash says onwards; at most half of it is in use.
    table: Vec<(u32, u32)>,
}

impl Texts {
    fn hash(&self, id: &str) -> u32 {
        self.hasher.hash_one(id) as u32
    }

    /// The numbers of a whole column: hashed first, so that the look-ups need not wait for one another.
    fn number_all<'a>(
        &mut self,
        ids: impl Iterator<Item = Option<&'a str>> + Clone,
        wanted: impl Fn(usize) -> bool,
    ) -> Vec<u32> {
        let hashes: Vec<u32> = ids.clone().map(|id| id.map_or(0, |id| self.hash(id))).collect();
        let hashed = ids.zip(hashes).map(|(id, hash)| Some((id?, hash)));
        numbers(hashed, wanted, |(id, hash)| self.number(id, hash))
    }

    fn number(&mut self, id: &str, hash: u32) -> u32 {
        if self.table.len() < 2 * (self.ends.len() + 1) {
            self.grow();
        }
        let place = self.place(id, hash);
        if self.table[place].1 == NONE {
            self.table[place] = (hash, self.ends.len() as u32);
            self.all.push_str(id);
            self.ends.push(self.all.len());
        }
        self.table[place].1
    }

    /// Where the text stands in the table, or where it would have to.
    fn place(&self, id: &str, hash: u32) -> usize {
        let mask = self.table.len() - 1;
        let mut place = hash as usize & mask;
        loop {
            let (other, number) = self.table[place];
            if number == NONE || (other == hash && self.text(number) == id) {
                return place;
            }
            place = (place + 1) & mask;
        }
    }

    fn grow(&mut self) {
        let length = (2 * self.table.len()).max(16);
        let old = std::mem::replace(&mut self.table, vec![(0, NONE); length]);
        for (hash, number) in old.into_iter().filter(|(_, number)| *number != NONE) {
            let mut place = hash as usize & (length - 1);
            while self.table[place].1 != NONE {
                place = (place + 1) & (length - 1);
            }
            self.table[place] = (hash, number);
        }
    }

    fn find(&self, id: &str) -> u32 {
        if self.table.is_empty() { NONE } else { self.table[self.place(id, self.hash(id))].1 }
    }

    /// The text of a number.
    fn text(&self, number: u32) -> &str {
        let number = number as usize;
        let start = if number == 0 { 0 } else { self.ends[number - 1] };
        &self.all[start..self.ends[number]]
    }

    fn ascending(&self) -> Vec<u32> {
        let mut numbers: Vec<u32> = (0..self.ends.len() as u32).collect();
        numbers.sort_unstable_by_key(|&n| self.text(n));
        numbers
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(index: &mut Index, ids: &[i64]) -> Vec<u32> {
        index.number(Ids::Int(ids), |_| true)
    }

    #[test]
    fn ids_are_numbered_as_they_appear_and_told_in_order() {
        let mut index = Index::default();
        assert_eq!(all(&mut index, &[7, 3, 7, -2]), [0, 1, 0, 2]);
        assert_eq!(all(&mut index, &[90_000, 3]), [3, 1]);
        assert!(matches!(index.ints.lookup, Lookup::Map(_)));
        assert_eq!(all(&mut index, &[i64::MIN, i64::MAX, 7]), [4, 5, 0]);
        let order = index.ascending();
        assert_eq!(index.ids(&order), CustomerIds::Int(vec![i64::MIN, -2, 3, 7, 90_000, i64::MAX]));
        assert_eq!(index.find(&CustomerIds::Int(vec![3, 4])), [1, NONE]);
        assert_eq!(index.find(&CustomerIds::Str(vec!["3".to_owned()])), [NONE]);
    }

    #[test]
    fn tables_grow_to_both_sides_and_stop_at_the_ends_of_the_range() {
        let mut index = Index::default();
        assert_eq!(all(&mut index, &[i64::MAX, i64::MAX - 5]), [0, 1]);
        assert_eq!(all(&mut index, &[i64::MAX - 900, i64::MAX]), [2, 0]);
        assert!(matches!(index.ints.lookup, Lookup::Table { .. }));
        assert_eq!(
            index.find(&CustomerIds::Int(vec![i64::MAX - 900, i64::MIN, i64::MAX - 901, 0])),
            [2, NONE, NONE, NONE]
        );
        assert_eq!(index.ascending(), [2, 1, 0]);

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
        let ids = [Some("é"), None, Some(""), Some("b"), Some("Z"), Some("é")];
        assert_eq!(index.number(Ids::NullableStr(&ids), |_| true), [0, NONE, 1, 2, 3, 0]);
        let order = index.ascending();
        let CustomerIds::Str(ids) = index.ids(&order) else { panic!() };
        assert_eq!(ids, ["", "Z", "b", "é"]);
    }

    #[test]
    fn texts_of_the_same_hash_are_told_apart() {
        let mut texts = Texts::default();
        for (i, id) in ["a", "b", "c"].into_iter().enumerate() {
            assert_eq!(texts.number(id, u32::MAX), i as u32);
        }
        assert_eq!((texts.number("b", u32::MAX), texts.text(2)), (1, "c"));
    }

    #[test]
    fn many_texts_are_told_apart() {
        let texts: Vec<String> = (0..5_000).map(|i| format!("{}", i % 3_000)).collect();
        let ids: Vec<&str> = texts.iter().map(String::as_str).collect();
        let mut index = Index::default();
        let numbers = index.number(Ids::Str(&ids), |_| true);
        assert!(numbers.iter().zip(0..).all(|(&number, i)| number == i % 3_000));
        let twice = index.clone().absorb(&index);
        assert_eq!(twice, (0..3_000).collect::<Vec<u32>>());
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
