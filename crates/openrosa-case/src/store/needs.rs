//! What a piece of work must know before it can be done.

use std::{
    collections::{BTreeSet, btree_set},
    iter, option,
};

use openrosa_xml::{CaseId, InstanceId, UserId};

use super::FixtureKey;
use crate::ledger::LedgerKey;

/// Records that must be in the staging, there or known not to exist.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Needs {
    /// Cases.
    pub cases: Keys<CaseId>,
    /// Cases whose sources must be known: who has an index to them.
    pub sources: Keys<CaseId>,
    /// Quantities.
    pub ledgers: Keys<LedgerKey>,
    /// Fixtures.
    pub fixtures: Keys<FixtureKey>,
    /// Users.
    pub users: Keys<UserId>,
    /// Forms of the log.
    pub forms: Keys<InstanceId>,
}

impl Needs {
    /// Whether nothing is needed.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.cases.is_empty()
            && self.sources.is_empty()
            && self.ledgers.is_empty()
            && self.fixtures.is_empty()
            && self.users.is_empty()
            && self.forms.is_empty()
    }
}

/// Keys, each once, in their order.
///
/// An item of a restore needs one, which then takes no tree of its own.
///
/// ```
/// use openrosa_case::store::Needs;
///
/// let mut needs = Needs::default();
/// needs.cases.extend(["mother".into(), "child".into(), "mother".into()]);
/// assert_eq!(needs.cases.iter().map(|id| id.as_str()).collect::<Vec<_>>(), ["child", "mother"]);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Keys<K>(Held<K>);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Held<K> {
    /// None, or one.
    Few(Option<K>),
    /// More than one.
    Many(BTreeSet<K>),
}

impl<K> Keys<K> {
    /// Whether there is none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        matches!(self.0, Held::Few(None))
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.iter().count()
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = &K> {
        let (few, many) = match &self.0 {
            Held::Few(few) => (few.as_ref(), None),
            Held::Many(many) => (None, Some(many)),
        };
        few.into_iter().chain(many.into_iter().flatten())
    }
}

impl<K: Ord> Keys<K> {
    /// Whether this one is among them.
    #[must_use]
    pub fn contains(&self, key: &K) -> bool {
        match &self.0 {
            Held::Few(few) => few.as_ref() == Some(key),
            Held::Many(many) => many.contains(key),
        }
    }

    /// Adds one; `false` if it is there already.
    pub fn insert(&mut self, key: K) -> bool {
        match &mut self.0 {
            Held::Few(Some(one)) if *one == key => false,
            Held::Few(few) => {
                self.0 = match few.take() {
                    None => Held::Few(Some(key)),
                    Some(one) => Held::Many(BTreeSet::from([one, key])),
                };
                true
            }
            Held::Many(many) => many.insert(key),
        }
    }

    /// Keeps only some.
    pub fn retain(&mut self, mut keep: impl FnMut(&K) -> bool) {
        match &mut self.0 {
            Held::Few(few) => drop(few.take_if(|one| !keep(one))),
            Held::Many(many) => {
                many.retain(keep);
                if many.len() < 2 {
                    self.0 = Held::Few(many.pop_first());
                }
            }
        }
    }
}

impl<K> Default for Keys<K> {
    fn default() -> Self {
        Self(Held::Few(None))
    }
}

impl<K: Ord> Extend<K> for Keys<K> {
    fn extend<I: IntoIterator<Item = K>>(&mut self, keys: I) {
        keys.into_iter().for_each(|key| _ = self.insert(key));
    }
}

impl<K: Ord> FromIterator<K> for Keys<K> {
    fn from_iter<I: IntoIterator<Item = K>>(keys: I) -> Self {
        let mut all = Self::default();
        all.extend(keys);
        all
    }
}

impl<K> IntoIterator for Keys<K> {
    type Item = K;
    type IntoIter = iter::Chain<option::IntoIter<K>, btree_set::IntoIter<K>>;

    fn into_iter(self) -> Self::IntoIter {
        let (few, many) = match self.0 {
            Held::Few(few) => (few, BTreeSet::new()),
            Held::Many(many) => (None, many),
        };
        few.into_iter().chain(many)
    }
}

#[cfg(test)]
mod tests {
    use proptest::{collection::vec, prelude::*};

    use super::*;

    proptest! {
        /// Whatever is added one by one or at once, they are what a set would make of them.
        #[test]
        fn they_are_a_set(ones in vec(0..5, 0..5), many in vec(0..5, 0..5), gone in 0..5) {
            let (mut keys, mut set) = (Keys::default(), std::collections::BTreeSet::new());
            for key in ones {
                prop_assert_eq!(keys.insert(key), set.insert(key));
            }
            keys.extend(many.clone());
            set.extend(many);
            keys.retain(|key| *key != gone);
            set.remove(&gone);
            prop_assert!(keys.iter().eq(&set) && (0..5).all(|key| keys.contains(&key) == set.contains(&key)));
            prop_assert_eq!((keys.len(), keys.is_empty()), (set.len(), set.is_empty()));
            prop_assert_eq!(&keys, &set.iter().copied().collect(), "equal to one that was never more");
            prop_assert!(keys.into_iter().eq(set));
        }
    }
}
