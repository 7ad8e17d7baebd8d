//! Sending what is due, one form after the other.

use std::{ops::ControlFlow, time::Duration};

use chrono::{DateTime, Utc};
use openrosa_case::Applied;
use openrosa_http::{
    api::submission::Request,
    client::{Client, Receipt},
    transport::Transport,
};
use sha2::{Digest as _, Sha256};
use sqlx::{Row as _, SqliteConnection, SqliteTransaction};
use tokio::time::sleep;
use url::Url;

use super::{
    Event, Outbox, Pause, content,
    outcome::{self, Outcome},
    pause,
};
use crate::{
    device::{
        Database, Notice, forms,
        home::{self, Home},
    },
    error::Error,
    lock::Lock,
};

/// The lock of who sends.
const SENDER: &str = "sender";
/// Longer than it takes to ask whether somebody sends.
const MOMENT: Duration = Duration::from_millis(20);

/// What came of sending.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use]
#[expect(clippy::exhaustive_enums, reason = "one sends, or another does")]
pub enum Sending {
    /// Nothing more is due.
    Done(Report),
    /// Somebody else is sending or syncing, perhaps another process, and will send what is due.
    Elsewhere,
}

/// What was sent, and why no more.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Report {
    /// How many times a form was sent.
    pub attempts: u64,
    /// How many forms the server has now.
    pub delivered: u64,
    /// How many of these it could not make use of ([`Form::is_unprocessed`](super::Form::is_unprocessed)).
    pub unprocessed: u64,
    /// How many forms a person has to look at now.
    pub stopped: u64,
    /// Why nothing more is sent.
    pub paused: Option<Pause>,
    /// When something is due next; `None` where nothing will be, unless a person does something.
    pub next_due: Option<DateTime<Utc>>,
}

impl Report {
    /// What was sent after that.
    pub(in crate::device) fn append(&mut self, later: Self) {
        let Self { attempts, delivered, unprocessed, stopped, paused, next_due } = later;
        self.attempts += attempts;
        self.delivered += delivered;
        self.unprocessed += unprocessed;
        self.stopped += stopped;
        (self.paused, self.next_due) = (paused, next_due);
    }
}

/// A form that is being sent.
struct Frozen {
    number: i64,
    file_name: String,
    sha256: Vec<u8>,
    token: Option<String>,
    /// Where the database was at home before this was tried.
    home: Option<Home>,
}

impl Outbox {
    /// Sends what is due until nothing is, or until no form would fare better than the last.
    ///
    /// One at a time sends, among all processes that have the database open. That a form is tried is on the disk before it is, so
    /// nothing is sent while the disk is full. This may be dropped, or the process killed, at any moment: what was under way is
    /// sent again, as it was, and a server knows it by its bytes.
    ///
    /// The first that is sent makes the server, and the user whose credentials the client has for it, the database's
    /// [home](Database::home); to another one nothing goes. Where the way led to no server, or the server did not let its sender in,
    /// that makes no home: the address may have been mistyped.
    pub async fn send<T: Transport>(&self, client: &Client<T>, url: &Url) -> Result<Sending, Error> {
        let Some(alone) = self.alone().await? else { return Ok(Sending::Elsewhere) };
        Ok(Sending::Done(self.send_alone(client, url, &alone).await?))
    }

    /// Whether somebody is sending or syncing at this moment, perhaps another process. A form that is
    /// [under way](super::Form::is_under_way) while nobody is was left so by a program that ended.
    pub fn is_sending(&self) -> Result<bool, Error> {
        Lock::is_held(&self.database.path, SENDER)
    }

    /// The right to send, unless another has it; who only asks whether somebody sends has it for a moment.
    pub(in crate::device) async fn alone(&self) -> Result<Option<Lock>, Error> {
        if let Some(alone) = Lock::take(&self.database.path, SENDER)? {
            return Ok(Some(alone));
        }
        sleep(MOMENT).await;
        Lock::take(&self.database.path, SENDER)
    }

