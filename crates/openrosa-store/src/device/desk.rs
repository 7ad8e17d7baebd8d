//! A transaction of the database in which transactions of the protocol are applied.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use openrosa_case::{
    Applied, ApplyError,
    apply::Work,
    case::Case,
    ledger::{LedgerKey, Quantity},
    store::{Needs, Staging, Written},
    user::User,
};
use openrosa_xml::{CaseId, UserId};
use sqlx::SqliteConnection;

use super::{
    fixtures,
    insert::{Insert, insert},
    record,
};
use crate::error::Error;

/// A transaction, and what of the state is loaded in it.
pub(super) struct Desk<'t> {
    pub(super) tx: &'t mut SqliteConnection,
    staging: Staging,
    /// The rows of the cases that are loaded.
    numbers: HashMap<CaseId, i64>,
    /// The row of the next new case.
    next: i64,
    /// What is to be indexed in the fixtures to come, by their ids.
    pub(super) schemas: BTreeMap<String, Vec<String>>,
}

impl<'t> Desk<'t> {
    pub(super) async fn new(tx: &'t mut SqliteConnection) -> Result<Self, Error> {
        let last: Option<i64> =
            sqlx::query_scalar("SELECT max(number) FROM cases").fetch_one(&mut *tx).await?;
        Ok(Self {
            tx,
            staging: Staging::new(),
            numbers: HashMap::new(),
            next: last.map_or(1, |last| last + 1),
            schemas: BTreeMap::new(),
        })
    }

    /// Loads what is needed, asking again until nothing more is.
    pub(super) async fn load(
        &mut self,
        needs: impl Fn(&Staging) -> Result<Needs, ApplyError>,
    ) -> Result<(), Error> {
        loop {
            let needs = self.staging.lacks(needs(&self.staging)?);
            if needs.is_empty() {
                return Ok(());
            }
            self.load_all(needs).await?;
        }
    }

    /// Loads what is known to be needed.
    pub(super) async fn load_these(&mut self, needs: Needs) -> Result<(), Error> {
        let needs = self.staging.lacks(needs);
        self.load_all(needs).await
    }

    /// Does a piece of work for which everything is loaded. Nothing is written yet.
    pub(super) fn work(&mut self, work: &mut impl Work) -> Result<Applied, ApplyError> {
        work.apply(&mut self.staging)
    }

    /// Loads, and does it.
    pub(super) async fn apply(&mut self, work: &mut impl Work) -> Result<Applied, Error> {
        self.load(|staging| work.needs(staging)).await?;
        Ok(self.work(work)?)
    }

    /// Writes what has changed, and begins with nothing loaded.
    pub(super) async fn write(&mut self) -> Result<(), Error> {
        let writes = self.staging.take_writes();
        let numbers = std::mem::take(&mut self.numbers);
        self.write_cases(writes.cases, &numbers).await?;
        write_ledgers(self.tx, writes.ledgers).await?;
        for (key, fixture) in writes.fixtures {
            let schema = self.schemas.get(&key.id).map(Vec::as_slice);
            fixtures::write(self.tx, &key, fixture.as_deref(), schema).await?;
        }
        write_users(self.tx, writes.users).await
    }

    async fn load_all(&mut self, needs: Needs) -> Result<(), Error> {
        self.load_cases(needs.cases.into_iter().collect()).await?;
        for id in needs.sources {
            let sources = sources(self.tx, &id).await?;
            self.staging.load_sources(id, sources);
        }
        self.load_ledgers(needs.ledgers.into_iter().collect()).await?;
        for key in needs.fixtures {
            let fixture = fixtures::read(self.tx, &key).await?;
            self.staging.load_fixture(key, fixture);
        }
        for id in needs.users {
            let user = user(self.tx, &id).await?;
            self.staging.load_user(id, user.map(Into::into));
        }
        for id in needs.forms {
            // A device keeps no log of forms from which to make its cases anew.
            self.staging.load_form(id, None);
        }
        Ok(())
    }

