//! What has been loaded, and what is made of it.

use std::collections::{BTreeMap, HashMap};

use openrosa_case::{
    Applied, ApplyError,
    apply::Work,
    case::Case,
    store::{FixtureKey, Needs, Staging, Written},
};
use openrosa_xml::CaseId;
use sqlx::SqliteConnection;

use super::{Changed, Loaded, pending::NewFixture};
use crate::{device::perhaps::Perhaps, error::Error};

/// What of the state is loaded, and what has been made of it.
pub(in crate::device) struct Draft {
    staging: Staging,
    /// The rows of the cases that are loaded.
    numbers: HashMap<CaseId, i64>,
    /// The row of the next new case.
    next: i64,
    /// What is to be indexed in the fixtures to come, by their ids.
    pub(in crate::device) schemas: BTreeMap<String, Vec<String>>,
    /// Where all cases and quantities are made anew: those that there may be by now, and the fixtures, which stay.
    anew: Option<Perhaps>,
}

impl Draft {
    /// Nothing is loaded. New cases get the rows after the last that there is.
    pub(in crate::device) async fn new(tx: &mut SqliteConnection) -> Result<Self, Error> {
        let last: Option<i64> =
            sqlx::query_scalar("SELECT max(number) FROM cases").fetch_one(&mut *tx).await?;
        Ok(Self {
            staging: Staging::new(),
            numbers: HashMap::new(),
            next: last.unwrap_or_default() + 1,
            schemas: BTreeMap::new(),
            anew: None,
        })
    }

    /// There are no cases and no quantities, and no fixtures but these.
    pub(in crate::device) fn begin_anew(&mut self, fixtures: &[FixtureKey]) {
        let mut there = Perhaps::default();
        fixtures.iter().for_each(|key| there.note(key));
        self.anew = Some(there);
    }

    /// Whatever comes next may be there.
    pub(in crate::device) fn end_anew(&mut self) {
        self.anew = None;
    }

    pub(in crate::device) const fn staging(&self) -> &Staging {
        &self.staging
    }

    /// What of this has to be loaded.
    pub(in crate::device) fn lacks(&mut self, needs: Needs) -> Needs {
        let mut needs = self.staging.lacks(needs);
        if let Some(there) = &self.anew {
            there.leave(&mut needs.cases, |id| self.staging.load_case(id, None));
            there.leave(&mut needs.ledgers, |key| self.staging.load_ledger(key, None));
            there.leave(&mut needs.fixtures, |key| self.staging.load_fixture(key, None));
        }
        needs
    }

    /// Takes in what was loaded.
    pub(in crate::device) fn hold(&mut self, loaded: Loaded) {
        for (id, case) in loaded.cases {
            if let Some((number, _)) = &case {
                self.numbers.insert(id.clone(), *number);
            }
            self.staging.load_case(id, case.map(|(_, case)| case.into()));
        }
        for (id, sources) in loaded.sources {
            self.staging.load_sources(id, sources);
        }
        for (key, quantity) in loaded.ledgers {
            self.staging.load_ledger(key, quantity.map(Into::into));
        }
        for (key, fixture) in loaded.fixtures {
            self.staging.load_fixture(key, fixture);
        }
        for (id, user) in loaded.users {
            self.staging.load_user(id, user.map(Into::into));
        }
        for id in loaded.forms {
            // A device keeps no log of forms from which to make its cases anew.
            self.staging.load_form(id, None);
        }
    }

    /// Does a piece of work for which everything is loaded. Nothing is written yet.
    pub(in crate::device) fn work(&mut self, work: &mut impl Work) -> Result<Applied, ApplyError> {
        work.apply(&mut self.staging)
    }

    /// What has changed, to be written. Nothing is loaded afterwards.
    pub(in crate::device) fn take(&mut self) -> Changed {
        let writes = self.staging.take_writes();
        let mut changed = Changed { users: writes.users, ..Changed::default() };
        self.take_cases(&mut changed, writes.cases);
        for (key, quantity) in writes.ledgers {
            match quantity {
                Some(quantity) => changed.ledgers.push((key, quantity)),
                None => changed.ledgers_gone.push(key),
            }
        }
        changed.fixtures.extend(writes.fixtures.into_iter().map(|(key, fixture)| {
            let schema = self.schemas.get(&key.id).cloned();
            NewFixture { key, fixture, schema }
        }));
        if let Some(there) = &mut self.anew {
            changed.new.iter().for_each(|(_, case)| there.note(&case.case_id));
            changed.ledgers.iter().for_each(|(key, _)| there.note(key));
            changed.fixtures.iter().for_each(|new| there.note(&new.key));
        }
        changed
    }

    fn take_cases(&mut self, changed: &mut Changed, cases: Written<CaseId, Case>) {
        let numbers = std::mem::take(&mut self.numbers);
        for (id, case) in cases {
            match (numbers.get(&id).copied(), case) {
                (Some(number), Some(case)) => changed.known.push((number, case)),
                (Some(number), None) => changed.gone.push(number),
                (None, Some(case)) => {
                    changed.new.push((self.next, case));
                    self.next += 1;
                }
                (None, None) => {}
            }
        }
    }
}
