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
    /// What stood in a slot before each change, oldest first.
    journal: Vec<(K, Option<Slot<V>>)>,
}

#[derive(Debug)]
struct Slot<V> {
    value: Option<Arc<V>>,
    /// Since when it is there, for an order that does not depend on hashes.
    place: usize,
    written: bool,
}

impl<V> Clone for Slot<V> {
    fn clone(&self) -> Self {
        Self { value: self.value.clone(), ..*self }
    }
}

impl<K, V> Default for Shelf<K, V> {
    fn default() -> Self {
        Self { slots: HashMap::new(), journal: Vec::new() }
    }
}

impl<K: Hash + Eq + Clone, V> Shelf<K, V> {
    /// Takes in what the host has, unless that is known already.
    pub(super) fn load(&mut self, key: K, value: Option<Arc<V>>) {
        let place = self.slots.len();
        self.slots.entry(key).or_insert(Slot { value, place, written: false });
    }

    pub(super) fn is_loaded(&self, key: &K) -> bool {
        self.slots.contains_key(key)
    }

    /// What is known under a key, and the key itself, a copy of which shares its text.
    pub(super) fn known<Q: Hash + Eq + ?Sized>(&self, key: &Q) -> Option<(&K, Option<&Arc<V>>)>
    where
        K: Borrow<Q>,
    {
        self.slots.get_key_value(key).map(|(key, slot)| (key, slot.value.as_ref()))
    }

    pub(super) fn get(&self, key: &K) -> Option<&Arc<V>> {
        self.slots.get(key).and_then(|slot| slot.value.as_ref())
    }

    pub(super) fn set(&mut self, key: K, value: Option<Arc<V>>) {
        let place = self.slots.len();
        let before = match self.slots.entry(key.clone()) {
            Entry::Occupied(mut there) => {
                let slot = Slot { value, place: there.get().place, written: true };
                Some(there.insert(slot))
            }
            Entry::Vacant(free) => {
                free.insert(Slot { value, place, written: true });
                None
            }
        };
        self.journal.push((key, before));
    }

    pub(super) fn values(&self) -> impl Iterator<Item = &Arc<V>> {
        self.slots.values().filter_map(|slot| slot.value.as_ref())
    }

    /// Where the journal stands.
    pub(super) fn mark(&self) -> usize {
        self.journal.len()
    }

    /// Takes back what was done since the journal stood there.
    pub(super) fn undo_to(&mut self, mark: usize) {
        for (key, before) in self.journal.drain(mark..).rev() {
            match before {
                Some(slot) => self.slots.insert(key, slot),
                None => self.slots.remove(&key),
            };
        }
    }

    /// Nothing will be taken back any more.
    pub(super) fn forget(&mut self) {
        self.journal.clear();
    }

    /// In the order in which they came to be here.
    pub(super) fn into_written(self) -> Vec<(K, Option<Arc<V>>)> {
        let mut written: Vec<_> = self.slots.into_iter().filter(|(_, slot)| slot.written).collect();
        written.sort_unstable_by_key(|(_, slot)| slot.place);
        written.into_iter().map(|(key, slot)| (key, slot.value)).collect()
    }
}
