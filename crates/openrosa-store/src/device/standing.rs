//! What the server is told the device holds.

use chrono::{DateTime, FixedOffset, Utc};
use openrosa_case::{hash::StateHash, purge::Owners, user::User};
use openrosa_xml::{OwnerId, UserId};
use sqlx::{Row as _, SqliteConnection};

use super::{Database, desk, fixtures, record};
use crate::error::Error;

/// How far a device is in step with its server.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Sync {
    /// The token of the last restore, which is `since` of the next. `None` where it brought none, which is not the empty one, or
    /// where the device is not what the server would take it for; the next restore is a full one then.
    pub token: Option<String>,
    /// When that restore was applied.
    pub applied_at: DateTime<Utc>,
}

impl Database {
    /// How far the device is in step with its server; `None` before the first restore.
    pub async fn sync_state(&self) -> Result<Option<Sync>, Error> {
        sync_state(&mut *self.read().await?).await
    }

    /// The hash of all cases that are here, open or closed.
    ///
    /// *Wire:* `state` of the next restore. *Spec:* ota-restore.md 3.2.
    pub async fn state_hash(&self) -> Result<StateHash, Error> {
        state_hash(&mut *self.read().await?).await
    }

    /// The users that restores have brought.
    pub async fn users(&self) -> Result<Vec<User>, Error> {
        users(&mut *self.read().await?).await
    }

    /// A user.
    pub async fn user(&self, id: &UserId) -> Result<Option<User>, Error> {
        desk::user(&mut *self.read().await?, id).await
    }

    /// Whose cases belong here: those of the users, and of the groups in their `user-groups`. Before the first restore no user
    /// is known, and everybody's do.
    ///
    /// *Spec:* ota-restore.md 3.8.
    pub async fn owners(&self) -> Result<Owners, Error> {
        owners(&mut *self.read().await?).await
    }
}

pub(super) async fn sync_state(tx: &mut SqliteConnection) -> Result<Option<Sync>, Error> {
    let row = sqlx::query("SELECT token, applied_at FROM sync").fetch_optional(tx).await?;
    let read = |row: sqlx::sqlite::SqliteRow| {
        Ok(Sync { token: row.try_get("token")?, applied_at: record::moment(row.try_get("applied_at")?)? })
    };
    row.map(read).transpose()
}

pub(super) async fn token(tx: &mut SqliteConnection) -> Result<Option<String>, Error> {
    Ok(sqlx::query_scalar("SELECT token FROM sync").fetch_optional(tx).await?.flatten())
}

/// Whom the restore was for whose token is here; `None` where that is not known. Users of restores before stay (ota-restore.md 1.8).
pub(super) async fn restored_user(tx: &mut SqliteConnection) -> Result<Option<UserId>, Error> {
    let user: Option<Option<String>> =
        sqlx::query_scalar("SELECT user_id FROM sync").fetch_optional(tx).await?;
    Ok(user.flatten().filter(|id| !id.is_empty()).map(UserId::from))
}

pub(super) async fn keep_token(
    tx: &mut SqliteConnection,
    token: Option<&str>,
    user: Option<&UserId>,
    now: DateTime<FixedOffset>,
) -> Result<(), Error> {
    let query =
        sqlx::query("INSERT OR REPLACE INTO sync (id, token, user_id, applied_at) VALUES (1, ?, ?, ?)");
    query.bind(token).bind(user.map(UserId::as_str)).bind(now.timestamp_micros()).execute(tx).await?;
    Ok(())
}

/// Has the next restore be a full one: the cases here are not what the server takes them for.
pub(super) async fn forget_token(tx: &mut SqliteConnection) -> Result<(), Error> {
    sqlx::query("UPDATE sync SET token = NULL").execute(tx).await?;
    Ok(())
}

pub(super) async fn state_hash(tx: &mut SqliteConnection) -> Result<StateHash, Error> {
    let mut hash = StateHash::default();
    let mut after = String::new();
    loop {
        let query =
            sqlx::query_scalar("SELECT case_id FROM cases WHERE case_id >= ? ORDER BY case_id LIMIT 1000");
        let ids: Vec<String> = query.bind(&after).fetch_all(&mut *tx).await?;
        hash.extend(&ids);
        let Some(last) = ids.last() else { return Ok(hash) };
        after = format!("{last}\0");
    }
}

pub(super) async fn users(tx: &mut SqliteConnection) -> Result<Vec<User>, Error> {
    let rows = sqlx::query("SELECT * FROM users ORDER BY user_id").fetch_all(tx).await?;
    rows.iter().map(record::read_user).collect()
}

/// With them goes which groups they are in. Until others come, nothing is purged.
pub(super) async fn forget_users(tx: &mut SqliteConnection) -> Result<(), Error> {
    sqlx::query("DELETE FROM users").execute(&mut *tx).await?;
    sqlx::query("UPDATE sync SET user_id = NULL").execute(&mut *tx).await?;
    sqlx::query("DELETE FROM fixtures WHERE id = 'user-groups'").execute(tx).await?;
    Ok(())
}

pub(super) async fn owners(tx: &mut SqliteConnection) -> Result<Owners, Error> {
    let users = users(tx).await?;
    if users.is_empty() {
        return Ok(Owners::everyone());
    }
    let mut owners: Vec<OwnerId> = users.iter().map(|user| user.user_id.as_str().into()).collect();
    let query = "SELECT number FROM fixtures WHERE id = 'user-groups'";
    for number in sqlx::query_scalar(query).fetch_all(&mut *tx).await? {
        let groups = record::read_fixture(&fixtures::source(tx, number).await?)?;
        for id in groups.row_ids() {
            owners.push(id?.into());
        }
    }
    Ok(owners.into_iter().collect())
}
