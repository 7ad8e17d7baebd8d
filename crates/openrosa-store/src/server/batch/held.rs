//! The forms of a domain that a group of tasks is about: as they were, and as they will be.

mod line;
mod rows;

use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;
use chrono::{DateTime, Utc};
use openrosa_http::server::{Caller, FileName, Held, HeldFiles, Submission};
use sqlx::{AnyConnection, Row as _};

use super::{Arriving, fresh};
use crate::{
    error::Error,
    server::{engine::Engine, files::Stored, forms::State},
};

/// What tells one form from another: the blank form that it is an instance of, and what it calls itself.
pub(super) type Key = (String, String);

/// Where a form has its place.
#[derive(Clone, Debug)]
pub(super) struct Place {
    pub(super) own: Key,
    /// The one that it says it takes the place of.
    pub(super) predecessor: Option<Key>,
    /// The one whose place it takes, if nothing has taken that yet: that one; or, where that is an edit that was set apart, the one
    /// whose place that was to take.
    pub(super) replaces: Option<Key>,
    /// The edits between the two, all set apart. Nothing becomes of them any more once the form counts.
    between: Vec<Key>,
    /// Another form has taken the place since.
    pub(super) is_overtaken: bool,
    /// Under this the histories of cases name it.
    pub(super) log_id: String,
    /// And under this, should it not take the place of another.
    alone: String,
    /// An id that nothing has: for the form whose place it takes.
    pub(super) fresh: String,
}

/// The number of a form: its own, or that of a change of this group, counted from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Seq {
    Stored(i64),
    New(usize),
}

impl Seq {
    /// The same for the rules, which compare it: what has no number yet comes behind all that has.
    pub(super) const fn place(self) -> u64 {
        match self {
            Self::Stored(number) => number.unsigned_abs(),
            Self::New(change) => (1 << 63) + change as u64,
        }
    }
}

/// What is known of one form.
#[derive(Debug)]
struct Record {
    seq: Seq,
    /// Where it stands among the forms that are replayed.
    place: Seq,
    log_id: String,
    state: State,
    reason: Option<String>,
    /// The instance that it says it takes the place of.
    replaces: Option<String>,
    held: Held,
    /// Under which each of its files lies.
    objects: BTreeMap<FileName, Stored>,
    counts_at: DateTime<Utc>,
    edited_at: Option<DateTime<Utc>>,
    /// What is written of a new one beside that.
    new: Option<New>,
    is_changed: bool,
    has_new_files: bool,
}

#[derive(Debug)]
struct New {
    version: Option<String>,
    received_at: DateTime<Utc>,
    sender: Caller,
    xml: Bytes,
}

/// The one that a form is, and the one that it says it takes the place of.
fn keys(submission: &Submission) -> (Key, Option<Key>) {
    let form_key = submission.form.id.clone().unwrap_or_default();
    let own = (form_key.clone(), submission.instance_id.to_string());
    (own, submission.deprecated_id.clone().map(|id| (form_key, id)))
}

/// All of them.
pub(super) struct Records {
    domain: i64,
    /// `None` for one that is known not to be there.
    known: BTreeMap<Key, Option<Record>>,
    /// Whether histories that are stored name a form so.
    named: BTreeMap<String, bool>,
    /// Which form each change of this group is of.
    made: BTreeMap<usize, Key>,
    /// How histories name forms that are told of again, and since which change.
    back: BTreeMap<String, usize>,
}

impl Records {
    pub(super) const fn new(domain: i64) -> Self {
        Self {
            domain,
            known: BTreeMap::new(),
            named: BTreeMap::new(),
            made: BTreeMap::new(),
            back: BTreeMap::new(),
        }
    }

