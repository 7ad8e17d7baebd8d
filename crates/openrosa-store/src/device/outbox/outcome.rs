//! What came of an attempt, and what that does to the form and to the outbox.

use std::time::Duration;

use chrono::{DateTime, FixedOffset, Utc};
use openrosa_http::{
    api::submission::{Response, Said as Words},
    client::{Error as SendError, Instead, Receipt, Unanswerable, Verdict},
    headers::Announced,
};
use sqlx::{SqliteConnection, SqliteTransaction};

use super::{Event, Pause, Reason, State, content, delay, pause};
use crate::device::standing;
use crate::error::Error;

/// What came of an attempt.
#[derive(Debug)]
pub(super) struct Outcome {
    fate: Fate,
    said: Said,
    /// Nobody knows whether the server has the form now.
    is_uncertain: bool,
    /// It has the form, without all of its files.
    is_in_part: bool,
    has_met_nobody: bool,
}

/// What that means.
#[derive(Debug, PartialEq, Eq)]
enum Fate {
    Delivered,
    /// It goes again, later: the server does not have it, or nobody knows.
    Again {
        after: Option<Duration>,
    },
    /// A person has to look at it.
    Stopped(State),
    /// A gateway answered with a page of its own, so the server was not reached: because of this form, or would others fare no
    /// better?
    Page,
    /// No form would have fared better, so this one has not been tried.
    Paused {
        reason: Reason,
        after: Option<Duration>,
    },
}

/// What was said.
#[derive(Debug)]
struct Said {
    status: Option<u16>,
    nature: Option<String>,
    words: String,
}

impl Outcome {
    /// Whether the server has the form.
    pub(super) const fn is_delivery(&self) -> bool {
        matches!(self.fate, Fate::Delivered)
    }

    /// Whether no server has taken anything of the form that knows who sent it: nothing was sent, the way led nowhere or to what
    /// shows nothing of OpenRosa, or the sender was not let in.
    pub(super) const fn has_met_nobody(&self) -> bool {
        self.has_met_nobody
    }

    pub(super) fn of(result: &Result<Receipt, SendError>) -> Self {
        match result {
            Ok(receipt) => Self {
                fate: of_receipt(receipt),
                said: Said::of_receipt(receipt),
                is_uncertain: receipt.verdict() == Verdict::Unknown,
                is_in_part: false,
                has_met_nobody: is_of_nobody(receipt),
            },
            Err(error) => Self {
                fate: of_error(error),
                said: Said::of_error(error),
                is_uncertain: error.verdict() == Verdict::Unknown,
                is_in_part: error.is_in_part(),
                has_met_nobody: met_nobody(error),
            },
        }
    }

    /// Whether it met a page, and nothing tells yet whether others would.
    pub(super) const fn is_page(&self) -> bool {
        matches!(self.fate, Fate::Page)
    }

    /// A page that is not about this form alone.
    pub(super) fn of_any_form(self) -> Self {
        match self.fate {
            Fate::Page => Self { fate: Fate::Paused { reason: Reason::Blocked, after: None }, ..self },
            _ => self,
        }
    }

    /// A page that another form got past.
    pub(super) fn of_this_form(self) -> Self {
        Self { fate: Fate::Again { after: None }, ..self }
    }

    /// Nothing was sent, as something is wrong with a file.
    pub(super) fn of_file(words: String) -> Self {
        let said = Said { status: None, nature: None, words };
        let fate = Fate::Stopped(State::Quarantined);
        Self { fate, said, is_uncertain: false, is_in_part: false, has_met_nobody: true }
    }
}

fn of_receipt(receipt: &Receipt) -> Fate {
    match receipt.is_delivered() {
        true => Fate::Delivered,
        false => Fate::Again { after: None },
    }
}

