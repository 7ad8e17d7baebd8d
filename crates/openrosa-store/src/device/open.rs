//! Opening the file, and making its tables.

use std::path::{Path, PathBuf};

use sqlx::{
    SqlitePool,
    migrate::{MigrateError, Migrator},
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};

use super::{Database, PATIENCE, READERS, local, voice::Voice};
use crate::{
    error::{Error, Kind},
    head::may_be_sqlite,
    lock::{Lock, beside},
    private,
};

pub(super) static MIGRATIONS: Migrator = sqlx::migrate!("migrations/device");

/// How large a page of the file is, in bytes. A restore writes whole pages, and with 4 KiB takes a quarter longer; SQLite sorts
/// an index in the memory of 250 pages, so larger ones would cost more of it and save no time.
const PAGE: u32 = 8 << 10;

/// `ORdv`: how a file says that it is a device's, to us and to `file`.
const APPLICATION: i32 = i32::from_be_bytes(*b"ORdv");

impl Database {
    /// Opens the database, or makes it, for no one but the user of this process.
    ///
    /// An SQLite file of something else is left alone and is an error, as is one that a newer version has written to.
    pub async fn open(path: impl AsRef<Path>) -> Result<Self, Error> {
        let path = path.as_ref().to_owned();
        let on_disk = |error| Kind::File { path: path.clone(), error };
        private::create(&path).map_err(on_disk)?;
        // One file, one set of locks, whatever it is called.
        let place = path.canonicalize().map_err(on_disk)?;
        Self::open_existing(place).await.map_err(|error| match error.kind() {
            Kind::NoSqlite if was_ours(&path) => error,
            Kind::NoSqlite | Kind::Foreign { .. } => Kind::Foreign { path }.into(),
            Kind::Newer { .. } => Kind::Newer { path }.into(),
            _ => error,
        })
    }

    async fn open_existing(path: PathBuf) -> Result<Self, Error> {
        // Before anything is made beside it: who named another file by mistake has nothing to clean up.
        if !may_be_sqlite(&path).map_err(|error| Kind::File { path: path.clone(), error })? {
            return Err(Kind::NoSqlite.into());
        }
        let options = options(&path);
        // SQLite does not wait for another process that is making a log for the file, too.
        let one = Lock::wait(&path, "opening", PATIENCE).await?;
        let writer = SqlitePoolOptions::new().max_connections(1).connect_with(options.clone()).await?;
        prepare(&path, &writer).await?;
        drop(one);
        let reading = options.pragma("query_only", "on");
        let readers = SqlitePoolOptions::new().max_connections(READERS).connect_with(reading).await?;
        let (notices, posted) = (Voice::new(), Voice::new());
        Ok(Self { path, writer, readers, clock: local, notices, posted })
    }
}

/// Whether there is a log beside it, or what devices are locked by: then it is one that has lost its beginning.
fn was_ours(path: &Path) -> bool {
    ["wal", "sender", "sync"].iter().any(|what| beside(path, what).exists())
}

fn options(path: &Path) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(false)
        .foreign_keys(true)
        .busy_timeout(PATIENCE)
        .journal_mode(SqliteJournalMode::Wal)
        // A commit is on the disk when it returns, also when the power goes.
        .synchronous(SqliteSynchronous::Full)
        // Of a new file.
        .page_size(PAGE)
        // The log is taken over into the file when it has so many pages, which are 4 MiB.
        .pragma("wal_autocheckpoint", "512")
        // After a restore the log has the size of the restore; it need not keep it.
        .pragma("journal_size_limit", "4194304")
}

/// Looks whether the tables are there and makes them; one process at a time does.
async fn prepare(path: &Path, writer: &SqlitePool) -> Result<(), Error> {
    let application: i32 = sqlx::query_scalar("PRAGMA application_id").fetch_one(writer).await?;
    let tables: i64 = sqlx::query_scalar("SELECT count(*) FROM sqlite_schema").fetch_one(writer).await?;
    match application {
        APPLICATION => {}
        0 if tables == 0 => {
            let mark = format!("PRAGMA application_id = {APPLICATION}");
            sqlx::query(sqlx::AssertSqlSafe(mark)).execute(writer).await?;
        }
        _ => return Err(Kind::Foreign { path: path.to_owned() }.into()),
    }
    MIGRATIONS.run(writer).await.map_err(|error| unprepared(path.to_owned(), error))
}

fn unprepared(path: PathBuf, error: MigrateError) -> Error {
    match error {
        MigrateError::Execute(error) | MigrateError::ExecuteMigration(error, _) => error.into(),
        MigrateError::VersionMissing(_)
        | MigrateError::VersionMismatch(_)
        | MigrateError::VersionTooNew(..) => Kind::Newer { path }.into(),
        error => Kind::Database(sqlx::Error::Migrate(Box::new(error))).into(),
    }
}
