//! Opening the file, and making its tables.

use std::{
    io::{self, ErrorKind},
    path::{Path, PathBuf, is_separator},
};

use sqlx::{
    SqlitePool,
    migrate::{MigrateError, Migrator},
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};

use super::{Database, PATIENCE, READERS, local, voice::Voice};
use crate::{
    device::DeviceKind,
    error::{Error, Kind},
    head::Head,
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
    /// An SQLite file of something else is left alone and is an error, as is one that another version has written to. One that is
    /// empty, or gone, where it was a database before is damaged: SQLite would take its log for an old one, and remove it.
    pub async fn open(path: impl AsRef<Path>) -> Result<Self, Error> {
        let path = path.as_ref();
        let place = place_of(path)?;
        is_there(path, &place)?;
        Self::open_at(path, place).await
    }

    /// Opens the database that is there, and makes none, also in an empty file ([`Error::is_absent`]).
    pub async fn open_existing(path: impl AsRef<Path>) -> Result<Self, Error> {
        let path = path.as_ref();
        let place = place_of(path)?;
        match is_there(path, &place)? {
            true => Self::open_at(path, place).await,
            false => Err(DeviceKind::Absent { path: path.to_owned() }.into()),
        }
    }

    /// Whether a database is here or was: beside it there is a log, or what devices are locked by. Its file may be gone, or have
    /// lost its beginning.
    #[must_use]
    pub fn was_at(path: impl AsRef<Path>) -> bool {
        place_of(path.as_ref()).and_then(|place| was_ours(&place)).unwrap_or_default()
    }

    async fn open_at(path: &Path, place: PathBuf) -> Result<Self, Error> {
        private::create(&place).map_err(|error| Kind::File { path: path.to_owned(), error })?;
        Self::open_place(place).await.map_err(|error| match error.kind() {
            Kind::Device(DeviceKind::Foreign { .. }) => DeviceKind::Foreign { path: path.to_owned() }.into(),
            Kind::Device(DeviceKind::Newer { .. }) => DeviceKind::Newer { path: path.to_owned() }.into(),
            &Kind::Device(DeviceKind::OtherBuild { migration, .. }) => {
                DeviceKind::OtherBuild { path: path.to_owned(), migration }.into()
            }
            _ => error,
        })
    }

    async fn open_place(path: PathBuf) -> Result<Self, Error> {
        let options = options(&path);
        // SQLite does not wait for another process that is making a log for the file, too.
        let one = Lock::wait(&path, "opening", PATIENCE).await?;
        let writer = SqlitePoolOptions::new().max_connections(1).connect_with(options.clone()).await?;
        if let Err(error) = prepare(&path, &writer).await {
            writer.close().await;
            return Err(error);
        }
        drop(one);
        let reading = options.pragma("query_only", "on");
        let readers = SqlitePoolOptions::new().max_connections(READERS).connect_with(reading).await?;
        let (notices, posted) = (Voice::new(), Voice::new());
        Ok(Self { path, writer, readers, clock: local, notices, posted })
    }
}

/// One file, one log and one set of locks, whatever it is called.
fn place_of(path: &Path) -> Result<PathBuf, Error> {
    let at = |error| Kind::File { path: path.to_owned(), error };
    if path.as_os_str().as_encoded_bytes().last().is_some_and(|last| is_separator(char::from(*last))) {
        return Err(at(ErrorKind::IsADirectory.into()).into());
    }
    let place = led_to(path).map_err(at)?;
    match place.to_str() {
        Some(_) => Ok(place),
        None => Err(at(io::Error::new(ErrorKind::InvalidInput, "SQLite takes only names in UTF-8")).into()),
    }
}

/// Where a name leads, also where no file is yet, or no more. How many links may follow each other is the system's affair.
fn led_to(path: &Path) -> io::Result<PathBuf> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    match (path.canonicalize(), path.read_link()) {
        (Err(error), Ok(end)) if error.kind() == ErrorKind::NotFound => led_to(&folder.join(end)),
        (Err(error), _) if error.kind() == ErrorKind::NotFound => {
            match (folder.canonicalize(), path.file_name()) {
                (Ok(folder), Some(name)) => Ok(folder.join(name)),
                _ => Ok(path.to_owned()),
            }
        }
        (found, _) => found,
    }
}