    /// All cases by one query: most of them are not there, which is known afterwards too.
    async fn load_cases(&mut self, ids: Vec<CaseId>) -> Result<(), Error> {
        if ids.is_empty() {
            return Ok(());
        }
        const BY_ID: &str = "SELECT * FROM cases WHERE case_id IN (SELECT value FROM json_each(?))";
        let found = sqlx::query(BY_ID).bind(list(&ids)).fetch_all(&mut *self.tx).await?;
        for row in &found {
            let (number, case) = record::read_case(row)?;
            self.numbers.insert(case.case_id.clone(), number);
            self.staging.load_case(case.case_id.clone(), Some(case.into()));
        }
        for id in ids {
            self.staging.load_case(id, None);
        }
        Ok(())
    }

    /// All quantities by one query, with those beside them.
    async fn load_ledgers(&mut self, keys: Vec<LedgerKey>) -> Result<(), Error> {
        if keys.is_empty() {
            return Ok(());
        }
        let mut entities: Vec<&CaseId> = keys.iter().map(|key| &key.entity_id).collect();
        entities.dedup();
        const OF_CASES: &str = "SELECT * FROM ledgers WHERE entity_id IN (SELECT value FROM json_each(?))";
        let found = sqlx::query(OF_CASES).bind(list(&entities)).fetch_all(&mut *self.tx).await?;
        for row in &found {
            let (key, quantity) = record::read_ledger(row)?;
            self.staging.load_ledger(key, Some(quantity.into()));
        }
        for key in keys {
            self.staging.load_ledger(key, None);
        }
        Ok(())
    }

    async fn write_cases(
        &mut self,
        cases: Written<CaseId, Case>,
        numbers: &HashMap<CaseId, i64>,
    ) -> Result<(), Error> {
        let known: Vec<i64> = cases.iter().filter_map(|(id, _)| numbers.get(id).copied()).collect();
        unlink(self.tx, &known).await?;
        let gone = cases.iter().filter(|(_, case)| case.is_none());
        let gone: Vec<i64> = gone.filter_map(|(id, _)| numbers.get(id).copied()).collect();
        remove(self.tx, &gone).await?;
        let mut rows = Vec::with_capacity(cases.len());
        for case in cases.into_iter().filter_map(|(_, case)| case) {
            let number = numbers.get(&case.case_id).copied().unwrap_or_else(|| {
                self.next += 1;
                self.next - 1
            });
            rows.push((number, case));
        }
        insert(self.tx, &INTO_CASES, &rows, |row, (number, case)| {
            let [properties, indices, attachments] = record::json_columns(case);
            row.push_bind(number)
                .push_bind(case.case_id.as_str())
                .push_bind(&*case.case_type)
                .push_bind(&*case.name)
                .push_bind(case.owner_id.as_str())
                .push_bind(case.closed)
                .push_bind(case.last_modified.timestamp_micros())
                .push_bind(case.date_opened.map(|at| at.timestamp_micros()))
                .push_bind(case.external_id.as_deref())
                .push_bind(case.category.as_deref())
                .push_bind(case.state.as_deref())
                .push_bind(properties)
                .push_bind(indices)
                .push_bind(attachments);
        })
        .await?;
        let links: Vec<_> = rows.iter().flat_map(|(number, case)| links(*number, case)).collect();
        insert(self.tx, &INTO_LINKS, &links, |row, (target, source)| {
            row.push_bind(*target).push_bind(source);
        })
        .await
    }
}

const INTO_CASES: Insert = Insert {
    into: "INSERT INTO cases (number, case_id, case_type, name, owner_id, closed, last_modified, date_opened, \
           external_id, category, state, properties, indices, attachments) ",
    otherwise: " ON CONFLICT (number) DO UPDATE SET case_type = excluded.case_type, name = excluded.name, \
                owner_id = excluded.owner_id, closed = excluded.closed, last_modified = excluded.last_modified, \
                date_opened = excluded.date_opened, external_id = excluded.external_id, \
                category = excluded.category, state = excluded.state, properties = excluded.properties, \
                indices = excluded.indices, attachments = excluded.attachments",
};
const INTO_LINKS: Insert = Insert { into: "INSERT INTO links (target, source) ", otherwise: "" };
const INTO_LEDGERS: Insert = Insert {
    into: "INSERT INTO ledgers (entity_id, section_id, entry_id, quantity) ",
    otherwise: " ON CONFLICT DO UPDATE SET quantity = excluded.quantity",
};

