//! What was refused. A refused form is not kept otherwise: its sender has it still.

use sqlx::{Row as _, any::AnyRow};

use super::super::{Database, Domain, Transaction, engine::plain};
use super::exchanges::{self, Exchange, headers, whole};
use super::tallies;
use crate::{error::Error, server::ServerKind};

/// How many are kept in each domain.
const KEPT: i64 = 1_000;

/// A submission that was refused.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "whoever watches a server writes it whole")]
pub struct Refusal {
    /// How it came, and when.
    pub exchange: Exchange,
    /// Why, in a sentence.
    pub reason: String,
    /// The form it said it was an instance of.
    pub form: Option<String>,
    /// What it called itself.
    pub instance_id: Option<String>,
    /// Who sent it.
    pub user: Option<String>,
    /// From which device.
    pub device_id: Option<String>,
    /// How it began, where it came whole; whatever bytes these are.
    pub xml: Option<Vec<u8>>,
}

impl Refusal {
    /// By this it is told from others of its domain.
    #[must_use]
    pub fn number(&self) -> i64 {
        self.exchange.at.timestamp_micros()
    }
}

impl Database {
    /// Some refusals of a domain, the newest first, those older than this one.
    pub async fn refusals(
        &self,
        domain: &Domain,
        before: Option<i64>,
        at_most: u32,
    ) -> Result<Vec<Refusal>, Error> {
        let query = sqlx::query(NEWEST).bind(domain.number).bind(before.unwrap_or(i64::MAX));
        query.bind(i64::from(at_most)).fetch_all(&self.readers).await?.iter().map(read).collect()
    }

    /// One refusal, with the beginning of what was sent.
    pub async fn refusal(&self, domain: &Domain, number: i64) -> Result<Refusal, Error> {
        let query = sqlx::query(ONE).bind(domain.number).bind(number);
        let row = query.fetch_optional(&self.readers).await?;
        let unknown = || ServerKind::NoSuchRecord { id: number.to_string() };
        read(row.as_ref().ok_or_else(unknown)?)
    }
}

pub(super) const NEWEST: &str = "SELECT at, status, reason, form_key, instance_id, user_name, device_id, micros, bytes, headers, \
                                 NULL AS xml FROM refusals WHERE domain = $1 AND at < $2 ORDER BY at DESC LIMIT $3";
const ONE: &str = "SELECT at, status, reason, form_key, instance_id, user_name, device_id, micros, bytes, headers, xml \
                   FROM refusals WHERE domain = $1 AND at = $2";

pub(super) async fn keep(tx: &mut Transaction, domain: &Domain, refusal: &Refusal) -> Result<(), Error> {
    const KEEP: &str = "INSERT INTO refusals (domain, at, status, reason, form_key, instance_id, user_name, device_id, micros, \
                        bytes, headers, xml) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) ON CONFLICT DO NOTHING";
    // What a clock that was ahead called later than this one makes room first.
    const DROP: &str = "DELETE FROM refusals WHERE domain = $1 AND at NOT IN (SELECT at FROM refusals WHERE domain = $1 \
                        ORDER BY CASE WHEN at > $3 THEN 1 ELSE 0 END, at DESC LIMIT $2)";
    let exchange = &refusal.exchange;
    let text = |text: &Option<String>| text.as_deref().map(plain);
    let query = sqlx::query(KEEP).bind(domain.number).bind(refusal.number());
    let query = query.bind(i64::from(exchange.status)).bind(plain(&refusal.reason));
    let query = query.bind(text(&refusal.form)).bind(text(&refusal.instance_id));
    let query = query.bind(text(&refusal.user)).bind(text(&refusal.device_id));
    let query = query.bind(whole(exchange.micros)).bind(whole(exchange.bytes));
    query.bind(headers(&exchange.headers)).bind(refusal.xml.clone()).execute(&mut **tx).await?;
    sqlx::query(DROP).bind(domain.number).bind(KEPT).bind(refusal.number()).execute(&mut **tx).await?;
    tallies::refused(tx, domain, exchange.at).await
}

fn read(row: &AnyRow) -> Result<Refusal, Error> {
    Ok(Refusal {
        exchange: exchanges::read(row)?,
        reason: row.try_get("reason")?,
        form: row.try_get("form_key")?,
        instance_id: row.try_get("instance_id")?,
        user: row.try_get("user_name")?,
        device_id: row.try_get("device_id")?,
        xml: row.try_get("xml")?,
    })
}