    pub(in crate::device) async fn send_alone<T: Transport>(
        &self,
        client: &Client<T>,
        url: &Url,
        _alone: &Lock,
    ) -> Result<Report, Error> {
        let home = Home::of(client, url);
        self.database.expect_at(&home).await?;
        self.make_up().await?;
        let mut report = Report::default();
        let mut after = self.stumbling().await?;
        while self.pass(client, url, &home, after, &mut report).await?.is_continue() || after > 0 {
            after = 0;
        }
        report.paused = self.paused().await?;
        report.next_due = self.next_due().await?;
        Ok(report)
    }

    /// Tries each form behind `after` that is due, in their order. There may be more afterwards: time has passed.
    async fn pass<T: Transport>(
        &self,
        client: &Client<T>,
        url: &Url,
        home: &Home,
        after: i64,
        report: &mut Report,
    ) -> Result<ControlFlow<()>, Error> {
        let mut last = None;
        // One that met a page: whether that was about this one alone, the next that is delivered tells.
        let mut doubted: Option<(i64, Outcome)> = None;
        while let Some(form) = self.begin(home, last.unwrap_or(after)).await? {
            let (number, before) = (form.number, form.home.clone());
            last = Some(number);
            let outcome = self.attempt(client, url, form, report).await?;
            let outcome = if doubted.is_some() { outcome.of_any_form() } else { outcome };
            self.conclude(number, &outcome, before.as_ref(), report).await?;
            if outcome.is_page() {
                doubted = Some((number, outcome));
            } else if let Some((doubted, page)) = doubted.take_if(|_| outcome.is_delivery()) {
                self.conclude(doubted, &page.of_this_form(), None, report).await?;
            }
        }
        if let Some((_, page)) = doubted
            && self.paused().await?.is_none()
        {
            self.pause(&page).await?;
        }
        Ok(if last.is_some() { ControlFlow::Continue(()) } else { ControlFlow::Break(()) })
    }

    /// The form at which the last two pauses began, to be tried behind the others: the server may be too busy for this one only.
    /// 0 where there is none; after one pause all go in their order. What was tried by a clock that was ahead was not the last.
    async fn stumbling(&self) -> Result<i64, Error> {
        let last = "SELECT number FROM outbox WHERE state = 'waiting' AND tried_at <= ?
                      AND (SELECT strikes FROM outbox_pause) >= 2
                    ORDER BY tried_at DESC LIMIT 1";
        let last = sqlx::query_scalar(last).bind(self.database.now().timestamp_micros());
        let last = last.fetch_optional(&mut *self.database.read().await?).await?;
        Ok(last.unwrap_or_default())
    }

    async fn attempt<T: Transport>(
        &self,
        client: &Client<T>,
        url: &Url,
        form: Frozen,
        report: &mut Report,
    ) -> Result<Outcome, Error> {
        let (number, before) = (form.number, form.home.clone());
        match self.ready(form).await {
            Err(error) => {
                let mut tx = self.write_surely().await?;
                outcome::take_back(&mut tx, number).await?;
                home::keep(&mut tx, before.as_ref()).await?;
                Database::commit(tx).await?;
                Err(error)
            }
            Ok(Err(fault)) => Ok(Outcome::of_file(fault)),
            Ok(Ok(request)) => {
                report.attempts += 1;
                let submitted = client.submit(url, &request).await;
                report.unprocessed += u64::from(submitted.as_ref().is_ok_and(Receipt::is_unprocessed));
                Ok(Outcome::of(&submitted))
            }
        }
    }

