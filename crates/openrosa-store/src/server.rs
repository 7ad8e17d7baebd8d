//! A server: submissions, the cases that they make, and what each device was sent of them, in SQLite or in PostgreSQL.
//!
//! A [`Database`] is a [`Backend`](openrosa_http::server::Backend) for the receiver of `openrosa-http`. A form is acknowledged
//! when it, its files and what it does to the cases are durable, together; forms that arrive at the same time share a
//! transaction, so that not each of them waits for the disk alone.
//!
//! ```
//! use openrosa_http::server::Receiver;
//! use openrosa_store::server::{Database, Files};
//!
//! # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let folder = tempfile::tempdir()?;
//! # let folder = folder.path();
//! let database = Database::open(folder.join("server.db"), Files::in_folder(folder.join("files"))?).await?;
//! let router = Receiver::new(database.clone()).router();
//! # let _ = router;
//! # Ok(()) }
//! ```
//!
//! What forms do to cases is the business of `openrosa-case`, by the rules of CommCare HQ. Forms without case blocks are kept all
//! the same.

mod archive;
mod backup;
mod batch;
mod briefcase;
mod cases;
mod claims;
mod desk;
mod domains;
mod engine;
mod error;
mod files;
mod forms;
mod kept;
mod lane;
pub(crate) mod lengths;
mod look;
mod open;
mod phones;
mod place;
mod reach;
mod record;
mod release;
mod restore;
mod shortage;
mod snapshot;
mod stock;
mod sync_logs;
mod tally;
mod upload;
mod users;

use std::{fmt, sync::Arc, time::Duration};

use chrono::{DateTime, Utc};
use sqlx::{Any, AnyPool};
use tokio::time::timeout;

use crate::error::{Error, Kind};

pub use archive::{Rebuilt, Tidied};
pub use cases::{CaseRow, CasesAsked};
pub use domains::Domain;
pub(crate) use error::ServerKind;
pub use files::Files;
pub use forms::{FileRow, FormRow, FormsAsked, State};
pub use kept::Keeping;
pub use look::{
    Arrivals, ArrivalsAsked, CaseCount, CaseLine, CasesLooked, DELAYS, DayCount, Exchange, FormCount,
    Lineage, Note, Person, QueryPlan, Reason, Refusal, StockLine, Surroundings, Synced, Tie,
};
pub use phones::Device;
pub use release::Released;
pub use snapshot::Snapshot;
pub use tally::Tally;
pub use upload::Upload;
pub use users::{Group, NewUser, User};

use engine::Engine;
use kept::Kept;
use lane::Lanes;
use shortage::Shortage;

type Transaction = sqlx::Transaction<'static, Any>;

/// How long whoever asks whether all is well waits for those who write.
const MOMENT: Duration = Duration::from_millis(200);

/// The database of a server, and the place of its files.
///
/// Any number of processes may work with one PostgreSQL database; they need a place of files in common. Clones share everything.
#[derive(Clone)]
pub struct Database {
    engine: Engine,
    writers: AnyPool,
    readers: AnyPool,
    files: Files,
    lanes: Arc<Lanes>,
    kept: Arc<Kept>,
    keeping: Keeping,
    shortage: Arc<Shortage>,
    clock: fn() -> DateTime<Utc>,
}

impl Database {
    /// Reads the time elsewhere than from the system.
    #[must_use]
    pub fn clock(mut self, clock: fn() -> DateTime<Utc>) -> Self {
        self.clock = clock;
        self
    }

    /// Answers devices whose restore takes long in another way than by default.
    #[must_use]
    pub fn keeping(mut self, keeping: Keeping) -> Self {
        self.keeping = keeping;
        self
    }

    /// Waits until nothing is written, and closes all connections.
    pub async fn close(self) {
        self.kept.stop();
        self.readers.close().await;
        self.writers.close().await;
    }

    /// Where the files of forms are.
    #[must_use]
    pub const fn files(&self) -> &Files {
        &self.files
    }

    /// Whether the database answers, and a transaction can begin that writes. That others write just now does not count.
    ///
    /// For a minute after there was no room on the disk for a form, and until one is kept, it is full.
    pub async fn is_ready(&self) -> Result<(), Error> {
        if self.shortage.lasts() {
            return Err(Kind::Full.into());
        }
        sqlx::query("SELECT 1").execute(&self.readers).await?;
        match timeout(MOMENT, self.write()).await {
            Ok(Err(error)) if !error.is_busy() => Err(error),
            Ok(Ok(tx)) => Ok(tx.rollback().await?),
            _ => Ok(()),
        }
    }

    pub(crate) fn now(&self) -> DateTime<Utc> {
        (self.clock)()
    }

    /// A transaction that writes.
    async fn write(&self) -> Result<Transaction, Error> {
        self.engine.begin(&self.writers).await
    }

    /// A transaction that reads: all its queries see one state.
    async fn read(&self) -> Result<Transaction, Error> {
        self.engine.look(&self.readers).await
    }
}

impl fmt::Debug for Database {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Database").field("engine", &self.engine).finish_non_exhaustive()
    }
}
