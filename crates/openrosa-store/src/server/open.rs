//! Opening the database, and making its tables.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use chrono::Utc;
use sqlx::{
    AnyConnection, AnyPool, AssertSqlSafe, Connection as _,
    any::AnyPoolOptions,
    migrate::{MigrateError, Migrator},
};
use url::Url;

use super::{Database, Files, Keeping, engine::Engine, kept::Kept, lane::Lanes};
use crate::{
    error::{Error, Kind},
    head::Head,
    lock::Lock,
    private,
    server::ServerKind,
};

static SQLITE: Migrator = sqlx::migrate!("migrations/server/sqlite");
static POSTGRES: Migrator = sqlx::migrate!("migrations/server/postgres");

/// How long a statement waits for another process that writes, and a request for a free connection.
const PATIENCE: Duration = Duration::from_secs(30);
/// How many restores and searches there are at once; the next waits.
const READERS: u32 = 8;
/// How many groups of forms PostgreSQL takes at once from one process.
const WRITERS: u32 = 4;

/// What each connection to SQLite is told first: full durability, readers beside the writer, 16 MiB of pages.
const PRAGMAS: [&str; 5] = [
    "PRAGMA busy_timeout = 30000",
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = FULL",
    "PRAGMA foreign_keys = ON",
    "PRAGMA cache_size = -16384",
];

/// `ORsv`: how a file says that it is a server's.
const MARK: [u8; 4] = *b"ORsv";
const APPLICATION: i64 = i32::from_be_bytes(MARK) as i64;

impl Database {
    /// Opens the SQLite file, or makes it, for no one but the user of this process.
    ///
    /// An SQLite file of something else is left alone and is an error, as is one that a newer version has written to. Who serves has
    /// the place of files [settled](Self::settle_files) next.
    pub async fn open(path: impl AsRef<Path>, files: Files) -> Result<Self, Error> {
        let path = path.as_ref();
        let at = |error| Kind::File { path: path.to_owned(), error };
        private::create(path).map_err(at)?;
        // A pool would try to connect to it for as long as its patience lasts.
        if matches!(Head::of(path, MARK).map_err(at)?, Head::Lost | Head::NoSqlite | Head::Another) {
            return Err(ServerKind::Foreign { path: path.to_owned() }.into());
        }
        let absolute = std::path::absolute(path).map_err(at)?;
        let url = Url::from_file_path(&absolute).map_err(|()| at(std::io::ErrorKind::InvalidInput.into()))?;
        let url = format!("sqlite://{}?mode=rwc", url.path());
        // Of several processes that open a new file, or an older one, one makes the tables: nothing else keeps them apart.
        let _one = Lock::wait(&absolute, "opening", PATIENCE).await?;
        let database = Self::with(Engine::Sqlite, &url, files).await;
        database.map_err(|error| match error.kind() {
            Kind::NoSqlite | Kind::Server(ServerKind::Foreign { .. }) => {
                ServerKind::Foreign { path: path.to_owned() }.into()
            }
            _ => error,
        })
    }

    /// Connects to a PostgreSQL database, and makes the tables where there are none. One that is not in UTF-8 is left alone and is an
    /// error.
    ///
    /// *Address:* `postgres://user:password@host/database`.
    pub async fn connect(url: &str, files: Files) -> Result<Self, Error> {
        Self::with(Engine::Postgres, url, files).await
    }

    async fn with(engine: Engine, url: &str, files: Files) -> Result<Self, Error> {
        sqlx::any::install_default_drivers();
        let (writers, lanes) = match engine {
            Engine::Sqlite => (1, 1),
            // One is left for what is no form: users, sync logs.
            Engine::Postgres => (WRITERS + 1, WRITERS),
        };
        // A pool tries again for as long as its patience lasts, and does not say why that was in vain.
        let mut first = AnyConnection::connect(url).await?;
        engine.knows_all_texts(&mut first).await?;
        first.close().await?;
        let writers = pool(engine, url, writers, &[]).await?;
        prepare(engine, &writers).await?;
        let readers = pool(engine, url, READERS, engine.only_reading()).await?;
        let lanes = Arc::new(Lanes::start(lanes, engine, &writers, &files));
        let (kept, keeping) = (Arc::new(Kept::new()), Keeping::default());
        Ok(Self {
            engine,
            writers,
            readers,
            files,
            lanes,
            kept,
            keeping,
            shortage: Arc::default(),
            clock: Utc::now,
        })
    }
}

