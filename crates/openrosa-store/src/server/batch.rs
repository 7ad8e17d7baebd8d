//! A group of tasks in one transaction: each is decided and applied in its turn, in memory; then all are written.

mod extensions;
mod held;

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use openrosa_case::{
    Applied,
    case::Transaction,
    hq::{self, Archive, Rebuild, Submission as Work},
    store::Needs,
};
use openrosa_http::server::{Arrival, Held, Rejection, Submission, decide};
use openrosa_xml::{CaseId, Instance, InstanceId, xml::decode};
use sqlx::AnyConnection;
use uuid::Uuid;

use super::{
    FormRow,
    desk::{Desk, Undone},
    engine::{Engine, Insert, key, plain},
    files::Stored,
    forms::State,
    lane::Outcome,
    sync_logs,
};
use crate::{error::Error, server::ServerKind};
use held::Records;

/// Something to be done and kept.
pub(super) enum Task {
    Arrival(Box<Arriving>),
    /// Sets a form aside, or takes it back, if it is still what it was when it was found.
    Archive {
        domain: i64,
        form: Box<FormRow>,
        undo: bool,
        at: DateTime<Utc>,
    },
    /// Makes a case anew from its forms.
    Rebuild {
        domain: i64,
        case_id: CaseId,
        at: DateTime<Utc>,
    },
}

/// A submission that has come whole.
pub(super) struct Arriving {
    pub(super) domain: i64,
    pub(super) submission: Submission,
    /// Under which its files lie, in their order.
    pub(super) objects: Vec<Stored>,
    pub(super) at: DateTime<Utc>,
    /// Files that are held under its name and are not in their place any more.
    pub(super) lost: BTreeSet<String>,
    /// When it was let in, if it is here already and was set apart.
    pub(super) released: Option<DateTime<Utc>>,
}

impl Arriving {
    /// A form without files.
    pub(super) fn alone(domain: i64, submission: Submission, at: DateTime<Utc>) -> Self {
        Self { domain, submission, objects: Vec::new(), at, lost: BTreeSet::new(), released: None }
    }
}

/// What became of a task.
#[derive(Debug)]
pub(super) struct Done {
    pub(super) arrival: Arrival,
    /// The files that came in vain, as they were there already: never one that the form has.
    pub(super) unused: Vec<Stored>,
    /// Whether it was this task's to take effect: the form may count already, or be passed over.
    pub(super) had_turn: bool,
    /// Why the rules do not allow what the form says. It is kept.
    pub(super) declined: Option<String>,
    /// Why it is in quarantine now.
    pub(super) quarantined: Option<String>,
    pub(super) changed: usize,
}

impl Task {
    const fn domain(&self) -> i64 {
        match self {
            Self::Arrival(arriving) => arriving.domain,
            Self::Archive { domain, .. } | Self::Rebuild { domain, .. } => *domain,
        }
    }

    /// The files that are nobody's if nothing becomes of it.
    pub(super) fn came_with(&self) -> Vec<Stored> {
        let came = self.arriving().filter(|arriving| arriving.released.is_none());
        came.map(|arriving| arriving.objects.clone()).unwrap_or_default()
    }

    fn arriving(&self) -> Option<&Arriving> {
        match self {
            Self::Arrival(arriving) => Some(arriving),
            _ => None,
        }
    }
}

/// Does all of them. An error is the database's, and nothing is done then.
pub(super) async fn run(
    engine: Engine,
    tx: &mut AnyConnection,
    tasks: &[&Task],
) -> Result<Vec<Outcome>, Error> {
    let mut batch = Batch::new(engine, tx, tasks).await?;
    batch.prepare(tx, tasks).await?;
    let mut outcomes = Vec::with_capacity(tasks.len());
    for task in tasks {
        outcomes.push(batch.work(tx, task).await?);
    }
    batch.write(tx).await?;
    Ok(outcomes)
}

