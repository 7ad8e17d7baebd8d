//! The sync log.

use std::collections::BTreeMap;

use openrosa_xml::CaseId;

use super::{CaseChange, HeldCase, Transaction};
use crate::{
    graph::{CaseGraph, Cycle, GraphBuilder},
    hash::StateHash,
    purge::{Owners, Purge, Spread},
};

/// What a server believes to be on one device since one restore.
///
/// It is a copy of the device's cases, as far as owners, states and indices go, and what the device does to its cases is done
/// to the copy: forms when they arrive, the purge when the device syncs. So both come to the same cases, hash and all.
/// CommCare HQ keeps less (ids, the dependent ones, index trees) and purges by rules of its own after each form; where these
/// depart from the device's, a device is told to start over.
///
/// *Spec:* case-xml.md 5.5, ota-restore.md 3.1 and 3.7.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SyncLog {
    token: Box<str>,
    at: u64,
    previous: Option<Box<str>>,
    owners: Owners,
    phone: BTreeMap<CaseId, HeldCase>,
}

/// Why a device has to start over.
///
/// *Wire:* status 412. *Spec:* ota-restore.md 1.6, 3.3.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Disagreement {
    /// The device holds other cases.
    #[error("the device's cases hash to `{claimed}`, the {cases} cases of its sync log to `{held}`")]
    State {
        /// What the device sent.
        claimed: Box<str>,
        /// What the log comes to.
        held: StateHash,
        /// How many cases that are.
        cases: usize,
    },
    /// Neither the device nor the log can be purged.
    #[error(transparent)]
    Cycle(#[from] Cycle),
}

impl SyncLog {
    /// A log with these cases, as one was stored.
    #[must_use]
    pub fn new(
        token: impl Into<Box<str>>,
        at: u64,
        owners: Owners,
        phone: BTreeMap<CaseId, HeldCase>,
    ) -> Self {
        Self { token: token.into(), at, previous: None, owners, phone }
    }

    /// The same with the token of the log before.
    #[must_use]
    pub fn after(mut self, previous: Option<Box<str>>) -> Self {
        self.previous = previous;
        self
    }

    /// The log of a restore that builds on this one.
    pub(super) fn next(&self, token: Box<str>, at: u64, owners: Owners) -> Self {
        Self::new(token, at, owners, self.phone.clone()).after(Some(self.token.clone()))
    }

    pub(super) fn held(&mut self) -> &mut BTreeMap<CaseId, HeldCase> {
        &mut self.phone
    }

    /// The sync token: `restore_id` of the restore, and `since` of the next request.
    #[must_use]
    pub fn token(&self) -> &str {
        &self.token
    }

    /// When the restore was made, by a count of the server's own that never goes back: all transactions up to it, and none
    /// later, are in the restore. A number that the server gives to each transaction is better than a time.
    #[must_use]
    pub const fn at(&self) -> u64 {
        self.at
    }

    /// The log that this one's restore was asked with, while it has to be kept.
    #[must_use]
    pub fn previous(&self) -> Option<&str> {
        self.previous.as_deref()
    }

    /// Whose cases the device works on.
    #[must_use]
    pub const fn owners(&self) -> &Owners {
        &self.owners
    }

    /// All cases on the phone, by id.
    pub fn cases(&self) -> impl ExactSizeIterator<Item = &CaseId> {
        self.phone.keys()
    }

    /// What is known of one of them, its indices too.
    #[must_use]
    pub fn case(&self, id: &str) -> Option<&HeldCase> {
        self.phone.get(id)
    }

    /// The cases that are on the phone only for the sake of others.
    pub fn dependents(&self) -> impl Iterator<Item = &CaseId> {
        let own = |case: &HeldCase| case.open && self.owners.own(case.owner.as_str());
        self.phone.iter().filter(move |(_, case)| !own(case)).map(|(id, _)| id)
    }

    /// The hash of all cases on the phone, open or closed, owned or not. It is the device's once the log is purged, which
    /// [`agree`](Self::agree) does.
    #[must_use]
    pub fn state_hash(&self) -> StateHash {
        StateHash::of(self.cases())
    }

    /// Takes in a form that came with this log's token. Gives the token of the log before, which can be deleted now: the form
    /// proves that the device has this one.
    pub fn submitted<'c>(&mut self, changes: impl IntoIterator<Item = CaseChange<'c>>) -> Option<Box<str>> {
        for change in changes {
            // A block that names no owner leaves none: who sent the form is not known here.
            let create = || HeldCase::new(change.owner.unwrap_or_default(), true);
            self.phone.entry(change.case.into()).or_insert_with(create).change(&change);
        }
        self.previous.take()
    }

    /// Does what the device does before it asks for a restore, and compares the hash that it sent, if it sent one.
    ///
    /// The reference device purges with [`Spread::TwoRounds`]: what it drops that way is sent again with each restore.
    pub fn agree(&mut self, state: Option<&str>, spread: Spread) -> Result<(), Disagreement> {
        self.purge(spread)?;
        let held = self.state_hash();
        match state {
            Some(claimed) if !held.is_written(claimed) => {
                Err(Disagreement::State { claimed: claimed.into(), held, cases: self.phone.len() })
            }
            _ => Ok(()),
        }
    }

    /// Purges the copy as the device purges its cases; for [`agree`](Self::agree), and after a form where the app purges then.
    pub fn purge(&mut self, spread: Spread) -> Result<(), Cycle> {
        let removed: Vec<CaseId> = {
            let graph = self.graph();
            let purge = Purge::of(&graph, &self.owners, spread)?;
            purge.removed().map(|node| graph.id(node).into()).collect()
        };
        for id in &removed {
            self.phone.remove(id);
        }
        Ok(())
    }

    /// The cases on the phone as a graph.
    #[must_use]
    pub fn graph(&self) -> CaseGraph<'_> {
        let mut cases = GraphBuilder::with_capacity(self.phone.len(), self.phone.len());
        for (id, case) in &self.phone {
            let source = cases.case(id.as_str(), case.owner.as_str(), case.open);
            for (name, index) in &case.indices {
                cases.index(source, name, index.target.as_str(), index.relationship);
            }
        }
        cases.build()
    }

    /// Whether a transaction is news to the device: later than the restore, and not by a form that came with its token.
    #[must_use]
    pub fn is_news(&self, transaction: &Transaction<'_>) -> bool {
        transaction.at > self.at && transaction.token != Some(&*self.token)
    }
}
