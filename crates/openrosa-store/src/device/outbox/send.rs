//! Sending what is due, one form after the other.

use std::ops::ControlFlow;

use bytes::Bytes;
use chrono::{DateTime, Utc};
use openrosa_case::Applied;
use openrosa_http::{api::submission::Request, client::Client, transport::Transport};
use sqlx::{Row as _, SqliteConnection};
use url::Url;

use super::{
    Event, File, Outbox, Pause, content,
    outcome::{self, Outcome},
    pause,
};
use crate::{
    device::{Database, Notice, forms},
    error::{Error, Kind},
    lock::Lock,
};

/// What came of sending.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use]
#[expect(clippy::exhaustive_enums, reason = "one sends, or another does")]
pub enum Sending {
    /// Nothing more is due.
    Done(Report),
    /// Somebody else is sending, perhaps another process, and will send what is due.
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
    /// How many forms a person has to look at now.
    pub stopped: u64,
    /// Why nothing more is sent.
    pub paused: Option<Pause>,
    /// When something is due next; `None` where nothing will be, unless a person does something.
    pub next_due: Option<DateTime<Utc>>,
}

/// A form that is being sent.
struct Frozen {
    number: i64,
    file_name: String,
    xml: Bytes,
    files: Vec<File>,
    token: Option<String>,
}

impl Outbox {
    /// Sends what is due until nothing is, or until no form would fare better than the last.
    ///
    /// One at a time sends, among all processes that have the database open. That a form is tried is on the disk before it is, so
    /// nothing is sent while the disk is full. This may be dropped, or the process killed, at any moment: what was under way is
    /// sent again, as it was, and a server knows it by its bytes.
    pub async fn send<T: Transport>(&self, client: &Client<T>, url: &Url) -> Result<Sending, Error> {
        let Some(_alone) = Lock::take(&self.database.path, "sender")? else { return Ok(Sending::Elsewhere) };
        let mut report = Report::default();
        while self.pass(client, url, &mut report).await?.is_continue() {}
        report.paused = self.paused().await?;
        report.next_due = self.next_due().await?;
        Ok(Sending::Done(report))
    }

    /// Tries each form that is due, in their order. There may be more afterwards: time has passed.
    async fn pass<T: Transport>(
        &self,
        client: &Client<T>,
        url: &Url,
        report: &mut Report,
    ) -> Result<ControlFlow<()>, Error> {
        let mut last = None;
        while let Some(form) = self.begin(last.unwrap_or(0)).await? {
            last = Some(form.number);
            self.attempt(client, url, form, report).await?;
        }
        Ok(if last.is_some() { ControlFlow::Continue(()) } else { ControlFlow::Break(()) })
    }

    async fn attempt<T: Transport>(
        &self,
        client: &Client<T>,
        url: &Url,
        form: Frozen,
        report: &mut Report,
    ) -> Result<(), Error> {
        let number = form.number;
        let outcome = match self.fault(&form).await {
            Some(fault) => Outcome::of_file(fault),
            None => {
                report.attempts += 1;
                Outcome::of(&client.submit(url, &self.request(form)?).await)
            }
        };
        let mut tx = self.database.write().await?;
        let applied = match outcome.is_delivery() {
            true => forms::delivered(&mut tx, number, self.database.now()).await?,
            false => Applied::default(),
        };
        let event = outcome::settle(&mut tx, number, &outcome, self.database.now()).await?;
        Database::commit(tx).await?;
        self.database.notices.tell(Notice::of(&applied.changes));
        report.delivered += u64::from(matches!(event, Some(Event::Delivered { .. })));
        report.stopped +=
            u64::from(matches!(event, Some(Event::Quarantined { .. } | Event::Conflict { .. })));
        self.database.posted.tell(event);
        Ok(())
    }

    /// The next form behind `last` that is due; that it is tried is recorded.
    async fn begin(&self, last: i64) -> Result<Option<Frozen>, Error> {
        let now = self.database.now();
        let mut tx = self.database.write().await?;
        if pause::current(&mut tx, now).await?.is_some() {
            return Ok(None);
        }
        // A clock that is now before the last attempt was wrong then, and so is what was made of it.
        let due = "SELECT number FROM outbox_forms
                   WHERE state = 'waiting' AND number > ?1 AND (due_at <= ?2 OR tried_at > ?2) AND waits_for IS NULL
                   ORDER BY number LIMIT 1";
        let due = sqlx::query_scalar(due).bind(last).bind(now.timestamp_micros());
        let Some(number) = due.fetch_optional(&mut *tx).await? else { return Ok(None) };
        let begin = "UPDATE outbox SET attempts = attempts + 1, tried_at = ?, under_way = 1 WHERE number = ?";
        sqlx::query(begin).bind(now.timestamp_micros()).bind(number).execute(&mut *tx).await?;
        let frozen = Frozen::read(&mut tx, number).await?;
        Database::commit(tx).await?;
        self.database.posted.tell(Event::Attempt { number });
        Ok(Some(frozen))
    }

    /// What is wrong with a file that was not copied.
    async fn fault(&self, form: &Frozen) -> Option<String> {
        for file in &form.files {
            if let Some(fault) = content::changed(file).await {
                return Some(fault);
            }
        }
        None
    }

    fn request(&self, form: Frozen) -> Result<Request, Error> {
        let request = Request::new(form.xml).named(form.file_name);
        let request = request.sync_token(form.token.as_deref().unwrap_or_default());
        (1..).zip(&form.files).try_fold(request, |request, (position, file)| {
            let file = content::attachment(&self.database, form.number, position, file);
            request.attach(file).map_err(|taken| Kind::Damaged(taken.to_string()).into())
        })
    }
}

impl Frozen {
    async fn read(db: &mut SqliteConnection, number: i64) -> Result<Self, Error> {
        let missing = || Kind::Damaged(format!("the bytes of form {number} are not there"));
        let form = sqlx::query("SELECT file_name FROM outbox WHERE number = ?").bind(number);
        let file_name = form.fetch_one(&mut *db).await?.try_get("file_name")?;
        let token = sqlx::query_scalar("SELECT token FROM sync").fetch_optional(&mut *db).await?.flatten();
        let xml = content::xml(db, number).await?.ok_or_else(missing)?;
        Ok(Self { number, file_name, xml, files: content::files(db, number).await?, token })
    }
}
