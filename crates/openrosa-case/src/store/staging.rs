//! The part of the state that a piece of work sees and changes.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use openrosa_xml::{CaseId, InstanceId, UserId, fixture::Fixture};

use super::{FixtureKey, Needs, Written, shelf::Shelf};
use crate::{
    case::Case,
    form::Form,
    ledger::{LedgerKey, Quantity},
    user::User,
};

/// Records that a host has loaded, and what work has made of them since.
///
/// A piece of work that is declined leaves a staging as it was. Several can be done in one staging, one after another, before
/// the host writes anything.
#[derive(Clone, Debug, Default)]
pub struct Staging {
    cases: Shelf<CaseId, Case>,
    /// Who has an index to a case, as far as loaded.
    sources: BTreeMap<CaseId, BTreeSet<CaseId>>,
    ledgers: Shelf<LedgerKey, Quantity>,
    fixtures: Shelf<FixtureKey, Fixture<'static>>,
    users: Shelf<UserId, User>,
    forms: Shelf<InstanceId, Form>,
    /// How many attempts are under way, each within the one before.
    attempts: usize,
}

/// What work has changed, for a host to write in one transaction.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Writes {
    /// Cases.
    pub cases: Written<CaseId, Case>,
    /// Quantities.
    pub ledgers: Written<LedgerKey, Quantity>,
    /// Fixtures.
    pub fixtures: Written<FixtureKey, Fixture<'static>>,
    /// Users.
    pub users: Written<UserId, User>,
    /// Forms of the log.
    pub forms: Written<InstanceId, Form>,
}

/// Where the journals of a staging stand.
#[derive(Clone, Copy)]
struct Marks([usize; 5]);

impl Staging {
    /// Nothing is loaded.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes in a case, or that there is none. What is known already stays.
    pub fn load_case(&mut self, id: CaseId, case: Option<Arc<Case>>) {
        self.cases.load(id, case);
    }

    /// Takes in who has an index to a case.
    pub fn load_sources(&mut self, target: CaseId, sources: impl IntoIterator<Item = CaseId>) {
        self.sources.entry(target).or_insert_with(|| sources.into_iter().collect());
    }

    /// Takes in a quantity, or that there is none.
    pub fn load_ledger(&mut self, key: LedgerKey, quantity: Option<Arc<Quantity>>) {
        self.ledgers.load(key, quantity);
    }

    /// Takes in a fixture, or that there is none.
    pub fn load_fixture(&mut self, key: FixtureKey, fixture: Option<Arc<Fixture<'static>>>) {
        self.fixtures.load(key, fixture);
    }

    /// Takes in a user, or that there is none.
    pub fn load_user(&mut self, id: UserId, user: Option<Arc<User>>) {
        self.users.load(id, user);
    }

    /// Takes in a form of the log, or that there is none.
    pub fn load_form(&mut self, id: InstanceId, form: Option<Arc<Form>>) {
        self.forms.load(id, form);
    }

    /// What is needed and not loaded yet.
    #[must_use]
    pub fn lacks(&self, mut needs: Needs) -> Needs {
        needs.cases.retain(|id| !self.cases.is_loaded(id));
        needs.sources.retain(|id| !self.sources.contains_key(id));
        needs.ledgers.retain(|key| !self.ledgers.is_loaded(key));
        needs.fixtures.retain(|key| !self.fixtures.is_loaded(key));
        needs.users.retain(|id| !self.users.is_loaded(id));
        needs.forms.retain(|id| !self.forms.is_loaded(id));
        needs
    }

    /// An id, sharing the text of the one that is loaded, and the case as it is by now, which is about to be changed and put in its
    /// place again: it is not here meanwhile. What fails in between has to be taken back ([`attempt`](Self::attempt)).
    pub(crate) fn take_case(&mut self, id: &str) -> (CaseId, Option<Arc<Case>>) {
        let id = self.cases.key(id).cloned().unwrap_or_else(|| CaseId::new(id));
        let case = self.cases.take(&id);
        (id, case)
    }

    /// Whether a case is loaded, or known not to exist.
    pub(crate) fn knows_case(&self, id: &str) -> bool {
        self.cases.key(id).is_some()
    }

    /// A case, as it is by now.
    #[must_use]
    pub fn case(&self, id: &CaseId) -> Option<&Arc<Case>> {
        self.cases.get(id)
    }

    /// The cases with an index to this one, as they are by now, in the order of their ids.
    #[must_use]
    pub fn sources(&self, target: &CaseId) -> Vec<&Arc<Case>> {
        let known = self.sources.get(target).into_iter().flatten().filter_map(|id| self.case(id));
        let points = |case: &&Arc<Case>| case.indices.values().any(|index| index.target == *target);
        let mut sources: Vec<_> = known.chain(self.cases.values()).filter(points).collect();
        sources.sort_by(|a, b| a.case_id.cmp(&b.case_id));
        sources.dedup_by(|a, b| a.case_id == b.case_id);
        sources
    }