impl Engine {
    const fn only_reading(self) -> &'static [&'static str] {
        match self {
            Self::Sqlite => &["PRAGMA query_only = ON"],
            Self::Postgres => &["SET default_transaction_read_only = on"],
        }
    }

    /// PostgreSQL may be in an encoding that has a few languages' characters only. SQLite is in Unicode, whatever it is told.
    async fn knows_all_texts(self, connection: &mut AnyConnection) -> Result<(), Error> {
        if self == Self::Sqlite {
            return Ok(());
        }
        let encoding: String = sqlx::query_scalar("SHOW server_encoding").fetch_one(connection).await?;
        match encoding.as_str() {
            "UTF8" => Ok(()),
            _ => Err(ServerKind::Encoding { encoding }.into()),
        }
    }

    const fn first(self) -> &'static [&'static str] {
        match self {
            Self::Sqlite => &PRAGMAS,
            Self::Postgres => &["SET synchronous_commit = on"],
        }
    }
}

async fn pool(engine: Engine, url: &str, size: u32, more: &'static [&'static str]) -> Result<AnyPool, Error> {
    let options = AnyPoolOptions::new().max_connections(size).acquire_timeout(PATIENCE);
    let options =
        options.after_connect(move |connection, _| Box::pin(tell(connection, engine.first(), more)));
    Ok(options.connect(url).await?)
}

async fn tell(
    connection: &mut AnyConnection,
    first: &[&'static str],
    more: &[&'static str],
) -> Result<(), sqlx::Error> {
    for statement in first.iter().chain(more) {
        sqlx::query(*statement).execute(&mut *connection).await?;
    }
    Ok(())
}

async fn prepare(engine: Engine, writers: &AnyPool) -> Result<(), Error> {
    let migrations = match engine {
        Engine::Sqlite => &SQLITE,
        Engine::Postgres => &POSTGRES,
    };
    if engine == Engine::Sqlite {
        claim(writers).await?;
    }
    migrations.run(writers).await.map_err(|error| match error {
        MigrateError::VersionMissing(_) | MigrateError::VersionTooNew(..) => ServerKind::Newer.into(),
        MigrateError::VersionMismatch(migration) => ServerKind::OtherBuild { migration }.into(),
        MigrateError::Dirty(migration) => {
            ServerKind::Migration { migration, why: "it was begun, and has not ended".to_owned() }.into()
        }
        MigrateError::Execute(error) => error.into(),
        MigrateError::ExecuteMigration(error, migration) => match Kind::from(error) {
            Kind::Database(error) => ServerKind::Migration { migration, why: error.to_string() }.into(),
            kind => kind.into(),
        },
        error => Kind::Database(sqlx::Error::Migrate(Box::new(error))).into(),
    })
}

/// Says in the file whose it is; refuses one that is something else's.
async fn claim(writers: &AnyPool) -> Result<(), Error> {
    let (application,): (i64,) =
        sqlx::query_as("SELECT application_id FROM pragma_application_id").fetch_one(writers).await?;
    let (tables,): (i64,) = sqlx::query_as("SELECT count(*) FROM sqlite_schema").fetch_one(writers).await?;
    match (application, tables) {
        (APPLICATION, _) => Ok(()),
        (0, 0) => {
            sqlx::query(AssertSqlSafe(format!("PRAGMA application_id = {APPLICATION}")))
                .execute(writers)
                .await?;
            Ok(())
        }
        _ => Err(ServerKind::Foreign { path: PathBuf::new() }.into()),
    }
}