    /// Loads what there is of these, and of those whose place they take, by few statements.
    pub(super) async fn load_all(
        &mut self,
        engine: Engine,
        tx: &mut AnyConnection,
        submissions: impl Iterator<Item = &Submission>,
    ) -> Result<(), Error> {
        let mut wanted: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        let (mut edits, mut arriving) = (Vec::new(), BTreeSet::new());
        for submission in submissions {
            let (own, predecessor) = keys(submission);
            self.named.insert(own.1.clone(), false);
            arriving.insert(own.clone());
            edits.extend(predecessor.clone().map(|predecessor| (own.clone(), predecessor)));
            for (form_key, instance_id) in [Some(own), predecessor].into_iter().flatten() {
                wanted.entry(form_key).or_default().insert(instance_id);
            }
        }
        for (form_key, ids) in wanted {
            self.fetch(engine, tx, rows::OF_IDS, &form_key, &ids).await?;
            for id in ids {
                self.known.entry((form_key.clone(), id)).or_default();
            }
            let new = arriving.iter().filter(|key| key.0 == form_key && self.record(key).is_none());
            let new = new.map(|key| key.1.clone()).collect();
            self.load_successors(engine, tx, &form_key, new).await?;
        }
        for (own, predecessor) in edits {
            self.chain(tx, &own, Some(predecessor)).await?;
        }
        self.load_names(engine, tx).await
    }