    /// The ids under which the host had sources of a case.
    pub fn loaded_sources(&self, target: &CaseId) -> impl Iterator<Item = &CaseId> {
        self.sources.get(target).into_iter().flatten()
    }

    /// A quantity, as it is by now.
    #[must_use]
    pub fn ledger(&self, key: &LedgerKey) -> Option<Quantity> {
        self.ledgers.get(key).map(|quantity| **quantity)
    }

    /// A fixture, as it is by now.
    #[must_use]
    pub fn fixture(&self, key: &FixtureKey) -> Option<&Arc<Fixture<'static>>> {
        self.fixtures.get(key)
    }

    /// A user, as it is by now.
    #[must_use]
    pub fn user(&self, id: &UserId) -> Option<&Arc<User>> {
        self.users.get(id)
    }

    /// A form of the log, as it is by now.
    #[must_use]
    pub fn form(&self, id: &InstanceId) -> Option<&Arc<Form>> {
        self.forms.get(id)
    }

    /// Puts a case in its place.
    pub fn put_case(&mut self, case: impl Into<Arc<Case>>) {
        let case = case.into();
        self.cases.set(case.case_id.clone(), Some(case));
    }

    /// Takes a case away, such as one that is purged.
    pub fn remove_case(&mut self, id: CaseId) {
        self.cases.set(id, None);
    }

    /// Puts a quantity in its place, or takes it away.
    pub fn set_ledger(&mut self, key: LedgerKey, quantity: Option<Quantity>) {
        self.ledgers.set(key, quantity.map(Arc::new));
    }

    /// Puts a fixture in its place.
    pub fn put_fixture(&mut self, key: FixtureKey, fixture: Fixture<'static>) {
        self.fixtures.set(key, Some(Arc::new(fixture)));
    }

    /// Puts a user in its place.
    pub fn put_user(&mut self, user: User) {
        self.users.set(user.user_id.clone(), Some(Arc::new(user)));
    }

    /// Puts a form of the log in its place, such as one that could not be applied and is kept for that.
    pub fn put_form(&mut self, form: Form) {
        self.forms.set(form.form_id.clone(), Some(Arc::new(form)));
    }

    /// Does something wholly or not at all: what a failure leaves behind is taken back.
    pub fn attempt<T, E>(&mut self, work: impl FnOnce(&mut Self) -> Result<T, E>) -> Result<T, E> {
        let marks = self.marks();
        self.attempts += 1;
        let done = work(self);
        self.attempts -= 1;
        if done.is_err() {
            self.undo_to(marks);
        } else if self.attempts == 0 {
            self.forget();
        }
        done
    }

    /// What has changed. The staging is then as good as new, and a host that is in the midst of a long restore can go on
    /// with it inside its own transaction.
    pub fn take_writes(&mut self) -> Writes {
        let Self { cases, ledgers, fixtures, users, forms, attempts, .. } = std::mem::take(self);
        self.attempts = attempts;
        Writes {
            cases: cases.into_written(),
            ledgers: ledgers.into_written(),
            fixtures: fixtures.into_written(),
            users: users.into_written(),
            forms: forms.into_written(),
        }
    }

    fn marks(&mut self) -> Marks {
        let (cases, ledgers) = (self.cases.mark(), self.ledgers.mark());
        Marks([cases, ledgers, self.fixtures.mark(), self.users.mark(), self.forms.mark()])
    }

    fn undo_to(&mut self, Marks([cases, ledgers, fixtures, users, forms]): Marks) {
        self.cases.undo_to(cases);
        self.ledgers.undo_to(ledgers);
        self.fixtures.undo_to(fixtures);
        self.users.undo_to(users);
        self.forms.undo_to(forms);
    }

    fn forget(&mut self) {
        self.cases.forget();
        self.ledgers.forget();
        self.fixtures.forget();
        self.users.forget();
        self.forms.forget();
    }
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;

    use super::*;

    /// An attempt that came off is a part of the one that it was made in.
    #[test]
    fn what_came_off_within_a_failure_is_taken_back_with_it() {
        let mut staging = Staging::new();
        staging.load_case("c".into(), None);
        let put = |staging: &mut Staging| {
            staging.put_case(Case::new("c".into(), DateTime::UNIX_EPOCH));
            Ok::<(), ()>(())
        };
        let failed = staging.attempt(|staging| {
            staging.attempt(put)?;
            assert!(staging.case(&"c".into()).is_some());
            Err::<(), ()>(())
        });
        assert!(failed.is_err() && staging.case(&"c".into()).is_none());
    }

    #[test]
    fn what_is_written_in_the_midst_of_an_attempt_stays() {
        let mut staging = Staging::new();
        let failed = staging.attempt(|staging| {
            staging.put_case(Case::new("c".into(), DateTime::UNIX_EPOCH));
            assert_eq!(staging.take_writes().cases.len(), 1);
            Err::<(), ()>(())
        });
        assert!(failed.is_err() && staging.take_writes().cases.is_empty());
    }
}
