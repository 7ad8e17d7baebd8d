//! A transaction of the database in which transactions of the protocol are applied.
//!
//! What is read from it is [`Loaded`], what is to be written into it is [`Pending`], made of what has [`Changed`]; in between is the
//! [`Draft`], which waits for nothing once it is begun. So all can go on at the same time, where the order of reads and writes is kept.

mod changed;
mod draft;
mod loaded;
mod pending;

use openrosa_case::{Applied, apply::Work};
use sqlx::SqliteConnection;

pub(super) use self::{
    changed::{Changed, Numbered},
    draft::Draft,
    loaded::{Loaded, user},
    pending::{Pending, list},
};
use crate::error::Error;

/// A transaction, and a draft of what it will change.
pub(super) struct Desk<'t> {
    pub(super) tx: &'t mut SqliteConnection,
    pub(super) draft: Draft,
}

impl<'t> Desk<'t> {
    pub(super) async fn new(tx: &'t mut SqliteConnection) -> Result<Self, Error> {
        Ok(Self { draft: Draft::new(tx).await?, tx })
    }

    /// Does a piece of work, after loading what it needs, and asking again until nothing more is needed.
    pub(super) async fn apply(&mut self, work: &mut impl Work) -> Result<Applied, Error> {
        loop {
            let needs = self.draft.lacks(work.needs(self.draft.staging())?);
            if needs.is_empty() {
                return Ok(self.draft.work(work)?);
            }
            self.draft.hold(Loaded::load(self.tx, needs).await?);
        }
    }

    /// Writes what has changed, and begins with nothing loaded.
    pub(super) async fn write(&mut self) -> Result<(), Error> {
        self.draft.take().into_pending().write(self.tx).await?;
        Ok(())
    }
}
