//! A transaction of the database in which transactions of the protocol are applied: what of one domain is loaded in it.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, FixedOffset};
use openrosa_case::{
    Applied, ApplyError, Case,
    apply::Work,
    form::Form,
    hq::{self, ExtensionChain, Project},
    ledger::LedgerKey,
    store::{Keys, Needs, Staging, Written},
};
use openrosa_xml::{CaseId, Instance, InstanceId, build::NewForm};
use sqlx::{AnyConnection, AssertSqlSafe, Row as _};

use super::{
    engine::{Engine, Insert, list},
    record,
};
use crate::{error::Error, server::ServerKind};

/// What of a domain is loaded, and what has become of it since.
pub(super) struct Desk {
    engine: Engine,
    pub(super) domain: i64,
    pub(super) project: Project,
    /// Whether extensions of what is closed are closed with it.
    pub(super) closes_extensions: bool,
    staging: Staging,
}

/// Why work was not done.
pub(super) enum Undone {
    /// The rules do not allow it.
    Declined(ApplyError),
    /// The database failed.
    Failed(Error),
}

impl From<Error> for Undone {
    fn from(error: Error) -> Self {
        Self::Failed(error)
    }
}

impl Desk {
    pub(super) async fn new(engine: Engine, tx: &mut AnyConnection, domain: i64) -> Result<Self, Error> {
        let query = sqlx::query("SELECT name, closes_extensions FROM domains WHERE number = $1").bind(domain);
        let unknown = || ServerKind::NoSuchDomain { name: domain.to_string() };
        let row = query.fetch_optional(tx).await?.ok_or_else(unknown)?;
        let project = Project::new(row.try_get::<String, _>("name")?);
        let closes_extensions = row.try_get::<i64, _>("closes_extensions")? != 0;
        Ok(Self { engine, domain, project, closes_extensions, staging: Staging::new() })
    }

    /// Loads all that a chain of extensions is about, once nobody else works on it. Where two processes wait for each other, the
    /// database ends one of them, and that one begins anew.
    pub(super) async fn follow(
        &mut self,
        tx: &mut AnyConnection,
        chain: &ExtensionChain,
    ) -> Result<(), Error> {
        loop {
            let lacking = self.staging.lacks(chain.needs(&self.staging));
            if lacking.is_empty() {
                return Ok(());
            }
            self.engine.lock_cases(tx, self.domain, &lacking.cases).await?;
            self.load(tx, lacking).await?;
        }
    }

    /// What no form can close of a chain that was followed.
    pub(super) fn unnamable(&self, chain: &ExtensionChain) -> BTreeSet<CaseId> {
        chain.unnamable(&self.staging)
    }

    /// The form that closes a chain that was followed, if it is open anywhere.
    pub(super) fn closing(
        &self,
        chain: &ExtensionChain,
        follows: &InstanceId,
        fresh: String,
        at: DateTime<FixedOffset>,
    ) -> Option<NewForm> {
        chain.form(&self.staging, follows, fresh, at)
    }

    /// One in the same domain with nothing on it.
    pub(super) fn another(&self) -> Self {
        Self { project: self.project.clone(), staging: Staging::new(), ..*self }
    }

    /// Histories name no form so: nobody has to ask.
    pub(super) fn has_no_form(&mut self, log_id: &str) {
        self.staging.load_form(log_id.into(), None);
    }

    /// Loads what the work needs, once nobody else works on it, and does it. Nothing is written yet.
    pub(super) async fn apply(
        &mut self,
        tx: &mut AnyConnection,
        work: &mut (impl Work + Send + Sync),
    ) -> Result<Applied, Undone> {
        self.apply_with(tx, work, true).await
    }

    /// The same for a form that takes no other's place. It names every case that it changes, and those are locked by now; what it
    /// turns out to need beside them is what they are linked to, which is only looked at, and who kept it would keep all others
    /// from all that is linked to it. Where extensions are closed behind the form, that may change, too.
    pub(super) async fn apply_new(
        &mut self,
        tx: &mut AnyConnection,
        work: &mut (impl Work + Send + Sync),
    ) -> Result<Applied, Undone> {
        self.apply_with(tx, work, self.closes_extensions).await
    }

