//! The outbox: forms that wait for their server, and what becomes of them.
//!
//! A form is kept, byte for byte and with its files, before it is first sent, and until the server's answer proves that it has
//! it. Forms go in the order in which they were added where that matters: one waits for every form ahead of it that changes a case
//! which it changes or points at, or that it is an edit of. All others pass each other, so one that is stuck holds back only what
//! builds upon it.

pub(super) mod content;
pub(super) mod delay;
mod event;
mod form;
pub(super) mod freeze;
mod new;
pub(super) mod outcome;
mod pause;
mod send;
mod state;
mod stuck;

use chrono::{DateTime, FixedOffset, Utc};
use openrosa_http::api::submission::is_trouble;
use sqlx::{Row as _, SqliteConnection};
use tokio::sync::broadcast;

use super::{Database, record::moment, standing};
use crate::{device::DeviceKind, error::Error};

pub use event::Event;
pub use form::{File, Form, Told, Whole};
pub use freeze::Added;
pub use new::{NewFile, NewForm};
pub use pause::{Pause, Reason};
pub use send::{Report, Sending};
pub use state::{NoState, State};

/// How much of a file is in one row, and in memory at a time.
const CHUNK: usize = 256 * 1024;

/// The outbox of a [`Database`].
///
/// *Spec:* openrosa.md 2.4 to 2.6, ota-restore.md 1.9.
///
/// ```
/// use http::{Request, Response};
/// use openrosa_http::{client::Client, headers::AcceptLength, transport::Body};
/// use openrosa_store::device::{Database, outbox::{NewForm, Sending, State}};
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let folder = tempfile::tempdir()?;
/// # let path = folder.path().join("device.db");
/// let database = Database::open(&path).await?;
/// let form = "<data id='visit'><meta><instanceID>uuid:1</instanceID></meta></data>";
/// let added = database.outbox().add(&NewForm::new(form)?).await?;
///
/// // Stands for a server.
/// let server = async |_: Request<Body>| {
///     let saved = "<OpenRosaResponse xmlns='http://openrosa.org/http/response'><message>Saved.</message></OpenRosaResponse>";
///     Ok(Response::builder().status(201).body(Body::from(saved)).unwrap())
/// };
/// let client = Client::new(server).without_preflight(AcceptLength::DEFAULT);
/// let Sending::Done(report) = database.outbox().send(&client, &"https://odk.example/submission".parse()?).await? else {
///     return Ok(()); // Another process is sending.
/// };
/// assert_eq!(report.delivered, 1);
/// assert_eq!(database.outbox().show(added.number).await?.unwrap().form.state, State::Delivered);
/// # Ok(()) }
/// ```
#[derive(Clone, Debug)]
pub struct Outbox {
    database: Database,
}

/// How many forms stand where.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Counts {
    /// Those that wait, whatever for.
    pub waiting: u64,
    /// Those of them that wait for a form ahead of them.
    pub held_back: u64,
    /// Those of them that go only after a person has looked at one ahead of them.
    pub stuck: u64,
    /// Those that the server will not have as they are.
    pub quarantined: u64,
    /// Those of which the server has another.
    pub conflict: u64,
    /// Those that the server has.
    pub delivered: u64,
    /// Those of them that it could not make use of ([`Form::is_unprocessed`]).
    pub unprocessed: u64,
    /// Those that a person gave up.
    pub dropped: u64,
}

impl Database {
    /// The forms that wait for their server.
    #[must_use]
    pub fn outbox(&self) -> Outbox {
        Outbox { database: self.clone() }
    }
}

impl Outbox {
    /// Keeps a form and its files as they are now. It is on the disk when this returns. Cases here stay as they are; see
    /// [`Database::submit`].
    ///
    /// A form that is there already, with the same bytes and the same files, is that form, also when it was delivered since. One
    /// that has its `instanceID` and is another is an error, also where it is of another blank form: CommCare HQ would take it for an
    /// edit of that one (openrosa.md 2.5).
    pub async fn add(&self, form: &NewForm) -> Result<Added, Error> {
        let mut tx = self.database.write().await?;
        let added = freeze::freeze(&mut tx, form, self.database.now()).await?;
        self.database.commit_and_tell(tx, None, added.event()).await?;
        Ok(added)
    }