/// What concerns every form comes first: then nothing was decided about this one.
fn of_error(error: &SendError) -> Fate {
    let after = error.retry_after();
    match error.verdict() {
        _ if error.is_auth() => Fate::Paused { reason: Reason::Unauthorized, after },
        _ if error.is_inactive() => Fate::Paused { reason: Reason::Inactive, after },
        _ if error.is_busy() => Fate::Paused { reason: Reason::Busy, after },
        Verdict::TryAgain { .. } if error.untrusted().is_some() => {
            Fate::Paused { reason: Reason::Blocked, after }
        }
        Verdict::TryAgain { .. } if is_page(error) => Fate::Page,
        Verdict::TryAgain { .. } if error.is_transport() => Fate::Paused { reason: Reason::Offline, after },
        Verdict::TryAgain { .. } if error.response().is_none() => {
            Fate::Paused { reason: Reason::Blocked, after }
        }
        _ if error.is_conflict() => Fate::Stopped(State::Conflict),
        Verdict::Refused => Fate::Stopped(State::Quarantined),
        _ => Fate::Again { after },
    }
}

/// 201 alone is said by some that have a form. What else comes without an envelope is said by any server on the way.
fn is_of_nobody(receipt: &Receipt) -> bool {
    match receipt {
        Receipt::Unconfirmed(said) => said.instead != Instead::Envelope && said.status.as_u16() != 201,
        _ => false,
    }
}

/// Where the line broke when all was sent, a server may have it.
fn met_nobody(error: &SendError) -> bool {
    let is_signed = |response: &Response| {
        response.version != Announced::Absent || matches!(response.said, Words::Envelope(_))
    };
    let has_met = match error.response() {
        _ if error.is_auth() || error.is_inactive() => false,
        Some(response) => is_signed(response),
        None => error.verdict() == Verdict::Unknown,
    };
    !has_met && !error.is_in_part()
}

/// Whether a gateway turned the POST away: not the way to the server, nor HEAD before the form.
fn is_page(error: &SendError) -> bool {
    let is_refusal = error.status().is_some_and(|status| !status.is_success());
    error.is_captive_portal() && is_refusal && !error.is_of_the_network()
}

impl Said {
    fn of_receipt(receipt: &Receipt) -> Self {
        let status = match receipt {
            Receipt::Stored(_) => 201,
            Receipt::Accepted(_) => 202,
            Receipt::Unconfirmed(unconfirmed) => unconfirmed.status.as_u16(),
            _ => 200,
        };
        let words = match receipt {
            Receipt::Unconfirmed(unconfirmed) => unconfirmed.to_string(),
            _ => receipt.message().unwrap_or_default().to_owned(),
        };
        Self { status: Some(status), nature: receipt.nature().map(str::to_owned), words }
    }

    fn of_error(error: &SendError) -> Self {
        let is_kept_back = matches!(error.unanswerable(), Some(Unanswerable::BasicOverHttp));
        Self {
            // A portal's status is in its words: the server has said nothing.
            status: error.response().map(|response| response.status.as_u16()),
            nature: error.response().and_then(|response| response.nature()).map(str::to_owned),
            // The server does not know that a password was kept back here.
            words: error.message().filter(|_| !is_kept_back).unwrap_or_else(|| error.to_string()),
        }
    }
}

/// Records what came of an attempt, and says what has happened.
pub(super) async fn settle(
    tx: &mut SqliteTransaction<'_>,
    number: i64,
    outcome: &Outcome,
    now: DateTime<FixedOffset>,
) -> Result<Option<Event>, Error> {
    match outcome.fate {
        Fate::Delivered => {
            let settled = delivered(tx, number, outcome, now).await?;
            Ok(settled.then_some(Event::Delivered { number }))
        }
        Fate::Again { after } => again(tx, number, after, outcome, now).await,
        Fate::Stopped(state) => {
            let stopped = told(tx, number, state, None, outcome, now).await?;
            Ok(stopped.then_some(match state {
                State::Conflict => Event::Conflict { number },
                _ => Event::Quarantined { number },
            }))
        }
        Fate::Page => {
            untried(tx, number, outcome, now).await?;
            Ok(None)
        }
        Fate::Paused { reason, after } => {
            untried(tx, number, outcome, now).await?;
            let pause = paused(tx, reason, after, &outcome.said, now).await?;
            Ok(Some(Event::Paused(pause)))
        }
    }
}

