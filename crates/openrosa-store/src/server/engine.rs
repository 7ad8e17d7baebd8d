//! Where SQLite and PostgreSQL part: how a transaction begins, how a list is asked for, who waits for whom.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use openrosa_case::store::Keys;
use openrosa_xml::CaseId;
use sha2::{Digest as _, Sha256};
use sqlx::{Any, AnyConnection, AnyPool, AssertSqlSafe, any::AnyArguments, query::Query};

use super::{Transaction, record};
use crate::error::Error;

/// Rows in one statement at most. With twenty values each they stay below the 32,766 that SQLite binds.
const ROWS: usize = 128;

/// So many cases are locked one by one: what a group of forms is about, if it is a usual one.
const FEW: usize = 512;

/// The database behind a server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Engine {
    Sqlite,
    Postgres,
}

impl Engine {
    /// A transaction that reads: it sees one state.
    pub(super) async fn look(self, readers: &AnyPool) -> Result<Transaction, Error> {
        let begin = match self {
            Self::Sqlite => "BEGIN",
            Self::Postgres => "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
        };
        Ok(begun(readers, begin).await?)
    }

    /// A transaction that writes.
    pub(super) async fn begin(self, writers: &AnyPool) -> Result<Transaction, Error> {
        // In SQLite alone from the start: a transaction that reads first and then writes could find that another was faster.
        let begin = match self {
            Self::Sqlite => "BEGIN IMMEDIATE",
            Self::Postgres => "BEGIN",
        };
        match begun(writers, begin).await {
            // A full disk makes SQLite end a transaction by itself, which sqlx does not notice: for it the transaction goes on, and
            // nothing more can be done with the connection.
            Err(sqlx::Error::InvalidSavePointStatement) => {
                writers.acquire().await?.close().await?;
                Ok(begun(writers, begin).await?)
            }
            begun => Ok(begun?),
        }
    }

    /// A statement; `IN {texts}` in it stands for being one of the texts of a [list](list) that is bound second.
    pub(super) fn query(self, sql: &'static str) -> Values {
        sqlx::query(AssertSqlSafe(self.texts(sql)))
    }

    /// The text of such a statement.
    pub(super) fn texts(self, sql: &str) -> String {
        let is_one = match self {
            Self::Sqlite => "IN (SELECT value FROM json_each($2))",
            // An array is made once. While nothing is known of a table, a list would be made anew for each of its rows.
            Self::Postgres => "= ANY(ARRAY(SELECT json_array_elements_text($2::json)))",
        };
        sql.replace("IN {texts}", is_one)
    }

    /// Now, as all have it who work with the database: in PostgreSQL by its clock, since theirs may not agree; an SQLite file is one
    /// machine's, whose clock this process has read.
    pub(super) async fn moment(
        self,
        tx: &mut AnyConnection,
        read: DateTime<Utc>,
    ) -> Result<DateTime<Utc>, Error> {
        const MOMENT: &str = "SELECT CAST(extract(epoch FROM clock_timestamp()) * 1000000 AS BIGINT)";
        match self {
            Self::Sqlite => Ok(read),
            Self::Postgres => record::moment(sqlx::query_scalar(MOMENT).fetch_one(tx).await?),
        }
    }

    /// Waits until nobody else works on any of these, and keeps them until the transaction ends. In SQLite nobody else works
    /// anyway. The order is the same for all, so that no two wait for each other.
    pub(super) async fn lock(self, tx: &mut AnyConnection, keys: &BTreeSet<i64>) -> Result<(), Error> {
        const LOCK: &str = "SELECT count(*) FROM (SELECT pg_advisory_xact_lock(value::bigint) \
                            FROM json_array_elements_text($1::json) OFFSET 0) AS held";
        if self == Self::Postgres && !keys.is_empty() {
            sqlx::query(LOCK).bind(serde_json::json!(keys).to_string()).fetch_one(tx).await?;
        }
        Ok(())
    }

    /// The same for cases of a domain. There may be any number, and PostgreSQL keeps no more than some thousand locks for all: who
    /// works on many has all cases of the domain to itself, and who works on few only sees to it that nobody has. Where two that
    /// began with few come to work on many, the database ends one, and that one begins anew.
    pub(super) async fn lock_cases(
        self,
        tx: &mut AnyConnection,
        domain: i64,
        cases: &Keys<CaseId>,
    ) -> Result<(), Error> {
        const ALL: &str = "SELECT count(*) FROM pg_advisory_xact_lock($1)";
        const NOT_ALL: &str = "SELECT count(*) FROM pg_advisory_xact_lock_shared($1)";
        if self == Self::Sqlite || cases.is_empty() {
            return Ok(());
        }
        let (all, is_many) = (key(domain, "cases", &[]), cases.len() > FEW);
        sqlx::query(if is_many { ALL } else { NOT_ALL }).bind(all).fetch_one(&mut *tx).await?;
        match is_many {
            true => Ok(()),
            false => {
                let keys = cases.iter().map(|id| key(domain, "case", &[id.as_str()]));
                self.lock(tx, &keys.collect()).await
            }
        }
    }

