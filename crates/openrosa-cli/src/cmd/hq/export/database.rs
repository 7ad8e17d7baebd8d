//! An SQLite database with a table of forms and one of cases, each row as it was last seen.
//!
//! A page and how far the export is with it are one transaction.

use std::path::{Path, PathBuf};
use std::time::Duration;

use commcare_hq::paging::window::WindowState;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection, SqliteSynchronous};
use sqlx::{AssertSqlSafe, ConnectOptions as _, Connection as _};

use super::{Of, Record, other_columns, sheet, unread, unwritten};
use crate::exit::Failure;

/// `ORhq`: how a file says that it is one of these, to us and to `file`.
const APPLICATION: i32 = i32::from_be_bytes(*b"ORhq");
/// How long another export is waited for.
const PATIENCE: Duration = Duration::from_secs(10);
/// What SQLite can have in one row and we need for ourselves.
const MOST: usize = 1990;

const CHECKPOINTS: &str = "CREATE TABLE IF NOT EXISTS checkpoints \
     (what TEXT PRIMARY KEY, state TEXT NOT NULL, columns TEXT NOT NULL) STRICT";

/// The database.
pub(super) struct Database {
    path: PathBuf,
    what: Of,
    columns: Vec<String>,
    known: Option<Known>,
    /// `None` before anything was written.
    connection: Option<SqliteConnection>,
}

/// How far the export is, and as it is written there: whoever finds something else there is not alone.
struct Known {
    state: WindowState,
    written: String,
}

impl Database {
    pub(super) async fn look(path: &Path, what: Of, mut columns: Vec<String>) -> Result<Self, Failure> {
        // The table has it whatever was asked.
        columns.retain(|column| column != "id");
        check(&columns)?;
        let mut database = Self { path: path.to_owned(), what, columns, known: None, connection: None };
        if path.exists() {
            let mut connection = database.connect().await?;
            database.known = database.read(&mut connection).await?;
            database.connection = Some(connection);
        }
        Ok(database)
    }

    pub(super) fn state(&self) -> Option<&WindowState> {
        self.known.as_ref().map(|known| &known.state)
    }

    async fn connect(&self) -> Result<SqliteConnection, Failure> {
        let options = SqliteConnectOptions::new()
            .filename(&self.path)
            .create_if_missing(true)
            .busy_timeout(PATIENCE)
            // A commit is on the disk when it returns, also when the power goes. Without a log beside it the file is all there is.
            .synchronous(SqliteSynchronous::Extra);
        let unread = |error: sqlx::Error| unread(&self.path, &error).remedy("another --to");
        let mut connection = options.connect().await.map_err(unread)?;
        self.mark(&mut connection).await?;
        Ok(connection)
    }

    /// A database of something else is left alone.
    async fn mark(&self, connection: &mut SqliteConnection) -> Result<(), Failure> {
        let failed = |error: sqlx::Error| unread(&self.path, &error).remedy("another --to");
        let application = sqlx::query_scalar("PRAGMA application_id").fetch_one(&mut *connection);
        let application: i32 = application.await.map_err(failed)?;
        let tables = sqlx::query_scalar("SELECT count(*) FROM sqlite_schema").fetch_one(&mut *connection);
        let tables: i64 = tables.await.map_err(failed)?;
        if application == APPLICATION || (application == 0 && tables == 0) {
            return Ok(());
        }
        let failure = format!("`{}` is a database of something else", self.path.display());
        Err(Failure::new(failure).remedy("another --to"))
    }

    async fn read(&self, connection: &mut SqliteConnection) -> Result<Option<Known>, Failure> {
        let failed = |error: sqlx::Error| unread(&self.path, &error);
        let there = sqlx::query_scalar("SELECT count(*) FROM sqlite_schema WHERE name = 'checkpoints'");
        let there: i64 = there.fetch_one(&mut *connection).await.map_err(failed)?;
        if there == 0 {
            return Ok(None);
        }
        let row = sqlx::query_as("SELECT state, columns FROM checkpoints WHERE what = ?").bind(self.table());
        let row: Option<(String, String)> = row.fetch_optional(connection).await.map_err(failed)?;
        let Some((written, columns)) = row else { return Ok(None) };
        let state = serde_json::from_str(&written).map_err(|error| unread(&self.path, &error))?;
        match columns == self.columns_written()? {
            true => Ok(Some(Known { state, written })),
            false => Err(other_columns()),
        }
    }

