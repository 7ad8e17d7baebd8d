//! Restores that take long: made once however many ask, and kept for those who were told to come again.
//!
//! In one process those who ask for the same wait for the same task; of several processes one makes it, and says so in the
//! database.

mod making;
mod rows;

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex, MutexGuard, OnceLock, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use openrosa_http::{
    api::restore::{Pending, Progress as Told},
    server::{Content, Restored},
};
use tokio::{
    sync::{Semaphore, watch},
    task::AbortHandle,
    time::Instant,
};

use super::{Database, Transaction, restore::Question, restore::Spooled};
use crate::error::{Error, Kind};
use making::Making;
use rows::Row;

/// How long a restore may take before its device is told to come again, and how much is kept of those that took longer.
///
/// What is ready sooner is given away at once, and kept by nobody.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "a table of settings, written with `..Keeping::default()`")]
pub struct Keeping {
    /// How long a device waits for its answer before it is told to come again. Default 10 seconds, as at CommCare HQ. Devices
    /// that cannot be told so wait for as long as it takes.
    pub patience: Duration,
    /// When it should come again. Default 5 seconds.
    pub again: Duration,
    /// How long a restore is given again to those who ask the same: longer than it takes a device to come again, or it never gets
    /// one. Who does not say which device asks is given one once. Default one hour.
    pub age: Duration,
    /// How many are kept. Default 1,000.
    pub count: usize,
    /// How much room they may take, in bytes; one that is larger alone is kept until there is another. Default 10 GiB.
    pub bytes: u64,
}

impl Default for Keeping {
    fn default() -> Self {
        Self {
            patience: Duration::from_secs(10),
            again: Duration::from_secs(5),
            age: Duration::from_secs(3600),
            count: 1_000,
            bytes: 10 << 30,
        }
    }
}

/// How long one who comes again waits.
const MOMENT: Duration = Duration::from_secs(1);
/// How many are made at once: fewer than there are connections, so that those who come again are answered.
const AT_ONCE: usize = 5;

/// The restores that this process makes.
pub(super) struct Kept {
    running: Mutex<BTreeMap<String, Running>>,
    room: Arc<Semaphore>,
}

/// One of them.
#[derive(Clone)]
struct Running {
    maker: String,
    begun: Instant,
    progress: Arc<Progress>,
    outcome: watch::Receiver<Option<Outcome>>,
    abort: AbortHandle,
}

/// How far it is.
#[derive(Debug, Default)]
pub(super) struct Progress {
    pub(super) done: AtomicU64,
    pub(super) total: AtomicU64,
    /// Whether somebody has been given it.
    given: AtomicBool,
    /// The token in it, and the last change that it knows of.
    pub(super) known: OnceLock<(String, i64)>,
}

/// What came of it.
#[derive(Clone)]
enum Outcome {
    Made(Arc<Spooled>),
    /// The same, and it lies where all processes find it.
    Kept(Arc<Spooled>, String),
    /// The same, and it should lie there: only this process has it, for as long as it takes a device to come again.
    Unkept(Arc<Spooled>),
    /// What the device has is not what the server thinks.
    Astray(String),
    /// Another process makes the same.
    Elsewhere,
    /// One of those who wait is told; the others try it themselves.
    Failed(Arc<Mutex<Option<Error>>>),
}

/// What those who ask come to.
enum Found {
    Answer(Restored),
    NotYet(Told),
    /// Whatever it was, it is not there any more.
    Again,
}

impl Kept {
    pub(super) fn new() -> Self {
        Self { running: Mutex::default(), room: Arc::new(Semaphore::new(AT_ONCE)) }
    }

    /// Nothing is made any more.
    pub(super) fn stop(&self) {
        self.running().values().for_each(|running| running.abort.abort());
    }

    fn running(&self) -> MutexGuard<'_, BTreeMap<String, Running>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn forget(&self, asked: &str, maker: &str) {
        let mut running = self.running();
        if running.get(asked).is_some_and(|running| running.maker == maker) {
            running.remove(asked);
        }
    }
}

impl Progress {
    fn told(&self) -> Told {
        Told { done: self.done.load(Ordering::Relaxed), total: self.total.load(Ordering::Relaxed) }
    }
}

impl Database {
    /// The restore, or when to come again for it.
    pub(super) async fn ready(&self, question: Question, may_wait: bool) -> Result<Restored, Error> {
        let question = Arc::new(question);
        loop {
            let found = match self.look(&question, may_wait).await? {
                Found::Again => continue,
                Found::Answer(restored) => return Ok(restored),
                Found::NotYet(progress) => progress,
            };
            if may_wait {
                return Ok(Restored::Pending(Pending { after: self.keeping.again, progress: found }));
            }
            // Only who cannot be told to come again gets here.
            tokio::time::sleep(MOMENT).await;
        }
    }

    async fn look(&self, question: &Arc<Question>, may_wait: bool) -> Result<Found, Error> {
        let mut tx = self.read().await?;
        let log = match question.log(&mut tx).await? {
            Ok(log) => log,
            Err(astray) => return Ok(Found::Answer(Restored::GoneAstray(astray))),
        };
        let running = self.kept.running().get(&question.asked).cloned();
        if let Some(running) = running {
            let is_stale = match running.progress.known.get() {
                Some((token, seq)) => rows::is_stale(&mut tx, question, token, *seq).await?,
                None => false,
            };
            drop(tx);
            return match is_stale {
                true => self.cancel(question, &running).await.map(|()| Found::Again),
                false => self.wait(question, running, may_wait, false).await,
            };
        }
        let row = self.find_kept(&mut tx, question).await?;
        match row {
            Some(row) if row.is_over => {}
            Some(row) => return self.stored(question, row, tx).await,
            None => {
                let running = self.begin(question, tx, log);
                return self.wait(question, running, may_wait, true).await;
            }
        }
        drop(tx);
        self.drop_kept(&[question.asked.as_str()]).await?;
        Ok(Found::Again)
    }

