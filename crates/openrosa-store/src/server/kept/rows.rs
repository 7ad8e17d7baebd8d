//! What the database knows of restores that are kept, or being made by some process.

use std::{ops::RangeInclusive, sync::atomic::Ordering};

use chrono::{DateTime, TimeDelta, Utc};
use openrosa_http::api::restore::Progress as Told;
use openrosa_xml::UserId;
use sqlx::{AnyConnection, Row as _, any::AnyRow};

use super::{Keeping, Progress};
use crate::{
    error::Error,
    server::{Database, Domain, engine::plain, restore::Question},
};

/// Whoever was not heard of for this long does not make it any more.
const SILENCE: TimeDelta = TimeDelta::seconds(30);

/// A restore that is made or being made.
pub(super) struct Row {
    pub(super) known: Option<(String, i64)>,
    /// Where it lies, and how long it is.
    pub(super) object: Option<(String, u64)>,
    done: u64,
    total: u64,
    /// Whether it is too old, or its maker is gone.
    pub(super) is_over: bool,
}

impl Row {
    fn read(row: &AnyRow, lasts: impl Fn(bool) -> RangeInclusive<i64>) -> Result<Self, Error> {
        let token: Option<String> = row.try_get("token")?;
        let object: Option<String> = row.try_get("object")?;
        let length = row.try_get::<Option<i64>, _>("length")?.unwrap_or_default().unsigned_abs();
        let is_over = !lasts(object.is_some()).contains(&row.try_get("heard_at")?);
        Ok(Self {
            is_over,
            known: token.zip(row.try_get::<Option<i64>, _>("seq")?),
            object: object.map(|object| (object, length)),
            done: row.try_get::<i64, _>("done")?.unsigned_abs(),
            total: row.try_get::<i64, _>("total")?.unsigned_abs(),
        })
    }

    pub(super) const fn told(&self) -> Told {
        Told { done: self.done, total: self.total }
    }
}

/// Whether a restore must not be given any more, of which this is the token, and that knows of no later change than that.
///
/// The device has sent something since by the token from which it comes, or by the one in it (S-097); or that one was used, or is
/// forgotten (T-25).
pub(super) async fn is_stale(
    tx: &mut AnyConnection,
    question: &Question,
    token: &str,
    seq: i64,
) -> Result<bool, Error> {
    let before = question.since.as_deref().map(plain);
    for token in [Some(token.to_owned()), before].into_iter().flatten() {
        if has_sent(tx, question, &token, seq).await? {
            return Ok(true);
        }
    }
    if question.since.is_none() && has_sent_without(tx, question, seq).await? {
        return Ok(true);
    }
    const LOGS: &str = "SELECT token FROM sync_logs WHERE domain = $1 AND user_id = $2 \
                        AND (token = $3 OR previous = $3)";
    let logs = sqlx::query_scalar(LOGS).bind(question.domain.number).bind(question.user.user_id.to_string());
    let logs: Vec<String> = logs.bind(token.to_owned()).fetch_all(tx).await?;
    Ok(logs != [token])
}

/// A form by a token. A device that does not say which it is may be the same.
async fn has_sent(tx: &mut AnyConnection, question: &Question, token: &str, seq: i64) -> Result<bool, Error> {
    const SENT: &str = "SELECT seq FROM forms WHERE domain = $1 AND sync_token = $2 AND seq > $3 \
                        AND ($4 = '' OR device_id IS NULL OR device_id = $4) LIMIT 1";
    let query = sqlx::query(SENT).bind(question.domain.number).bind(token.to_owned()).bind(seq);
    Ok(query.bind(device(question)).fetch_optional(tx).await?.is_some())
}

/// A form without a token, by the user or by nobody known.
async fn has_sent_without(tx: &mut AnyConnection, question: &Question, seq: i64) -> Result<bool, Error> {
    const SENT: &str = "SELECT seq FROM forms WHERE domain = $1 AND seq > $2 AND sync_token IS NULL \
                        AND (user_name IS NULL OR user_name = $3) \
                        AND ($4 = '' OR device_id IS NULL OR device_id = $4) LIMIT 1";
    let query = sqlx::query(SENT).bind(question.domain.number).bind(seq);
    let query = query.bind(plain(&question.user.username)).bind(device(question));
    Ok(query.fetch_optional(tx).await?.is_some())
}