/// The targets of a case, each once.
fn links(number: i64, case: &Case) -> impl Iterator<Item = (&str, i64)> {
    let targets: BTreeSet<_> = case.indices.values().map(|index| index.target.as_str()).collect();
    targets.into_iter().map(move |target| (target, number))
}

/// Ids as JSON, for `json_each`.
pub(super) fn list<T: AsRef<str>>(ids: &[T]) -> String {
    let ids: Vec<&str> = ids.iter().map(AsRef::as_ref).collect();
    serde_json::json!(ids).to_string()
}

async fn unlink(tx: &mut SqliteConnection, numbers: &[i64]) -> Result<(), Error> {
    if !numbers.is_empty() {
        let query = sqlx::query("DELETE FROM links WHERE source IN (SELECT value FROM json_each(?))");
        query.bind(serde_json::json!(numbers).to_string()).execute(tx).await?;
    }
    Ok(())
}

async fn remove(tx: &mut SqliteConnection, numbers: &[i64]) -> Result<(), Error> {
    if !numbers.is_empty() {
        let query = sqlx::query("DELETE FROM cases WHERE number IN (SELECT value FROM json_each(?))");
        query.bind(serde_json::json!(numbers).to_string()).execute(tx).await?;
    }
    Ok(())
}

async fn sources(tx: &mut SqliteConnection, target: &CaseId) -> Result<Vec<CaseId>, Error> {
    let query = "SELECT case_id FROM links JOIN cases ON number = source WHERE target = ? ORDER BY case_id";
    let ids: Vec<String> = sqlx::query_scalar(query).bind(target.as_str()).fetch_all(tx).await?;
    Ok(ids.into_iter().map(CaseId::from).collect())
}

async fn write_ledgers(
    tx: &mut SqliteConnection,
    ledgers: Written<LedgerKey, Quantity>,
) -> Result<(), Error> {
    let (set, gone): (Vec<_>, Vec<_>) = ledgers.into_iter().partition(|(_, quantity)| quantity.is_some());
    let set: Vec<_> = set.into_iter().filter_map(|(key, quantity)| Some((key, quantity?))).collect();
    insert(tx, &INTO_LEDGERS, &set, |row, (key, quantity)| {
        row.push_bind(key.entity_id.as_str()).push_bind(&key.section_id).push_bind(&key.entry_id);
        row.push_bind(quantity.hundred_thousandths());
    })
    .await?;
    for (key, _) in gone {
        let query =
            sqlx::query("DELETE FROM ledgers WHERE entity_id = ? AND section_id = ? AND entry_id = ?");
        let query = query.bind(key.entity_id.as_str().to_owned()).bind(key.section_id).bind(key.entry_id);
        query.execute(&mut *tx).await?;
    }
    Ok(())
}

pub(super) async fn user(tx: &mut SqliteConnection, id: &UserId) -> Result<Option<User>, Error> {
    let query = sqlx::query("SELECT * FROM users WHERE user_id = ?").bind(id.as_str());
    query.fetch_optional(tx).await?.as_ref().map(record::read_user).transpose()
}

async fn write_users(tx: &mut SqliteConnection, users: Written<UserId, User>) -> Result<(), Error> {
    for (id, user) in users {
        let query = match user {
            Some(user) => sqlx::query("INSERT OR REPLACE INTO users VALUES (?1, ?2, ?3, ?4)")
                .bind(id.as_str().to_owned())
                .bind(user.username.clone())
                .bind(user.password.clone())
                .bind(serde_json::json!(user.properties).to_string()),
            None => sqlx::query("DELETE FROM users WHERE user_id = ?1").bind(id.as_str().to_owned()),
        };
        query.execute(&mut *tx).await?;
    }
    Ok(())
}