/// The form that stands for one whose delivery is proven: itself, or where a person gave it up on its way and added the same again,
/// that one, which would be sent a second time otherwise. The one given up keeps what was said.
pub(super) async fn heir(
    tx: &mut SqliteTransaction<'_>,
    number: i64,
    outcome: &Outcome,
    now: DateTime<FixedOffset>,
) -> Result<i64, Error> {
    let same =
        "SELECT again.number FROM outbox AS given_up JOIN outbox AS again USING (instance_id, sha256, files)
                WHERE given_up.number = ?1 AND given_up.state = 'dropped' AND again.state = 'waiting'
                  AND NOT EXISTS (SELECT name, sha256 FROM outbox_files WHERE form = ?1
                                  EXCEPT SELECT name, sha256 FROM outbox_files WHERE form = again.number)";
    let Some(heir) = sqlx::query_scalar(same).bind(number).fetch_optional(&mut **tx).await? else {
        return Ok(number);
    };
    told(tx, number, State::Dropped, None, outcome, now).await?;
    Ok(heir)
}

/// The server has the form, even if a person gave it up while it was on its way: its bytes go, and what waited for it waits no
/// more. Only where another of its `instanceID` was added since, it stays given up, and it is kept what was said.
async fn delivered(
    tx: &mut SqliteTransaction<'_>,
    number: i64,
    outcome: &Outcome,
    now: DateTime<FixedOffset>,
) -> Result<bool, Error> {
    let is_settled = proven(tx, number, outcome, now).await?;
    content::remove(tx, number).await?;
    release(tx, number).await?;
    pause::end(tx).await?;
    Ok(is_settled)
}

/// That the server has the form, which writes next to nothing.
async fn proven(
    tx: &mut SqliteTransaction<'_>,
    number: i64,
    outcome: &Outcome,
    now: DateTime<FixedOffset>,
) -> Result<bool, Error> {
    let said = &outcome.said;
    let settle = "UPDATE OR IGNORE outbox
                  SET state = 'delivered', under_way = 0, uncertain = 0, in_part = 0,
                      told_at = ?, status = ?, nature = ?, words = ?
                  WHERE number = ?";
    let settle = sqlx::query(settle)
        .bind(now.timestamp_micros())
        .bind(said.status)
        .bind(&said.nature)
        .bind(&said.words)
        .bind(number);
    let is_settled = settle.execute(&mut **tx).await?.rows_affected() > 0;
    if !is_settled {
        told(tx, number, State::Dropped, None, outcome, now).await?;
    }
    Ok(is_settled)
}

/// Records a delivery alone, where there is room for no more or what is to go with it is damaged: the rest is [made up](make_up)
/// for. What the form was to do here comes with a restore.
pub(super) async fn delivered_alone(
    tx: &mut SqliteTransaction<'_>,
    number: i64,
    outcome: &Outcome,
    now: DateTime<FixedOffset>,
) -> Result<bool, Error> {
    let is_settled = proven(tx, number, outcome, now).await?;
    let declined = "UPDATE outbox SET effect = 'declined' WHERE number = ? AND effect = 'pending'";
    if sqlx::query(declined).bind(number).execute(&mut **tx).await?.rows_affected() > 0 {
        standing::forget_token(tx).await?;
    }
    Ok(is_settled)
}

/// Writes once what the record of a delivery will write, and as it was again: the log has the room for it then, also where the disk
/// has none any more when the server answers.
pub(super) async fn make_room(tx: &mut SqliteTransaction<'_>, number: i64) -> Result<(), Error> {
    for state in [State::Delivered, State::Waiting] {
        let set = sqlx::query("UPDATE outbox SET state = ? WHERE number = ?");
        set.bind(state.word()).bind(number).execute(&mut **tx).await?;
    }
    sqlx::query("UPDATE sync SET token = token").execute(&mut **tx).await?;
    Ok(())
}

/// The forms that are delivered and of which the bytes are here, or others wait for them.
pub(super) async fn unfinished(db: &mut SqliteConnection) -> Result<Vec<i64>, Error> {
    let unfinished =
        "SELECT DISTINCT number FROM outbox_touches JOIN outbox ON number = form WHERE state = 'delivered'";
    Ok(sqlx::query_scalar(unfinished).fetch_all(db).await?)
}