/// What is going on in the domains that the tasks are about.
struct Batch {
    engine: Engine,
    domains: BTreeMap<i64, Workplace>,
}

/// One domain.
struct Workplace {
    desk: Desk,
    records: Records,
    /// What each change of this group did, in its order.
    changes: Vec<Vec<CaseId>>,
    /// The changes of which the sender's device has made something else: those of forms that replace others, or count late.
    told_all: BTreeSet<usize>,
    /// The sync tokens that new forms came with.
    tokens: BTreeSet<String>,
}

impl Batch {
    async fn new(engine: Engine, tx: &mut AnyConnection, tasks: &[&Task]) -> Result<Self, Error> {
        let mut domains = BTreeMap::new();
        for domain in tasks.iter().map(|task| task.domain()).collect::<BTreeSet<_>>() {
            let desk = Desk::new(engine, tx, domain).await?;
            let (changes, told_all, tokens) = (Vec::new(), BTreeSet::new(), BTreeSet::new());
            let place = Workplace { desk, records: Records::new(domain), changes, told_all, tokens };
            domains.insert(domain, place);
        }
        Ok(Self { engine, domains })
    }

    /// Locks first the forms, then the cases, each in one order for all processes; and loads what most tasks need, for all of
    /// them at once.
    async fn prepare(&mut self, tx: &mut AnyConnection, tasks: &[&Task]) -> Result<(), Error> {
        self.prepare_forms(tx, tasks).await?;
        let mut about = BTreeMap::new();
        for task in tasks {
            if let Some(place) = self.domains.get_mut(&task.domain()) {
                let found = place.about(tx, task).await?;
                let needs: &mut Needs = about.entry(task.domain()).or_default();
                needs.cases.extend(found.cases.iter().cloned());
                needs.ledgers.extend(found.ledgers.iter().cloned());
            }
        }
        for (domain, needs) in &mut about {
            if let Some(place) = self.domains.get(domain) {
                needs.cases.extend(place.desk.perhaps_closed(tx, &needs.cases).await?);
            }
            self.engine.lock_cases(tx, *domain, &needs.cases).await?;
        }
        for (domain, needs) in about {
            if let Some(place) = self.domains.get_mut(&domain) {
                place.desk.load(tx, needs).await?;
            }
        }
        Ok(())
    }

    /// Locks and loads the forms that the tasks name, and those whose place they take, by what these call themselves and by what
    /// histories call them: so an archive, which knows a form by the latter, meets all edits of it. Which forms they are is looked
    /// up before, to lock all in one go, and again behind each wait, in which they may have changed.
    async fn prepare_forms(&mut self, tx: &mut AnyConnection, tasks: &[&Task]) -> Result<(), Error> {
        let (mut wanted, mut held) = (BTreeSet::new(), BTreeSet::new());
        wanted.extend(tasks.iter().flat_map(|task| record_keys(task)));
        let mut submissions = tasks.iter().filter_map(|task| task.arriving()).map(|task| &task.submission);
        if submissions.any(|submission| submission.deprecated_id.is_some()) {
            wanted.extend(self.load_records(tx, tasks).await?);
        }
        while !wanted.is_subset(&held) {
            let more = wanted.difference(&held).copied().collect();
            self.engine.lock(tx, &more).await?;
            held.extend(more);
            wanted.extend(self.load_records(tx, tasks).await?);
        }
        Ok(())
    }

    /// By what the forms are locked that were loaded.
    async fn load_records(
        &mut self,
        tx: &mut AnyConnection,
        tasks: &[&Task],
    ) -> Result<BTreeSet<i64>, Error> {
        let mut keys = BTreeSet::new();
        for (domain, place) in &mut self.domains {
            let arriving =
                tasks.iter().filter(|task| task.domain() == *domain).filter_map(|task| task.arriving());
            place.records = Records::new(*domain);
            place.records.load_all(self.engine, tx, arriving.map(|arriving| &arriving.submission)).await?;
            keys.extend(place.records.names().map(|name| form_key(*domain, name)));
        }
        Ok(keys)
    }

