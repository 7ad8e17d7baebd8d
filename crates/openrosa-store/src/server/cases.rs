//! Cases, as they are found.

use openrosa_case::Case;
use openrosa_xml::CaseId;
use sqlx::{AnyConnection, Row as _, any::AnyRow};

use super::{Database, Domain, engine::plain, record};
use crate::error::Error;

/// Which cases are wanted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[expect(
    clippy::exhaustive_structs,
    reason = "a table of conditions, written with `..CasesAsked::default()`"
)]
pub struct CasesAsked {
    /// Of this type.
    pub case_type: Option<String>,
    /// Of this owner.
    pub owner_id: Option<String>,
    /// Closed ones too.
    pub closed: bool,
    /// Behind this id, in the order of ids.
    pub after: Option<String>,
}

/// A case, and the change that changed it last.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct CaseRow {
    /// The case.
    pub case: Case,
    /// Its place among the changes of the domain.
    pub seq: i64,
}

const CASES: &str = "SELECT case_id, seq, case_type, name, owner_id, closed, modified_at, body FROM cases \
                     WHERE domain = $1 AND case_id > $2 AND ($3 = '' OR case_type = $3) \
                     AND ($4 = '' OR owner_id = $4) AND closed <= $5 AND deleted = 0 ORDER BY case_id LIMIT $6";

impl Database {
    /// Some cases of a domain that are not deleted, in the order of their ids.
    pub async fn cases(
        &self,
        domain: &Domain,
        asked: &CasesAsked,
        at_most: u32,
    ) -> Result<Vec<CaseRow>, Error> {
        some(&mut *self.readers.acquire().await?, domain, asked, at_most).await
    }

    /// One case, deleted or not.
    pub async fn case(&self, domain: &Domain, case_id: &CaseId) -> Result<Option<CaseRow>, Error> {
        const CASE: &str = "SELECT case_id, seq, case_type, name, owner_id, closed, modified_at, body FROM cases \
                            WHERE domain = $1 AND case_id = $2";
        let query = sqlx::query(CASE).bind(domain.number).bind(plain(case_id.as_str()));
        let row = query.fetch_optional(&self.readers).await?;
        row.as_ref().map(|row| read(row, domain)).transpose()
    }
}

pub(super) async fn some(
    connection: &mut AnyConnection,
    domain: &Domain,
    asked: &CasesAsked,
    at_most: u32,
) -> Result<Vec<CaseRow>, Error> {
    let rows = sqlx::query(CASES)
        .bind(domain.number)
        .bind(plain(asked.after.as_deref().unwrap_or_default()))
        .bind(plain(asked.case_type.as_deref().unwrap_or_default()))
        .bind(plain(asked.owner_id.as_deref().unwrap_or_default()))
        .bind(i64::from(asked.closed))
        .bind(i64::from(at_most))
        .fetch_all(connection)
        .await?;
    rows.iter().map(|row| read(row, domain)).collect()
}

fn read(row: &AnyRow, domain: &Domain) -> Result<CaseRow, Error> {
    Ok(CaseRow { case: record::read_case(row, &domain.name)?, seq: row.try_get("seq")? })
}
