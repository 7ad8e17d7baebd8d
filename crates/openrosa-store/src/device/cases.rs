//! Finding cases.

use std::sync::Arc;

use openrosa_case::{
    Case,
    ledger::{LedgerKey, Quantity},
    store::{FixtureKey, Memory, Staging, Store as _},
};
use openrosa_xml::{CaseId, OwnerId};
use sqlx::{QueryBuilder, Row as _, Sqlite, sqlite::SqliteRow};

use super::{
    Database, fixtures,
    record::{self, whole_cases},
    standing,
};
use crate::error::Error;

/// Which cases to list. Every condition must hold; without one, all do.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct CaseQuery {
    /// Only of this type.
    pub case_type: Option<String>,
    /// Only of this owner.
    pub owner_id: Option<OwnerId>,
    /// Only closed ones, or only open ones.
    pub closed: Option<bool>,
    /// Only with these values, by the names that an update has for them: `case_name`, `case_type`, `owner_id`, `external_id`,
    /// `category`, `state`, or a property. A case without a value has the empty one, as in the queries of forms. What else a form
    /// can ask, such as `@case_id` or `date_opened`, is the name of no property.
    pub equal: Vec<(String, String)>,
    /// Only after the page that ended here.
    pub after: Option<Cursor>,
}

/// Where a page of cases ended. It is good for as long as the database is: a restore that starts over puts all cases behind it.
///
/// ```
/// use openrosa_store::device::Cursor;
///
/// // Kept elsewhere, it is a number.
/// let number = i64::from(Cursor::from(17));
/// assert_eq!(Cursor::from(number), Cursor::from(17));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Cursor(i64);

/// Cases, as far as they were asked for.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct CasePage {
    /// The cases.
    pub cases: Vec<Case>,
    /// Where the next page begins; `None` where there is no case left.
    pub next: Option<Cursor>,
}

/// A case that another is linked to.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Relative {
    /// The name of the link.
    pub index: String,
    /// The case at its other end; `None` where it is not here.
    pub case: Option<Case>,
}

impl From<Cursor> for i64 {
    fn from(cursor: Cursor) -> Self {
        cursor.0
    }
}

impl From<i64> for Cursor {
    fn from(number: i64) -> Self {
        Self(number)
    }
}

impl CaseQuery {
    /// All cases.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Only of a type.
    #[must_use]
    pub fn of_type(mut self, case_type: impl Into<String>) -> Self {
        self.case_type = Some(case_type.into());
        self
    }

    /// Only of an owner.
    #[must_use]
    pub fn of_owner(mut self, owner_id: impl Into<OwnerId>) -> Self {
        self.owner_id = Some(owner_id.into());
        self
    }

    /// Only open ones.
    #[must_use]
    pub const fn open(mut self) -> Self {
        self.closed = Some(false);
        self
    }

    /// Only with a value.
    #[must_use]
    pub fn with(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.equal.push((name.into(), value.into()));
        self
    }

    /// Only after the page that ended here.
    #[must_use]
    pub const fn after(mut self, page: Cursor) -> Self {
        self.after = Some(page);
        self
    }

    fn conditions(&self, query: &mut QueryBuilder<Sqlite>) {
        if let Some(case_type) = &self.case_type {
            query.push(" AND case_type = ").push_bind(case_type);
        }
        if let Some(owner_id) = &self.owner_id {
            query.push(" AND owner_id = ").push_bind(owner_id.as_str());
        }
        if let Some(closed) = self.closed {
            query.push(" AND closed = ").push_bind(closed);
        }
        if let Some(Cursor(after)) = self.after {
            query.push(" AND number > ").push_bind(after);
        }
        for (name, value) in &self.equal {
            match column(name) {
                Some(column) => query.push(format!(" AND coalesce({column}, '') = ")),
                None => {
                    query.push(
                        " AND coalesce((SELECT value FROM contents AS held, json_each(held.properties) \
                         WHERE held.number = cases.number AND key = ",
                    );
                    query.push_bind(name).push("), '') = ")
                }
            };
            query.push_bind(value);
        }
    }
}

/// Where an update puts a value of this name, if not among the properties (case-xml.md 1.6).
fn column(name: &str) -> Option<&'static str> {
    match name {
        "case_name" => Some("name"),
        "case_type" => Some("case_type"),
        "owner_id" => Some("owner_id"),
        "external_id" => Some("external_id"),
        "category" => Some("category"),
        "state" => Some("state"),
        _ => None,
    }
}

impl Database {
    /// A case.
    pub async fn case(&self, id: &CaseId) -> Result<Option<Case>, Error> {
        let row = sqlx::query(whole_cases!("WHERE case_id = ?")).bind(id.as_str());
        row.fetch_optional(&self.readers).await?.as_ref().map(read).transpose()
    }