    async fn work(&mut self, tx: &mut AnyConnection, task: &Task) -> Result<Outcome, Error> {
        let Some(place) = self.domains.get_mut(&task.domain()) else {
            return Err(ServerKind::NoSuchDomain { name: task.domain().to_string() }.into());
        };
        match task {
            Task::Arrival(arriving) => place.arrive(tx, arriving).await,
            Task::Archive { form, undo, at, .. } => place.archive(tx, form, *undo, *at).await,
            Task::Rebuild { case_id, at, .. } => {
                let project = place.desk.project.clone();
                let mut work = Rebuild::new(&project, case_id.clone(), *at);
                let applied = place.desk.apply(tx, &mut work).await;
                place.done_by_hand(applied)
            }
        }
    }

    /// Everything, each domain under the numbers of its next changes.
    async fn write(&mut self, tx: &mut AnyConnection) -> Result<(), Error> {
        for (domain, place) in &mut self.domains {
            if !place.changes.is_empty() || place.records.is_changed() {
                let head = raise(tx, *domain, place.changes.len()).await?;
                place.write(self.engine, tx, head).await?;
                sync_logs::forget_all_before(self.engine, tx, *domain, &place.tokens).await?;
            }
        }
        Ok(())
    }
}

/// Whoever raises the head of a domain first is first: the next waits until this transaction has ended, so that the numbers
/// come in the order in which they can be seen. The head before.
async fn raise(tx: &mut AnyConnection, domain: i64, by: usize) -> Result<i64, Error> {
    let by = i64::try_from(by).unwrap_or(i64::MAX);
    const RAISE: &str = "UPDATE domains SET head = head + $2 WHERE number = $1 RETURNING head";
    let head: i64 = sqlx::query_scalar(RAISE).bind(domain).bind(by).fetch_one(tx).await?;
    Ok(head - by)
}

/// By what a task is kept from others that are about the same form.
fn record_keys(task: &Task) -> Vec<i64> {
    match task {
        Task::Rebuild { .. } => Vec::new(),
        Task::Archive { domain, form, .. } => vec![form_key(*domain, &form.log_id)],
        Task::Arrival(arriving) => {
            let own = arriving.submission.instance_id.to_string();
            let names = [Some(own.as_str()), arriving.submission.deprecated_id.as_deref()];
            names.into_iter().flatten().map(|name| form_key(arriving.domain, name)).collect()
        }
    }
}

/// By what a form is locked that calls itself so, or is called so by histories.
fn form_key(domain: i64, name: &str) -> i64 {
    key(domain, "form", &[name])
}

impl Workplace {
    /// The cases and the stock of a task, found out on a desk of its own: other forms that are loaded there may change until
    /// the cases are locked.
    async fn about(&mut self, tx: &mut AnyConnection, task: &Task) -> Result<Needs, Error> {
        let mut desk = self.desk.another();
        let project = self.desk.project.clone();
        let found = match task {
            Task::Rebuild { case_id, .. } => {
                let mut needs = Needs::default();
                needs.cases.insert(case_id.clone());
                return Ok(needs);
            }
            Task::Archive { form, at, .. } => {
                desk.about(tx, &Archive::new(&project, form.log_id.as_str(), *at)).await
            }
            Task::Arrival(arriving) => {
                let Ok(source) = decode(&arriving.submission.xml) else { return Ok(Needs::default()) };
                let Ok(instance) = Instance::read(&source) else { return Ok(Needs::default()) };
                let place = self.records.place(tx, &arriving.submission).await?;
                if !self.records.is_known(tx, &place.log_id).await? {
                    desk.has_no_form(&place.log_id);
                    self.desk.has_no_form(&place.log_id);
                }
                let work = Work::new(&project, &instance, &source, place.fresh, arriving.at);
                desk.about(tx, &work.stored_under(place.log_id)).await
            }
        };
        match found {
            Ok(needs) => Ok(needs),
            // It is told when its turn comes.
            Err(Undone::Declined(_)) => Ok(Needs::default()),
            Err(Undone::Failed(error)) => Err(error),
        }
    }

