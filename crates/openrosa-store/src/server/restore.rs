//! Restores: what a user's device lacks, planned by the sync log and the graph of cases, and written some cases at a time.

mod fitting;
mod question;
mod spooled;
mod writing;

use std::sync::atomic::Ordering;

use openrosa_case::{
    purge::Owners,
    sync::{Plan, Restore, SyncLog, Transaction as Change},
};
use openrosa_http::server::{Caller, Rejection, RestoreCall, Restored, Restores};
use sqlx::Row as _;
use uuid::Uuid;

use super::{
    Database, Domain, Transaction, User,
    kept::Progress,
    reach::Reach,
    sync_logs,
    upload::refused,
    users::{Group, not_as_another},
};
use crate::error::Error;
pub(super) use fitting::{id, is_target, owner};
pub(super) use question::Question;
pub(super) use spooled::Spooled;
use writing::{Writing, to_send};

impl Restores for Database {
    async fn restore(&self, call: &RestoreCall, caller: &Caller) -> Result<Restored, Rejection> {
        let (domain, user) = self.who(caller, None).await?;
        if call.asked.user_id.as_deref().is_some_and(|id| id != user.user_id.as_str()) {
            return Ok(Restored::GoneAstray("the user was made anew".to_owned()));
        }
        not_as_another(&domain, &user, call.asked.login_as.as_deref())?;
        // Before any transaction: whoever holds a connection must not wait for another one of the same pool.
        let groups = self.groups_of(&domain, &user.user_id).await.map_err(refused)?;
        let question = Question::new(domain, user, groups, call, caller);
        self.ready(question, call.may_wait).await.map_err(refused)
    }
}

impl Database {
    /// Makes what is asked for, as of the state that the transaction shows.
    pub(super) async fn make(
        &self,
        question: &Question,
        mut tx: Transaction,
        log: Option<SyncLog>,
        progress: &Progress,
    ) -> Result<Spooled, Error> {
        let (domain, user) = (&question.domain, &question.user);
        let owners = owners(user, &question.groups);
        let held = log.iter().flat_map(|log| log.cases().map(ToString::to_string)).collect::<Vec<_>>();
        let reach = Reach::of(self.engine, &mut tx, domain.number, &user.user_id, &owners, held).await?;
        let head: i64 = sqlx::query_scalar("SELECT head FROM domains WHERE number = $1")
            .bind(domain.number)
            .fetch_one(&mut *tx)
            .await?;
        let news = news(&mut tx, domain, log.as_ref()).await?;
        let token = Uuid::new_v4().simple().to_string();
        let graph = reach.graph();
        let restore = Restore::new(
            &graph,
            owners.iter().map(String::as_str).collect::<Owners>(),
            token.as_str(),
            head.unsigned_abs(),
        );
        let plan = match &log {
            None => restore.initial(),
            Some(log) => restore
                .since(log, news.iter().map(|(case, at, token)| Change::new(case, *at, token.as_deref()))),
        };
        self.note_sent(domain, user, &plan, log.as_ref()).await?;
        // From here on somebody else can tell whether it is still good.
        progress.known.get_or_init(|| (token.clone(), head));
        let sending = to_send(&graph, &plan);
        progress.total.store(sending.len() as u64, Ordering::Relaxed);
        let writing = Writing {
            engine: self.engine,
            tx,
            domain: domain.clone(),
            user: user.clone(),
            groups: question.groups.clone(),
            token,
            version: question.version,
            counts_items: question.counts_items,
            sending,
            unsaid: 0,
            known: log.as_ref().map_or(0, |log| i64::try_from(log.at()).unwrap_or(i64::MAX)),
            withdrawn: (plan.withdrawn.clone(), self.now()),
        };
        let spooled = writing.spool(&progress.done).await?;
        self.note_length(domain, plan.log.token(), spooled.length).await?;
        Ok(spooled)
    }

    /// The new log is durable before the first byte goes out, so that no device ever holds a token that is unknown here.
    async fn note_sent(
        &self,
        domain: &Domain,
        user: &User,
        plan: &Plan<'_>,
        before: Option<&SyncLog>,
    ) -> Result<(), Error> {
        let mut tx = self.write().await?;
        sync_logs::keep(&mut tx, domain, &user.user_id, &plan.log, self.now().timestamp_micros()).await?;
        if let Some(before) = before {
            sync_logs::forget_before(&mut tx, domain, before).await?;
        }
        Ok(tx.commit().await?)
    }

    /// How large the restore has become, for whoever looks.
    async fn note_length(&self, domain: &Domain, token: &str, length: u64) -> Result<(), Error> {
        let mut tx = self.write().await?;
        sync_logs::measured(&mut tx, domain, token, length).await?;
        Ok(tx.commit().await?)
    }
}

fn owners(user: &User, groups: &[Group]) -> Vec<String> {
    let groups = groups.iter().map(|group| group.group_id.clone());
    std::iter::once(user.user_id.to_string()).chain(groups).collect()
}

/// What has happened to cases since: case, number, token of whoever did it.
async fn news(
    tx: &mut Transaction,
    domain: &Domain,
    log: Option<&SyncLog>,
) -> Result<Vec<(String, u64, Option<String>)>, Error> {
    let Some(log) = log else { return Ok(Vec::new()) };
    let query = sqlx::query("SELECT case_id, seq, sync_token FROM touches WHERE domain = $1 AND seq > $2");
    let query = query.bind(domain.number).bind(i64::try_from(log.at()).unwrap_or(i64::MAX));
    let mut news = Vec::new();
    for row in &query.fetch_all(&mut **tx).await? {
        let case: String = row.try_get("case_id")?;
        // What the device does not hold is none of its news: should it get the case, it gets it as it is.
        if log.case(&case).is_some() {
            news.push((case, row.try_get::<i64, _>("seq")?.unsigned_abs(), row.try_get("sync_token")?));
        }
    }
    Ok(news)
}