    /// Records what came of an attempt, and where the database was at home `before` it. What is proven is kept whatever else cannot
    /// be.
    async fn conclude(
        &self,
        sent: i64,
        outcome: &Outcome,
        before: Option<&Home>,
        report: &mut Report,
    ) -> Result<(), Error> {
        match self.settle(sent, outcome, before, report).await {
            Err(error) if outcome.is_delivery() && !error.is_damaged() => {
                // What is in the log goes where it belongs, and the log begins anew in the room that it has.
                drop(self.database.write().await);
                let begin_anew = sqlx::query("PRAGMA wal_checkpoint(RESTART)");
                let _ = begin_anew.execute(&self.database.writer).await;
                self.keep(sent, outcome, report).await?;
                Err(error)
            }
            Err(_) if outcome.is_delivery() => {
                self.keep(sent, outcome, report).await?;
                self.make_up().await
            }
            settled => settled,
        }
    }

    /// Records a delivery alone.
    async fn keep(&self, sent: i64, outcome: &Outcome, report: &mut Report) -> Result<(), Error> {
        let now = self.database.now();
        let mut tx = self.write_surely().await?;
        let number = outcome::heir(&mut tx, sent, outcome, now).await?;
        let is_settled = outcome::delivered_alone(&mut tx, number, outcome, now).await?;
        let event = is_settled.then_some(Event::Delivered { number });
        self.database.commit_and_tell(tx, None, event).await?;
        report.delivered += u64::from(is_settled);
        Ok(())
    }

    /// Does what could not be done when a delivery was recorded. What is damaged stays as it is, and what there is no room for is
    /// done another time: no form waits for that.
    async fn make_up(&self) -> Result<(), Error> {
        let unfinished = outcome::unfinished(&mut *self.database.read().await?).await;
        for number in possible(unfinished)?.unwrap_or_default() {
            for with_bytes in [true, false] {
                let mut tx = self.write_surely().await?;
                let made_up = possible(outcome::make_up(&mut tx, number, with_bytes).await)?;
                if made_up.is_some() && possible(Database::commit(tx).await)?.is_some() {
                    break;
                }
            }
        }
        Ok(())
    }

    async fn settle(
        &self,
        sent: i64,
        outcome: &Outcome,
        before: Option<&Home>,
        report: &mut Report,
    ) -> Result<(), Error> {
        let mut tx = self.write_surely().await?;
        let number = match outcome.is_delivery() {
            true => outcome::heir(&mut tx, sent, outcome, self.database.now()).await?,
            false => sent,
        };
        let applied = match outcome.is_delivery() {
            true => forms::delivered(&mut tx, number, self.database.now()).await?,
            false => Applied::default(),
        };
        if outcome.has_met_nobody() {
            // By a slip of the keyboard, perhaps: that is nobody's home.
            home::keep(&mut tx, before).await?;
        }
        let event = outcome::settle(&mut tx, number, outcome, self.database.now()).await?;
        let is_delivered = matches!(event, Some(Event::Delivered { .. }));
        let is_stopped = matches!(event, Some(Event::Quarantined { .. } | Event::Conflict { .. }));
        self.database.commit_and_tell(tx, Notice::of(&applied.changes), event).await?;
        report.delivered += u64::from(is_delivered);
        report.stopped += u64::from(is_stopped);
        Ok(())
    }

    /// Pauses for a page that no form got past.
    async fn pause(&self, page: &Outcome) -> Result<(), Error> {
        let mut tx = self.write_surely().await?;
        let pause = outcome::block(&mut tx, page, self.database.now()).await?;
        self.database.commit_and_tell(tx, None, Some(Event::Paused(pause))).await
    }