fn device(question: &Question) -> String {
    plain(question.device.as_deref().unwrap_or_default())
}

impl Database {
    pub(super) async fn find_kept(
        &self,
        tx: &mut AnyConnection,
        question: &Question,
    ) -> Result<Option<Row>, Error> {
        const FIND: &str = "SELECT token, seq, object, length, done, total, heard_at FROM restores \
                            WHERE domain = $1 AND asked = $2";
        let query = sqlx::query(FIND).bind(question.domain.number).bind(question.asked.clone());
        let Some(row) = query.fetch_optional(&mut *tx).await? else { return Ok(None) };
        let now = self.engine.moment(tx, self.now()).await?;
        Row::read(&row, |is_made| self.lasts(now, is_made)).map(Some)
    }

    /// When a restore must have been heard of that is not over, made or still being made. What is said to have been later than now was
    /// said by a clock that was ahead: for that it lasts no longer than if the clock had been as far behind.
    fn lasts(&self, now: DateTime<Utc>, is_made: bool) -> RangeInclusive<i64> {
        let age = || TimeDelta::from_std(self.keeping.age).unwrap_or(TimeDelta::MAX);
        let span = if is_made { age() } else { SILENCE };
        let first = now.checked_sub_signed(span).map_or(i64::MIN, |first| first.timestamp_micros());
        let last = now.checked_add_signed(span).map_or(i64::MAX, |last| last.timestamp_micros());
        first..=last
    }

    /// Says to all processes that this attempt makes it, unless another one does or has.
    pub(super) async fn claim(&self, question: &Question, maker: &str) -> Result<bool, Error> {
        const CLAIM: &str = "INSERT INTO restores (domain, asked, user_id, maker, done, total, heard_at) \
                             VALUES ($1, $2, $3, $4, 0, 0, $5) ON CONFLICT (domain, asked) DO UPDATE SET \
                             maker = excluded.maker, token = NULL, seq = NULL, done = 0, total = 0, \
                             heard_at = excluded.heard_at WHERE restores.object IS NULL \
                             AND restores.heard_at NOT BETWEEN $6 AND $7";
        let mut tx = self.write().await?;
        let now = self.engine.moment(&mut tx, self.now()).await?;
        let lasts = self.lasts(now, false);
        let query = sqlx::query(CLAIM).bind(question.domain.number).bind(question.asked.clone());
        let query = query.bind(question.user.user_id.to_string()).bind(maker.to_owned());
        let query = query.bind(now.timestamp_micros()).bind(*lasts.start()).bind(*lasts.end());
        let claimed = query.execute(&mut *tx).await?;
        tx.commit().await?;
        Ok(claimed.rows_affected() > 0)
    }

    /// Says how far it is, and with an object that it is made; whether it is still this attempt's business.
    pub(super) async fn tell(
        &self,
        question: &Question,
        maker: &str,
        progress: &Progress,
        made: Option<(&str, u64)>,
    ) -> Result<bool, Error> {
        const TELL: &str = "UPDATE restores SET token = $4, seq = $5, object = $6, length = $7, done = $8, total = $9, \
                            heard_at = $10 WHERE domain = $1 AND asked = $2 AND maker = $3";
        let known = progress.known.get();
        let count = |number: &std::sync::atomic::AtomicU64| {
            i64::try_from(number.load(Ordering::Relaxed)).unwrap_or(i64::MAX)
        };
        let mut tx = self.write().await?;
        let now = self.engine.moment(&mut tx, self.now()).await?;
        let query = sqlx::query(TELL).bind(question.domain.number).bind(question.asked.clone());
        let query = query.bind(maker.to_owned()).bind(known.map(|(token, _)| token.clone()));
        let query = query.bind(known.map(|(_, seq)| *seq)).bind(made.map(|(object, _)| object.to_owned()));
        let query = query.bind(made.map(|(_, length)| i64::try_from(length).unwrap_or(i64::MAX)));
        let query =
            query.bind(count(&progress.done)).bind(count(&progress.total)).bind(now.timestamp_micros());
        let told = query.execute(&mut *tx).await?;
        tx.commit().await?;
        Ok(told.rows_affected() > 0)
    }

