//! Submissions, the newest first.

use sqlx::{AnyConnection, AssertSqlSafe, Row as _};

use super::super::{Database, Domain, FormRow, State, engine::plain, forms};
use crate::{error::Error, server::ServerKind};

/// How many are looked at for one page, where no index knows all of the conditions together.
pub(super) const WINDOW: i64 = 2_000;

pub(super) const COLUMNS: &str = "seq, log_id, form_key, version, instance_id, state, reason, replaces, received_at, \
                                  user_name, device_id, app_id";

/// Which submissions are wanted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[expect(
    clippy::exhaustive_structs,
    reason = "a table of conditions, written with `..ArrivalsAsked::default()`"
)]
pub struct ArrivalsAsked {
    /// Instances of this blank form.
    pub form: Option<String>,
    /// From this user.
    pub user: Option<String>,
    /// In this state.
    pub state: Option<State>,
    /// Older than this one: [`FormRow::seq`].
    pub before: Option<i64>,
}

/// A page of submissions.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Arrivals {
    /// The newest first.
    pub rows: Vec<FormRow>,
    /// Behind which the next page begins: [`ArrivalsAsked::before`]. `None` at the end.
    pub next: Option<i64>,
}

impl Database {
    /// Some submissions of a domain. Where several conditions are named, the last two thousand that fulfill one of them are
    /// looked through, and a page may be short, or empty, though there is a next one.
    pub async fn arrivals(
        &self,
        domain: &Domain,
        asked: &ArrivalsAsked,
        at_most: u32,
    ) -> Result<Arrivals, Error> {
        some(&mut *self.readers.acquire().await?, domain, asked, at_most).await
    }

    /// The submission of this number.
    pub async fn submission(&self, domain: &Domain, seq: i64) -> Result<FormRow, Error> {
        let sql = format!("SELECT {COLUMNS} FROM forms WHERE domain = $1 AND seq = $2");
        let query = sqlx::query(AssertSqlSafe(sql)).bind(domain.number).bind(seq);
        let row = query.fetch_optional(&self.readers).await?;
        let unknown = || ServerKind::NoSuchRecord { id: seq.to_string() };
        forms::read(row.as_ref().ok_or_else(unknown)?)
    }

    /// The submission that histories of cases name so.
    pub async fn submission_logged(&self, domain: &Domain, log_id: &str) -> Result<FormRow, Error> {
        let sql = format!("SELECT {COLUMNS} FROM forms WHERE domain = $1 AND log_id = $2");
        let query = sqlx::query(AssertSqlSafe(sql)).bind(domain.number).bind(plain(log_id));
        let row = query.fetch_optional(&self.readers).await?;
        let unknown = || ServerKind::NoSuchRecord { id: log_id.to_owned() };
        forms::read(row.as_ref().ok_or_else(unknown)?)
    }

    /// The submission that is an instance of this form and calls itself so.
    pub async fn submission_called(
        &self,
        domain: &Domain,
        form: &str,
        instance_id: &str,
    ) -> Result<FormRow, Error> {
        self.form_of(domain, form, instance_id).await
    }
}

pub(in crate::server) async fn some(
    connection: &mut AnyConnection,
    domain: &Domain,
    asked: &ArrivalsAsked,
    at_most: u32,
) -> Result<Arrivals, Error> {
    let query = sqlx::query(AssertSqlSafe(statement(asked)));
    let query = bound(query, domain.number, asked, i64::from(at_most) + 1);
    let rows = query.fetch_all(&mut *connection).await?;
    let mut rows = rows.iter().map(forms::read).collect::<Result<Vec<_>, _>>()?;
    let is_full = rows.len() > at_most as usize;
    rows.truncate(at_most as usize);
    let next = match (is_full, rows.last()) {
        (true, last) => last.map(|row| row.seq),
        (false, _) if conditions(asked).len() > 1 => end_of_window(connection, domain, asked).await?,
        (false, _) => None,
    };
    Ok(Arrivals { rows, next })
}

/// The oldest that was looked at, if there are older ones.
async fn end_of_window(
    connection: &mut AnyConnection,
    domain: &Domain,
    asked: &ArrivalsAsked,
) -> Result<Option<i64>, Error> {
    let first = conditions(asked).first().copied().unwrap_or("TRUE");
    let sql = format!(
        "SELECT count(*) AS seen, min(seq) AS last FROM (SELECT seq FROM forms WHERE domain = $1 AND seq < $2 \
         AND {first} ORDER BY seq DESC LIMIT $6) AS looked_at \
         WHERE $3 = $3 AND $4 = $4 AND $5 = $5"
    );
    let row = bound(sqlx::query(AssertSqlSafe(sql)), domain.number, asked, WINDOW);
    let row = row.fetch_one(connection).await?;
    let is_full = row.try_get::<i64, _>("seen")? == WINDOW;
    Ok(if is_full { row.try_get("last")? } else { None })
}

/// Each of them is known to an index with `seq` at its end.
fn conditions(asked: &ArrivalsAsked) -> Vec<&'static str> {
    let all = [
        (asked.user.is_some(), "user_name = $4"),
        (asked.state.is_some_and(|state| state != State::Normal), "state = $5"),
        (asked.form.is_some(), "form_key = $3"),
        // Nearly all of them are that: it narrows nothing.
        (asked.state == Some(State::Normal), "state = $5"),
    ];
    all.into_iter().filter(|(is_asked, _)| *is_asked).map(|(_, condition)| condition).collect()
}

/// The first condition leads, by its index; the others choose among what it finds, within a window.
pub(super) fn statement(asked: &ArrivalsAsked) -> String {
    // Values of which nothing depends are bound all the same: PostgreSQL wants to know of each what it is.
    let unused = "$3 = $3 AND $4 = $4 AND $5 = $5";
    let conditions = conditions(asked);
    match conditions.split_first() {
        None => format!(
            "SELECT {COLUMNS} FROM forms WHERE domain = $1 AND seq < $2 AND {unused} ORDER BY seq DESC LIMIT $6"
        ),
        Some((first, [])) => format!(
            "SELECT {COLUMNS} FROM forms WHERE domain = $1 AND {first} AND seq < $2 AND {unused} \
             ORDER BY seq DESC LIMIT $6"
        ),
        Some((first, others)) => format!(
            "SELECT {COLUMNS} FROM (SELECT {COLUMNS} FROM forms WHERE domain = $1 AND {first} AND seq < $2 \
             ORDER BY seq DESC LIMIT {WINDOW}) AS looked_at WHERE {} AND {unused} ORDER BY seq DESC LIMIT $6",
            others.join(" AND ")
        ),
    }
}

pub(super) fn bound<'q>(query: Asked<'q>, domain: i64, asked: &ArrivalsAsked, at_most: i64) -> Asked<'q> {
    query
        .bind(domain)
        .bind(asked.before.unwrap_or(i64::MAX))
        .bind(plain(asked.form.as_deref().unwrap_or_default()))
        .bind(plain(asked.user.as_deref().unwrap_or_default()))
        .bind(asked.state.map_or("", State::as_str))
        .bind(at_most)
}

type Asked<'q> = sqlx::query::Query<'q, sqlx::Any, sqlx::any::AnyArguments>;