    async fn apply_with(
        &mut self,
        tx: &mut AnyConnection,
        work: &mut (impl Work + Send + Sync),
        locks: bool,
    ) -> Result<Applied, Undone> {
        loop {
            let needs = work.needs(&self.staging).map_err(Undone::Declined)?;
            let lacking = self.staging.lacks(needs);
            if lacking.is_empty() {
                return work.apply(&mut self.staging).map_err(Undone::Declined);
            }
            if locks {
                self.engine.lock_cases(tx, self.domain, &lacking.cases).await?;
            }
            self.load(tx, lacking).await?;
        }
    }

    /// What these cases are linked to, where it may be closed behind them. It is locked with them: who waits for it later, and for
    /// others who wait, is ended by the database.
    pub(super) async fn perhaps_closed(
        &self,
        tx: &mut AnyConnection,
        cases: &Keys<CaseId>,
    ) -> Result<Vec<CaseId>, Error> {
        if self.engine == Engine::Sqlite || !self.closes_extensions || cases.is_empty() {
            return Ok(Vec::new());
        }
        let query = self.engine.texts("SELECT target FROM links WHERE domain = $1 AND source IN {texts}");
        let query = sqlx::query_scalar(AssertSqlSafe(query)).bind(self.domain).bind(list(cases.iter()));
        let targets: Vec<String> = query.fetch_all(tx).await?;
        Ok(targets.into_iter().map(CaseId::from).collect())
    }

    /// The cases and the stock that the work is about, as far as can be known without them.
    pub(super) async fn about(
        &mut self,
        tx: &mut AnyConnection,
        work: &(impl Work + Sync),
    ) -> Result<Needs, Undone> {
        loop {
            let needs = work.needs(&self.staging).map_err(Undone::Declined)?;
            let (mut forms, mut about) = (Needs::default(), Needs::default());
            (forms.forms, about.cases, about.ledgers) = (needs.forms, needs.cases, needs.ledgers);
            let lacking = self.staging.lacks(forms);
            if lacking.is_empty() {
                return Ok(about);
            }
            self.load(tx, lacking).await?;
        }
    }

    /// Whether a form of the log says anything of cases or stock.
    pub(super) async fn has_blocks(&mut self, tx: &mut AnyConnection, log_id: &str) -> Result<bool, Error> {
        let id = InstanceId::from(log_id);
        let mut needs = Needs::default();
        needs.forms.insert(id.clone());
        let lacking = self.staging.lacks(needs);
        self.load(tx, lacking).await?;
        let Some(form) = self.staging.form(&id) else { return Ok(false) };
        let form = Instance::read(&form.source).map_err(|error| record::damaged(&error))?;
        Ok(hq::has_blocks(&form))
    }

    /// A case, as it is by now.
    pub(super) fn case(&self, id: &CaseId) -> Option<&Case> {
        self.staging.case(id).map(|case| &**case)
    }

    pub(super) async fn load(&mut self, tx: &mut AnyConnection, needs: Needs) -> Result<(), Error> {
        self.load_cases(tx, needs.cases.into_iter().collect()).await?;
        self.load_sources(tx, needs.sources.into_iter().collect()).await?;
        self.load_ledgers(tx, needs.ledgers.into_iter().collect()).await?;
        self.load_forms(tx, needs.forms.into_iter().collect()).await?;
        // A server keeps neither fixtures nor registrations as transactions.
        needs.fixtures.into_iter().for_each(|key| self.staging.load_fixture(key, None));
        needs.users.into_iter().for_each(|id| self.staging.load_user(id, None));
        Ok(())
    }

    async fn load_cases(&mut self, tx: &mut AnyConnection, ids: Vec<CaseId>) -> Result<(), Error> {
        if ids.is_empty() {
            return Ok(());
        }
        let query = self.engine.query(
            "SELECT case_id, case_type, name, owner_id, closed, modified_at, body FROM cases \
                 WHERE domain = $1 AND case_id IN {texts}",
        );
        let rows = query.bind(self.domain).bind(list(&ids)).fetch_all(tx).await?;
        for row in &rows {
            let case = record::read_case(row, &self.project.domain)?;
            self.staging.load_case(case.case_id.clone(), Some(case.into()));
        }
        ids.into_iter().for_each(|id| self.staging.load_case(id, None));
        Ok(())
    }