/// Whether a database is there, and not only room for one. Nothing is opened by SQLite for that, nor made beside the file: who
/// named another by mistake has nothing to clean up.
fn is_there(path: &Path, place: &Path) -> Result<bool, Error> {
    let at = |error| Kind::File { path: path.to_owned(), error };
    let damaged = |words: &str| Err(Kind::Damaged(words.to_owned()).into());
    let no_room = || match whose(place)? {
        Some(of) => Err(DeviceKind::Beside { path: path.to_owned(), of }.into()),
        None => Ok(false),
    };
    let has_log = || is_beside(place, "wal");
    if !place.try_exists().map_err(at)? {
        return if has_log()? { damaged("its log is there, and the file is not") } else { no_room() };
    }
    // Before the file is read: who is making one has a log only when there is a beginning.
    let was_ours = was_ours(place)?;
    match Head::of(place, APPLICATION.to_be_bytes()).map_err(at)? {
        Head::Ours => Ok(true),
        // That it is ours may still be in its log only.
        Head::Nobodys => has_log(),
        Head::Empty if was_ours => damaged("the file is empty"),
        Head::Empty => no_room(),
        Head::Lost => Err(Kind::NoSqlite.into()),
        Head::NoSqlite if was_ours => Err(Kind::NoSqlite.into()),
        Head::NoSqlite | Head::Another => Err(DeviceKind::Foreign { path: path.to_owned() }.into()),
    }
}

/// Whether there is a log beside it, or what devices are locked by: then it is one that has lost its beginning.
fn was_ours(place: &Path) -> Result<bool, Error> {
    ["wal", "sender", "sync"].iter().try_fold(false, |was, what| Ok(was || is_beside(place, what)?))
}

/// The database beside which such a file lies: a log or a lock of SQLite's, or one of ours. What would be kept in it is found by
/// nobody, and goes with the next one of that name.
fn whose(place: &Path) -> Result<Option<PathBuf>, Error> {
    const BESIDE: [&str; 7] = ["wal", "shm", "journal", "opening", "sender", "sync", "restore"];
    let Some((base, what)) = place.to_str().and_then(|name| name.rsplit_once('-')) else { return Ok(None) };
    let base = PathBuf::from(base);
    let at = |error| Kind::File { path: base.clone(), error };
    let is_one = BESIDE.contains(&what) && (base.try_exists().map_err(at)? || was_ours(&base)?);
    Ok(is_one.then_some(base))
}

fn is_beside(place: &Path, what: &str) -> Result<bool, Error> {
    let path = beside(place, what);
    path.try_exists().map_err(|error| Kind::File { path, error }.into())
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
        .pragma("temp_store", if has_room_for_passing_files() { "default" } else { "memory" })
        // After a restore the log has the size of the restore; it need not keep it.
        .pragma("journal_size_limit", "4194304")
}

/// Whether SQLite finds a folder for what it puts aside while it makes tables and sorts: there may be none, as in an app on Android
/// and in a container that nothing can be written to.
fn has_room_for_passing_files() -> bool {
    let named = ["SQLITE_TMPDIR", "TMPDIR"].into_iter().filter_map(std::env::var_os).map(PathBuf::from);
    let usual = ["/var/tmp", "/usr/tmp", "/tmp", "."].map(PathBuf::from);
    cfg!(windows) || named.chain(usual).any(|folder| tempfile::tempfile_in(folder).is_ok())
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
        _ => return Err(DeviceKind::Foreign { path: path.to_owned() }.into()),
    }
    MIGRATIONS.run(writer).await.map_err(|error| unprepared(path.to_owned(), error))
}

fn unprepared(path: PathBuf, error: MigrateError) -> Error {
    match error {
        MigrateError::Execute(error) | MigrateError::ExecuteMigration(error, _) => error.into(),
        MigrateError::VersionMissing(_) | MigrateError::VersionTooNew(..) => {
            DeviceKind::Newer { path }.into()
        }
        MigrateError::VersionMismatch(migration) => DeviceKind::OtherBuild { path, migration }.into(),
        error => Kind::Database(sqlx::Error::Migrate(Box::new(error))).into(),
    }
}