    /// Up to `most` forms behind the form `after`, in their order: those in one state, or all.
    pub async fn list(&self, state: Option<State>, after: i64, most: u32) -> Result<Vec<Form>, Error> {
        let list = "SELECT * FROM outbox_forms WHERE number > ?1 AND (?2 IS NULL OR state = ?2) ORDER BY number LIMIT ?3";
        let list = sqlx::query(list).bind(after).bind(state.map(State::word)).bind(most);
        let mut db = self.database.read().await?;
        let now = self.database.now();
        let forms = list.fetch_all(&mut *db).await?;
        let forms: Result<Vec<_>, _> = forms.iter().map(|row| Form::of(row, now)).collect();
        stuck::tell(&mut db, forms?).await
    }

    /// A form with its bytes, and what its files are.
    pub async fn show(&self, number: i64) -> Result<Option<Whole>, Error> {
        whole(&mut *self.database.read().await?, number, self.database.now()).await
    }

    /// How many forms stand where.
    pub async fn counts(&self) -> Result<Counts, Error> {
        let count = "SELECT state, count(*) AS forms, count(waits_for) AS held_back,
                            sum(number IN (SELECT form FROM outbox_stuck)) AS stuck
                     FROM outbox_forms GROUP BY state";
        let mut db = self.database.read().await?;
        let mut counts = Counts { unprocessed: unprocessed(&mut db).await?, ..Counts::default() };
        for row in sqlx::query(count).fetch_all(&mut *db).await? {
            let number = |name| row.try_get::<i64, _>(name).map(i64::unsigned_abs);
            let forms = number("forms")?;
            match row.try_get::<String, _>("state")?.parse() {
                Ok(State::Waiting) => {
                    counts.waiting = forms;
                    (counts.held_back, counts.stuck) = (number("held_back")?, number("stuck")?);
                }
                Ok(State::Quarantined) => counts.quarantined = forms,
                Ok(State::Conflict) => counts.conflict = forms,
                Ok(State::Delivered) => counts.delivered = forms,
                Ok(State::Dropped) => counts.dropped = forms,
                Err(_) => {}
            }
        }
        Ok(counts)
    }

    /// Wants a form tried again, now: one that a person has looked at, or one that waits for its time. A form ahead of it still
    /// holds it back.
    pub async fn retry(&self, number: i64) -> Result<(), Error> {
        let mut tx = self.database.write().await?;
        undelivered(&mut tx, number).await?;
        let retry =
            "UPDATE outbox SET state = 'waiting', attempts = 0, due_at = min(due_at, ?) WHERE number = ?";
        let retry = sqlx::query(retry).bind(self.database.now().timestamp_micros()).bind(number);
        retry.execute(&mut *tx).await?;
        self.database.commit_and_tell(tx, None, Some(Event::Retried { number })).await
    }

    /// Gives a form up that is not delivered, with its files, and says what is lost by that: these bytes are nowhere else, unless
    /// the form [may have arrived](Form::may_have_arrived).
    ///
    /// Forms that waited for it are sent then, whatever the server makes of them without it. Should it be on its way at this
    /// moment and arrive, it is delivered after all. What it did to the cases here stays until the next restore, which is a full
    /// one then.
    pub async fn drop(&self, number: i64) -> Result<Whole, Error> {
        match self.give_up(number, true).await {
            // What lies where the file is damaged can neither be read nor removed, and is left there.
            Err(error) if error.is_damaged() => self.give_up(number, false).await,
            given_up => given_up,
        }
    }

    async fn give_up(&self, number: i64, with_bytes: bool) -> Result<Whole, Error> {
        let mut tx = self.database.write().await?;
        undelivered(&mut tx, number).await?;
        let mut lost =
            known(&mut tx, number, self.database.now()).await?.ok_or(DeviceKind::NoSuchForm { number })?;
        if with_bytes {
            lost.xml = content::xml(&mut tx, number).await?;
            content::remove(&mut tx, number).await?;
        }
        let give_up = "UPDATE outbox SET state = 'dropped' WHERE number = ? RETURNING effect IN ('applied', 'declined')";
        if sqlx::query_scalar(give_up).bind(number).fetch_one(&mut *tx).await? {
            standing::forget_token(&mut tx).await?;
        }
        outcome::release(&mut tx, number).await?;
        self.database.commit_and_tell(tx, None, Some(Event::Dropped { number })).await?;
        Ok(lost)
    }

    /// Why nothing is sent for now.
    pub async fn paused(&self) -> Result<Option<Pause>, Error> {
        pause::current(&mut *self.database.read().await?, self.database.now()).await
    }

