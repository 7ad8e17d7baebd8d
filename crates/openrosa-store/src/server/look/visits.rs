//! Visits to a page that were ended before their time.

use chrono::{DateTime, TimeDelta, Utc};

use super::super::Database;
use crate::error::Error;

/// How long an ended visit is remembered that would be over: by a clock that was ahead for a while, others would not be over yet.
const OVER: TimeDelta = TimeDelta::days(30);

impl Database {
    /// Ends a visit that would have lasted until then, for all processes at one database. Those that would have been over for a month
    /// are forgotten.
    pub async fn end_visit(&self, visit: &str, until: DateTime<Utc>) -> Result<(), Error> {
        const FORGET: &str = "DELETE FROM ended_visits WHERE until <= $1";
        const END: &str =
            "INSERT INTO ended_visits (visit, until) VALUES ($1, $2) ON CONFLICT (visit) DO NOTHING";
        let mut tx = self.write().await?;
        sqlx::query(FORGET).bind((self.now() - OVER).timestamp_micros()).execute(&mut *tx).await?;
        let end = sqlx::query(END).bind(visit.to_owned()).bind(until.timestamp_micros());
        end.execute(&mut *tx).await?;
        Ok(tx.commit().await?)
    }

    /// Whether a visit was ended before its time.
    pub async fn has_ended(&self, visit: &str) -> Result<bool, Error> {
        let query = sqlx::query("SELECT until FROM ended_visits WHERE visit = $1").bind(visit.to_owned());
        Ok(query.fetch_optional(&self.readers).await?.is_some())
    }
}
