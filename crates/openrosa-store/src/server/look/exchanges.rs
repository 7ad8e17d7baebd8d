//! How submissions came: what was said beside them, how large they were, how long that took.

use chrono::{DateTime, Utc};
use sqlx::{Row as _, any::AnyRow};

use super::super::{Database, Domain, FormRow, Transaction, engine::plain, record};
use super::{Refusal, refusals, tallies};
use crate::error::Error;

/// How many are kept of one submission.
const KEPT: i64 = 20;

/// One POST and its answer.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "whoever watches a server writes it whole")]
pub struct Exchange {
    /// When it had been answered.
    pub at: DateTime<Utc>,
    /// The status of the answer.
    pub status: u16,
    /// In microseconds, from its head to its answer.
    pub micros: u64,
    /// How large its body was.
    pub bytes: u64,
    /// The headers that matter. None that proves who somebody is belongs here.
    pub headers: Vec<(String, String)>,
}

/// What whoever watches a server has seen.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "a submission is taken or refused")]
pub enum Note {
    /// A submission that was taken.
    Taken {
        /// Into this domain.
        domain: Domain,
        /// An instance of this form; empty where it does not say.
        form: String,
        /// What it calls itself.
        instance_id: String,
        /// What it was: `new`, `duplicate`, `more_files`, `edit`.
        outcome: &'static str,
        /// When it was filled in, by the phone's clock, if it says so and came for the first time.
        filled_at: Option<DateTime<Utc>>,
        /// How it came.
        exchange: Exchange,
    },
    /// One that was refused.
    Refused {
        /// In this domain.
        domain: Domain,
        /// What and why.
        refusal: Refusal,
    },
}

impl Database {
    /// Keeps what was seen. Of what was seen before, the oldest makes room.
    pub async fn note(&self, notes: &[Note]) -> Result<(), Error> {
        let mut tx = self.write().await?;
        for note in notes {
            match note {
                Note::Taken { domain, form, instance_id, outcome, filled_at, exchange } => {
                    taken(&mut tx, domain, (form, instance_id), outcome, exchange).await?;
                    if let Some(filled) = filled_at {
                        tallies::delayed(&mut tx, domain, exchange.at - *filled).await?;
                    }
                }
                Note::Refused { domain, refusal } => refusals::keep(&mut tx, domain, refusal).await?,
            }
        }
        Ok(tx.commit().await?)
    }

    /// How often a submission came, and how, the last first; each with what it was.
    pub async fn exchanges(&self, domain: &Domain, form: &FormRow) -> Result<Vec<(String, Exchange)>, Error> {
        let query = sqlx::query(OF_FORM).bind(domain.number).bind(form.form.clone());
        let rows = query.bind(form.instance_id.clone()).bind(KEPT).fetch_all(&self.readers).await?;
        rows.iter().map(|row| Ok((row.try_get("outcome")?, read(row)?))).collect()
    }
}

pub(super) const OF_FORM: &str = "SELECT at, status, outcome, micros, bytes, headers FROM exchanges \
                                  WHERE domain = $1 AND form_key = $2 AND instance_id = $3 ORDER BY at DESC LIMIT $4";

async fn taken(
    tx: &mut Transaction,
    domain: &Domain,
    (form, instance_id): (&str, &str),
    outcome: &str,
    exchange: &Exchange,
) -> Result<(), Error> {
    const KEEP: &str = "INSERT INTO exchanges (domain, form_key, instance_id, at, status, outcome, micros, bytes, headers) \
                        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT DO NOTHING";
    // What a clock that was ahead called later than this one makes room first.
    const DROP: &str = "DELETE FROM exchanges WHERE domain = $1 AND form_key = $2 AND instance_id = $3 AND at NOT IN \
                        (SELECT at FROM exchanges WHERE domain = $1 AND form_key = $2 AND instance_id = $3 \
                        ORDER BY CASE WHEN at > $5 THEN 1 ELSE 0 END, at DESC LIMIT $4)";
    let key = || (domain.number, plain(form), plain(instance_id));
    let (number, form_key, instance) = key();
    let query = sqlx::query(KEEP).bind(number).bind(form_key).bind(instance);
    let query = query.bind(exchange.at.timestamp_micros()).bind(i64::from(exchange.status));
    let query = query.bind(outcome.to_owned()).bind(whole(exchange.micros)).bind(whole(exchange.bytes));
    query.bind(headers(&exchange.headers)).execute(&mut **tx).await?;
    if outcome != "new" {
        let (number, form_key, instance) = key();
        let query = sqlx::query(DROP).bind(number).bind(form_key).bind(instance).bind(KEPT);
        query.bind(exchange.at.timestamp_micros()).execute(&mut **tx).await?;
    }
    Ok(())
}

pub(super) fn read(row: &AnyRow) -> Result<Exchange, Error> {
    Ok(Exchange {
        at: record::moment(row.try_get("at")?)?,
        status: u16::try_from(row.try_get::<i64, _>("status")?).unwrap_or_default(),
        micros: row.try_get::<i64, _>("micros")?.unsigned_abs(),
        bytes: row.try_get::<i64, _>("bytes")?.unsigned_abs(),
        headers: record::json(&row.try_get::<String, _>("headers")?)?,
    })
}

pub(super) fn headers(headers: &[(String, String)]) -> String {
    plain(&serde_json::json!(headers).to_string())
}

pub(super) fn whole(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