    /// A form, and what is closed behind it.
    async fn arrive(&mut self, tx: &mut AnyConnection, arriving: &Arriving) -> Result<Outcome, Error> {
        let change = self.changes.len();
        let outcome = self.arrive_alone(tx, arriving).await?;
        let touched = self.changes.get(change).cloned().unwrap_or_default();
        if let Some(closing) = self.closing(tx, arriving, touched).await? {
            // There is nobody to tell whether it was allowed.
            drop(self.arrive_alone(tx, &closing).await?);
        }
        Ok(outcome)
    }

    async fn arrive_alone(&mut self, tx: &mut AnyConnection, arriving: &Arriving) -> Result<Outcome, Error> {
        let submission = &arriving.submission;
        let place = self.records.place(tx, submission).await?;
        let same = self.records.held_in_line(&place, &place.own);
        let before = place.predecessor.as_ref().and_then(|id| self.records.held_in_line(&place, id));
        // An edit that was set apart is as current as the form whose place it was to take.
        let before = before.map(|held| Held { superseded: place.is_overtaken, ..held });
        let decision = match decide(submission, same.as_ref(), before.as_ref()) {
            Ok(decision) => decision,
            Err(rejection) => return Ok(Err(rejection)),
        };
        // An edit that failed may have been overtaken by another one since: then it has no place to take any more.
        let failed_before = self.records.state(&place.own) == Some(State::Error) && !place.is_overtaken;
        let is_released =
            arriving.released.is_some() && self.records.state(&place.own) == Some(State::Quarantined);
        let is_new = same.is_none();
        let successors = if is_new { self.records.successors(&place.own) } else { Vec::new() };
        let has_turn = is_new || failed_before || (is_released && !place.is_overtaken);
        let (mut declined, mut changed) = (None, 0);
        if is_new {
            self.records.add(arriving, &place, self.changes.len());
            self.tokens.extend(submission.sender.sync_token.as_deref().map(plain));
        }
        if has_turn {
            // The device has done what such a form says on top of what it has, and in its own order.
            if !is_new || place.replaces.is_some() {
                self.told_all.insert(self.changes.len());
            }
            let effect = match successors.is_empty() {
                true => self.take_effect(tx, arriving, &place).await,
                false => self.come_late(tx, arriving, &place).await,
            };
            match effect {
                Ok(changes) => changed = changes,
                Err(Undone::Declined(error)) => declined = Some(error.to_string()),
                Err(Undone::Failed(error)) => return Err(error),
            }
        }
        let unused = self.records.keep_files(&place, decision.files, arriving);
        self.records.pass_on_files(&place.own, &successors);
        let quarantined = self.records.quarantined(&place.own).map(str::to_owned);
        let arrival = decision.arrival;
        Ok(Ok(Done { arrival, unused, had_turn: has_turn, declined, quarantined, changed }))
    }

    /// The next change, which is the form's; how much it changed.
    async fn take_effect(
        &mut self,
        tx: &mut AnyConnection,
        arriving: &Arriving,
        place: &held::Place,
    ) -> Result<usize, Undone> {
        let change = self.changes.len();
        self.changes.push(Vec::new());
        if let Some(reason) = &arriving.submission.quarantined {
            self.records.set_apart(place, change, State::Quarantined, reason.clone());
            return Ok(0);
        }
        let standing = self.records.standing(place, change, arriving.released.is_some());
        let mut applied = self.effect(tx, arriving, place, standing).await;
        if let (Some(at), Ok(applied)) = (arriving.released, &mut applied) {
            self.in_its_place(tx, applied, at).await?;
        }
        self.done(place, change, applied, |records| records.counts(place, change, standing, arriving.at))
    }