    /// However long another process writes: what a server has said is not forgotten for that.
    async fn write_surely(&self) -> Result<SqliteTransaction<'static>, Error> {
        loop {
            match self.database.write().await {
                Err(error) if error.is_busy() => {}
                begun => return begun,
            }
        }
    }

    /// The next form behind `last` that is due; that it is tried is recorded, and where.
    async fn begin(&self, home: &Home, last: i64) -> Result<Option<Frozen>, Error> {
        let now = self.database.now();
        let mut tx = self.database.write().await?;
        if pause::current(&mut tx, now).await?.is_some() {
            return Ok(None);
        }
        // A clock that is now before the last attempt was wrong then, and so is what was made of it; and so it may have been
        // when a form was added that was not tried yet.
        let due = "SELECT number FROM outbox_forms
                   WHERE state = 'waiting' AND number > ?1 AND waits_for IS NULL
                     AND (due_at <= ?2 OR tried_at IS NULL OR tried_at > ?2)
                   ORDER BY number LIMIT 1";
        let due = sqlx::query_scalar(due).bind(last).bind(now.timestamp_micros());
        let Some(number) = due.fetch_optional(&mut *tx).await? else { return Ok(None) };
        // One that is under way now was left so, and nobody knows what came of that.
        let begin = "UPDATE outbox SET attempts = attempts + 1, tried_at = ?1, due_at = min(due_at, ?1),
                                       uncertain = uncertain OR under_way, under_way = 1
                     WHERE number = ?2";
        sqlx::query(begin).bind(now.timestamp_micros()).bind(number).execute(&mut *tx).await?;
        outcome::make_room(&mut tx, number).await?;
        let before = home::settle(&mut tx, home).await?;
        let frozen = Frozen::read(&mut tx, number, before).await?;
        self.database.commit_and_tell(tx, None, Some(Event::Attempt { number })).await?;
        Ok(Some(frozen))
    }

    /// The form as it goes out, or what is wrong with its bytes or its files: a place on the disk that is damaged, or cannot be
    /// read, is where this form is, and holds back no other.
    async fn ready(&self, form: Frozen) -> Result<Result<Request, String>, Error> {
        let mut reader = self.database.readers.acquire().await?;
        match self.gather(form, &mut reader).await {
            Err(error) if !error.is_busy() && !error.is_full() => {
                Ok(Err(format!("its bytes, or those of a copied file of it, cannot be read: {error}")))
            }
            gathered => gathered,
        }
    }

    async fn gather(
        &self,
        form: Frozen,
        reader: &mut SqliteConnection,
    ) -> Result<Result<Request, String>, Error> {
        // Not in the transaction that begins the attempt: what it meets that is damaged would end it.
        let Some(xml) = content::xml(reader, form.number).await? else {
            return Ok(Err("its bytes are not there any more".to_owned()));
        };
        if Sha256::digest(&xml).as_slice() != form.sha256 {
            return Ok(Err("its bytes are not what they were when it was added".to_owned()));
        }
        let request = Request::new(xml).named(form.file_name);
        let mut request = request.sync_token(form.token.as_deref().unwrap_or_default());
        let files = content::files(reader, form.number).await?;
        if let Some(fault) = content::lost(reader, form.number, &files).await? {
            return Ok(Err(fault));
        }
        for (position, file) in (1..).zip(&files) {
            if let Some(fault) = content::fault(reader, form.number, position, file).await? {
                return Ok(Err(fault));
            }
            let file = content::attachment(&self.database, form.number, position, file);
            request = match request.attach(file) {
                Ok(request) => request,
                Err(taken) => return Ok(Err(format!("several of its files are called `{}`", taken.name))),
            };
        }
        Ok(Ok(request))
    }
}

/// `None` where the disk is damaged, or full.
fn possible<T>(done: Result<T, Error>) -> Result<Option<T>, Error> {
    match done {
        Err(error) if error.is_damaged() || error.is_full() => Ok(None),
        done => done.map(Some),
    }
}

impl Frozen {
    async fn read(db: &mut SqliteConnection, number: i64, home: Option<Home>) -> Result<Self, Error> {
        // The token says that the device knows what the form does: the server would not send it.
        let form = "SELECT file_name, sha256,
                           (SELECT token FROM sync WHERE effect IN ('pending', 'applied')) AS token
                    FROM outbox WHERE number = ?";
        let form = sqlx::query(form).bind(number).fetch_one(&mut *db).await?;
        let (file_name, sha256) = (form.try_get("file_name")?, form.try_get("sha256")?);
        Ok(Self { number, file_name, sha256, token: form.try_get("token")?, home })
    }
}
