//! Leaving a server alone that was too busy to make a restore.

use std::time::Duration;

use chrono::{DateTime, FixedOffset, Utc};
use sqlx::{Row as _, SqliteConnection};

use super::{outbox::delay, record};
use crate::error::Error;

/// When the server may be asked again; `None` for now. A clock that is now before the begin of the pause was wrong then.
pub(super) async fn until(
    tx: &mut SqliteConnection,
    now: DateTime<FixedOffset>,
) -> Result<Option<DateTime<Utc>>, Error> {
    let query = sqlx::query("SELECT until FROM sync_pause WHERE since <= ?1 AND until > ?1");
    let row = query.bind(now.timestamp_micros()).fetch_optional(tx).await?;
    row.map(|row| record::moment(row.try_get("until")?)).transpose()
}

/// Begins a pause, longer than the one before unless a restore came in between, and as long as the server wants it at least.
pub(super) async fn begin(
    tx: &mut SqliteConnection,
    now: DateTime<FixedOffset>,
    wanted: Option<Duration>,
) -> Result<DateTime<Utc>, Error> {
    let strikes: Option<u32> =
        sqlx::query_scalar("SELECT strikes FROM sync_pause").fetch_optional(&mut *tx).await?;
    let strikes = strikes.unwrap_or_default().saturating_add(1);
    let until = delay::next(now, strikes, wanted);
    let query = sqlx::query("REPLACE INTO sync_pause (id, since, until, strikes) VALUES (1, ?, ?, ?)");
    let query = query.bind(now.timestamp_micros()).bind(until.timestamp_micros()).bind(strikes);
    query.execute(tx).await?;
    Ok(until)
}

/// A restore has come.
pub(super) async fn end(tx: &mut SqliteConnection) -> Result<(), Error> {
    sqlx::query("DELETE FROM sync_pause").execute(tx).await?;
    Ok(())
}