    /// The next change, which is the form's, as what it does is not: an edit of it counts already. What it was to take the place of
    /// counts no more.
    async fn come_late(
        &mut self,
        tx: &mut AnyConnection,
        arriving: &Arriving,
        place: &held::Place,
    ) -> Result<usize, Undone> {
        let change = self.changes.len();
        self.changes.push(Vec::new());
        let mut applied = Ok(Applied::default());
        if place.replaces.is_some() {
            let project = self.desk.project.clone();
            let mut work = Archive::overtaken(&project, place.log_id.as_str(), arriving.at);
            applied = self.desk.apply(tx, &mut work).await;
        }
        self.done(place, change, applied, |records| records.comes_late(place, change))
    }

    /// Notes what a change did, and what becomes of its form by it; one that is not allowed is set apart. How much it changed.
    fn done(
        &mut self,
        place: &held::Place,
        change: usize,
        applied: Result<Applied, Undone>,
        note: impl FnOnce(&mut Records),
    ) -> Result<usize, Undone> {
        match &applied {
            Ok(applied) => {
                self.changes[change] = touched(applied);
                note(&mut self.records);
            }
            Err(Undone::Declined(error)) => {
                self.records.set_apart(place, change, State::Error, error.to_string());
            }
            Err(Undone::Failed(_)) => {}
        }
        Ok(applied?.changes.len())
    }

    /// What came before the form was let in, and after the form, counts after it: its cases are made anew. Where that is not
    /// allowed, the form is the last of all.
    async fn in_its_place(
        &mut self,
        tx: &mut AnyConnection,
        applied: &mut Applied,
        at: DateTime<Utc>,
    ) -> Result<(), Undone> {
        let project = self.desk.project.clone();
        for case_id in touched(applied) {
            let mut work = Rebuild::new(&project, case_id, at);
            match self.desk.apply(tx, &mut work).await {
                Ok(anew) => applied.append(anew),
                Err(Undone::Declined(_)) => {}
                Err(failed) => return Err(failed),
            }
        }
        Ok(())
    }

    /// What the form does to the cases: nothing, where neither it has blocks nor the one whose place it takes.
    async fn effect(
        &mut self,
        tx: &mut AnyConnection,
        arriving: &Arriving,
        place: &held::Place,
        standing: held::Seq,
    ) -> Result<Applied, Undone> {
        let submission = &arriving.submission;
        let source = decode(&submission.xml).map_err(Error::from)?;
        let instance = Instance::read(&source).map_err(Error::from)?;
        let replaces_blocks = place.replaces.is_some() && self.desk.has_blocks(tx, &place.log_id).await?;
        if !hq::has_blocks(&instance) && !replaces_blocks {
            return Ok(Applied::default());
        }
        let project = self.desk.project.clone();
        let mut work = Work::new(&project, &instance, &source, place.fresh.as_str(), arriving.at)
            .in_place(standing.place())
            .with_files(submission.files.iter().map(|file| file.name.to_string()))
            .stored_under(place.log_id.as_str());
        if let Some(token) = &submission.sender.sync_token {
            work = work.since(token.as_str());
        }
        match place.replaces {
            Some(_) => self.desk.apply(tx, &mut work).await,
            None => self.desk.apply_new(tx, &mut work).await,
        }
    }

    async fn archive(
        &mut self,
        tx: &mut AnyConnection,
        form: &FormRow,
        undo: bool,
        at: DateTime<Utc>,
    ) -> Result<Outcome, Error> {
        let log_id = form.log_id.as_str();
        // What histories call by the name of a form that was edited is the edit.
        if let Some(state) = self.records.is_another(tx, form.seq, log_id).await? {
            let changed = Error::from(ServerKind::ChangedSince { id: form.instance_id.clone(), state });
            return Ok(Err(Rejection::internal(changed)));
        }
        if !self.records.is_known(tx, log_id).await? {
            let unknown = Error::from(ServerKind::NoSuchRecord { id: log_id.to_owned() });
            return Ok(Err(Rejection::internal(unknown)));
        }
        let project = self.desk.project.clone();
        let mut work = match undo {
            true => Archive::undo(&project, log_id, at),
            false => Archive::new(&project, log_id, at),
        };
        let applied = self.desk.apply(tx, &mut work).await;
        if undo && applied.is_ok() {
            self.records.comes_back(log_id, self.changes.len());
        }
        self.done_by_hand(applied)
    }

