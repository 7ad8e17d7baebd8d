//! Times in which nothing is sent, as no form would fare better than the last.

use std::fmt;

use chrono::{DateTime, FixedOffset, Utc};
use sqlx::{Row as _, SqliteConnection, sqlite::SqliteRow};

use crate::{
    device::record::moment,
    error::{Error, Kind},
};

/// Why nothing is sent for now.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Pause {
    /// What kind of reason it is.
    pub reason: Reason,
    /// The reason in words, the server's own where it gave any and knows the reason. A terminal should not obey them.
    pub words: String,
    /// Since when.
    pub since: DateTime<Utc>,
    /// It ends by itself at this moment; `None` where it would only begin anew, and a person has to do something.
    pub until: Option<DateTime<Utc>>,
}

/// What kind of reason there is to send nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Reason {
    /// There is no way to the server.
    Offline,
    /// Something else than the server answered, such as the login page of a network, or it leads elsewhere; or who answered was not
    /// trusted to be the server.
    Blocked,
    /// The server would rather be left alone: it answered 429 or 503.
    Busy,
    /// Credentials are missing or wrong.
    Unauthorized,
    /// The user was deactivated or deleted: the server answered 406.
    Inactive,
}

impl Reason {
    const ALL: [Self; 5] = [Self::Offline, Self::Blocked, Self::Busy, Self::Unauthorized, Self::Inactive];

    /// The word for it, as in `offline`.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Offline => "offline",
            Self::Blocked => "blocked",
            Self::Busy => "busy",
            Self::Unauthorized => "unauthorized",
            Self::Inactive => "inactive",
        }
    }

    /// Whether the server itself wants it so.
    #[must_use]
    pub const fn is_servers_wish(self) -> bool {
        matches!(self, Self::Busy)
    }

    /// Whether it goes away by itself, so that trying again after a while is all there is to do.
    #[must_use]
    pub const fn passes(self) -> bool {
        matches!(self, Self::Offline | Self::Blocked | Self::Busy)
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

impl Pause {
    fn of(row: &SqliteRow) -> Result<Self, Error> {
        let reason: String = row.try_get("reason")?;
        let reason = Reason::ALL.into_iter().find(|known| known.word() == reason);
        Ok(Self {
            reason: reason.ok_or_else(|| Kind::Damaged("a pause without a reason".to_owned()))?,
            words: row.try_get("words")?,
            since: moment(row.try_get("since")?)?,
            until: row.try_get::<Option<i64>, _>("until")?.map(moment).transpose()?,
        })
    }

    /// Whether it goes on. A clock that is now before its begin was wrong then, and its end means nothing.
    fn goes_on(&self, now: DateTime<FixedOffset>) -> bool {
        self.until.is_none_or(|until| now < until && self.since <= now)
    }
}

/// The pause that goes on.
pub(super) async fn current(
    db: &mut SqliteConnection,
    now: DateTime<FixedOffset>,
) -> Result<Option<Pause>, Error> {
    let row = sqlx::query("SELECT * FROM outbox_pause").fetch_optional(db).await?;
    let pause = row.as_ref().map(Pause::of).transpose()?;
    Ok(pause.filter(|pause| pause.goes_on(now)))
}

/// How many pauses there were since the last delivery.
pub(super) async fn strikes(db: &mut SqliteConnection) -> Result<u32, Error> {
    let strikes = sqlx::query_scalar("SELECT strikes FROM outbox_pause").fetch_optional(db).await?;
    Ok(strikes.unwrap_or_default())
}

pub(super) async fn begin(db: &mut SqliteConnection, pause: &Pause, strikes: u32) -> Result<(), Error> {
    let begin =
        "REPLACE INTO outbox_pause (id, reason, words, since, until, strikes) VALUES (1, ?, ?, ?, ?, ?)";
    let begin = sqlx::query(begin)
        .bind(pause.reason.word())
        .bind(&pause.words)
        .bind(pause.since.timestamp_micros())
        .bind(pause.until.map(|until| until.timestamp_micros()))
        .bind(strikes);
    begin.execute(db).await?;
    Ok(())
}

/// Lifts the pause; whether there was one. How many there were is not forgotten for that, or a form at which they all begin would
/// be the first to be tried each time.
pub(super) async fn lift(db: &mut SqliteConnection) -> Result<bool, Error> {
    let lift = "UPDATE outbox_pause SET until = since WHERE until IS NULL OR until > since";
    Ok(sqlx::query(lift).execute(db).await?.rows_affected() > 0)
}

/// Something was delivered: there is no reason for a pause, and the next is the first again.
pub(super) async fn end(db: &mut SqliteConnection) -> Result<(), Error> {
    sqlx::query("DELETE FROM outbox_pause").execute(db).await?;
    Ok(())
}
