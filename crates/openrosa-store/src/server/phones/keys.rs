//! The keys that lock what a user has on a device. Whoever has the database has them: they are against who finds the device.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use chrono::{DateTime, TimeDelta, Utc};
use openrosa_xml::{KeyRecords, Timestamp, UserId, key_records::KeyRecord};
use sqlx::{Row as _, any::AnyRow};
use uuid::Uuid;

use crate::{
    error::Error,
    server::{Database, Domain, Transaction, engine::key, record},
};

/// A new key counts as if it had been made so long ago: a device's clock may be slow (ota-restore.md 2.12).
const BACK: TimeDelta = TimeDelta::days(30);
/// And is good for so long from then on.
const LIFE: TimeDelta = TimeDelta::days(90);

impl Database {
    /// The key that is good now, which is made if there is none; and the one of the time at which the device got its last one.
    pub(super) async fn key_records(
        &self,
        domain: &Domain,
        user: &UserId,
        last_issued: Option<DateTime<Utc>>,
    ) -> Result<KeyRecords<'static>, Error> {
        let now = self.now();
        let mut tx = self.write().await?;
        let own = [key(domain.number, "keys", &[user.as_str()])].into();
        self.engine.lock(&mut tx, &own).await?;
        let current = match good_at(&mut tx, domain, user, now).await? {
            Some(record) => record,
            None => make(&mut tx, domain, user, now).await?,
        };
        let before = match last_issued {
            Some(at) => good_at(&mut tx, domain, user, at).await?,
            None => None,
        };
        tx.commit().await?;
        let before = before.filter(|before| before.uuid != current.uuid);
        let records = [Some(current), before].into_iter().flatten();
        Ok(KeyRecords::of(domain.name.clone(), second(now), records))
    }
}

async fn good_at(
    tx: &mut Transaction,
    domain: &Domain,
    user: &UserId,
    at: DateTime<Utc>,
) -> Result<Option<KeyRecord<'static>>, Error> {
    const GOOD: &str = "SELECT uuid, secret, valid_at, expires_at FROM keys WHERE domain = $1 AND user_id = $2 \
                        AND valid_at <= $3 AND expires_at > $3 ORDER BY valid_at DESC LIMIT 1";
    let query = sqlx::query(GOOD).bind(domain.number).bind(user.to_string());
    let row = query.bind(at.timestamp_micros()).fetch_optional(&mut **tx).await?;
    row.as_ref().map(read).transpose()
}

fn read(row: &AnyRow) -> Result<KeyRecord<'static>, Error> {
    let moment = |name| Ok::<_, Error>(second(record::moment(row.try_get(name)?)?));
    let (uuid, secret): (String, String) = (row.try_get("uuid")?, row.try_get("secret")?);
    Ok(KeyRecord::new(uuid, secret, moment("valid_at")?, moment("expires_at")?))
}

async fn make(
    tx: &mut Transaction,
    domain: &Domain,
    user: &UserId,
    now: DateTime<Utc>,
) -> Result<KeyRecord<'static>, Error> {
    const MAKE: &str = "INSERT INTO keys (domain, user_id, uuid, secret, valid_at, expires_at) VALUES ($1, $2, $3, $4, $5, $6)";
    let (uuid, secret) = (Uuid::new_v4().simple().to_string(), secret());
    let (valid, expires) = (now - BACK, now - BACK + LIFE);
    let query = sqlx::query(MAKE).bind(domain.number).bind(user.to_string());
    let query = query.bind(uuid.clone()).bind(secret.clone());
    query.bind(valid.timestamp_micros()).bind(expires.timestamp_micros()).execute(&mut **tx).await?;
    Ok(KeyRecord::new(uuid, secret, second(valid), second(expires)))
}

/// 256 bits, drawn from three random ids of 122 each.
fn secret() -> String {
    use sha2::{Digest as _, Sha256};
    let mut hash = Sha256::new();
    for _ in 0..3 {
        hash.update(Uuid::new_v4().as_bytes());
    }
    STANDARD.encode(hash.finalize())
}

/// Devices read whole seconds only.
fn second(at: DateTime<Utc>) -> Timestamp<'static> {
    Timestamp::new(at.format("%Y-%m-%dT%H:%M:%SZ").to_string())
}