    fn done_by_hand(&mut self, applied: Result<Applied, Undone>) -> Result<Outcome, Error> {
        match applied {
            Ok(applied) => {
                self.changes.push(touched(&applied));
                let changed = applied.changes.len();
                let (arrival, unused) = (Arrival::New, Vec::new());
                Ok(Ok(Done { arrival, unused, had_turn: true, declined: None, quarantined: None, changed }))
            }
            // It is that task's affair, and no other's of the group.
            Err(Undone::Declined(error)) => Ok(Err(Rejection::internal(Error::from(error)))),
            Err(Undone::Failed(error)) => Err(error),
        }
    }

    async fn write(&mut self, engine: Engine, tx: &mut AnyConnection, head: i64) -> Result<(), Error> {
        let seq = |ordinal: usize| head + 1 + i64::try_from(ordinal).unwrap_or(i64::MAX);
        let mut changed_by = BTreeMap::new();
        for (ordinal, cases) in self.changes.iter().enumerate() {
            changed_by.extend(cases.iter().map(|case| (case.clone(), seq(ordinal))));
        }
        let touches = self.touches(&seq);
        let forms = self.desk.write(tx, &changed_by, seq(self.changes.len()) - 1).await?;
        self.records.write(engine, tx, &forms, &seq).await?;
        let domain = self.desk.domain;
        engine
            .insert(tx, &TOUCHES, &touches, |row, (seq, case, token)| {
                row.bind(domain).bind(*seq).bind(case.to_string()).bind(token.clone())
            })
            .await
    }

    /// Which change touched which case, and by whose token. Stock that moved has none, and what a form did that replaces
    /// another or counts late or creates what was there, so that the case syncs down again: only its own doings are left out for a
    /// device (S-095).
    fn touches(&self, seq: &impl Fn(usize) -> i64) -> Vec<(i64, CaseId, Option<String>)> {
        let mut touches = Vec::new();
        for (ordinal, cases) in self.changes.iter().enumerate() {
            let form = self.records.log_id_of(ordinal);
            for id in cases {
                let is_own = form.is_some() && !self.told_all.contains(&ordinal);
                let case = self.desk.case(id).filter(|_| is_own);
                let token = case.and_then(|case| own_token(&case.hq.transactions, form));
                touches.push((seq(ordinal), id.clone(), token));
            }
        }
        touches
    }
}

/// The token with which a form came that did just what its device has done. One that creates what is there already knows nothing of
/// what it was before, which stays.
fn own_token(history: &[Transaction], form: Option<&str>) -> Option<String> {
    let at = history.iter().rposition(|done| done.form_id.as_ref().map(InstanceId::as_str) == form)?;
    let (before, done) = (&history[..at], &history[at]);
    let is_anew = done.did.create && before.iter().any(|before| before.did.block);
    done.sync_token.clone().filter(|_| !is_anew)
}

const TOUCHES: Insert = Insert {
    into: "touches (domain, seq, case_id, sync_token)",
    columns: 4,
    otherwise: "ON CONFLICT (domain, seq, case_id) DO NOTHING",
};

/// The cases that were changed, each once.
fn touched(applied: &Applied) -> Vec<CaseId> {
    let cases: BTreeSet<&CaseId> = applied.changes.iter().filter_map(|change| change.case_id()).collect();
    cases.into_iter().cloned().collect()
}

/// A new id.
fn fresh() -> String {
    Uuid::new_v4().to_string()
}
