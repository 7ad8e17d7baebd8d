//! A form of the outbox, as its rows tell it.

use bytes::Bytes;
use chrono::{DateTime, FixedOffset, Utc};
use openrosa_http::api::submission::is_trouble;
use sqlx::{Row as _, sqlite::SqliteRow};

use super::State;
use crate::{
    device::record::moment,
    error::{Error, Kind},
};

/// A form of the outbox, without its bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Form {
    /// Its place in the order in which forms were added.
    pub number: i64,
    /// Its `instanceID`, without white space around it.
    pub instance_id: String,
    /// The blank form that it belongs to: its id, or its namespace.
    pub form_id: Option<String>,
    /// What the form's own file is called.
    pub file_name: String,
    /// Its size in bytes, without its files.
    pub size: u64,
    /// The SHA-256 of its bytes.
    pub sha256: [u8; 32],
    /// When it was added.
    pub added_at: DateTime<Utc>,
    /// Where it stands.
    pub state: State,
    /// How often it was tried since it was added, or since a person last wanted it tried again. What no server has seen does not
    /// count.
    pub attempts: u32,
    /// Not before this moment is it tried (again).
    pub due_at: DateTime<Utc>,
    /// The first form ahead of it that has to be delivered, or dropped, before it is tried.
    pub waits_for: Option<i64>,
    /// The form that this one waits for, be it through others, and that a person has to look at first.
    pub stuck_behind: Option<i64>,
    /// An attempt has begun, and what came of it is not known: it is being sent, or the program was killed while it was. Which
    /// of both, [`Outbox::is_sending`](super::Outbox::is_sending) says.
    pub is_under_way: bool,
    /// An attempt has ended of which nobody knows what came of it. An answer to another one since says nothing of that one, unless
    /// it proves a delivery.
    pub is_uncertain: bool,
    /// The server has it, without all of its files: they go in several POSTs, of which the first were delivered.
    pub is_there_in_part: bool,
    /// Some of its files were not copied, and lie [where they were](File::path).
    pub refers_to_files: bool,
    /// What came of the last attempt.
    pub told: Option<Told>,
}

/// What came of an attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Told {
    /// When.
    pub at: DateTime<Utc>,
    /// The status of the answer; `None` where there was none.
    pub status: Option<u16>,
    /// The nature of the server's message.
    pub nature: Option<String>,
    /// The server's own words, or ours where it had none. A terminal should not obey them.
    pub words: String,
}

/// A file that goes with a form.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct File {
    /// Its name, byte for byte that of the form.
    pub name: String,
    /// Its size in bytes.
    pub size: u64,
    /// The SHA-256 of its bytes.
    pub sha256: [u8; 32],
    /// Where it lies, unless it was copied.
    pub path: Option<String>,
}

/// A form, its bytes and its files.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Whole {
    /// What is known of it.
    pub form: Form,
    /// Its bytes, as long as they are here, which is until it is delivered or dropped, and can be read.
    pub xml: Option<Bytes>,
    /// Its files, in the order in which they go. They are told of also when they are not here any more.
    pub files: Vec<File>,
}

impl Form {
    /// Whether the server has it and says that it could not, or not wholly, make use of it: CommCare HQ keeps such forms with
    /// `submit_error` (openrosa.md 2.8). It is not sent again, which would change nothing; a person should know.
    #[must_use]
    pub fn is_unprocessed(&self) -> bool {
        self.state == State::Delivered && self.told.as_ref().is_some_and(Told::is_trouble)
    }

    /// Whether the server may have it, or has it in part, though nothing proves that it has all of it.
    #[must_use]
    pub fn may_have_arrived(&self) -> bool {
        let may_be_there = self.is_under_way || self.is_uncertain || self.is_there_in_part;
        self.state != State::Delivered && may_be_there
    }

    /// What its own row tells by now, which says nothing of [`Self::stuck_behind`]. What a clock says that is behind the last attempt
    /// was wrong then, and so is what was made of it.
    pub(super) fn of(row: &SqliteRow, now: DateTime<FixedOffset>) -> Result<Self, Error> {
        let (due_at, tried_at) = (row.try_get("due_at")?, row.try_get::<Option<i64>, _>("tried_at")?);
        let now = now.timestamp_micros();
        let due_at: i64 = if tried_at.is_some_and(|at| at <= now) { due_at } else { now.min(due_at) };
        Ok(Self {
            number: row.try_get("number")?,
            instance_id: row.try_get("instance_id")?,
            form_id: row.try_get("form_id")?,
            file_name: row.try_get("file_name")?,
            size: size(row)?,
            sha256: sha256(row)?,
            added_at: moment(row.try_get("added_at")?)?,
            state: row.try_get::<String, _>("state")?.parse().map_err(|_| damaged("a state that is none"))?,
            attempts: row.try_get("attempts")?,
            due_at: moment(due_at)?,
            waits_for: row.try_get("waits_for")?,
            stuck_behind: None,
            is_under_way: row.try_get("under_way")?,
            is_uncertain: row.try_get("uncertain")?,
            is_there_in_part: row.try_get("in_part")?,
            refers_to_files: row.try_get("refers")?,
            told: Told::of(row)?,
        })
    }
}

impl Told {
    fn is_trouble(&self) -> bool {
        self.nature.as_deref().is_some_and(|nature| is_trouble(nature, &self.words))
    }

    fn of(row: &SqliteRow) -> Result<Option<Self>, Error> {
        let Some(at) = row.try_get("told_at")? else { return Ok(None) };
        Ok(Some(Self {
            at: moment(at)?,
            status: row.try_get("status")?,
            nature: row.try_get("nature")?,
            words: row.try_get::<Option<String>, _>("words")?.unwrap_or_default(),
        }))
    }
}

impl File {
    pub(super) fn of(row: &SqliteRow) -> Result<Self, Error> {
        Ok(Self {
            name: row.try_get("name")?,
            size: size(row)?,
            sha256: sha256(row)?,
            path: row.try_get("path")?,
        })
    }
}

fn size(row: &SqliteRow) -> Result<u64, Error> {
    row.try_get::<i64, _>("size")?.try_into().map_err(|_| damaged("a size below zero"))
}

fn sha256(row: &SqliteRow) -> Result<[u8; 32], Error> {
    row.try_get::<Vec<u8>, _>("sha256")?.try_into().map_err(|_| damaged("a hash that is none"))
}

fn damaged(what: &str) -> Error {
    Kind::Damaged(what.to_owned()).into()
}
