//! Hashes of ids, keyed at random: no choice of ids makes a table slow, and no result depends on them.
//!
//! The two halves of a 128-bit product, of which a key is a factor, are folded into one (as in wyhash and its kin).

use std::hash::{BuildHasher, RandomState};

/// The secret of one table.
#[derive(Debug, Clone, Copy)]
pub(super) struct Keys([u64; 4]);

impl Default for Keys {
    fn default() -> Self {
        let random = RandomState::new();
        Self([0, 1, 2, 3].map(|key: u64| random.hash_one(key)))
    }
}

/// What can be hashed with keys.
pub(super) trait Keyed {
    fn hash(self, keys: &Keys) -> u64;
}

impl Keyed for i64 {
    #[inline]
    fn hash(self, &Keys([a, b, c, d]): &Keys) -> u64 {
        folded(folded(self as u64 ^ a, b) ^ c, d)
    }
}

impl Keyed for &str {
    #[inline]
    fn hash(self, &Keys([a, b, c, d]): &Keys) -> u64 {
        let bytes = self.as_bytes();
        let mut hash = a;
        let mut rest = bytes;
        while let Some((chunk, more)) = rest.split_first_chunk::<16>()
            && !more.is_empty()
        {
            let (low, high) = halves(*chunk);
            hash = folded(low ^ hash, high ^ b);
            rest = more;
        }
        // The last 16 bytes, of which some may have been seen; or fewer, of which some are seen twice.
        let (low, high) = match (bytes.last_chunk::<16>(), bytes.first_chunk::<8>(), bytes.last_chunk::<8>())
        {
            (Some(last), ..) => halves(*last),
            (None, Some(first), Some(last)) => (u64::from_le_bytes(*first), u64::from_le_bytes(*last)),
            _ => match (bytes.first_chunk::<4>(), bytes.last_chunk::<4>()) {
                (Some(first), Some(last)) => {
                    (u32::from_le_bytes(*first).into(), u32::from_le_bytes(*last).into())
                }
                _ => (bytes.iter().fold(0, |all, &byte| all << 8 | u64::from(byte)), 0),
            },
        };
        folded(folded(low ^ hash, high ^ b) ^ c, d ^ bytes.len() as u64)
    }
}

fn halves(bytes: [u8; 16]) -> (u64, u64) {
    let all = u128::from_le_bytes(bytes);
    (all as u64, (all >> 64) as u64)
}

#[inline]
fn folded(a: u64, b: u64) -> u64 {
    let product = u128::from(a) * u128::from(b);
    product as u64 ^ (product >> 64) as u64
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn every_byte_of_a_text_counts() {
        let keys = Keys::default();
        for length in 0..70 {
            let text = "a".repeat(length);
            let mut hashes =
                HashSet::from([text.as_str().hash(&keys), format!("{text}a").as_str().hash(&keys)]);
            for changed in 0..length {
                let mut other = text.clone();
                other.replace_range(changed..=changed, "b");
                hashes.insert(other.as_str().hash(&keys));
            }
            assert_eq!(hashes.len(), length + 2);
        }
    }

    #[test]
    fn hashes_of_regular_ids_spread() {
        // 2¹⁶ ids into as many slots leave about e⁻¹ of them empty, whatever bits the ids differ in.
        let keys = Keys::default();
        for shift in [0, 1, 16, 31, 32, 40, 47] {
            for half in [0, 32] {
                let slots: HashSet<u64> =
                    (0..1_i64 << 16).map(|i| ((i << shift).hash(&keys) >> half) & 0xffff).collect();
                let share = slots.len() as f64 / f64::from(1 << 16);
                assert!((0.6..0.66).contains(&share), "{share} at {shift}");
            }
        }
    }
}
