//! What is to be written.

use std::sync::Arc;

use openrosa_case::{
    ledger::LedgerKey,
    store::{FixtureKey, Written},
    user::User,
};
use openrosa_xml::{UserId, fixture::Fixture};
use sqlx::SqliteConnection;

use super::Numbered;
use crate::{
    device::{
        fixtures,
        insert::{Rows, Texts},
    },
    error::Error,
};

/// What is to be written.
#[derive(Default)]
pub(in crate::device) struct Pending {
    /// From which the rows were made, for who made the cases to put them away.
    pub(in crate::device) cases: Vec<Numbered>,
    pub(super) unlinked: Vec<i64>,
    pub(super) gone: Vec<i64>,
    pub(super) rows: Vec<Rows>,
    pub(super) texts: Texts,
    pub(super) ledgers_gone: Vec<LedgerKey>,
    pub(super) fixtures: Vec<NewFixture>,
    pub(super) users: Written<UserId, User>,
}

/// A fixture, or that there is none, and what is indexed in it.
pub(super) struct NewFixture {
    pub(super) key: FixtureKey,
    pub(super) fixture: Option<Arc<Fixture<'static>>>,
    pub(super) schema: Option<Vec<String>>,
}

impl Pending {
    /// Writes it, and gives back the texts that were in it.
    pub(in crate::device) async fn write(self, tx: &mut SqliteConnection) -> Result<Texts, Error> {
        unlink(tx, &self.unlinked).await?;
        remove(tx, &self.gone).await?;
        for rows in self.rows {
            rows.insert(&mut *tx).await?;
        }
        remove_ledgers(tx, self.ledgers_gone).await?;
        for NewFixture { key, fixture, schema } in self.fixtures {
            fixtures::write(tx, &key, fixture, schema.as_deref()).await?;
        }
        write_users(tx, self.users).await?;
        Ok(self.texts)
    }
}

/// Ids as JSON, for `json_each`.
pub(in crate::device) fn list<T: AsRef<str>>(ids: &[T]) -> String {
    let ids: Vec<&str> = ids.iter().map(AsRef::as_ref).collect();
    serde_json::to_string(&ids).expect("texts are JSON")
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

async fn remove_ledgers(tx: &mut SqliteConnection, gone: Vec<LedgerKey>) -> Result<(), Error> {
    for key in gone {
        let query =
            sqlx::query("DELETE FROM ledgers WHERE entity_id = ? AND section_id = ? AND entry_id = ?");
        let query = query.bind(key.entity_id.as_str().to_owned()).bind(key.section_id).bind(key.entry_id);
        query.execute(&mut *tx).await?;
    }
    Ok(())
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
