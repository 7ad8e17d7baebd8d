//! What happens between two restores.

use crate::graph::Relationship;

/// What one case block of a form does to who holds a case and whom it indexes; everything else is no matter to a sync log.
///
/// Later changes of a form, and of a device, come after earlier ones.
///
/// *Spec:* case-xml.md 5.5.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct CaseChange<'a> {
    /// The case.
    pub case: &'a str,
    /// Its new owner, where the block names one; where it creates a case and names none, its user, as on the device.
    pub owner: Option<&'a str>,
    /// Whether the block closes it. Nothing opens it again on a device (ota-restore.md T-15).
    pub closes: bool,
    /// Indices by name, set to a target or removed.
    pub indices: Vec<(&'a str, Option<(&'a str, Relationship)>)>,
}

impl<'a> CaseChange<'a> {
    /// A block for this case that does nothing yet; it creates the case where there was none.
    #[must_use]
    pub const fn to(case: &'a str) -> Self {
        Self { case, owner: None, closes: false, indices: Vec::new() }
    }

    /// Names an owner.
    #[must_use]
    pub const fn owned_by(mut self, owner: &'a str) -> Self {
        self.owner = Some(owner);
        self
    }

    /// Closes it.
    #[must_use]
    pub const fn closing(mut self) -> Self {
        self.closes = true;
        self
    }

    /// Sets an index.
    #[must_use]
    pub fn indexing(mut self, name: &'a str, target: &'a str, relationship: Relationship) -> Self {
        self.indices.push((name, Some((target, relationship))));
        self
    }

    /// Removes an index.
    #[must_use]
    pub fn without_index(mut self, name: &'a str) -> Self {
        self.indices.push((name, None));
        self
    }
}

/// That a form changed a case on the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Transaction<'a> {
    /// The case.
    pub case: &'a str,
    /// When, by the server's own count: see [`SyncLog::at`](super::SyncLog::at).
    pub at: u64,
    /// The sync token that came with the form, if one did.
    ///
    /// *Wire:* the header `X-CommCareHQ-LastSyncToken`.
    pub token: Option<&'a str>,
}

impl<'a> Transaction<'a> {
    /// A form with this token changed this case then.
    #[must_use]
    pub const fn new(case: &'a str, at: u64, token: Option<&'a str>) -> Self {
        Self { case, at, token }
    }
}
