//! Restores that were made before: for tests, and for demonstrations.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;

use super::{RestoreCall, Restored, Restores};
use crate::api::restore::Pending;
use crate::server::{Caller, Content, Rejection};

/// Hands out what it was given for each user, by name. Clones share what they keep.
///
/// ```
/// use openrosa_http::server::{Front, MemoryRestores};
///
/// let restores = MemoryRestores::new();
/// restores.put(None, "0f3c", "<OpenRosaResponse xmlns='http://openrosa.org/http/response'/>");
/// let routes = Front::default().restores(restores);
/// ```
#[derive(Clone, Debug, Default)]
pub struct MemoryRestores {
    shelf: Arc<Mutex<HashMap<Option<String>, Shelf>>>,
}

#[derive(Debug, Default)]
struct Shelf {
    tokens: Vec<String>,
    restore: Bytes,
    pending: Option<Pending>,
}

impl MemoryRestores {
    /// None.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// From now on this is the restore of a user; `token` is the one in it. Older tokens of the same user stay good.
    pub fn put(&self, user: Option<&str>, token: impl Into<String>, restore: impl Into<Bytes>) {
        let mut users = self.users();
        let shelf = users.entry(user.map(str::to_owned)).or_default();
        shelf.tokens.push(token.into());
        (shelf.restore, shelf.pending) = (restore.into(), None);
    }

    /// Until the next [`put`](Self::put), the user has to wait.
    pub fn hold_back(&self, user: Option<&str>, pending: Pending) {
        self.users().entry(user.map(str::to_owned)).or_default().pending = Some(pending);
    }

    fn users(&self) -> MutexGuard<'_, HashMap<Option<String>, Shelf>> {
        self.shelf.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Restores for MemoryRestores {
    async fn restore(&self, call: &RestoreCall, caller: &Caller) -> Result<Restored, Rejection> {
        let users = self.users();
        let shelf = users.get(&caller.user).ok_or(Rejection::NotFound)?;
        Ok(match (&call.asked.since, shelf.pending) {
            (Some(since), _) if !shelf.tokens.contains(since) => {
                Restored::GoneAstray(format!("`{since}` is no token of this user"))
            }
            (_, Some(pending)) => Restored::Pending(pending),
            (_, None) => Restored::Ready(Content::of(shelf.restore.clone())),
        })
    }
}
