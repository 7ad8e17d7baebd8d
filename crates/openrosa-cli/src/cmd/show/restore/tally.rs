//! Counting by name, within bounds.

use std::collections::BTreeMap;

/// More names than these are counted together: a hostile restore has a new one in each case.
const MOST: usize = 1000;

/// Counts by name.
#[derive(Default)]
pub(super) struct Tally<T> {
    named: BTreeMap<String, T>,
    others: u64,
}

impl<T: Default> Tally<T> {
    /// What is counted under this name; `None` where it goes to the others.
    pub(super) fn of(&mut self, name: &str) -> Option<&mut T> {
        if !self.named.contains_key(name) {
            if self.named.len() >= MOST {
                self.others += 1;
                return None;
            }
            self.named.insert(name.to_owned(), T::default());
        }
        self.named.get_mut(name)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (&str, &T)> {
        self.named.iter().map(|(name, count)| (name.as_str(), count))
    }

    pub(super) fn len(&self) -> usize {
        self.named.len()
    }

    /// How often something had a name too many.
    pub(super) const fn others(&self) -> u64 {
        self.others
    }
}
