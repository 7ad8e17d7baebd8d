//! Devices: how they are, and the keys that lock them.

mod keys;

use chrono::{DateTime, Utc};
use openrosa_http::{
    api::{heartbeat, key_records},
    server::{Caller, Phones, Rejection},
};
use openrosa_xml::{KeyRecords, UserId};
use sqlx::{Row as _, any::AnyRow};

use super::{Database, Domain, engine::plain, lengths::fits, record, upload::refused};
use crate::error::Error;

/// A device, as it was when it was last heard of.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Device {
    /// What it calls itself; empty for one that does not.
    pub device_id: String,
    /// Who works on it.
    pub user_id: UserId,
    /// When it was heard of.
    pub heard_at: DateTime<Utc>,
    /// The app on it, and the build of that.
    pub app_id: String,
    /// The build.
    pub build_id: String,
    /// The version of the app, where the device knows it.
    pub app_version: Option<u32>,
    /// The version of the program that runs it.
    pub cc_version: Option<String>,
    /// Forms on it that wait for the server.
    pub unsent: Option<u32>,
    /// Forms on it that no server takes.
    pub quarantined: Option<u32>,
    /// When it was last given a restore, as it writes that.
    pub synced_at: Option<String>,
}

/// This server has no apps, so it knows of no newer one, and none is unknown to it: a heartbeat is noted, and wants nothing.
impl Phones for Database {
    async fn heartbeat(
        &self,
        told: &heartbeat::Request,
        build_id: &str,
        caller: &Caller,
    ) -> Result<Option<heartbeat::Response>, Rejection> {
        let (domain, user) = self.who(caller, None).await?;
        self.note_device(&domain, &user.user_id, told, build_id, caller).await.map_err(refused)?;
        let mut wanted = heartbeat::Response::default();
        // A device passes over an answer that is about another app.
        wanted.app_id = Some(told.app_id.clone());
        Ok(Some(wanted))
    }

    async fn keys(
        &self,
        asked: &key_records::Request,
        caller: &Caller,
    ) -> Result<KeyRecords<'static>, Rejection> {
        let (domain, user) = self.who(caller, asked.login_as.as_deref()).await?;
        let last_issued = asked.last_issued.as_ref().and_then(|at| at.moment().ok());
        self.key_records(&domain, &user.user_id, last_issued.map(|at| at.utc())).await.map_err(refused)
    }
}

impl Database {
    async fn note_device(
        &self,
        domain: &Domain,
        user: &UserId,
        told: &heartbeat::Request,
        build_id: &str,
        caller: &Caller,
    ) -> Result<(), Error> {
        const NOTE: &str = "INSERT INTO devices (domain, user_id, device_id, heard_at, build_id, app_id, app_version, \
                            cc_version, unsent, quarantined, synced_at) \
                            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) \
                            ON CONFLICT (domain, user_id, device_id) DO UPDATE SET heard_at = excluded.heard_at, \
                            build_id = excluded.build_id, app_id = excluded.app_id, app_version = excluded.app_version, \
                            cc_version = excluded.cc_version, unsent = excluded.unsent, \
                            quarantined = excluded.quarantined, synced_at = excluded.synced_at";
        let device = told.device_id.as_deref().or(caller.device_id.as_deref());
        let device = device.filter(|id| fits(id)).unwrap_or_default();
        let synced_at = told.last_sync_time.as_ref().map(|at| plain(at.as_str()));
        let mut tx = self.write().await?;
        sqlx::query(NOTE)
            .bind(domain.number)
            .bind(user.to_string())
            .bind(plain(device))
            .bind(self.now().timestamp_micros())
            .bind(plain(build_id))
            .bind(plain(&told.app_id))
            .bind(told.app_version.map(i64::from))
            .bind(told.cc_version.as_deref().map(plain))
            .bind(told.num_unsent_forms.map(i64::from))
            .bind(told.num_quarantined_forms.map(i64::from))
            .bind(synced_at)
            .execute(&mut *tx)
            .await?;
        Ok(tx.commit().await?)
    }

    /// The devices of a domain, who was heard of last first.
    pub async fn devices(&self, domain: &Domain) -> Result<Vec<Device>, Error> {
        let query = "SELECT * FROM devices WHERE domain = $1 ORDER BY heard_at DESC, user_id, device_id";
        let rows = sqlx::query(query).bind(domain.number).fetch_all(&self.readers).await?;
        rows.iter().map(read).collect()
    }
}

fn read(row: &AnyRow) -> Result<Device, Error> {
    let count = |name| {
        let number = row.try_get::<Option<i64>, _>(name)?;
        Ok::<_, Error>(number.and_then(|number| u32::try_from(number).ok()))
    };
    Ok(Device {
        device_id: row.try_get("device_id")?,
        user_id: row.try_get::<String, _>("user_id")?.into(),
        heard_at: record::moment(row.try_get("heard_at")?)?,
        app_id: row.try_get("app_id")?,
        build_id: row.try_get("build_id")?,
        app_version: count("app_version")?,
        cc_version: row.try_get("cc_version")?,
        unsent: count("unsent")?,
        quarantined: count("quarantined")?,
        synced_at: row.try_get("synced_at")?,
    })
}