/// What a delivery brings with it beside its record. Bytes that lie where the disk is damaged are left there.
pub(super) async fn make_up(db: &mut SqliteConnection, number: i64, with_bytes: bool) -> Result<(), Error> {
    if with_bytes {
        content::remove(db, number).await?;
    }
    release(db, number).await
}

/// Lets go what a form held back.
pub(super) async fn release(db: &mut SqliteConnection, number: i64) -> Result<(), Error> {
    sqlx::query("DELETE FROM outbox_touches WHERE form = ?").bind(number).execute(db).await?;
    Ok(())
}

async fn again(
    tx: &mut SqliteTransaction<'_>,
    number: i64,
    after: Option<Duration>,
    outcome: &Outcome,
    now: DateTime<FixedOffset>,
) -> Result<Option<Event>, Error> {
    let attempts: u32 = sqlx::query_scalar("SELECT attempts FROM outbox WHERE number = ?")
        .bind(number)
        .fetch_one(&mut **tx)
        .await?;
    let until = delay::next(now, attempts, after);
    let told = told(tx, number, State::Waiting, Some(until), outcome, now).await?;
    Ok(told.then_some(Event::Waiting { number, until }))
}

/// The attempt was none, unless the server has a part of the form since.
async fn untried(
    tx: &mut SqliteTransaction<'_>,
    number: i64,
    outcome: &Outcome,
    now: DateTime<FixedOffset>,
) -> Result<(), Error> {
    told(tx, number, State::Waiting, None, outcome, now).await?;
    if !outcome.is_in_part {
        take_back(tx, number).await?;
    }
    Ok(())
}

/// The attempt was none.
pub(super) async fn take_back(tx: &mut SqliteTransaction<'_>, number: i64) -> Result<(), Error> {
    let back = "UPDATE outbox SET attempts = max(attempts - 1, 0), under_way = 0 WHERE number = ?";
    sqlx::query(back).bind(number).execute(&mut **tx).await?;
    Ok(())
}

/// Records what was said of a form, and says whether that puts it where it stands now: one that a person gave up meanwhile stays so.
async fn told(
    tx: &mut SqliteTransaction<'_>,
    number: i64,
    state: State,
    due: Option<DateTime<Utc>>,
    outcome: &Outcome,
    now: DateTime<FixedOffset>,
) -> Result<bool, Error> {
    let said = &outcome.said;
    let settle = "UPDATE outbox
                  SET state = CASE state WHEN 'dropped' THEN state ELSE ?1 END, due_at = coalesce(?2, due_at),
                      under_way = 0, uncertain = uncertain OR ?3, in_part = in_part OR ?4,
                      told_at = ?5, status = ?6, nature = ?7, words = ?8
                  WHERE number = ?9
                  RETURNING state = ?1";
    let settle = sqlx::query_scalar(settle)
        .bind(state.word())
        .bind(due.map(|due| due.timestamp_micros()))
        .bind(outcome.is_uncertain)
        .bind(outcome.is_in_part)
        .bind(now.timestamp_micros())
        .bind(said.status)
        .bind(&said.nature)
        .bind(&said.words)
        .bind(number);
    Ok(settle.fetch_one(&mut **tx).await?)
}

/// Pauses the outbox for what a form met that was recorded before.
pub(super) async fn block(
    tx: &mut SqliteTransaction<'_>,
    page: &Outcome,
    now: DateTime<FixedOffset>,
) -> Result<Pause, Error> {
    paused(tx, Reason::Blocked, None, &page.said, now).await
}

/// Pauses the outbox: for longer each time, unless something is delivered in between; without end where only a person can help.
async fn paused(
    tx: &mut SqliteTransaction<'_>,
    reason: Reason,
    after: Option<Duration>,
    said: &Said,
    now: DateTime<FixedOffset>,
) -> Result<Pause, Error> {
    let strikes = pause::strikes(tx).await?.saturating_add(1);
    let until = reason.passes().then(|| delay::next(now, strikes, after));
    let pause = Pause { reason, words: said.words.clone(), since: now.to_utc(), until };
    pause::begin(tx, &pause, strikes).await?;
    Ok(pause)
}
