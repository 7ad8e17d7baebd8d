//! What a host keeps, and how the rules get at it.
//!
//! Nothing in this crate reads or writes storage. A piece of [`Work`](crate::apply::Work) says what it [needs](Needs); the
//! host loads that into a [`Staging`], by whatever means and as asynchronously as it likes; the work changes the staging; and
//! the host writes what has changed, its [`Writes`], in one transaction of its own. [`Store`] is that conversation for a host
//! whose storage answers at once, and [`Memory`] the one such host that is here.

mod memory;
mod needs;
mod shelf;
mod sources;
mod staging;

use std::sync::Arc;

use openrosa_xml::{CaseId, InstanceId, UserId, fixture::Fixture};

use crate::{
    case::Case,
    form::Form,
    ledger::{LedgerKey, Quantity},
    user::User,
};

pub use memory::Memory;
pub use needs::{Keys, Needs};
pub use staging::{Staging, Writes};

/// What tells one fixture from another: its id, and its user or the empty text (ota-restore.md 2.7).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(clippy::exhaustive_structs, reason = "the protocol defines the identity by these two")]
pub struct FixtureKey {
    /// `@id`.
    pub id: String,
    /// `@user_id`, or nothing.
    pub user_id: String,
}

/// A record of each kind, as a host writes it: `None` where it is to be removed.
pub type Written<K, V> = Vec<(K, Option<Arc<V>>)>;

/// Storage that answers at once.
///
/// A host with asynchronous storage does without this trait: see [`load`](crate::apply::load), which is six short loops.
pub trait Store {
    /// How it fails.
    type Error;

    /// The case of this id.
    fn case(&self, id: &CaseId) -> Result<Option<Arc<Case>>, Self::Error>;

    /// The ids of the cases with an index to this one.
    fn sources(&self, target: &CaseId) -> Result<Vec<CaseId>, Self::Error>;

    /// A quantity.
    fn ledger(&self, key: &LedgerKey) -> Result<Option<Arc<Quantity>>, Self::Error>;

    /// A fixture.
    fn fixture(&self, key: &FixtureKey) -> Result<Option<Arc<Fixture<'static>>>, Self::Error>;

    /// A user.
    fn user(&self, id: &UserId) -> Result<Option<Arc<User>>, Self::Error>;

    /// A form of the log.
    fn form(&self, id: &InstanceId) -> Result<Option<Arc<Form>>, Self::Error>;

    /// Writes all of it, or nothing.
    fn commit(&mut self, writes: Writes) -> Result<(), Self::Error>;
}
