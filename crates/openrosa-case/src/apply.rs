//! Applying transactions: what each kind does to the state.
//!
//! [`apply`] is for a host whose [`Store`] answers at once; the pieces of [`Work`] are in [`device`](crate::device) and
//! [`hq`](crate::hq). Whatever fails, nothing of that piece of work has happened.

mod attachment;
mod block;
mod close;
mod create;
mod fixture;
mod index;
mod ledger;
mod registration;
mod update;

use crate::{
    change::Applied,
    error::ApplyError,
    store::{Needs, Staging, Store},
};

pub(crate) use block::{Fold, FormFacts, record};
pub(crate) use fixture::{apply_fixture, fixture_key};
pub(crate) use ledger::{Entries, apply_entries, entries};
pub(crate) use registration::apply_registration;

/// Something to be done with the state: a form, an item of a restore, an archiving.
pub trait Work {
    /// What it must know, as far as can be told from what is loaded. Asked again after that is loaded, until it needs
    /// nothing more: which targets matter shows only when the cases that point at them are there.
    fn needs(&self, staging: &Staging) -> Result<Needs, ApplyError>;

    /// Does it, on a staging in which everything that it needs is loaded. Declined, it leaves the staging as it was.
    fn apply(&mut self, staging: &mut Staging) -> Result<Applied, ApplyError>;
}

/// Why a host did not get something done.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[expect(clippy::exhaustive_enums, reason = "either the rules or the storage says no")]
pub enum Failure<E> {
    /// The rules do not allow it.
    #[error(transparent)]
    Declined(ApplyError),
    /// The storage failed.
    #[error("the state could not be read or written: {0}")]
    Store(E),
}

/// Loads what is needed, asking again until nothing more is: `|staging| work.needs(staging)`.
pub fn load<S: Store>(
    store: &S,
    staging: &mut Staging,
    needs: impl Fn(&Staging) -> Result<Needs, ApplyError>,
) -> Result<(), Failure<S::Error>> {
    loop {
        let needs = staging.lacks(needs(staging).map_err(Failure::Declined)?);
        if needs.is_empty() {
            return Ok(());
        }
        load_all(store, staging, needs).map_err(Failure::Store)?;
    }
}

fn load_all<S: Store>(store: &S, staging: &mut Staging, needs: Needs) -> Result<(), S::Error> {
    for id in needs.cases {
        let case = store.case(&id)?;
        staging.load_case(id, case);
    }
    for id in needs.sources {
        staging.load_sources(id.clone(), store.sources(&id)?);
    }
    for key in needs.ledgers {
        staging.load_ledger(key.clone(), store.ledger(&key)?);
    }
    for key in needs.fixtures {
        staging.load_fixture(key.clone(), store.fixture(&key)?);
    }
    for id in needs.users {
        staging.load_user(id.clone(), store.user(&id)?);
    }
    for id in needs.forms {
        staging.load_form(id.clone(), store.form(&id)?);
    }
    Ok(())
}

/// Loads, applies, and writes.
pub fn apply<S: Store>(store: &mut S, work: &mut impl Work) -> Result<Applied, Failure<S::Error>> {
    let mut staging = Staging::new();
    let applied = stage(store, &mut staging, work)?;
    store.commit(staging.take_writes()).map_err(Failure::Store)?;
    Ok(applied)
}

/// Loads and applies, but writes nothing yet: for several pieces of work that belong together.
pub fn stage<S: Store>(
    store: &S,
    staging: &mut Staging,
    work: &mut impl Work,
) -> Result<Applied, Failure<S::Error>> {
    load(store, staging, |staging| work.needs(staging))?;
    work.apply(staging).map_err(Failure::Declined)
}
