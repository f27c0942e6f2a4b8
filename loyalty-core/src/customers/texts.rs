//! Distinct texts, one after the other in one string.

use super::index::Distinct;

#[derive(Debug, Clone, Default)]
pub(super) struct Texts {
    all: String,
    /// Where in `all` each text ends.
    ends: Vec<usize>,
}

impl Texts {
    pub(super) fn len(&self) -> usize {
        self.ends.len()
    }

    #[inline]
    pub(super) fn get(&self, place: u32) -> &str {
        let place = place as usize;
        let start = if place == 0 { 0 } else { self.ends[place - 1] };
        &self.all[start..self.ends[place]]
    }

    /// The bytes with which all of them begin; none if there is no text.
    pub(super) fn shared(&self) -> Option<&[u8]> {
        let mut texts = (0..self.len() as u32).map(|place| self.get(place).as_bytes());
        let first = texts.next()?;
        let shared = texts.fold(first.len(), |shared, text| {
            if text.get(..shared) == first.get(..shared) { shared } else { in_common(first, text) }
        });
        first.get(..shared)
    }
}

/// How many bytes all of these, where there are any, begin with in common.
pub(super) fn in_all(beginnings: &[Option<&[u8]>]) -> usize {
    let mut beginnings = beginnings.iter().flatten();
    let Some(first) = beginnings.next() else { return 0 };
    beginnings.map(|other| in_common(first, other)).min().unwrap_or(first.len())
}

fn in_common(a: &[u8], b: &[u8]) -> usize {
    a.iter().zip(b).take_while(|(a, b)| a == b).count()
}

/// The first eight bytes as a number that is in order as they are; 0 where there are none.
pub(super) fn beginning(bytes: &[u8]) -> u64 {
    let mut first = [0; 8];
    first.iter_mut().zip(bytes).for_each(|(slot, &byte)| *slot = byte);
    u64::from_be_bytes(first)
}

impl Distinct<&str> for Texts {
    fn count(&self) -> usize {
        self.len()
    }

    #[inline]
    fn is(&self, place: u32, id: &str) -> bool {
        self.get(place) == id
    }

    #[inline]
    fn touch(&self, place: u32) -> u64 {
        let end = self.ends.get(place as usize).copied().unwrap_or(0);
        self.all.as_bytes().get(end.wrapping_sub(1)).copied().unwrap_or(0).into()
    }

    fn add(&mut self, id: &str) {
        self.all.push_str(id);
        self.ends.push(self.all.len());
    }

    fn forget_from(&mut self, count: usize) {
        self.ends.truncate(count);
        self.all.truncate(self.ends.last().copied().unwrap_or(0));
    }
}
