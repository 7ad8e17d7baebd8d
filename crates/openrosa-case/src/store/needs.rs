//! What a piece of work must know before it can be done.

use std::collections::BTreeSet;

use openrosa_xml::{CaseId, InstanceId, UserId};

use super::FixtureKey;
use crate::ledger::LedgerKey;

/// Records that must be in the staging, there or known not to exist.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Needs {
    /// Cases.
    pub cases: BTreeSet<CaseId>,
    /// Cases whose sources must be known: who has an index to them.
    pub sources: BTreeSet<CaseId>,
    /// Quantities.
    pub ledgers: BTreeSet<LedgerKey>,
    /// Fixtures.
    pub fixtures: BTreeSet<FixtureKey>,
    /// Users.
    pub users: BTreeSet<UserId>,
    /// Forms of the log.
    pub forms: BTreeSet<InstanceId>,
}

impl Needs {
    /// Whether nothing is needed.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.cases.is_empty()
            && self.sources.is_empty()
            && self.ledgers.is_empty()
            && self.fixtures.is_empty()
            && self.users.is_empty()
            && self.forms.is_empty()
    }
}
