//! Records of one kind, while they are worked on.

use std::{
    borrow::Borrow,
    collections::{HashMap, hash_map::Entry},
    hash::Hash,
    sync::Arc,
};

/// Records by key: what the host had, what the work has made of it, and how to take that back.
#[derive(Clone, Debug)]
pub(super) struct Shelf<K, V> {
    slots: HashMap<K, Slot<V>>,
    /// What stood in a slot before it was first changed since a mark, oldest first.
    journal: Vec<(K, Option<Slot<V>>)>,
    /// How many marks there were.
    marks: u64,
}

#[derive(Debug)]
struct Slot<V> {
    value: Option<Arc<V>>,
    /// Since when it is there, for an order that does not depend on hashes.
    place: usize,
    written: bool,
    /// After which mark its state before went into the journal: until the next, that is what would be gone back to.
    journaled: Option<u64>,
}

impl<V> Clone for Slot<V> {
    fn clone(&self) -> Self {
        Self { value: self.value.clone(), ..*self }
    }
}

impl<K, V> Default for Shelf<K, V> {
    fn default() -> Self {
        Self { slots: HashMap::new(), journal: Vec::new(), marks: 0 }
    }
}

impl<K: Hash + Eq + Clone, V> Shelf<K, V> {
    /// Takes in what the host has, unless that is known already.
    pub(super) fn load(&mut self, key: K, value: Option<Arc<V>>) {
        let place = self.slots.len();
        self.slots.entry(key).or_insert(Slot { value, place, written: false, journaled: None });
    }

    pub(super) fn is_loaded(&self, key: &K) -> bool {
        self.slots.contains_key(key)
    }

    /// The key under which something is known, a copy of which shares its text.
    pub(super) fn key<Q: Hash + Eq + ?Sized>(&self, key: &Q) -> Option<&K>
    where
        K: Borrow<Q>,
    {
        self.slots.get_key_value(key).map(|(key, _)| key)
    }

    pub(super) fn get(&self, key: &K) -> Option<&Arc<V>> {
        self.slots.get(key).and_then(|slot| slot.value.as_ref())
    }

    pub(super) fn set(&mut self, key: K, value: Option<Arc<V>>) {
        let (place, journaled) = (self.slots.len(), Some(self.marks));
        match self.slots.entry(key.clone()) {
            Entry::Occupied(mut there) => {
                let slot = Slot { value, place: there.get().place, written: true, journaled };
                let before = there.insert(slot);
                if before.journaled != journaled {
                    self.journal.push((key, Some(before)));
                }
            }
            Entry::Vacant(free) => {
                free.insert(Slot { value, place, written: true, journaled });
                self.journal.push((key, None));
            }
        }
    }

    /// Takes out what is to be changed and [set](Self::set) again: it is copied only where it has to be gone back to.
    pub(super) fn take(&mut self, key: &K) -> Option<Arc<V>> {
        let journaled = Some(self.marks);
        let slot = self.slots.get_mut(key)?;
        if slot.journaled != journaled {
            self.journal.push((key.clone(), Some(slot.clone())));
        }
        slot.journaled = journaled;
        slot.value.take()
    }

    pub(super) fn values(&self) -> impl Iterator<Item = &Arc<V>> {
        self.slots.values().filter_map(|slot| slot.value.as_ref())
    }

    /// Where the journal stands.
    pub(super) fn mark(&mut self) -> usize {
        self.marks += 1;
        self.journal.len()
    }

    /// Takes back what was done since the journal stood there.
    pub(super) fn undo_to(&mut self, mark: usize) {
        // What was taken for writing meanwhile is the host's affair.
        for (key, before) in self.journal.drain(mark.min(self.journal.len())..).rev() {
            match before {
                Some(slot) => self.slots.insert(key, slot),
                None => self.slots.remove(&key),
            };
        }
    }

    /// Nothing will be taken back any more.
    pub(super) fn forget(&mut self) {
        self.marks += 1;
        self.journal.clear();
    }

    /// In the order in which they came to be here.
    pub(super) fn into_written(self) -> Vec<(K, Option<Arc<V>>)> {
        let mut written: Vec<_> = self.slots.into_iter().filter(|(_, slot)| slot.written).collect();
        written.sort_unstable_by_key(|(_, slot)| slot.place);
        written.into_iter().map(|(key, slot)| (key, slot.value)).collect()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    /// What is done to a shelf.
    #[derive(Clone, Debug)]
    enum Done {
        Set(u8, Option<u8>),
        /// Taken out and set again.
        Changed(u8, u8),
        /// All of it, and whether it is taken back.
        Within(Vec<Self>, bool),
    }

    fn done() -> impl Strategy<Value = Vec<Done>> {
        let one = prop_oneof![
            (0..3u8, any::<Option<u8>>()).prop_map(|(key, value)| Done::Set(key, value)),
            (0..3u8, any::<u8>()).prop_map(|(key, value)| Done::Changed(key, value)),
        ];
        let nested = one.prop_recursive(3, 24, 5, |inner| {
            let within = prop::collection::vec(inner, 0..5);
            (within, any::<bool>()).prop_map(|(within, back)| Done::Within(within, back))
        });
        prop::collection::vec(nested, 0..6)
    }

    fn there(shelf: &Shelf<u8, u8>) -> BTreeMap<u8, u8> {
        let there = shelf.slots.iter().filter_map(|(key, slot)| Some((*key, **slot.value.as_ref()?)));
        there.collect()
    }

    fn play(shelf: &mut Shelf<u8, u8>, done: &[Done], is_outermost: bool) {
        for done in done {
            match done {
                Done::Set(key, value) => shelf.set(*key, value.map(Arc::new)),
                Done::Changed(key, value) => {
                    let before = shelf.take(key).map_or(0, Arc::unwrap_or_clone);
                    shelf.set(*key, Some(Arc::new(before ^ value)));
                }
                Done::Within(within, back) => {
                    let (before, mark) = (there(shelf), shelf.mark());
                    play(shelf, within, false);
                    if *back {
                        shelf.undo_to(mark);
                        assert_eq!(there(shelf), before);
                    } else if is_outermost {
                        shelf.forget();
                    }
                }
            }
        }
    }

    proptest! {
        /// However often something was changed, and whatever was taken back within, it is gone back to what was there at the mark.
        #[test]
        fn what_is_taken_back_is_as_it_was(before in done(), done in done()) {
            let mut shelf = Shelf::default();
            shelf.load(0, Some(Arc::new(7)));
            shelf.load(1, None);
            play(&mut shelf, &before, true);
            play(&mut shelf, &[Done::Within(done, true)], true);
        }
    }

    #[test]
    fn what_is_changed_again_and_again_is_copied_once() {
        let mut shelf = Shelf::default();
        shelf.load(0, Some(Arc::new(7)));
        let mark = shelf.mark();
        for value in 0..9 {
            let before = shelf.take(&0).unwrap();
            assert_eq!(Arc::strong_count(&before), if value == 0 { 2 } else { 1 });
            shelf.set(0, Some(Arc::new(value)));
        }
        assert_eq!(shelf.journal.len(), 1);
        shelf.undo_to(mark);
        assert_eq!(shelf.get(&0).map(|value| **value), Some(7));
    }
}
