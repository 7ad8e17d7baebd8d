//! How many there are, as it was counted when they came.

use chrono::{DateTime, Days, NaiveDate, TimeDelta, Utc};
use sqlx::Row as _;

use super::super::{Database, Domain, Transaction, engine::plain, record};
use crate::error::Error;

/// In how many minutes at most a form came from its phone, step by step; behind the last one, later than that.
pub const DELAYS: [i64; 7] = [1, 10, 60, 6 * 60, 24 * 60, 7 * 24 * 60, 30 * 24 * 60];

/// How many submissions of one day are in one state.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct DayCount {
    /// The day on which they came, in UTC.
    pub day: NaiveDate,
    /// A [`State`](crate::server::State) in words, or `refused`.
    pub state: String,
    /// How many.
    pub forms: u64,
}

/// How many submissions of one version of a form are in one state.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct FormCount {
    /// The form; empty where they do not say.
    pub form: String,
    /// Its version; empty where they do not say.
    pub version: String,
    /// A [`State`](crate::server::State) in words.
    pub state: String,
    /// How many.
    pub forms: u64,
    /// When the last of them came.
    pub last_at: DateTime<Utc>,
}

/// How many cases there are of one type.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct CaseCount {
    /// The type.
    pub case_type: String,
    /// Those that are open.
    pub open: u64,
    /// Those that are closed.
    pub closed: u64,
}

impl Database {
    /// How many came on each day from this one on.
    pub async fn days(&self, domain: &Domain, since: NaiveDate) -> Result<Vec<DayCount>, Error> {
        let query = sqlx::query(DAYS).bind(domain.number).bind(day_number(since));
        let count = |row: &sqlx::any::AnyRow| {
            let day = u64::try_from(row.try_get::<i64, _>("day")?).unwrap_or_default();
            let day = epoch().checked_add_days(Days::new(day)).unwrap_or_default();
            Ok(DayCount { day, state: row.try_get("state")?, forms: positive(row.try_get("forms")?) })
        };
        query.fetch_all(&self.readers).await?.iter().map(count).collect()
    }

    /// How long forms took from their phones: how many for each of [`DELAYS`], and how many took longer.
    pub async fn delays(&self, domain: &Domain) -> Result<[u64; DELAYS.len() + 1], Error> {
        let query = sqlx::query("SELECT step, forms FROM delay_tally WHERE domain = $1").bind(domain.number);
        let mut all = [0; DELAYS.len() + 1];
        for row in &query.fetch_all(&self.readers).await? {
            let step = usize::try_from(row.try_get::<i64, _>("step")?).unwrap_or_default();
            if let Some(forms) = all.get_mut(step) {
                *forms = positive(row.try_get("forms")?);
            }
        }
        Ok(all)
    }

    /// Some forms by version and state, behind this form; and the form behind which it goes on, if it does. A form is not cut in
    /// two, unless it alone has more versions than that.
    pub async fn forms_counted(
        &self,
        domain: &Domain,
        after: Option<&str>,
        at_most: u32,
    ) -> Result<(Vec<FormCount>, Option<String>), Error> {
        let is_first = after.is_none();
        let query = sqlx::query(FORMS).bind(domain.number).bind(plain(after.unwrap_or_default()));
        let query = query.bind(i64::from(is_first)).bind(i64::from(at_most) + 1);
        let count = |row: &sqlx::any::AnyRow| {
            Ok::<_, Error>(FormCount {
                form: row.try_get("form_key")?,
                version: row.try_get("version")?,
                state: row.try_get("state")?,
                forms: positive(row.try_get("forms")?),
                last_at: record::moment(row.try_get("last_at")?)?,
            })
        };
        let rows = query.fetch_all(&self.readers).await?;
        let mut counts = rows.iter().map(count).collect::<Result<Vec<_>, _>>()?;
        if counts.len() <= at_most as usize {
            return Ok((counts, None));
        }
        let last = counts.last().map(|count| count.form.clone()).unwrap_or_default();
        match counts.iter().position(|count| count.form == last) {
            Some(0) | None => counts.truncate(at_most as usize),
            Some(begun) => counts.truncate(begun),
        }
        let next = counts.last().map(|count| count.form.clone());
        Ok((counts, next))
    }

    /// Some types of cases, behind this one.
    pub async fn case_types(
        &self,
        domain: &Domain,
        after: Option<&str>,
        at_most: u32,
    ) -> Result<Vec<CaseCount>, Error> {
        let query = sqlx::query(TYPES).bind(domain.number).bind(plain(after.unwrap_or_default()));
        let query = query.bind(i64::from(after.is_none())).bind(i64::from(at_most));
        let count = |row: &sqlx::any::AnyRow| {
            Ok(CaseCount {
                case_type: row.try_get("case_type")?,
                open: positive(row.try_get("open_cases")?),
                closed: positive(row.try_get("closed_cases")?),
            })
        };
        query.fetch_all(&self.readers).await?.iter().map(count).collect()
    }
}

pub(super) const DAYS: &str = "SELECT day, state, forms FROM day_tally WHERE domain = $1 AND day >= $2 AND forms > 0 ORDER BY day, state";
pub(super) const FORMS: &str = "SELECT form_key, version, state, forms, last_at FROM form_tally WHERE domain = $1 AND forms > 0 \
                                AND form_key >= $2 AND (form_key > $2 OR $3 = 1) ORDER BY form_key, version, state LIMIT $4";
pub(super) const TYPES: &str = "SELECT case_type, CAST(sum(CASE WHEN closed = 0 THEN cases ELSE 0 END) AS BIGINT) AS open_cases, \
                                CAST(sum(CASE WHEN closed = 0 THEN 0 ELSE cases END) AS BIGINT) AS closed_cases \
                                FROM case_tally WHERE domain = $1 AND cases > 0 AND case_type >= $2 AND (case_type > $2 OR $3 = 1) \
                                GROUP BY case_type ORDER BY case_type LIMIT $4";

/// One more form took so long.
pub(super) async fn delayed(tx: &mut Transaction, domain: &Domain, delay: TimeDelta) -> Result<(), Error> {
    const COUNT: &str = "INSERT INTO delay_tally (domain, step, forms) VALUES ($1, $2, 1) \
                         ON CONFLICT (domain, step) DO UPDATE SET forms = delay_tally.forms + 1";
    let minutes = delay.num_minutes();
    let step = DELAYS.iter().position(|most| minutes < *most).unwrap_or(DELAYS.len());
    let step = i64::try_from(step).unwrap_or_default();
    sqlx::query(COUNT).bind(domain.number).bind(step).execute(&mut **tx).await?;
    Ok(())
}

/// One more was refused on that day.
pub(super) async fn refused(tx: &mut Transaction, domain: &Domain, at: DateTime<Utc>) -> Result<(), Error> {
    const COUNT: &str = "INSERT INTO day_tally (domain, day, state, forms) VALUES ($1, $2, 'refused', 1) \
                         ON CONFLICT (domain, day, state) DO UPDATE SET forms = day_tally.forms + 1";
    let query = sqlx::query(COUNT).bind(domain.number).bind(day_number(at.date_naive()));
    query.execute(&mut **tx).await?;
    Ok(())
}

fn day_number(day: NaiveDate) -> i64 {
    (day - epoch()).num_days()
}

fn epoch() -> NaiveDate {
    DateTime::UNIX_EPOCH.date_naive()
}

fn positive(count: i64) -> u64 {
    u64::try_from(count).unwrap_or_default()
}