    async fn load_sources(&mut self, tx: &mut AnyConnection, targets: Vec<CaseId>) -> Result<(), Error> {
        for target in targets {
            let query = "SELECT DISTINCT source FROM links WHERE domain = $1 AND target = $2 ORDER BY source";
            let query = sqlx::query_scalar(query).bind(self.domain).bind(target.to_string());
            let sources: Vec<String> = query.fetch_all(&mut *tx).await?;
            self.staging.load_sources(target, sources.into_iter().map(CaseId::from));
        }
        Ok(())
    }

    async fn load_ledgers(&mut self, tx: &mut AnyConnection, keys: Vec<LedgerKey>) -> Result<(), Error> {
        if keys.is_empty() {
            return Ok(());
        }
        let entities: BTreeSet<&str> = keys.iter().map(|key| key.entity_id.as_str()).collect();
        for (key, quantity) in ledgers(self.engine, tx, self.domain, &list(entities)).await? {
            self.staging.load_ledger(key, Some(quantity.into()));
        }
        keys.into_iter().for_each(|key| self.staging.load_ledger(key, None));
        Ok(())
    }

    async fn load_forms(&mut self, tx: &mut AnyConnection, ids: Vec<InstanceId>) -> Result<(), Error> {
        if ids.is_empty() {
            return Ok(());
        }
        let query = self.engine.query("SELECT * FROM forms WHERE domain = $1 AND log_id IN {texts}");
        let rows = query.bind(self.domain).bind(list(&ids)).fetch_all(tx).await?;
        for row in &rows {
            let form = record::read_form(row, &self.project.domain)?;
            self.staging.load_form(form.form_id.clone(), Some(form.into()));
        }
        ids.into_iter().for_each(|id| self.staging.load_form(id, None));
        Ok(())
    }

    /// Writes the cases and ledgers that have changed, each with the change that changed it last. What the rules made of the
    /// forms comes back.
    pub(super) async fn write(
        &mut self,
        tx: &mut AnyConnection,
        changed_by: &BTreeMap<CaseId, i64>,
        head: i64,
    ) -> Result<Written<InstanceId, Form>, Error> {
        let writes = self.staging.take_writes();
        let cases: Vec<_> = writes.cases.iter().filter_map(|(_, case)| case.as_deref()).collect();
        let gone = writes.cases.iter().filter(|(_, case)| case.is_none()).map(|(id, _)| id);
        let all = list(writes.cases.iter().map(|(id, _)| id));
        self.unlink(tx, &all).await?;
        for id in gone {
            let query = sqlx::query("DELETE FROM cases WHERE domain = $1 AND case_id = $2");
            query.bind(self.domain).bind(id.to_string()).execute(&mut *tx).await?;
        }
        let domain = self.domain;
        self.engine
            .insert(tx, &CASES, &cases, |row, case| {
                row.bind(domain)
                    .bind(case.case_id.to_string())
                    .bind(changed_by.get(&case.case_id).copied().unwrap_or(head))
                    .bind(case.case_type.to_string())
                    .bind(case.name.to_string())
                    .bind(case.owner_id.to_string())
                    .bind(i64::from(case.closed))
                    .bind(i64::from(case.hq.deleted.is_some()))
                    .bind(case.last_modified.timestamp_micros())
                    .bind(record::case_body(case))
            })
            .await?;
        let links =
            cases.iter().flat_map(|case| case.indices.iter().map(move |(name, index)| (*case, name, index)));
        let links: Vec<_> = links.collect();
        self.engine
            .insert(tx, &LINKS, &links, |row, (case, name, index)| {
                row.bind(domain)
                    .bind(case.case_id.to_string())
                    .bind((*name).to_owned())
                    .bind(index.target.to_string())
                    .bind(index.relationship.as_str().to_owned())
            })
            .await?;
        self.write_ledgers(tx, writes.ledgers, head).await?;
        Ok(writes.forms)
    }

    async fn unlink(&self, tx: &mut AnyConnection, cases: &str) -> Result<(), Error> {
        let query = self.engine.query("DELETE FROM links WHERE domain = $1 AND source IN {texts}");
        query.bind(self.domain).bind(cases.to_owned()).execute(tx).await?;
        Ok(())
    }

