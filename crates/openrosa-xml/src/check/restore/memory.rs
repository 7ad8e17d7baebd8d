//! The ids that have come by.

use std::{
    collections::HashSet,
    hash::{BuildHasherDefault, DefaultHasher, Hash, Hasher},
};

/// What an id is the id of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Sort {
    /// A case with a block.
    Case,
    /// A case that was created.
    Created,
    /// A fixture, for whichever user.
    Fixture,
    /// A fixture of a user.
    FixtureOf,
    /// A user.
    User,
}

/// A set of ids that holds 16 bytes of each, and no more of them than it was told to.
///
/// Two ids are taken for one when both halves of 128 bits agree, which does not happen by chance.
#[derive(Clone, Debug)]
pub(super) struct Memory {
    seen: HashSet<u128, BuildHasherDefault<LowHalf>>,
    room: usize,
    is_full: bool,
}

impl Memory {
    pub(super) fn with_room(room: usize) -> Self {
        Self { seen: HashSet::default(), room, is_full: false }
    }

    /// Remembers an id; `true` if it was remembered before.
    pub(super) fn meet(&mut self, sort: Sort, id: &str, of: &str) -> bool {
        let key = key(sort, id, of);
        if self.seen.len() < self.room {
            return !self.seen.insert(key);
        }
        let is_known = self.seen.contains(&key);
        self.is_full |= !is_known;
        is_known
    }

    /// Whether an id was remembered.
    pub(super) fn knows(&self, sort: Sort, id: &str) -> bool {
        self.seen.contains(&key(sort, id, ""))
    }

    /// Whether an id had to be left out.
    pub(super) const fn is_full(&self) -> bool {
        self.is_full
    }
}

fn key(sort: Sort, id: &str, of: &str) -> u128 {
    let mut hasher = DefaultHasher::new();
    (sort, id, of).hash(&mut hasher);
    let half = hasher.finish();
    // What a hasher holds is four times as long as what it tells at once.
    hasher.write_u8(0);
    u128::from(half) << 64 | u128::from(hasher.finish())
}

/// What is hashed is a hash already.
#[derive(Clone, Copy, Debug, Default)]
struct LowHalf(u64);

impl Hasher for LowHalf {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        self.0 = bytes.iter().take(8).fold(self.0, |low, byte| low << 8 | u64::from(*byte));
    }

    fn write_u128(&mut self, key: u128) {
        self.0 = key as u64;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_remembered_by_what_it_is_of() {
        let mut memory = Memory::with_room(10);
        assert!(!memory.meet(Sort::Case, "a", ""));
        assert!(memory.meet(Sort::Case, "a", ""));
        assert!(!memory.meet(Sort::Created, "a", ""));
        assert!(!memory.meet(Sort::FixtureOf, "a", "u"));
        assert!(!memory.meet(Sort::FixtureOf, "a", ""));
        assert!(memory.knows(Sort::Created, "a") && !memory.knows(Sort::Fixture, "a"));
    }

    #[test]
    fn a_full_memory_says_so_and_still_knows_what_it_holds() {
        let mut memory = Memory::with_room(2);
        assert!(["a", "b", "a", "b"].map(|id| memory.meet(Sort::Case, id, "")) == [false, false, true, true]);
        assert!(!memory.is_full());
        assert!(!memory.meet(Sort::Case, "c", "") && !memory.meet(Sort::Case, "c", ""));
        assert!(memory.is_full() && memory.meet(Sort::Case, "a", ""));
    }
}
