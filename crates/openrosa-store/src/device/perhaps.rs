//! Which keys there may be: all that are there, and now and then one that is not.

use std::hash::{BuildHasher, BuildHasherDefault, DefaultHasher, Hash};

use openrosa_case::store::Keys;

/// A Bloom filter of a mebibyte, whatever is noted in it. Where a hundred thousand keys are, or three times as many, hardly another is
/// ever taken for one of them; where a million are, one in fifty is.
pub(super) struct Perhaps {
    bits: Vec<u64>,
    hasher: BuildHasherDefault<DefaultHasher>,
}

const BITS: usize = 8 << 20;
/// How many bits stand for a key.
const PLACES: usize = 8;

impl Default for Perhaps {
    fn default() -> Self {
        Self { bits: vec![0; BITS / 64], hasher: BuildHasherDefault::default() }
    }
}

impl Perhaps {
    /// From now on there is this key.
    pub(super) fn note(&mut self, key: &impl Hash) {
        for place in self.places(key) {
            self.bits[place / 64] |= 1 << (place % 64);
        }
    }

    /// Whether the key may have been noted; if not, it was not.
    pub(super) fn has(&self, key: &impl Hash) -> bool {
        self.places(key).into_iter().all(|place| self.bits[place / 64] & (1 << (place % 64)) != 0)
    }

    /// Leaves those keys that may have been noted, and hands over the others.
    pub(super) fn leave<K: Hash + Ord>(&self, keys: &mut Keys<K>, mut absent: impl FnMut(K)) {
        for key in std::mem::take(keys) {
            if self.has(&key) {
                keys.insert(key);
            } else {
                absent(key);
            }
        }
    }

    fn places(&self, key: &impl Hash) -> [usize; PLACES] {
        let hash = self.hasher.hash_one(key);
        let (first, step) = (hash, (hash >> 32) | 1);
        std::array::from_fn(|n| (first.wrapping_add(step.wrapping_mul(n as u64)) % BITS as u64) as usize)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_noted_is_there_and_hardly_anything_else() {
        let mut perhaps = Perhaps::default();
        (0..100_000).for_each(|n| perhaps.note(&format!("case-{n}")));
        assert!((0..100_000).all(|n| perhaps.has(&format!("case-{n}"))));
        assert!(!(100_000..200_000).any(|n| perhaps.has(&format!("case-{n}"))));
        (100_000..1_000_000).for_each(|n| perhaps.note(&format!("case-{n}")));
        let taken_for = (1_000_000..1_100_000).filter(|n| perhaps.has(&format!("case-{n}"))).count();
        assert!(taken_for < 4_000, "{taken_for} of 100,000");
    }
}