    async fn write_ledgers(
        &self,
        tx: &mut AnyConnection,
        ledgers: Written<LedgerKey, openrosa_case::ledger::Quantity>,
        head: i64,
    ) -> Result<(), Error> {
        let set: Vec<_> =
            ledgers.iter().filter_map(|(key, quantity)| Some((key, quantity.as_deref()?))).collect();
        let domain = self.domain;
        self.engine
            .insert(tx, &LEDGERS, &set, |row, (key, quantity)| {
                row.bind(domain)
                    .bind(key.entity_id.to_string())
                    .bind(key.section_id.clone())
                    .bind(key.entry_id.clone())
                    .bind(quantity.hundred_thousandths())
            })
            .await?;
        let gone: Vec<&LedgerKey> =
            ledgers.iter().filter(|(_, quantity)| quantity.is_none()).map(|(key, _)| key).collect();
        self.engine
            .insert(tx, &GONE_STOCK, &gone, |row, key| {
                row.bind(domain)
                    .bind(key.entity_id.to_string())
                    .bind(key.section_id.clone())
                    .bind(key.entry_id.clone())
                    .bind(head)
            })
            .await?;
        for key in gone {
            const GONE: &str = "DELETE FROM ledgers WHERE domain = $1 AND entity_id = $2 AND section_id = $3 AND entry_id = $4";
            let query = sqlx::query(GONE).bind(domain).bind(key.entity_id.to_string());
            query.bind(key.section_id.clone()).bind(key.entry_id.clone()).execute(&mut *tx).await?;
        }
        Ok(())
    }
}

/// The quantities at these cases, a list as JSON, in the order of their keys.
pub(super) async fn ledgers(
    engine: Engine,
    tx: &mut AnyConnection,
    domain: i64,
    entities: &str,
) -> Result<Vec<(LedgerKey, openrosa_case::ledger::Quantity)>, Error> {
    let query = engine.query(
        "SELECT entity_id, section_id, entry_id, quantity FROM ledgers WHERE domain = $1 \
             AND entity_id IN {texts} ORDER BY entity_id, section_id, entry_id",
    );
    let rows = query.bind(domain).bind(entities.to_owned()).fetch_all(tx).await?;
    rows.iter().map(record::read_ledger).collect()
}

/// The same, and where a quantity was that went away after this change: nothing.
pub(super) async fn ledgers_with_gone(
    engine: Engine,
    tx: &mut AnyConnection,
    domain: i64,
    entities: &str,
    since: i64,
) -> Result<Vec<(LedgerKey, openrosa_case::ledger::Quantity)>, Error> {
    let there = ledgers(engine, tx, domain, entities).await?;
    let query = engine.query(
        "SELECT entity_id, section_id, entry_id, CAST(0 AS BIGINT) AS quantity FROM gone_stock \
         WHERE domain = $1 AND entity_id IN {texts} AND seq > $3",
    );
    let gone = query.bind(domain).bind(entities.to_owned()).bind(since).fetch_all(tx).await?;
    let gone = gone.iter().map(record::read_ledger).collect::<Result<Vec<_>, _>>()?;
    let all: BTreeMap<_, _> = gone.into_iter().chain(there).collect();
    Ok(all.into_iter().collect())
}

const CASES: Insert = Insert {
    into: "cases (domain, case_id, seq, case_type, name, owner_id, closed, deleted, modified_at, body)",
    columns: 10,
    otherwise: "ON CONFLICT (domain, case_id) DO UPDATE SET seq = excluded.seq, case_type = excluded.case_type, \
                name = excluded.name, owner_id = excluded.owner_id, closed = excluded.closed, \
                deleted = excluded.deleted, modified_at = excluded.modified_at, body = excluded.body",
};
const LINKS: Insert =
    Insert { into: "links (domain, source, name, target, relationship)", columns: 5, otherwise: "" };
const GONE_STOCK: Insert = Insert {
    into: "gone_stock (domain, entity_id, section_id, entry_id, seq)",
    columns: 5,
    otherwise: "ON CONFLICT (domain, entity_id, section_id, entry_id) DO UPDATE SET seq = excluded.seq",
};
const LEDGERS: Insert = Insert {
    into: "ledgers (domain, entity_id, section_id, entry_id, quantity)",
    columns: 5,
    otherwise: "ON CONFLICT (domain, entity_id, section_id, entry_id) DO UPDATE SET quantity = excluded.quantity",
};
