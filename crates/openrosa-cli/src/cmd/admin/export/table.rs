//! A table in an SQLite database.

use std::path::Path;

use serde_json::Value as Json;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection, SqliteJournalMode};
use sqlx::{AssertSqlSafe, ConnectOptions as _, Connection as _};
use tempfile::NamedTempFile;

use super::columns::{WHOLE, Way, cell, usual};
use super::spool::Spool;
use super::{Kind, Place, What};
use crate::exit::Failure;

/// What SQLite can have in one row.
const MOST: usize = 1990;

/// The database, and how many columns it has for answers.
pub(super) async fn make(
    place: &Place<'_>,
    spool: &mut Spool<'_>,
    what: What,
) -> Result<(NamedTempFile, usize), Failure> {
    let file = place.file()?;
    let mut columns = columns(spool.headed(what, Kind::Table));
    // What has no column is in `json`, as everything is.
    columns.truncate(MOST);
    let written = fill(file.path(), &columns, spool, what).await;
    written.map_err(|error| match error {
        Broken::Database(error) => place.unwritten(&error),
        Broken::Spool(failure) => failure,
    })?;
    Ok((file, columns.len() - usual(what).len()))
}

/// Heads as SQL writes them, and where their values are. SQLite knows no name with a zero in it: that is in `json` alone.
fn columns(headed: Vec<(String, Way)>) -> Vec<(String, Way)> {
    let fits = headed.into_iter().filter(|(head, _)| !head.contains('\0'));
    fits.map(|(head, way)| (format!("\"{}\"", head.replace('"', "\"\"")), way)).collect()
}

enum Broken {
    Database(sqlx::Error),
    Spool(Failure),
}

impl From<sqlx::Error> for Broken {
    fn from(error: sqlx::Error) -> Self {
        Self::Database(error)
    }
}

async fn fill(
    path: &Path,
    columns: &[(String, Way)],
    spool: &mut Spool<'_>,
    what: What,
) -> Result<(), Broken> {
    let options = SqliteConnectOptions::new().filename(path).journal_mode(SqliteJournalMode::Memory);
    let mut connection = options.connect().await?;
    let table = format!("{}s", what.one());
    let names: String = columns.iter().map(|(name, _)| format!("{name}, ")).collect();
    // Nothing of a form is in these statements but names of columns, which are quoted.
    sqlx::query(AssertSqlSafe(format!("CREATE TABLE {table} ({names}{WHOLE} TEXT NOT NULL)")))
        .execute(&mut connection)
        .await?;
    let places = "?, ".repeat(columns.len());
    let put = format!("INSERT INTO {table} ({names}{WHOLE}) VALUES ({places}?)");
    let mut transaction = connection.begin().await?;
    for record in spool.records().map_err(Broken::Spool)? {
        row(&mut transaction, &put, columns, &record.map_err(Broken::Spool)?).await?;
    }
    transaction.commit().await?;
    Ok(connection.close().await?)
}

async fn row(
    connection: &mut SqliteConnection,
    put: &str,
    columns: &[(String, Way)],
    record: &Json,
) -> Result<(), sqlx::Error> {
    let mut put = sqlx::query(AssertSqlSafe(put.to_owned()));
    for (_, way) in columns {
        put = put.bind(cell(record, way));
    }
    put.bind(record.to_string()).execute(connection).await.map(drop)
}
