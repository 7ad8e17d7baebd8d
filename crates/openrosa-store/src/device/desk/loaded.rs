//! What is read of the state.

use std::{collections::BTreeMap, sync::Arc};

use openrosa_case::{
    case::Case,
    ledger::{LedgerKey, Quantity},
    store::{FixtureKey, Needs},
    user::User,
};
use openrosa_xml::{CaseId, InstanceId, UserId, fixture::Fixture};
use sqlx::SqliteConnection;

use super::list;
use crate::{
    device::{
        fixtures,
        record::{self, whole_cases},
    },
    error::Error,
};

/// What was asked for; what is not there is known not to be.
#[derive(Default)]
pub(in crate::device) struct Loaded {
    /// Each with its row.
    pub(super) cases: BTreeMap<CaseId, Option<(i64, Case)>>,
    pub(super) sources: Vec<(CaseId, Vec<CaseId>)>,
    pub(super) ledgers: BTreeMap<LedgerKey, Option<Quantity>>,
    pub(super) fixtures: Vec<(FixtureKey, Option<Arc<Fixture<'static>>>)>,
    pub(super) users: Vec<(UserId, Option<User>)>,
    pub(super) forms: Vec<InstanceId>,
}

impl Loaded {
    /// Reads what is needed.
    pub(in crate::device) async fn load(tx: &mut SqliteConnection, needs: Needs) -> Result<Self, Error> {
        let mut loaded = Self { forms: needs.forms.into_iter().collect(), ..Self::default() };
        loaded.load_cases(tx, needs.cases.into_iter().collect()).await?;
        for id in needs.sources {
            let sources = sources(tx, &id).await?;
            loaded.sources.push((id, sources));
        }
        loaded.load_ledgers(tx, needs.ledgers.into_iter().collect()).await?;
        for key in needs.fixtures {
            let fixture = fixtures::read(tx, &key).await?;
            loaded.fixtures.push((key, fixture));
        }
        for id in needs.users {
            let user = user(tx, &id).await?;
            loaded.users.push((id, user));
        }
        Ok(loaded)
    }

    /// All cases by one query: most of them are not there, which is known afterwards too.
    async fn load_cases(&mut self, tx: &mut SqliteConnection, ids: Vec<CaseId>) -> Result<(), Error> {
        if ids.is_empty() {
            return Ok(());
        }
        const BY_ID: &str = whole_cases!("WHERE case_id IN (SELECT value FROM json_each(?))");
        let found = sqlx::query(BY_ID).bind(list(&ids)).fetch_all(tx).await?;
        self.cases.extend(ids.into_iter().map(|id| (id, None)));
        for row in &found {
            let (number, case) = record::read_case(row)?;
            self.cases.insert(case.case_id.clone(), Some((number, case)));
        }
        Ok(())
    }

    /// All quantities by one query, with those beside them.
    async fn load_ledgers(&mut self, tx: &mut SqliteConnection, keys: Vec<LedgerKey>) -> Result<(), Error> {
        if keys.is_empty() {
            return Ok(());
        }
        let mut entities: Vec<&CaseId> = keys.iter().map(|key| &key.entity_id).collect();
        entities.dedup();
        const OF_CASES: &str = "SELECT * FROM ledgers WHERE entity_id IN (SELECT value FROM json_each(?))";
        let found = sqlx::query(OF_CASES).bind(list(&entities)).fetch_all(tx).await?;
        self.ledgers.extend(keys.into_iter().map(|key| (key, None)));
        for row in &found {
            let (key, quantity) = record::read_ledger(row)?;
            self.ledgers.insert(key, Some(quantity));
        }
        Ok(())
    }
}

async fn sources(tx: &mut SqliteConnection, target: &CaseId) -> Result<Vec<CaseId>, Error> {
    let query = "SELECT case_id FROM links JOIN cases ON number = source WHERE target = ? ORDER BY case_id";
    let ids: Vec<String> = sqlx::query_scalar(query).bind(target.as_str()).fetch_all(tx).await?;
    Ok(ids.into_iter().map(CaseId::from).collect())
}

pub(in crate::device) async fn user(tx: &mut SqliteConnection, id: &UserId) -> Result<Option<User>, Error> {
    let query = sqlx::query("SELECT * FROM users WHERE user_id = ?").bind(id.as_str());
    query.fetch_optional(tx).await?.as_ref().map(record::read_user).transpose()
}