    /// A row for each of the items, by as few statements as may be.
    pub(super) async fn insert<T>(
        self,
        tx: &mut AnyConnection,
        insert: &Insert,
        rows: &[T],
        bind: impl Fn(Values, &T) -> Values,
    ) -> Result<(), Error> {
        let mut left = rows;
        while !left.is_empty() {
            let (rows, others) = left.split_at(at_once(left.len()));
            let query = sqlx::query(AssertSqlSafe(insert.statement(rows.len())));
            rows.iter().fold(query, &bind).execute(&mut *tx).await?;
            left = others;
        }
        Ok(())
    }
}

/// Begins to the end, though whoever asked may hang up meanwhile: sqlx leaves a connection to PostgreSQL within the transaction whose
/// beginning was broken off, and who gets it next sees what was there then, and commits nothing.
async fn begun(pool: &AnyPool, begin: &'static str) -> Result<Transaction, sqlx::Error> {
    let pool = pool.clone();
    let beginning = tokio::spawn(async move { pool.begin_with(begin).await });
    beginning.await.unwrap_or_else(|ended| match ended.try_into_panic() {
        Ok(panic) => std::panic::resume_unwind(panic),
        // The process comes to its end.
        Err(_) => Err(sqlx::Error::PoolClosed),
    })
}

/// How many of so many rows go into the next statement: a power of two, so that there are few statements, which stay prepared.
const fn at_once(rows: usize) -> usize {
    if rows > ROWS { ROWS } else { 1 << rows.ilog2() }
}

/// A statement whose values are being bound.
pub(super) type Values = Query<'static, Any, AnyArguments>;

/// Where rows go, and what becomes of those that are there.
pub(super) struct Insert {
    /// Table and columns.
    pub(super) into: &'static str,
    /// How many columns.
    pub(super) columns: usize,
    /// `ON CONFLICT …`, or nothing.
    pub(super) otherwise: &'static str,
}

impl Insert {
    /// With a place for each value. Nothing in it comes from anywhere but here.
    fn statement(&self, rows: usize) -> String {
        let row = |row: usize| {
            let places = (1..=self.columns).map(|column| format!("${}", row * self.columns + column));
            format!("({})", places.collect::<Vec<_>>().join(","))
        };
        let rows = (0..rows).map(row).collect::<Vec<_>>().join(",");
        format!("INSERT INTO {} VALUES {rows} {}", self.into, self.otherwise)
    }
}

/// A list as JSON, for [`Engine::query`].
pub(super) fn list<T: AsRef<str>>(texts: impl IntoIterator<Item = T>) -> String {
    let texts: Vec<String> = texts.into_iter().map(|text| text.as_ref().to_owned()).collect();
    serde_json::json!(texts).to_string()
}

/// A text from the wire as both engines can keep it: PostgreSQL has none with a zero in it. Nothing is called like what comes
/// out, so that what is looked up by it is not found.
pub(super) fn plain(text: &str) -> String {
    text.replace('\0', "\u{FFFD}")
}

/// A number for something. Two things of one number are hardly ever met; locked by it, they wait for each other needlessly.
pub(super) fn key(domain: i64, kind: &str, names: &[&str]) -> i64 {
    let mut hash = Sha256::new();
    hash.update(domain.to_be_bytes());
    for name in [kind].iter().chain(names) {
        hash.update((name.len() as u64).to_be_bytes());
        hash.update(name);
    }
    let [a, b, c, d, e, f, g, h, ..]: [u8; 32] = hash.finalize().into();
    i64::from_be_bytes([a, b, c, d, e, f, g, h])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_value_has_a_place() {
        let insert = Insert { into: "t (a, b)", columns: 2, otherwise: "" };
        assert_eq!(insert.statement(2), "INSERT INTO t (a, b) VALUES ($1,$2),($3,$4) ");
    }

    #[test]
    fn rows_go_by_few_statements_of_few_kinds() {
        let pieces = |mut rows: usize| {
            let mut pieces = Vec::new();
            while rows > 0 {
                pieces.push(at_once(rows));
                rows -= pieces[pieces.len() - 1];
            }
            pieces
        };
        assert_eq!(pieces(1), [1]);
        assert_eq!(pieces(100), [64, 32, 4]);
        assert_eq!(pieces(300), [128, 128, 32, 8, 4]);
    }

    #[test]
    fn a_lock_is_of_one_thing() {
        assert_eq!(key(1, "case", &["a"]), key(1, "case", &["a"]));
        for other in [key(2, "case", &["a"]), key(1, "form", &["a"]), key(1, "case", &["", "a"])] {
            assert_ne!(key(1, "case", &["a"]), other);
        }
    }
}