    /// What another process has made or is making, or this one some time ago.
    async fn stored(&self, question: &Question, row: Row, mut tx: Transaction) -> Result<Found, Error> {
        let Some((token, seq)) = &row.known else { return Ok(Found::NotYet(row.told())) };
        let is_stale = rows::is_stale(&mut tx, question, token, *seq).await?;
        drop(tx);
        let Some((object, length)) = row.object.as_ref().filter(|_| !is_stale) else {
            if !is_stale {
                return Ok(Found::NotYet(row.told()));
            }
            self.drop_kept(&[question.asked.as_str()]).await?;
            return Ok(Found::Again);
        };
        match self.files.read(object).await {
            Ok(pieces) => {
                if question.is_given_once && !self.outlive(question, object).await? {
                    return Ok(Found::Again);
                }
                let content = Content::streamed(pieces).with_length(*length);
                Ok(Found::Answer(Restored::Ready(content)))
            }
            Err(error) => {
                tracing::warn!(%error, "a restore that was kept is made anew");
                self.drop_kept(&[question.asked.as_str()]).await?;
                Ok(Found::Again)
            }
        }
    }

    fn begin(
        &self,
        question: &Arc<Question>,
        tx: Transaction,
        log: Option<openrosa_case::sync::SyncLog>,
    ) -> Running {
        let mut running = self.kept.running();
        // Somebody may have been faster since this one looked.
        if let Some(running) = running.get(&question.asked) {
            return running.clone();
        }
        let making = Making::new(self.clone(), Arc::clone(question), Arc::clone(&self.kept.room));
        let (maker, progress) = (making.maker.clone(), Arc::clone(&making.progress));
        let (told, outcome) = watch::channel(None);
        let task = tokio::spawn(making.run(tx, log, told));
        let begun = Instant::now();
        let new = Running { maker, begun, progress, outcome, abort: task.abort_handle() };
        running.insert(question.asked.clone(), new.clone());
        new
    }

    async fn cancel(&self, question: &Question, running: &Running) -> Result<(), Error> {
        running.abort.abort();
        self.kept.forget(&question.asked, &running.maker);
        self.release_claim(question, &running.maker).await
    }

    async fn wait(
        &self,
        question: &Question,
        mut running: Running,
        may_wait: bool,
        is_first: bool,
    ) -> Result<Found, Error> {
        let patience = self.keeping.patience;
        let left = patience.checked_sub(running.begun.elapsed()).unwrap_or(MOMENT.min(patience));
        let ended = running.outcome.wait_for(Option::is_some);
        let outcome = match may_wait {
            true => match tokio::time::timeout(left, ended).await {
                Ok(ended) => ended.ok().and_then(|outcome| outcome.clone()),
                Err(_) => return Ok(Found::NotYet(running.progress.told())),
            },
            false => ended.await.ok().and_then(|outcome| outcome.clone()),
        };
        let Some(outcome) = outcome else {
            // It was cancelled, or the process ends.
            self.kept.forget(&question.asked, &running.maker);
            return Ok(Found::Again);
        };
        let found = self.outcome(question, outcome, &running.progress, is_first).await?;
        if matches!(found, Found::Again) {
            self.kept.forget(&question.asked, &running.maker);
        }
        Ok(found)
    }

    async fn outcome(
        &self,
        question: &Question,
        outcome: Outcome,
        progress: &Progress,
        is_first: bool,
    ) -> Result<Found, Error> {
        let kept_as = match &outcome {
            Outcome::Kept(_, object) => Some(object.clone()),
            _ => None,
        };
        match outcome {
            Outcome::Made(spooled) | Outcome::Kept(spooled, _) | Outcome::Unkept(spooled) => {
                // What happened after the first has asked may not be in it, and others have asked later.
                if !is_first && self.is_overtaken(question, progress).await? {
                    return Ok(Found::Again);
                }
                // Of those who wait for one, the first gets it.
                let is_left = match kept_as {
                    _ if !question.is_given_once => true,
                    Some(object) => self.outlive(question, &object).await?,
                    None => !progress.given.swap(true, Ordering::Relaxed),
                };
                match is_left {
                    true => Ok(Found::Answer(Restored::Ready(spooled.content()))),
                    false => Ok(Found::Again),
                }
            }
            Outcome::Astray(message) => Ok(Found::Answer(Restored::GoneAstray(message))),
            Outcome::Elsewhere => Ok(Found::Again),
            Outcome::Failed(error) => match error.lock().unwrap_or_else(PoisonError::into_inner).take() {
                Some(error) => Err(error),
                None if is_first => Err(Kind::Stopped.into()),
                None => Ok(Found::Again),
            },
        }
    }

    async fn is_overtaken(&self, question: &Question, progress: &Progress) -> Result<bool, Error> {
        let Some((token, seq)) = progress.known.get() else { return Ok(true) };
        let mut tx = self.read().await?;
        rows::is_stale(&mut tx, question, token, *seq).await
    }
}
