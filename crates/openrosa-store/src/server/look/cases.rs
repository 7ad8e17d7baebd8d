//! Cases, in lines.

use chrono::{DateTime, Utc};
use sqlx::{AssertSqlSafe, Row as _, any::AnyRow};

use super::super::{
    Database, Domain,
    engine::{Engine, plain},
    record,
};
use crate::error::Error;

pub(super) const COLUMNS: &str = "case_id, case_type, name, owner_id, closed, modified_at";

/// Behind every text.
const LAST: char = '\u{10FFFF}';

/// What is seen of a case in a list.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct CaseLine {
    /// Its id.
    pub case_id: String,
    /// Its type.
    pub case_type: String,
    /// Its name.
    pub name: String,
    /// Who has it.
    pub owner_id: String,
    /// Whether it is closed.
    pub closed: bool,
    /// When it was changed last, by the device's clock.
    pub modified_at: DateTime<Utc>,
}

/// Which cases are wanted: of one type, by name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[expect(
    clippy::exhaustive_structs,
    reason = "a table of conditions, written with `..CasesLooked::default()`"
)]
pub struct CasesLooked {
    /// Of this type.
    pub case_type: String,
    /// Closed ones, or open ones.
    pub closed: bool,
    /// Whose names begin so, whatever their letters' case.
    pub name: String,
    /// Behind this one: its name and its id.
    pub after: Option<(String, String)>,
}

impl Database {
    /// Some cases of one type, by name and id.
    pub async fn cases_of_type(
        &self,
        domain: &Domain,
        asked: &CasesLooked,
        at_most: u32,
    ) -> Result<Vec<CaseLine>, Error> {
        let (name, id) = asked.after.as_ref().map_or(("", ""), |(name, id)| (name.as_str(), id.as_str()));
        // What begins so comes behind it, too, so a page that goes on has passed the beginning.
        let from = if asked.after.is_some() { name } else { asked.name.as_str() };
        let rows = sqlx::query(AssertSqlSafe(by_name(self.engine)))
            .bind(domain.number)
            .bind(plain(&asked.case_type))
            .bind(i64::from(asked.closed))
            .bind(plain(from))
            .bind(plain(id))
            .bind(format!("{}{LAST}", plain(&asked.name)))
            .bind(i64::from(at_most))
            .fetch_all(&self.readers)
            .await?;
        rows.iter().map(read).collect()
    }

    /// Some open cases of one owner, by id, behind this one.
    pub async fn cases_of_owner(
        &self,
        domain: &Domain,
        owner: &str,
        after: Option<&str>,
        at_most: u32,
    ) -> Result<Vec<CaseLine>, Error> {
        let query = sqlx::query(AssertSqlSafe(by_owner())).bind(domain.number).bind(plain(owner));
        let query = query.bind(plain(after.unwrap_or_default())).bind(i64::from(at_most));
        query.fetch_all(&self.readers).await?.iter().map(read).collect()
    }
}

/// Row after row of the index `cases_by_name`, from one place on.
pub(super) fn by_name(engine: Engine) -> String {
    let name = engine.name();
    format!(
        "SELECT {COLUMNS} FROM cases WHERE domain = $1 AND case_type = $2 AND closed = $3 AND deleted = 0 \
         AND ({name}, case_id) > (substr(lower($4), 1, 60), $5) AND {name} <= lower($6) \
         ORDER BY {name}, case_id LIMIT $7"
    )
}

pub(super) fn by_owner() -> String {
    format!(
        "SELECT {COLUMNS} FROM cases WHERE domain = $1 AND owner_id = $2 AND closed = 0 AND deleted = 0 \
         AND case_id > $3 ORDER BY case_id LIMIT $4"
    )
}

pub(super) fn read(row: &AnyRow) -> Result<CaseLine, Error> {
    Ok(CaseLine {
        case_id: row.try_get("case_id")?,
        case_type: row.try_get("case_type")?,
        name: row.try_get("name")?,
        owner_id: row.try_get("owner_id")?,
        closed: row.try_get::<i64, _>("closed")? != 0,
        modified_at: record::moment(row.try_get("modified_at")?)?,
    })
}
