//! What a case has under names.

use std::{fmt, ops::Index, vec};

use openrosa_xml::Text;

/// Values by name, in the order of the names: the properties, links or files of a case.
///
/// They lie side by side, since a case has a dozen of them and a device has many cases. To put one in its place moves those
/// after it; whoever has many calls [`change`](Self::change).
///
/// ```
/// use openrosa_case::case::Named;
///
/// let mut stock = Named::new();
/// stock.insert("weight", 12);
/// stock.insert("age", 3);
/// assert_eq!(stock.insert("weight", 13), Some(12));
/// assert_eq!(stock.iter().collect::<Vec<_>>(), [("age", &3), ("weight", &13)]);
/// assert_eq!((stock["age"], stock.get("height")), (3, None));
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Named<V>(Vec<(Text<'static>, V)>);

/// Where there is so many times as much as is changed, each change goes to its place by itself.
const FEW: usize = 8;

impl<V> Named<V> {
    /// Nothing.
    #[must_use]
    pub const fn new() -> Self {
        Self(Vec::new())
    }

    /// How many there are.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn place(&self, name: &str) -> Result<usize, usize> {
        self.0.binary_search_by(|(other, _)| other.as_str().cmp(name))
    }

    /// The value of this name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&V> {
        self.place(name).ok().map(|place| &self.0[place].1)
    }

    /// Whether there is a value of this name.
    #[must_use]
    pub fn contains_key(&self, name: &str) -> bool {
        self.place(name).is_ok()
    }

    /// Puts a value in its place, and gives the one that was there.
    pub fn insert(&mut self, name: impl Into<Text<'static>>, value: V) -> Option<V> {
        let name = name.into();
        match self.place(&name) {
            Ok(place) => Some(std::mem::replace(&mut self.0[place].1, value)),
            Err(place) => {
                self.0.insert(place, (name, value));
                None
            }
        }
    }

    /// Takes a value away.
    pub fn remove(&mut self, name: &str) -> Option<V> {
        self.place(name).ok().map(|place| self.0.remove(place).1)
    }

    /// Sets and takes away many at once, `None` being taken away; of several of one name the last counts.
    pub fn change(&mut self, mut changes: Vec<(Text<'static>, Option<V>)>) {
        changes.sort_by(|a, b| a.0.cmp(&b.0));
        changes.dedup_by(|later, kept| {
            let same = later.0 == kept.0;
            if same {
                std::mem::swap(later, kept);
            }
            same
        });
        if changes.len() * FEW <= self.len() {
            for (name, value) in changes {
                match value {
                    Some(value) => drop(self.insert(name, value)),
                    None => drop(self.remove(&name)),
                }
            }
            return;
        }
        if self.is_empty() {
            let set = changes.into_iter().filter_map(|(name, value)| Some((name, value?)));
            self.0 = set.collect();
            return;
        }
        let room = self.len() + changes.len();
        let mut before = std::mem::replace(&mut self.0, Vec::with_capacity(room)).into_iter().peekable();
        for (name, value) in changes {
            while let Some(earlier) = before.next_if(|(other, _)| *other < name) {
                self.0.push(earlier);
            }
            before.next_if(|(other, _)| *other == name);
            self.0.extend(value.map(|value| (name, value)));
        }
        self.0.extend(before);
    }

    /// All of them, by name.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&str, &V)> + DoubleEndedIterator + Clone {
        self.0.iter().map(|(name, value)| (name.as_str(), value))
    }

    /// The names.
    pub fn keys(&self) -> impl ExactSizeIterator<Item = &str> + DoubleEndedIterator + Clone {
        self.0.iter().map(|(name, _)| name.as_str())
    }

    /// The values, by name.
    pub fn values(&self) -> impl ExactSizeIterator<Item = &V> + DoubleEndedIterator + Clone {
        self.0.iter().map(|(_, value)| value)
    }
}

impl<V> Default for Named<V> {
    fn default() -> Self {
        Self::new()
    }
}

impl<V: fmt::Debug> fmt::Debug for Named<V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.iter()).finish()
    }
}

impl<V> Index<&str> for Named<V> {
    type Output = V;

    /// # Panics
    ///
    /// When there is no value of this name.
    fn index(&self, name: &str) -> &V {
        self.get(name).expect("there is a value of this name")
    }
}

impl<V> IntoIterator for Named<V> {
    type Item = (Text<'static>, V);
    type IntoIter = vec::IntoIter<Self::Item>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl<N: Into<Text<'static>>, V> FromIterator<(N, V)> for Named<V> {
    fn from_iter<I: IntoIterator<Item = (N, V)>>(named: I) -> Self {
        let mut all = Self::new();
        all.change(named.into_iter().map(|(name, value)| (name.into(), Some(value))).collect());
        all
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    type Changes = Vec<(String, Option<u8>)>;

    fn changes() -> impl Strategy<Value = Changes> {
        let of = |name: &'static str, count| prop::collection::vec((name, any::<Option<u8>>()), 0..count);
        prop_oneof![of("[ab]{0,2}", 12), of("[a-d]{0,2}", 40), of("[a-d]{0,2}", 3)]
    }

    proptest! {
        /// Many changes at once, or one after another, are what a map would make of them.
        #[test]
        fn it_is_a_map(before in changes(), after in changes()) {
            let (mut one_by_one, mut at_once, mut map) = (Named::new(), Named::new(), BTreeMap::new());
            for changes in [before, after] {
                for (name, value) in changes.clone() {
                    let (named, mapped) = match value {
                        Some(value) => (one_by_one.insert(name.clone(), value), map.insert(name, value)),
                        None => (one_by_one.remove(&name), map.remove(&name)),
                    };
                    prop_assert_eq!(named, mapped);
                }
                at_once.change(changes.into_iter().map(|(name, value)| (name.into(), value)).collect());
            }
            prop_assert_eq!(&at_once, &one_by_one);
            let listed: Vec<_> = map.iter().map(|(name, value)| (&**name, value)).collect();
            prop_assert_eq!(at_once.iter().collect::<Vec<_>>(), listed);
            prop_assert!(map.iter().all(|(name, value)| at_once.get(name) == Some(value)));
        }
    }
}