    /// Somebody else may make it.
    pub(super) async fn release_claim(&self, question: &Question, maker: &str) -> Result<(), Error> {
        const RELEASE: &str =
            "DELETE FROM restores WHERE domain = $1 AND asked = $2 AND maker = $3 AND object IS NULL";
        let mut tx = self.write().await?;
        let query = sqlx::query(RELEASE).bind(question.domain.number).bind(question.asked.clone());
        query.bind(maker.to_owned()).execute(&mut *tx).await?;
        Ok(tx.commit().await?)
    }

    /// It is given once, and to nobody else; its file stays until its reader has had time for it. Whether it was there to be given.
    pub(super) async fn outlive(&self, question: &Question, object: &str) -> Result<bool, Error> {
        const GIVE: &str = "UPDATE restores SET heard_at = $3 WHERE domain = $1 AND asked = $2 \
                            AND object = $4 AND heard_at > $3";
        let mut tx = self.write().await?;
        let query = sqlx::query(GIVE).bind(question.domain.number).bind(question.asked.clone());
        let given = query.bind(i64::MIN).bind(object.to_owned()).execute(&mut *tx).await?;
        tx.commit().await?;
        Ok(given.rows_affected() > 0)
    }

    /// Forgets what was kept, and removes it.
    pub(super) async fn drop_kept(&self, asked: &[&str]) -> Result<(), Error> {
        let mut objects = Vec::new();
        let mut tx = self.write().await?;
        for asked in asked {
            let query = sqlx::query_scalar("DELETE FROM restores WHERE asked = $1 RETURNING object");
            let dropped: Vec<Option<String>> = query.bind((*asked).to_owned()).fetch_all(&mut *tx).await?;
            objects.extend(dropped.into_iter().flatten());
        }
        tx.commit().await?;
        self.files.remove(objects).await;
        Ok(())
    }

    /// The same for all that was kept for a user.
    pub(in crate::server) async fn drop_kept_of(&self, domain: &Domain, user: &UserId) -> Result<(), Error> {
        let query = "SELECT asked FROM restores WHERE domain = $1 AND user_id = $2 AND object IS NOT NULL";
        let query = sqlx::query_scalar(query).bind(domain.number).bind(user.to_string());
        let asked: Vec<String> = query.fetch_all(&self.readers).await?;
        match asked.is_empty() {
            true => Ok(()),
            false => self.drop_kept(&asked.iter().map(String::as_str).collect::<Vec<_>>()).await,
        }
    }

    /// Drops what is too old, and the oldest where there is too much. The newest stays however large it is: somebody comes for it.
    pub(in crate::server) async fn drop_old_kept(&self) -> Result<(), Error> {
        const ALL: &str = "SELECT asked, object, length, heard_at FROM restores ORDER BY heard_at DESC";
        let mut tx = self.read().await?;
        let rows = sqlx::query(ALL).fetch_all(&mut *tx).await?;
        let now = self.engine.moment(&mut tx, self.now()).await?;
        drop(tx);
        let (mut count, mut bytes, mut over) = (0, 0_u64, Vec::new());
        for row in &rows {
            let is_made = row.try_get::<Option<String>, _>("object")?.is_some();
            let length = row.try_get::<Option<i64>, _>("length")?.unwrap_or_default().unsigned_abs();
            let is_over = !self.lasts(now, is_made).contains(&row.try_get("heard_at")?);
            let Keeping { count: most, bytes: room, .. } = self.keeping;
            if is_over || (is_made && (count >= most || (bytes > 0 && bytes.saturating_add(length) > room))) {
                over.push(row.try_get::<String, _>("asked")?);
            } else if is_made {
                (count, bytes) = (count + 1, bytes + length);
            }
        }
        match over.is_empty() {
            true => Ok(()),
            false => self.drop_kept(&over.iter().map(String::as_str).collect::<Vec<_>>()).await,
        }
    }

    /// Whether a file is a restore that is kept.
    pub(in crate::server) async fn is_kept(&self, object: &str) -> Result<bool, Error> {
        let query = sqlx::query("SELECT asked FROM restores WHERE object = $1 LIMIT 1");
        Ok(query.bind(object.to_owned()).fetch_optional(&self.readers).await?.is_some())
    }
}