    /// What the forms that are loaded are called, by themselves and by histories.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        let known = self.known.iter().filter_map(|(key, record)| Some((key, record.as_ref()?)));
        known.flat_map(|(key, record)| [key.1.as_str(), record.log_id.as_str()])
    }

    /// Finds the place of a form; what is there is loaded then.
    pub(super) async fn place(
        &mut self,
        tx: &mut AnyConnection,
        submission: &Submission,
    ) -> Result<Place, Error> {
        let (own, predecessor) = keys(submission);
        self.load(tx, &own).await?;
        let mut between = self.chain(tx, &own, predecessor.clone()).await?;
        let fresh = fresh();
        let alone = match self.record(&own) {
            Some(record) => record.log_id.clone(),
            None if self.is_known(tx, &own.1).await? => super::fresh(),
            None => own.1.clone(),
        };
        let is_current = |key: &Key| self.record(key).is_some_and(|record| !record.held.superseded);
        let (is_edit, is_too_long) = (!between.is_empty(), between.len() > line::STEPS);
        let replaces = between.pop().filter(|key| is_current(key) && !is_too_long);
        let replaced = replaces.as_ref().and_then(|key| self.record(key));
        let log_id = replaced.map_or_else(|| alone.clone(), |record| record.log_id.clone());
        let is_overtaken = is_edit && replaces.is_none();
        Ok(Place { own, predecessor, replaces, between, is_overtaken, log_id, alone, fresh })
    }

    fn record(&self, key: &Key) -> Option<&Record> {
        self.known.get(key)?.as_ref()
    }

    fn record_mut(&mut self, key: &Key) -> Option<&mut Record> {
        self.known.get_mut(key)?.as_mut()
    }

    pub(super) fn held(&self, key: &Key) -> Option<&Held> {
        Some(&self.record(key)?.held)
    }

    pub(super) fn state(&self, key: &Key) -> Option<State> {
        Some(self.record(key)?.state)
    }

    /// Why it is in quarantine.
    pub(super) fn quarantined(&self, key: &Key) -> Option<&str> {
        let record = self.record(key).filter(|record| record.state == State::Quarantined)?;
        record.reason.as_deref()
    }

    /// What has become of the form of this number, if histories do not name it so any more.
    pub(super) async fn is_another(
        &self,
        tx: &mut AnyConnection,
        seq: i64,
        log_id: &str,
    ) -> Result<Option<State>, Error> {
        let known = self.known.values().flatten().find(|record| record.seq == Seq::Stored(seq));
        if let Some(record) = known {
            return Ok((record.log_id != log_id).then_some(record.state));
        }
        let query = sqlx::query("SELECT state FROM forms WHERE domain = $1 AND seq = $2 AND log_id <> $3");
        let query = query.bind(self.domain).bind(seq).bind(log_id.to_owned());
        let row = query.fetch_optional(tx).await?;
        row.map(|row| State::read(&row.try_get::<String, _>("state")?)).transpose()
    }

    /// Whether histories name a form so.
    pub(super) async fn is_known(&self, tx: &mut AnyConnection, log_id: &str) -> Result<bool, Error> {
        if self.known.values().flatten().any(|record| record.log_id == log_id) {
            return Ok(true);
        }
        if let Some(named) = self.named.get(log_id) {
            return Ok(*named);
        }
        let query = sqlx::query("SELECT seq FROM forms WHERE domain = $1 AND log_id = $2");
        Ok(query.bind(self.domain).bind(log_id.to_owned()).fetch_optional(tx).await?.is_some())
    }

    /// A form that is new, and the change that it is.
    pub(super) fn add(&mut self, arriving: &Arriving, place: &Place, change: usize) {
        let submission = &arriving.submission;
        let record = Record {
            seq: Seq::New(change),
            place: Seq::New(change),
            log_id: place.alone.clone(),
            state: State::Normal,
            reason: None,
            replaces: submission.deprecated_id.clone(),
            held: Held { xml: submission.xml_fingerprint(), superseded: false, files: HeldFiles::new() },
            objects: BTreeMap::new(),
            counts_at: arriving.at,
            edited_at: None,
            new: Some(New {
                version: submission.form.version.clone(),
                received_at: arriving.at,
                sender: submission.sender.clone(),
                xml: submission.xml.clone(),
            }),
            is_changed: true,
            has_new_files: true,
        };
        self.known.insert(place.own.clone(), Some(record));
    }

    /// A form comes back that had been set aside, or apart.
    pub(super) fn comes_back(&mut self, log_id: &str, change: usize) {
        self.back.insert(log_id.to_owned(), change);
    }

    /// Where a form stands among those that are replayed, should this change make it count: an edit in the place of another, one
    /// that is let in late where it came.
    pub(super) fn standing(&self, place: &Place, change: usize, is_released: bool) -> Seq {
        let own = self.record(&place.own).filter(|_| is_released);
        let replaced = place.replaces.as_ref().and_then(|key| self.record(key));
        replaced.map(|record| record.place).or(own.map(|record| record.seq)).unwrap_or(Seq::New(change))
    }

    /// The form counts from this moment on; an edit in the place of another, and from when that did. The rules see no form without
    /// blocks, which counts all the same.
    pub(super) fn counts(&mut self, place: &Place, change: usize, standing: Seq, at: DateTime<Utc>) {
        self.made.insert(change, place.own.clone());
        if self.state(&place.own).is_some_and(State::is_set_apart) {
            self.comes_back(&place.log_id, change);
        }
        for key in &place.between {
            if let Some(passed_over) = self.record_mut(key) {
                passed_over.held.superseded = true;
                passed_over.state = State::Deprecated;
                passed_over.is_changed = true;
            }
        }
        let mut before = None;
        if let Some(old) = place.replaces.as_ref().and_then(|key| self.record_mut(key)) {
            before = Some(old.counts_at);
            old.held.superseded = true;
            old.state = State::Deprecated;
            old.log_id.clone_from(&place.fresh);
            old.is_changed = true;
        }
        if let Some(record) = self.record_mut(&place.own) {
            record.log_id.clone_from(&place.log_id);
            record.place = standing;
            record.counts_at = before.unwrap_or(at);
            record.edited_at = before.map(|_| at);
            record.state = State::Normal;
            record.reason = None;
            record.is_changed = true;
        }
    }

    /// The form is kept and does not count: the rules do not allow what it says, or it is to be looked at first. What it would
    /// take the place of stays in force. One that was in quarantine till now was not listed, and so comes back.
    pub(super) fn set_apart(&mut self, place: &Place, change: usize, state: State, reason: String) {
        self.made.insert(change, place.own.clone());
        if let Some(record) = self.known.get_mut(&place.own).and_then(Option::as_mut) {
            if state == State::Error && record.state == State::Quarantined {
                self.back.insert(record.log_id.clone(), change);
            }
            record.state = state;
            record.reason = Some(reason);
            record.is_changed = true;
        }
    }

    /// The form came behind an edit of it, which stands: it is kept, and has no effect, nor has what it was to take the place of.
    pub(super) fn comes_late(&mut self, place: &Place, change: usize) {
        self.made.insert(change, place.own.clone());
        for key in place.between.iter().chain(&place.replaces).chain([&place.own]) {
            if let Some(record) = self.record_mut(key) {
                record.state = State::Deprecated;
                record.held.superseded = true;
                record.is_changed = true;
            }
        }
    }

    pub(super) fn is_changed(&self) -> bool {
        self.known.values().flatten().any(|record| record.is_changed || record.has_new_files)
    }

    /// How histories name the form of a change.
    pub(super) fn log_id_of(&self, change: usize) -> Option<&str> {
        Some(self.record(self.made.get(&change)?)?.log_id.as_str())
    }
}
