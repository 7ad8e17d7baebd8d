//! A device: one file with the forms that wait for their server and the cases that its user works on.

mod anew;
mod cases;
mod check;
mod desk;
mod error;
mod fixtures;
mod forms;
mod home;
mod insert;
mod jobs;
mod notice;
mod open;
pub mod outbox;
mod perhaps;
mod purge;
mod record;
mod restore;
mod standing;
mod sync;
mod sync_pause;
mod unreadable;
mod voice;

use std::{fmt, path::PathBuf, time::Duration};

use chrono::{DateTime, FixedOffset, Local};
use sqlx::{SqlitePool, SqliteTransaction};

use crate::error::{Error, Kind};

pub use cases::{CasePage, CaseQuery, Cursor, Relative};
pub use check::{Checked, Fault};
pub(crate) use error::DeviceKind;
pub use fixtures::Equals;
pub use forms::{Effect, Submitted};
pub use home::Home;
pub use notice::Notice;
pub use purge::Purged;
pub use restore::Restored;
pub use standing::Sync;
pub use sync::{Step, Synced, Syncing, Way};
use voice::Voice;

/// How long a write waits for another process that writes.
const PATIENCE: Duration = Duration::from_secs(30);
/// Alone from the start: a transaction that reads first and then writes could find that another was faster.
const BEGIN: &str = "BEGIN IMMEDIATE";
/// How many readers this process has at once; the next waits.
const READERS: u32 = 4;

/// The database of a device: one user's at one server, its [`home`](Self::home).
///
/// It is one SQLite file with its log beside it, written with full durability: what a call has returned from is on the disk.
/// Several processes may have it open, and any number of readers see the state before a change until all of it is there.
///
/// A backup is a copy of the file, and of the log where there is one, made while no process has them open; after a [close](Self::close)
/// there is none. Where one is put back, what ends in `-wal` and `-shm` at its place goes first, as SQLite would mix two states, and
/// the device has to sync [anew](Way::anew).
#[derive(Clone)]
pub struct Database {
    path: PathBuf,
    /// One connection: within a process, writes wait here and not at SQLite's own lock.
    writer: SqlitePool,
    readers: SqlitePool,
    clock: fn() -> DateTime<FixedOffset>,
    /// Who wants to know what happens in the outbox.
    posted: Voice<outbox::Event>,
    notices: Voice<Notice>,
}

impl Database {
    /// Reads the time, and the zone of the device, elsewhere than from the system.
    #[must_use]
    pub fn clock(mut self, clock: fn() -> DateTime<FixedOffset>) -> Self {
        self.clock = clock;
        self
    }

    /// Waits until nothing is written, and closes the file. Dropping the last handle does so too, at some later moment.
    pub async fn close(self) {
        self.readers.close().await;
        self.writer.close().await;
    }

    /// The present moment, in the zone of the device.
    pub(crate) fn now(&self) -> DateTime<FixedOffset> {
        (self.clock)()
    }

    /// A transaction that writes, alone among all processes; taken back unless it is committed.
    pub(crate) async fn write(&self) -> Result<SqliteTransaction<'static>, Error> {
        match self.writer.begin_with(BEGIN).await {
            // A full disk makes SQLite end a transaction by itself, which sqlx does not notice: for it the transaction goes on, and
            // nothing more can be done with the connection.
            Err(sqlx::Error::InvalidSavePointStatement) => {
                self.writer.acquire().await?.close().await?;
                Ok(self.writer.begin_with(BEGIN).await?)
            }
            begun => Ok(begun?),
        }
    }

    /// Makes what was written last, and tells of it: whoever waits for it may be gone by then, and whoever listens hears of it all
    /// the same.
    pub(crate) async fn commit_and_tell(
        &self,
        tx: SqliteTransaction<'static>,
        notice: Option<Notice>,
        event: Option<outbox::Event>,
    ) -> Result<(), Error> {
        let (notices, posted) = (self.notices.clone(), self.posted.clone());
        let committing = async move {
            Self::commit(tx).await?;
            notices.tell(notice);
            posted.tell(event);
            Ok(())
        };
        // A task of its own is not dropped between the commit and the word of it.
        tokio::spawn(committing).await.map_err(|_| Kind::Stopped)?
    }

    /// Makes what was written last.
    pub(crate) async fn commit(mut tx: SqliteTransaction<'static>) -> Result<(), Error> {
        sqlx::query("UPDATE changes SET version = version + 1").execute(&mut *tx).await?;
        Ok(tx.commit().await?)
    }

    /// A transaction that reads: all its queries see one state.
    pub(crate) async fn read(&self) -> Result<SqliteTransaction<'static>, Error> {
        Ok(self.readers.begin().await?)
    }
}

fn local() -> DateTime<FixedOffset> {
    Local::now().fixed_offset()
}

impl fmt::Debug for Database {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Database").field("path", &self.path).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
