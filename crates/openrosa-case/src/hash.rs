//! The hash by which device and server see whether they speak of the same cases.

use std::fmt;

use md5::{Digest, Md5};

/// The MD5 digests of the ids of all cases that a device holds, combined by exclusive or; empty for no case.
///
/// Order does not matter, nor does whether a case is open. An id that comes twice cancels itself, so a count is kept beside
/// the digest: no cases at all are the empty text, not zeros. Properties, ledgers and fixtures are not covered.
///
/// *Wire:* after `ccsh:` in the query parameter `state` of a restore. *Spec:* case-xml.md 6, ota-restore.md 3.2.
///
/// ```
/// use openrosa_case::hash::StateHash;
///
/// let mut hash = StateHash::of(["abc123", "123abc"]);
/// assert_eq!(hash.to_string(), "409c5c597fa2c2a693b769f0d2ad432b");
/// hash.remove("123abc");
/// assert_eq!(hash, StateHash::of(["abc123"]));
/// assert_eq!(openrosa_xml::StateHash::from(hash).to_string(), format!("ccsh:{hash}"));
/// hash.remove("abc123");
/// assert_eq!(hash.to_string(), "");
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct StateHash {
    digest: [u8; 16],
    cases: u64,
}

impl StateHash {
    /// The hash of these cases.
    #[must_use]
    pub fn of<T: AsRef<str>>(ids: impl IntoIterator<Item = T>) -> Self {
        ids.into_iter().collect()
    }

    /// Adds a case.
    pub fn add(&mut self, id: &str) {
        self.cases = self.cases.wrapping_add(1);
        self.combine(id);
    }

    /// Takes a case out that was added, or will be: additions and removals may come in any order.
    pub fn remove(&mut self, id: &str) {
        self.cases = self.cases.wrapping_sub(1);
        self.combine(id);
    }

    fn combine(&mut self, id: &str) {
        let digest = Md5::digest(id.as_bytes());
        self.digest.iter_mut().zip(digest).for_each(|(byte, other)| *byte ^= other);
    }

    /// Whether there is no case.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.cases == 0
    }

    /// The combined digest, for at least one case.
    #[must_use]
    pub fn digest(&self) -> Option<&[u8; 16]> {
        (!self.is_empty()).then_some(&self.digest)
    }

    /// Whether a device wrote this hash: 32 digits in lower case, or nothing.
    #[must_use]
    pub fn is_written(&self, text: &str) -> bool {
        self.to_string() == text
    }
}

/// As it goes with a request for a restore.
impl From<StateHash> for openrosa_xml::StateHash {
    fn from(hash: StateHash) -> Self {
        Self::from_digest(hash.to_string())
    }
}

/// Equal when they are written alike, which is all that the other side can see.
impl PartialEq for StateHash {
    fn eq(&self, other: &Self) -> bool {
        self.digest() == other.digest()
    }
}

impl Eq for StateHash {}

impl<T: AsRef<str>> FromIterator<T> for StateHash {
    fn from_iter<I: IntoIterator<Item = T>>(ids: I) -> Self {
        let mut hash = Self::default();
        hash.extend(ids);
        hash
    }
}

impl<T: AsRef<str>> Extend<T> for StateHash {
    fn extend<I: IntoIterator<Item = T>>(&mut self, ids: I) {
        ids.into_iter().for_each(|id| self.add(id.as_ref()));
    }
}

impl fmt::Display for StateHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.digest().into_iter().flatten().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// C-100: the vectors of the digest, the same id twice among them.
    /// S-040: the four vectors, in any order; empty for an empty store.
    #[test]
    fn the_vectors_hash_as_stated() {
        for (ids, hash) in [
            (&["abc123"][..], "e99a18c428cb38d5f260853678922e03"),
            (&["abc123", "123abc"], "409c5c597fa2c2a693b769f0d2ad432b"),
            (&["123abc", "abc123"], "409c5c597fa2c2a693b769f0d2ad432b"),
            (&["case_one"], "3b891cd167fe088cf10145a70bfe9186"),
            (&["a", "b", "c"], "d4a022b7bb682e739e7015ad5ccd2edd"),
            (&["c", "a", "b"], "d4a022b7bb682e739e7015ad5ccd2edd"),
            (&["a", "a"], "00000000000000000000000000000000"),
            (&[], ""),
        ] {
            assert_eq!(StateHash::of(ids).to_string(), hash, "{ids:?}");
        }
    }

    /// C-101: no case hashes to the empty text, which is not the hash of an id that comes twice.
    #[test]
    fn nothing_is_empty_and_not_zeros() {
        assert!(StateHash::default().is_written(""));
        assert_ne!(StateHash::of(["a", "a"]), StateHash::default());
        assert_eq!(StateHash::of(["a", "a"]), StateHash::of(["b", "b"]));
    }

    #[test]
    fn digits_are_compared_exactly() {
        let hash = StateHash::of(["abc123"]);
        assert!(hash.is_written("e99a18c428cb38d5f260853678922e03"));
        assert!(!hash.is_written("E99A18C428CB38D5F260853678922E03"));
        assert!(!hash.is_written(" e99a18c428cb38d5f260853678922e03"));
        assert!(!hash.is_written(""));
    }

    proptest! {
        /// C-102: order does not matter, and cases can be added and taken out in any order.
        #[test]
        fn any_way_to_the_same_cases_gives_the_same_hash(
            kept in prop::collection::hash_set("[a-zé]{1,5}", 0..8), gone in prop::collection::hash_set("[0-9]{1,5}", 0..8)
        ) {
            let mut hash = StateHash::default();
            gone.iter().for_each(|id| hash.remove(id));
            hash.extend(&kept);
            hash.extend(&gone);
            let mut sorted: Vec<_> = kept.iter().collect();
            sorted.sort();
            prop_assert_eq!(hash, StateHash::of(sorted));
            prop_assert_eq!(hash.is_empty(), kept.is_empty());
        }
    }
}
