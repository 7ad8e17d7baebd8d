//! The forms of a domain that a group of tasks is about: as they were, and as they will be.

use std::{
    collections::{BTreeMap, BTreeSet},
    iter,
};

use bytes::Bytes;
use chrono::{DateTime, Utc};
use openrosa_case::{
    form::{Form, FormState},
    store::Written,
};
use openrosa_http::server::{Caller, File, FileName, Fingerprint, Held, HeldFile, HeldFiles, Submission};
use openrosa_xml::InstanceId;
use sqlx::{AnyConnection, Row as _, any::AnyRow};

use super::{Arriving, fresh};
use crate::{
    error::Error,
    server::{
        engine::{Engine, Insert, list, plain},
        files::Stored,
        forms::State,
        record,
    },
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

/// So many steps at most lead from an edit to the form whose place it takes.
const STEPS: usize = 256;

/// Everything that a [`Record`] is read from.
macro_rules! records {
    () => {
        "SELECT seq, place, log_id, instance_id, state, reason, replaces, superseded, sha256, counts_at, \
         edited_at FROM forms "
    };
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
            self.load_of_form(engine, tx, &form_key, &ids).await?;
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

    async fn load_of_form(
        &mut self,
        engine: Engine,
        tx: &mut AnyConnection,
        form_key: &str,
        ids: &BTreeSet<String>,
    ) -> Result<(), Error> {
        let query = engine
            .query(concat!(records!(), "WHERE domain = $1 AND instance_id IN {texts} AND form_key = $3"));
        let query = query.bind(self.domain).bind(list(ids)).bind(form_key.to_owned());
        for row in &query.fetch_all(&mut *tx).await? {
            let record = self.read(tx, row).await?;
            self.known.insert((form_key.to_owned(), row.try_get("instance_id")?), Some(record));
        }
        Ok(())
    }

    /// What is here of the edits of forms that are not, and of the edits of those.
    async fn load_successors(
        &mut self,
        engine: Engine,
        tx: &mut AnyConnection,
        form_key: &str,
        mut of: BTreeSet<String>,
    ) -> Result<(), Error> {
        let mut seen = of.clone();
        for _ in 0..STEPS {
            if of.is_empty() {
                break;
            }
            let query = engine
                .query(concat!(records!(), "WHERE domain = $1 AND replaces IN {texts} AND form_key = $3"));
            let query = query.bind(self.domain).bind(list(&of)).bind(form_key.to_owned());
            of = BTreeSet::new();
            for row in &query.fetch_all(&mut *tx).await? {
                let id: String = row.try_get("instance_id")?;
                let key = (form_key.to_owned(), id.clone());
                if self.record(&key).is_none() {
                    let record = self.read(tx, row).await?;
                    self.known.insert(key, Some(record));
                }
                if seen.insert(id.clone()) {
                    of.insert(id);
                }
            }
        }
        Ok(())
    }

    /// Which of these names histories know.
    async fn load_names(&mut self, engine: Engine, tx: &mut AnyConnection) -> Result<(), Error> {
        if self.named.is_empty() {
            return Ok(());
        }
        let query = engine.query("SELECT log_id FROM forms WHERE domain = $1 AND log_id IN {texts}");
        for row in &query.bind(self.domain).bind(list(self.named.keys())).fetch_all(tx).await? {
            self.named.insert(row.try_get("log_id")?, true);
        }
        Ok(())
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
        let (is_edit, is_too_long) = (!between.is_empty(), between.len() > STEPS);
        let replaces = between.pop().filter(|key| is_current(key) && !is_too_long);
        let replaced = replaces.as_ref().and_then(|key| self.record(key));
        let log_id = replaced.map_or_else(|| alone.clone(), |record| record.log_id.clone());
        let is_overtaken = is_edit && replaces.is_none();
        Ok(Place { own, predecessor, replaces, between, is_overtaken, log_id, alone, fresh })
    }

    /// The forms that lead from an edit to the one whose place it takes, which is the last: an edit that was set apart has taken no
    /// place, and leads on to the form that it was to take the place of.
    async fn chain(
        &mut self,
        tx: &mut AnyConnection,
        own: &Key,
        predecessor: Option<Key>,
    ) -> Result<Vec<Key>, Error> {
        let mut chain = Vec::new();
        let mut next = predecessor;
        while let Some(key) = next.filter(|key| key != own && !chain.contains(key)) {
            self.load(tx, &key).await?;
            let Some(record) = self.record(&key) else { break };
            let before = record.replaces.clone().filter(|_| record.state.is_set_apart());
            next = before.filter(|_| chain.len() < STEPS).map(|id| (key.0.clone(), id));
            chain.push(key);
        }
        Ok(chain)
    }

    /// The forms that took the place of one before that came, as edits of something unknown may, and those that took theirs.
    pub(super) fn successors(&self, key: &Key) -> Vec<Key> {
        let mut found: Vec<Key> = Vec::new();
        let (mut next, mut seen) = (Some(key.clone()), 0);
        while let Some(of) = next {
            for (edit, record) in
                self.known.iter().filter_map(|(edit, record)| Some((edit, record.as_ref()?)))
            {
                let is_of_it = edit.0 == of.0 && record.replaces.as_ref() == Some(&of.1);
                if is_of_it && !record.state.is_set_apart() && edit != key && !found.contains(edit) {
                    found.push(edit.clone());
                }
            }
            next = found.get(seen).cloned();
            seen += 1;
        }
        found
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

    /// The form came behind an edit of it, which stands: it is kept, and has no effect.
    pub(super) fn comes_late(&mut self, place: &Place, change: usize) {
        self.made.insert(change, place.own.clone());
        if let Some(record) = self.record_mut(&place.own) {
            record.state = State::Deprecated;
            record.held.superseded = true;
        }
    }

    /// Gives the files of a form that came behind its edits to those that are in force.
    pub(super) fn pass_on_files(&mut self, own: &Key, successors: &[Key]) {
        let Some(record) = self.record(own) else { return };
        let (files, objects) = (record.held.files.clone(), record.objects.clone());
        for successor in successors {
            let Some(record) = self.record_mut(successor).filter(|record| !record.held.superseded) else {
                continue;
            };
            for (name, held) in &files {
                if !record.held.files.contains_key(name) {
                    record.held.files.insert(name.clone(), HeldFile { carried: true, ..held.clone() });
                    record.objects.insert(name.clone(), objects.get(name).cloned().unwrap_or_default());
                    record.has_new_files = true;
                }
            }
        }
    }

    /// The files of a form, and what comes along by name as things are now: from the form whose place it takes, and from the edits
    /// between, of which each may have got files since the next was set apart. The last of them that was sent a file has it.
    fn line(&self, place: &Place) -> BTreeMap<FileName, (HeldFile, Stored)> {
        let mut line: BTreeMap<FileName, (HeldFile, Stored)> = BTreeMap::new();
        let before =
            place.replaces.iter().flat_map(|first| iter::once(first).chain(place.between.iter().rev()));
        for key in before.chain([&place.own]) {
            for (name, held) in self.record(key).iter().flat_map(|record| &record.held.files) {
                if !held.carried || !line.contains_key(name) {
                    let carried = held.carried || *key != place.own;
                    let stored = self.record(key).and_then(|record| record.objects.get(name)).cloned();
                    line.insert(
                        name.clone(),
                        (HeldFile { carried, ..held.clone() }, stored.unwrap_or_default()),
                    );
                }
            }
        }
        line
    }

    /// What is held of a form, or of the one that it says it takes the place of, with all files that come along.
    pub(super) fn held_in_line(&self, place: &Place, key: &Key) -> Option<Held> {
        let files = self.line(place).into_iter().map(|(name, (held, _))| (name, held)).collect();
        Some(Held { files, ..self.held(key)?.clone() })
    }

    /// Takes over the files that the form has from now on. Those that came in vain are given back.
    pub(super) fn keep_files(&mut self, place: &Place, files: HeldFiles, arriving: &Arriving) -> Vec<Stored> {
        let line = self.line(place);
        let came = arriving.submission.files.iter().zip(&arriving.objects);
        let came: Vec<(&File, &Stored)> = came.collect();
        let Some(record) = self.record_mut(&place.own) else { return arriving.objects.clone() };
        let before = record.objects.clone();
        for (name, held) in &files {
            let same = record.held.files.get(name).is_some_and(|there| there.file == held.file);
            let kept = if same { before.get(name) } else { None };
            let new =
                came.iter().find(|(file, _)| file.name == *name && file.fingerprint == held.file.fingerprint);
            let object = match (kept, new) {
                (Some(kept), Some((_, object))) if arriving.lost.contains(&kept.object) => (*object).clone(),
                (Some(kept), _) => kept.clone(),
                (None, Some((_, object))) => (*object).clone(),
                (None, None) => line.get(name).map(|(_, object)| object.clone()).unwrap_or_default(),
            };
            record.objects.insert(name.clone(), object);
        }
        record.has_new_files |= record.held.files != files || record.objects != before;
        record.held.files = files;
        let held: BTreeSet<&str> = record.objects.values().map(|held| held.object.as_str()).collect();
        arriving.objects.iter().filter(|came| !held.contains(came.object.as_str())).cloned().collect()
    }

    pub(super) fn is_changed(&self) -> bool {
        self.known.values().flatten().any(|record| record.is_changed || record.has_new_files)
    }

    /// How histories name the form of a change.
    pub(super) fn log_id_of(&self, change: usize) -> Option<&str> {
        Some(self.record(self.made.get(&change)?)?.log_id.as_str())
    }

    async fn load(&mut self, tx: &mut AnyConnection, key: &Key) -> Result<(), Error> {
        if self.known.contains_key(key) {
            return Ok(());
        }
        const FIND: &str = concat!(records!(), "WHERE domain = $1 AND form_key = $2 AND instance_id = $3");
        let query = sqlx::query(FIND).bind(self.domain).bind(key.0.clone()).bind(key.1.clone());
        let record = match query.fetch_optional(&mut *tx).await? {
            None => None,
            Some(row) => Some(self.read(tx, &row).await?),
        };
        self.known.insert(key.clone(), record);
        Ok(())
    }

    async fn read(&self, tx: &mut AnyConnection, row: &AnyRow) -> Result<Record, Error> {
        let seq: i64 = row.try_get("seq")?;
        let (files, objects) = files(tx, self.domain, seq).await?;
        let xml = fingerprint(&row.try_get::<String, _>("sha256")?)?;
        let superseded = row.try_get::<i64, _>("superseded")? != 0;
        Ok(Record {
            seq: Seq::Stored(seq),
            place: Seq::Stored(row.try_get::<Option<i64>, _>("place")?.unwrap_or(seq)),
            log_id: row.try_get("log_id")?,
            state: State::read(&row.try_get::<String, _>("state")?)?,
            reason: row.try_get("reason")?,
            replaces: row.try_get("replaces")?,
            held: Held { xml, superseded, files },
            objects,
            counts_at: record::moment(row.try_get("counts_at")?)?,
            edited_at: row.try_get::<Option<i64>, _>("edited_at")?.map(record::moment).transpose()?,
            new: None,
            is_changed: false,
            has_new_files: false,
        })
    }

    /// Writes what has changed. `forms` is what the rules have made of them.
    pub(super) async fn write(
        &mut self,
        engine: Engine,
        tx: &mut AnyConnection,
        forms: &Written<InstanceId, Form>,
        seq: &impl Fn(usize) -> i64,
    ) -> Result<(), Error> {
        self.ruled(tx, forms).await?;
        let number = |place: Seq| match place {
            Seq::Stored(number) => number,
            Seq::New(change) => seq(change),
        };
        // Who made room comes first: no two may be named the same at any moment.
        let changed =
            || self.known.values().flatten().filter(|record| record.is_changed && record.new.is_none());
        for superseded in [true, false] {
            for record in changed().filter(|record| record.held.superseded == superseded) {
                self.update(tx, record, &number).await?;
            }
        }
        let new = self.known.iter().filter_map(|(key, record)| Some((key, record.as_ref()?)));
        let mut new: Vec<_> =
            new.filter_map(|(key, record)| Some((key, record, record.new.as_ref()?))).collect();
        new.sort_by_key(|(_, record, _)| number(record.seq));
        let domain = self.domain;
        engine.insert(tx, &FORMS, &new, |row, new| bind(row, domain, &number, new)).await?;
        for (log_id, change) in &self.back {
            const BACK: &str = "UPDATE forms SET back = $3 WHERE domain = $1 AND log_id = $2";
            let query = sqlx::query(BACK).bind(domain).bind(log_id.clone()).bind(seq(*change));
            query.execute(&mut *tx).await?;
        }
        self.write_files(engine, tx, &number).await
    }

    /// Takes over what the rules say. A form that only they know is one that was set aside or taken back.
    async fn ruled(
        &mut self,
        tx: &mut AnyConnection,
        forms: &Written<InstanceId, Form>,
    ) -> Result<(), Error> {
        for form in forms.iter().filter_map(|(_, form)| form.as_deref()) {
            let state = State::of(form.state);
            let known =
                self.known.values_mut().flatten().find(|record| record.log_id == form.form_id.as_str());
            if let Some(record) = known {
                record.state = state;
                record.is_changed = true;
            } else {
                const SET: &str = "UPDATE forms SET state = $3 WHERE domain = $1 AND log_id = $2";
                let query = sqlx::query(SET).bind(self.domain).bind(form.form_id.to_string());
                query.bind(state.as_str()).execute(&mut *tx).await?;
            }
        }
        Ok(())
    }

    async fn update(
        &self,
        tx: &mut AnyConnection,
        record: &Record,
        number: &impl Fn(Seq) -> i64,
    ) -> Result<(), Error> {
        const UPDATE: &str = "UPDATE forms SET log_id = $3, state = $4, reason = $5, superseded = $6, counts_at = $7, \
                              edited_at = $8, place = $9 WHERE domain = $1 AND seq = $2";
        sqlx::query(UPDATE)
            .bind(self.domain)
            .bind(number(record.seq))
            .bind(record.log_id.clone())
            .bind(record.state.as_str())
            .bind(record.reason.as_deref().map(plain))
            .bind(i64::from(record.held.superseded))
            .bind(record.counts_at.timestamp_micros())
            .bind(record.edited_at.map(|at| at.timestamp_micros()))
            .bind(record.other_place().map(number))
            .execute(tx)
            .await?;
        Ok(())
    }

    async fn write_files(
        &self,
        engine: Engine,
        tx: &mut AnyConnection,
        number: &impl Fn(Seq) -> i64,
    ) -> Result<(), Error> {
        let changed = self.known.values().flatten().filter(|record| record.has_new_files);
        let mut rows = Vec::new();
        for record in changed {
            if record.new.is_none() {
                let query = sqlx::query("DELETE FROM files WHERE domain = $1 AND form = $2");
                query.bind(self.domain).bind(number(record.seq)).execute(&mut *tx).await?;
            }
            let (form, files) = (number(record.seq), record.held.files.iter());
            rows.extend(files.map(|(name, held)| (form, held, record.objects.get(name))));
        }
        let domain = self.domain;
        engine
            .insert(tx, &FILES, &rows, |row, (form, held, object)| {
                let file = &held.file;
                row.bind(domain)
                    .bind(*form)
                    .bind(file.name.to_string())
                    .bind(object.map(|object| object.object.clone()).unwrap_or_default())
                    .bind(i64::try_from(file.length).unwrap_or(i64::MAX))
                    .bind(file.fingerprint.to_string())
                    .bind(object.map(|object| object.md5.clone()).unwrap_or_default())
                    .bind(file.content_type.as_deref().map(plain))
                    .bind(file.field_name.as_deref().map(plain))
                    .bind(file.file_name.as_deref().map(plain))
                    .bind(i64::from(held.carried))
            })
            .await
    }
}

const FORMS: Insert = Insert {
    into: "forms (domain, seq, log_id, form_key, version, instance_id, state, reason, replaces, superseded, \
           received_at, counts_at, edited_at, user_name, device_id, app_id, sync_token, sha256, xml, place)",
    columns: 20,
    otherwise: "",
};
const FILES: Insert = Insert {
    into: "files (domain, form, name, object, size, sha256, md5, content_type, field_name, file_name, carried)",
    columns: 11,
    otherwise: "",
};

fn bind(
    row: crate::server::engine::Values,
    domain: i64,
    number: &impl Fn(Seq) -> i64,
    (key, record, new): &(&Key, &Record, &New),
) -> crate::server::engine::Values {
    row.bind(domain)
        .bind(number(record.seq))
        .bind(record.log_id.clone())
        .bind(key.0.clone())
        .bind(new.version.clone())
        .bind(key.1.clone())
        .bind(record.state.as_str())
        .bind(record.reason.as_deref().map(plain))
        .bind(record.replaces.clone())
        .bind(i64::from(record.held.superseded))
        .bind(new.received_at.timestamp_micros())
        .bind(record.counts_at.timestamp_micros())
        .bind(record.edited_at.map(|at| at.timestamp_micros()))
        .bind(new.sender.user.as_deref().map(plain))
        .bind(new.sender.device_id.as_deref().map(plain))
        .bind(new.sender.app_id.as_deref().map(plain))
        .bind(new.sender.sync_token.as_deref().map(plain))
        .bind(record.held.xml.to_string())
        .bind(new.xml.to_vec())
        .bind(record.other_place().map(number))
}

impl Record {
    /// Where it stands, if that is not its own place.
    fn other_place(&self) -> Option<Seq> {
        Some(self.place).filter(|place| *place != self.seq)
    }
}

/// The files of a form, and under which they lie.
async fn files(
    tx: &mut AnyConnection,
    domain: i64,
    form: i64,
) -> Result<(HeldFiles, BTreeMap<FileName, Stored>), Error> {
    let query = sqlx::query("SELECT * FROM files WHERE domain = $1 AND form = $2").bind(domain).bind(form);
    let (mut files, mut objects) = (HeldFiles::new(), BTreeMap::new());
    for row in &query.fetch_all(tx).await? {
        let name: String = row.try_get("name")?;
        let name = FileName::new(&name).map_err(|error| record::damaged(&error))?;
        let file = File {
            name: name.clone(),
            field_name: row.try_get("field_name")?,
            file_name: row.try_get("file_name")?,
            content_type: row.try_get("content_type")?,
            length: row.try_get::<i64, _>("size")?.unsigned_abs(),
            fingerprint: fingerprint(&row.try_get::<String, _>("sha256")?)?,
        };
        objects.insert(name.clone(), Stored { object: row.try_get("object")?, md5: row.try_get("md5")? });
        files.insert(name, HeldFile { file, carried: row.try_get::<i64, _>("carried")? != 0 });
    }
    Ok((files, objects))
}

fn fingerprint(hex: &str) -> Result<Fingerprint, Error> {
    Fingerprint::from_hex(hex).ok_or_else(|| record::damaged(&"a hash that is none"))
}

impl State {
    const fn of(state: FormState) -> Self {
        match state {
            FormState::Normal => Self::Normal,
            FormState::Archived => Self::Archived,
            FormState::Deprecated => Self::Deprecated,
            _ => Self::Error,
        }
    }
}
