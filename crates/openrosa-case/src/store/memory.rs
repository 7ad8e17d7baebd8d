//! State in memory.

use std::{
    collections::{BTreeMap, HashMap},
    convert::Infallible,
    sync::Arc,
};

use openrosa_xml::{CaseId, InstanceId, UserId, fixture::Fixture};

use super::{FixtureKey, Store, Writes, Written, sources::Sources};
use crate::{
    case::Case,
    form::Form,
    ledger::{LedgerKey, Quantity},
    user::User,
};

/// Everything in maps; whatever is listed is in order. A copy shares its records with the original until either changes them.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Memory {
    cases: HashMap<CaseId, Arc<Case>>,
    /// Who has an index to a case.
    sources: HashMap<CaseId, Sources>,
    ledgers: BTreeMap<LedgerKey, Arc<Quantity>>,
    fixtures: BTreeMap<FixtureKey, Arc<Fixture<'static>>>,
    users: BTreeMap<UserId, Arc<User>>,
    forms: BTreeMap<InstanceId, Arc<Form>>,
}

impl Memory {
    /// Nothing.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The case of this id.
    #[must_use]
    pub fn get(&self, id: &str) -> Option<&Case> {
        self.cases.get(id).map(Arc::as_ref)
    }

    /// All cases, in the order of their ids; sorted when this is called.
    pub fn cases(&self) -> impl ExactSizeIterator<Item = &Case> {
        let mut cases: Vec<&Case> = self.cases.values().map(Arc::as_ref).collect();
        cases.sort_unstable_by(|a, b| a.case_id.cmp(&b.case_id));
        cases.into_iter()
    }

    /// All quantities.
    pub fn ledgers(&self) -> impl ExactSizeIterator<Item = (&LedgerKey, Quantity)> {
        self.ledgers.iter().map(|(key, quantity)| (key, **quantity))
    }

    /// All fixtures.
    pub fn fixtures(&self) -> impl ExactSizeIterator<Item = (&FixtureKey, &Fixture<'static>)> {
        self.fixtures.iter().map(|(key, fixture)| (key, fixture.as_ref()))
    }

    /// All users.
    pub fn users(&self) -> impl ExactSizeIterator<Item = &User> {
        self.users.values().map(Arc::as_ref)
    }

    /// All forms of the log, in the order of their ids.
    pub fn forms(&self) -> impl ExactSizeIterator<Item = &Form> {
        self.forms.values().map(Arc::as_ref)
    }

    fn write_case(&mut self, id: CaseId, case: Option<Arc<Case>>) {
        let before = match case {
            Some(case) => {
                for index in case.indices.values() {
                    let sources = self.sources.entry(index.target.clone());
                    sources
                        .and_modify(|sources| sources.insert(id.clone()))
                        .or_insert_with(|| Sources::One(id.clone()));
                }
                self.cases.insert(id.clone(), case)
            }
            None => self.cases.remove(&id),
        };
        for index in before.iter().flat_map(|case| case.indices.values()) {
            self.forget_source(&index.target, &id);
        }
    }

    /// Forgets that a case pointed at another, unless it still does.
    fn forget_source(&mut self, target: &CaseId, source: &CaseId) {
        let still =
            self.cases.get(source).is_some_and(|case| case.indices.values().any(|i| i.target == *target));
        if still {
            return;
        }
        if let Some(left) = self.sources.remove(target).and_then(|sources| sources.without(source)) {
            self.sources.insert(target.clone(), left);
        }
    }
}

fn write<K: Ord, V>(records: &mut BTreeMap<K, Arc<V>>, written: Written<K, V>) {
    for (key, value) in written {
        match value {
            Some(value) => records.insert(key, value),
            None => records.remove(&key),
        };
    }
}

impl Store for Memory {
    type Error = Infallible;

    fn case(&self, id: &CaseId) -> Result<Option<Arc<Case>>, Infallible> {
        Ok(self.cases.get(id).cloned())
    }

    fn sources(&self, target: &CaseId) -> Result<Vec<CaseId>, Infallible> {
        Ok(self.sources.get(target).into_iter().flat_map(Sources::iter).cloned().collect())
    }

    fn ledger(&self, key: &LedgerKey) -> Result<Option<Arc<Quantity>>, Infallible> {
        Ok(self.ledgers.get(key).cloned())
    }

    fn fixture(&self, key: &FixtureKey) -> Result<Option<Arc<Fixture<'static>>>, Infallible> {
        Ok(self.fixtures.get(key).cloned())
    }

    fn user(&self, id: &UserId) -> Result<Option<Arc<User>>, Infallible> {
        Ok(self.users.get(id).cloned())
    }

    fn form(&self, id: &InstanceId) -> Result<Option<Arc<Form>>, Infallible> {
        Ok(self.forms.get(id).cloned())
    }

    fn commit(&mut self, writes: Writes) -> Result<(), Infallible> {
        self.cases.reserve(writes.cases.len());
        for (id, case) in writes.cases {
            self.write_case(id, case);
        }
        write(&mut self.ledgers, writes.ledgers);
        write(&mut self.fixtures, writes.fixtures);
        write(&mut self.users, writes.users);
        write(&mut self.forms, writes.forms);
        Ok(())
    }
}