    /// Lifts a pause: the network is back, the credentials are right, or a person does not want to wait.
    pub async fn resume(&self) -> Result<(), Error> {
        let mut tx = self.database.write().await?;
        let was_paused = pause::lift(&mut tx).await?;
        self.database.commit_and_tell(tx, None, was_paused.then_some(Event::Resumed)).await
    }

    /// Makes every form due now that waits for its time, and lifts a pause.
    pub async fn hurry(&self) -> Result<(), Error> {
        let mut tx = self.database.write().await?;
        let was_paused = hurry(&mut tx, self.database.now()).await?;
        self.database.commit_and_tell(tx, None, was_paused.then_some(Event::Resumed)).await
    }

    /// When [`send`](Self::send) has something to do next; `None` where it will not, unless a person does something.
    pub async fn next_due(&self) -> Result<Option<DateTime<Utc>>, Error> {
        let now = self.database.now();
        let mut tx = self.database.read().await?;
        let due =
            "SELECT min(CASE WHEN tried_at <= ?1 THEN due_at ELSE min(due_at, ?1) END) FROM outbox_forms
                   WHERE state = 'waiting' AND waits_for IS NULL";
        let due: Option<i64> =
            sqlx::query_scalar(due).bind(now.timestamp_micros()).fetch_one(&mut *tx).await?;
        let Some(due) = due.map(moment).transpose()? else { return Ok(None) };
        Ok(match pause::current(&mut tx, now).await? {
            None => Some(due),
            Some(pause) => pause.until.map(|until| until.max(due)),
        })
    }

    /// What happens from now on, through this database or its clones. What other processes do is not told.
    #[must_use]
    pub fn events(&self) -> broadcast::Receiver<Event> {
        self.database.posted.listen()
    }
}

/// Makes every form due that waits for its time, and lifts the pause; whether there was one.
pub(super) async fn hurry(db: &mut SqliteConnection, now: DateTime<FixedOffset>) -> Result<bool, Error> {
    let hurry = "UPDATE outbox SET due_at = min(due_at, ?) WHERE state = 'waiting'";
    sqlx::query(hurry).bind(now.timestamp_micros()).execute(&mut *db).await?;
    pause::lift(db).await
}

/// How many of those that the server has it could not make use of. Most often it says `submit_success`, and nobody looks closer.
async fn unprocessed(db: &mut SqliteConnection) -> Result<u64, Error> {
    let natures = "SELECT nature, coalesce(words, '') AS words, count(*) AS forms FROM outbox
                   WHERE state = 'delivered' AND nature <> 'submit_success' GROUP BY 1, 2";
    let mut unprocessed = 0;
    for row in sqlx::query(natures).fetch_all(db).await? {
        if is_trouble(row.try_get("nature")?, row.try_get("words")?) {
            unprocessed += row.try_get::<i64, _>("forms")?.unsigned_abs();
        }
    }
    Ok(unprocessed)
}

async fn whole(
    db: &mut SqliteConnection,
    number: i64,
    now: DateTime<FixedOffset>,
) -> Result<Option<Whole>, Error> {
    let Some(mut whole) = known(db, number, now).await? else { return Ok(None) };
    whole.xml = match content::xml(db, number).await {
        Err(error) if error.is_damaged() => None,
        read => read?,
    };
    Ok(Some(whole))
}

/// A form and its files, without its bytes.
async fn known(
    db: &mut SqliteConnection,
    number: i64,
    now: DateTime<FixedOffset>,
) -> Result<Option<Whole>, Error> {
    let form = sqlx::query("SELECT * FROM outbox_forms WHERE number = ?").bind(number);
    let Some(row) = form.fetch_optional(&mut *db).await? else { return Ok(None) };
    let files = content::files(db, number).await?;
    let form = stuck::tell(db, vec![Form::of(&row, now)?]).await?.pop();
    Ok(form.map(|form| Whole { form, xml: None, files }))
}

/// Fails for a form that is not there, or of which nothing more becomes.
async fn undelivered(db: &mut SqliteConnection, number: i64) -> Result<(), Error> {
    let state = sqlx::query_scalar("SELECT state FROM outbox WHERE number = ?").bind(number);
    let state: Option<String> = state.fetch_optional(db).await?;
    match state.map(|state| state.parse::<State>()) {
        None => Err(DeviceKind::NoSuchForm { number }.into()),
        Some(Ok(state)) if state.is_final() => Err(DeviceKind::Settled { number, state }.into()),
        Some(_) => Ok(()),
    }
}

#[cfg(test)]
mod tests;