    /// Cases in the order in which the device got to know them, at most so many.
    ///
    /// Types and owners are looked up; other conditions are held against each case of the type or owner.
    ///
    /// ```
    /// use openrosa_store::device::{CaseQuery, Database};
    ///
    /// # #[tokio::main] async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let folder = tempfile::tempdir()?;
    /// # let phone = Database::open(folder.path().join("amina.db")).await?;
    /// let mut query = CaseQuery::new().of_type("patient").with("village", "Kibaha").open();
    /// loop {
    ///     let page = phone.cases(&query, 50).await?;
    ///     for case in &page.cases {
    ///         println!("{}", case.name);
    ///     }
    ///     let Some(next) = page.next else { break };
    ///     query = query.after(next);
    /// }
    /// # Ok(()) }
    /// ```
    pub async fn cases(&self, wanted: &CaseQuery, limit: u32) -> Result<CasePage, Error> {
        let mut query = QueryBuilder::<Sqlite>::new(whole_cases!("WHERE TRUE"));
        wanted.conditions(&mut query);
        // One more tells whether there is another page.
        query.push(" ORDER BY number LIMIT ").push_bind(i64::from(limit) + 1);
        let rows = query.build().fetch_all(&self.readers).await?;
        let mut read: Vec<(i64, Case)> = rows.iter().map(record::read_case).collect::<Result<_, _>>()?;
        let is_more = read.len() > limit as usize;
        read.truncate(limit as usize);
        let last = read.last().map(|(number, _)| Cursor(*number)).or(wanted.after);
        let next = is_more.then(|| last.unwrap_or(Cursor(i64::MIN)));
        Ok(CasePage { cases: read.into_iter().map(|(_, case)| case).collect(), next })
    }

    /// All that is here, by itself in memory: for looking at it from all sides, and for holding it against something else.
    pub async fn in_memory(&self) -> Result<Memory, Error> {
        let mut tx = self.read().await?;
        let mut staging = Staging::new();
        let mut after = i64::MIN;
        loop {
            let page = sqlx::query(whole_cases!("WHERE number > ? ORDER BY number LIMIT 500")).bind(after);
            let rows = page.fetch_all(&mut *tx).await?;
            let Some(last) = rows.last() else { break };
            after = last.try_get("number")?;
            for row in &rows {
                staging.put_case(record::read_case(row)?.1);
            }
        }
        for row in sqlx::query("SELECT * FROM ledgers").fetch_all(&mut *tx).await? {
            let (key, quantity) = record::read_ledger(&row)?;
            staging.set_ledger(key, Some(quantity));
        }
        for row in sqlx::query("SELECT number, id, user_id FROM fixtures").fetch_all(&mut *tx).await? {
            let key = FixtureKey { id: row.try_get("id")?, user_id: row.try_get("user_id")? };
            let source = fixtures::source(&mut tx, row.try_get("number")?).await?;
            let fixture = record::read_fixture(&source)?;
            staging.put_fixture(key, Arc::unwrap_or_clone(fixture));
        }
        for user in standing::users(&mut tx).await? {
            staging.put_user(user);
        }
        let mut memory = Memory::new();
        let Ok(()) = memory.commit(staging.take_writes());
        Ok(memory)
    }

    /// How many cases there are of a kind.
    pub async fn count_cases(&self, wanted: &CaseQuery) -> Result<u64, Error> {
        let mut query = QueryBuilder::<Sqlite>::new("SELECT count(*) FROM cases WHERE TRUE");
        wanted.conditions(&mut query);
        let count: i64 = query.build_query_scalar().fetch_one(&self.readers).await?;
        Ok(count.unsigned_abs())
    }

    /// Where the links of a case lead: its parents and hosts, by the names of the links.
    pub async fn targets(&self, case: &Case) -> Result<Vec<Relative>, Error> {
        let mut relatives = Vec::new();
        for (name, index) in case.indices.iter() {
            relatives.push(Relative { index: name.to_owned(), case: self.case(&index.target).await? });
        }
        Ok(relatives)
    }

    /// The cases with a link to this one, its children and extensions, in the order of their ids. The case itself need not
    /// be here.
    pub async fn sources(&self, target: &CaseId) -> Result<Vec<Case>, Error> {
        let query =
            whole_cases!("WHERE number IN (SELECT source FROM links WHERE target = ?) ORDER BY case_id");
        let rows = sqlx::query(query).bind(target.as_str()).fetch_all(&self.readers).await?;
        rows.iter().map(read).collect()
    }

    /// The stock of a case.
    pub async fn ledgers_of(&self, case_id: &CaseId) -> Result<Vec<(LedgerKey, Quantity)>, Error> {
        let query = "SELECT * FROM ledgers WHERE entity_id = ? ORDER BY section_id, entry_id";
        let rows = sqlx::query(query).bind(case_id.as_str()).fetch_all(&self.readers).await?;
        rows.iter().map(record::read_ledger).collect()
    }
}

fn read(row: &SqliteRow) -> Result<Case, Error> {
    Ok(record::read_case(row)?.1)
}
