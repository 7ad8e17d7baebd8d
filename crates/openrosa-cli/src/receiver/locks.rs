//! One writer at a time for each instance, and as many at once as there are instances.

use std::collections::BTreeSet;
use std::hash::{BuildHasher as _, RandomState};
use std::sync::{Mutex, MutexGuard, PoisonError};

use openrosa_http::server::RecordId;

/// A fixed number of locks; two instances that share one wait for each other without need, and that is all.
pub(crate) struct Locks {
    stripes: [Mutex<()>; 64],
    hasher: RandomState,
}

impl Default for Locks {
    fn default() -> Self {
        Self { stripes: std::array::from_fn(|_| Mutex::new(())), hasher: RandomState::new() }
    }
}

impl Locks {
    /// Waits for all of `ids` (an edit and its predecessor). Always in the same order, so nobody waits in a circle.
    pub(crate) fn hold<'a>(&self, ids: impl Iterator<Item = &'a RecordId>) -> Vec<MutexGuard<'_, ()>> {
        let stripes: BTreeSet<usize> = ids.map(|id| self.stripe(id)).collect();
        let lock = |stripe: usize| self.stripes[stripe].lock().unwrap_or_else(PoisonError::into_inner);
        stripes.into_iter().map(lock).collect()
    }

    fn stripe(&self, id: &RecordId) -> usize {
        (self.hasher.hash_one(id) % self.stripes.len() as u64) as usize
    }
}
