//! Users, and what their devices were sent last.

use chrono::{DateTime, Utc};
use openrosa_xml::UserId;
use sqlx::{Row as _, any::AnyRow};

use super::super::{Database, Domain, User, engine::plain, record, users};
use crate::error::Error;

/// A user, and the last restore of the user's device.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Person {
    /// The user.
    pub user: User,
    /// The last restore that is known, if there was one.
    pub last: Option<Synced>,
}

/// A restore that was sent.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Synced {
    /// By this the device names it when it syncs again.
    pub token: String,
    /// When it was made.
    pub at: DateTime<Utc>,
    /// The one that the device had before, where it had one.
    pub previous: Option<String>,
    /// How many cases the device holds with it, where that was noted.
    pub cases: Option<u64>,
    /// How large it was, where that was noted.
    pub bytes: Option<u64>,
}

impl Database {
    /// Some users of a domain by name, behind this name.
    pub async fn people(
        &self,
        domain: &Domain,
        after: Option<&str>,
        at_most: u32,
    ) -> Result<Vec<Person>, Error> {
        let query = sqlx::query(PEOPLE).bind(domain.number).bind(plain(after.unwrap_or_default()));
        let rows = query.bind(i64::from(at_most)).fetch_all(&self.readers).await?;
        let person = |row: &AnyRow| {
            let token: Option<String> = row.try_get("token")?;
            let last = if token.is_some() { Some(read(row)?) } else { None };
            Ok(Person { user: users::read(row)?, last })
        };
        rows.iter().map(person).collect()
    }

    /// The last restores of a user, the newest first. Those that a device does not need any more are forgotten.
    pub async fn syncs(&self, domain: &Domain, user: &UserId, at_most: u32) -> Result<Vec<Synced>, Error> {
        let query = sqlx::query(SYNCS).bind(domain.number).bind(user.to_string()).bind(i64::from(at_most));
        query.fetch_all(&self.readers).await?.iter().map(read).collect()
    }

    /// The user of this id.
    pub async fn user_of(&self, domain: &Domain, user_id: &UserId) -> Result<Option<User>, Error> {
        let query = sqlx::query("SELECT * FROM users WHERE domain = $1 AND user_id = $2");
        let query = query.bind(domain.number).bind(plain(user_id.as_str()));
        query.fetch_optional(&self.readers).await?.as_ref().map(users::read).transpose()
    }

    /// Whether there is anybody, in whatever domain, who may see everything that there is to be seen in one.
    pub async fn has_staff(&self) -> Result<bool, Error> {
        let query = sqlx::query("SELECT user_id FROM users WHERE is_staff = 1 LIMIT 1");
        Ok(query.fetch_optional(&self.readers).await?.is_some())
    }
}

pub(super) const PEOPLE: &str = "SELECT people.user_id, people.username, people.active, people.is_staff, people.data, people.joined_at, \
     logs.token, logs.made_at, logs.previous, logs.cases, logs.bytes FROM \
     (SELECT * FROM users WHERE domain = $1 AND username > $2 ORDER BY username LIMIT $3) AS people \
     LEFT JOIN sync_logs AS logs ON logs.token = (SELECT token FROM sync_logs AS last WHERE last.domain = people.domain \
     AND last.user_id = people.user_id ORDER BY last.made_at DESC LIMIT 1) ORDER BY people.username";
pub(super) const SYNCS: &str = "SELECT token, made_at, previous, cases, bytes FROM sync_logs \
                                WHERE domain = $1 AND user_id = $2 ORDER BY made_at DESC LIMIT $3";

fn read(row: &AnyRow) -> Result<Synced, Error> {
    let count = |name| Ok::<_, Error>(row.try_get::<Option<i64>, _>(name)?.map(i64::unsigned_abs));
    Ok(Synced {
        token: row.try_get("token")?,
        at: record::moment(row.try_get("made_at")?)?,
        previous: row.try_get("previous")?,
        cases: count("cases")?,
        bytes: count("bytes")?,
    })
}