    /// The page and the word that it is there, together.
    pub(super) async fn keep(&mut self, page: &[Record], state: &WindowState) -> Result<(), Failure> {
        let mut connection = match self.connection.take() {
            Some(connection) => connection,
            None => self.connect().await?,
        };
        let written = serde_json::to_string(state).map_err(|error| Failure::new(error.to_string()))?;
        let (columns, failed) = (self.columns_written()?, |error: sqlx::Error| unwritten(&self.path, &error));
        let mut transaction = connection.begin_with("BEGIN IMMEDIATE").await.map_err(failed)?;
        self.make(&mut transaction).await.map_err(failed)?;
        if !self.note(&mut transaction, &written, &columns).await.map_err(failed)? {
            let failure = format!("another export writes to `{}`", self.path.display());
            return Err(Failure::new(failure).remedy("the same again once that has ended"));
        }
        for record in page {
            self.put(&mut transaction, record).await.map_err(failed)?;
        }
        transaction.commit().await.map_err(failed)?;
        self.known = Some(Known { state: state.clone(), written });
        self.connection = Some(connection);
        Ok(())
    }

    async fn make(&self, connection: &mut SqliteConnection) -> Result<(), sqlx::Error> {
        if self.known.is_some() {
            return Ok(());
        }
        let columns: String = self.names().map(|name| format!("{name} TEXT, ")).collect();
        let table = self.table();
        let mark = format!("PRAGMA application_id = {APPLICATION}");
        let make =
            format!("CREATE TABLE IF NOT EXISTS {table} (id TEXT PRIMARY KEY, {columns}json TEXT NOT NULL)");
        for statement in [mark, CHECKPOINTS.to_owned(), make] {
            sqlx::query(AssertSqlSafe(statement)).execute(&mut *connection).await?;
        }
        Ok(())
    }

    /// Whether how far it is could be noted: it cannot where somebody else has noted something since.
    async fn note(
        &self,
        connection: &mut SqliteConnection,
        written: &str,
        columns: &str,
    ) -> Result<bool, sqlx::Error> {
        let noted = match &self.known {
            Some(known) => sqlx::query("UPDATE checkpoints SET state = ? WHERE what = ? AND state = ?")
                .bind(written)
                .bind(self.table())
                .bind(known.written.as_str()),
            None => sqlx::query("INSERT OR IGNORE INTO checkpoints (state, what, columns) VALUES (?, ?, ?)")
                .bind(written)
                .bind(self.table())
                .bind(columns),
        };
        Ok(noted.execute(connection).await?.rows_affected() == 1)
    }

    async fn put(&self, connection: &mut SqliteConnection, record: &Record) -> Result<(), sqlx::Error> {
        let places = ", ?".repeat(self.columns.len() + 1);
        let names: String = self.names().map(|name| format!("{name}, ")).collect();
        let put = format!("INSERT OR REPLACE INTO {} (id, {names}json) VALUES (?{places})", self.table());
        let mut put = sqlx::query(AssertSqlSafe(put)).bind(record.id.as_str());
        for column in &self.columns {
            put = put.bind(sheet::cell(&record.json, column));
        }
        put.bind(record.json.as_str()).execute(connection).await?;
        Ok(())
    }

    fn table(&self) -> &'static str {
        match self.what {
            Of::Forms => "forms",
            Of::Cases => "cases",
        }
    }

    /// The columns as SQL writes names.
    fn names(&self) -> impl Iterator<Item = String> {
        self.columns.iter().map(|column| format!("\"{}\"", column.replace('"', "\"\"")))
    }

    fn columns_written(&self) -> Result<String, Failure> {
        serde_json::to_string(&self.columns).map_err(|error| Failure::new(error.to_string()))
    }
}

/// SQLite takes `Age` and `age` for one name, and has `id` and `json` already.
fn check(columns: &[String]) -> Result<(), Failure> {
    let mut known = vec!["id".to_owned(), "json".to_owned()];
    for column in columns {
        let name = column.to_ascii_lowercase();
        if known.contains(&name) || name.contains('\0') {
            let failure = format!("a table has `id`, `json`, and one column `{}`", crate::page::seen(column));
            return Err(Failure::new(failure).remedy("the same without it"));
        }
        known.push(name);
    }
    match columns.len() > MOST {
        true => Err(Failure::new(format!("a table has no more than {MOST} columns"))),
        false => Ok(()),
    }
}
