//! Restores: what a user's device lacks, planned by the sync log and the graph of cases, and written some cases at a time.

mod writing;

use std::io;

use bytes::{Bytes, BytesMut};
use futures_util::{Stream, stream};
use openrosa_case::{
    purge::{Owners, Spread},
    sync::{Plan, Restore, SyncLog, Transaction as Change},
};
use openrosa_http::server::{Caller, Content, Rejection, RestoreCall, Restored, Restores};
use openrosa_xml::StateHash;
use sqlx::Row as _;
use tokio::{fs::File, io::AsyncReadExt as _};
use uuid::Uuid;

use super::{Database, Domain, Transaction, User, reach::Reach, sync_logs, upload::refused, users::Group};
use crate::error::Error;
use writing::{Writing, to_send};

impl Restores for Database {
    async fn restore(&self, call: &RestoreCall, caller: &Caller) -> Result<Restored, Rejection> {
        let domain = self.domain(caller.domain.as_deref()).await.map_err(refused)?;
        let Some(username) = caller.user.as_deref() else {
            return Err(Rejection::Forbidden { reason: "a restore is somebody's: sign in".into() });
        };
        let user = self.user(&domain, username).await.map_err(refused)?;
        if call.asked.user_id.as_deref().is_some_and(|id| id != user.user_id.as_str()) {
            return Ok(Restored::GoneAstray("the user was made anew".to_owned()));
        }
        if call
            .asked
            .login_as
            .as_deref()
            .is_some_and(|other| super::users::bare(other, Some(&domain.name)) != username)
        {
            return Err(Rejection::Forbidden { reason: "nobody may restore as another user here".into() });
        }
        self.prepare(domain, user, call).await.map_err(refused)
    }
}

impl Database {
    async fn prepare(&self, domain: Domain, user: User, call: &RestoreCall) -> Result<Restored, Error> {
        // Before the transaction: whoever holds a connection must not wait for another one of the same pool.
        let groups = self.groups_of(&domain, &user.user_id).await?;
        let mut tx = self.read().await?;
        let owners = owners(&user, &groups);
        let log = match call.asked.since.as_deref() {
            None => None,
            Some(token) => match sync_logs::find(&mut tx, &domain, &user.user_id, token).await? {
                None => return Ok(Restored::GoneAstray("there is no such sync log".to_owned())),
                Some(mut log) => {
                    let state = call.asked.state.as_deref().and_then(StateHash::parse);
                    if let Err(disagreement) =
                        log.agree(state.as_ref().map(|state| state.digest()), Spread::Whole)
                    {
                        return Ok(Restored::GoneAstray(disagreement.to_string()));
                    }
                    Some(log)
                }
            },
        };
        let held = log.iter().flat_map(|log| log.cases().map(ToString::to_string)).collect::<Vec<_>>();
        let reach = Reach::of(self.engine, &mut tx, domain.number, &owners, held).await?;
        let head: i64 = sqlx::query_scalar("SELECT head FROM domains WHERE number = $1")
            .bind(domain.number)
            .fetch_one(&mut *tx)
            .await?;
        let news = news(&mut tx, &domain, log.as_ref()).await?;
        let token = Uuid::new_v4().simple().to_string();
        let graph = reach.graph();
        let restore = Restore::new(
            &graph,
            owners.iter().map(String::as_str).collect::<Owners>(),
            token,
            head.unsigned_abs(),
        );
        let plan = match &log {
            None => restore.initial(),
            Some(log) => restore
                .since(log, news.iter().map(|(case, at, token)| Change::new(case, *at, token.as_deref()))),
        };
        let sending = to_send(&graph, &plan);
        let fixtures = !call.asked.skip_fixtures;
        let writing = Writing {
            engine: self.engine,
            tx,
            domain: domain.clone(),
            user: user.clone(),
            groups,
            token: plan.log.token().to_owned(),
            version: call.payload,
            counts_items: call.asked.items,
            fixtures,
            sending,
        };
        let (file, length) = writing.spool().await?;
        self.note_sent(&domain, &user, (&plan, length), log.as_ref()).await?;
        Ok(Restored::Ready(Content::streamed(pieces(file)).with_length(length)))
    }

    /// The new log is durable before the first byte goes out, so that no device ever holds a token that is unknown here.
    async fn note_sent(
        &self,
        domain: &Domain,
        user: &User,
        (plan, bytes): (&Plan<'_>, u64),
        before: Option<&SyncLog>,
    ) -> Result<(), Error> {
        let mut tx = self.write().await?;
        sync_logs::keep(&mut tx, domain, &user.user_id, &plan.log, self.now().timestamp_micros(), bytes)
            .await?;
        if let Some(before) = before {
            sync_logs::forget_before(&mut tx, domain, before).await?;
        }
        Ok(tx.commit().await?)
    }
}

/// How much of a restore is in memory at a time.
const PIECE: usize = 64 * 1024;

fn pieces(file: File) -> impl Stream<Item = io::Result<Bytes>> + Send + 'static {
    stream::try_unfold(file, |mut file| async move {
        let mut piece = BytesMut::with_capacity(PIECE);
        file.read_buf(&mut piece).await?;
        Ok((!piece.is_empty()).then(|| (piece.freeze(), file)))
    })
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
