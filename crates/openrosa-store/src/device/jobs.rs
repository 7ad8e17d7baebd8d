//! What the database is asked to do while a restore is read: by a thread of its own, since each job is several questions to SQLite's
//! thread, and who reads has no time to look for answers.

use std::thread;

use openrosa_case::store::Needs;
use sqlx::SqliteTransaction;
use tokio::{
    runtime::Handle,
    sync::{mpsc, oneshot},
};

use super::{
    anew::Anew,
    desk::{Changed, Loaded, Numbered},
};
use crate::error::{Error, Kind};

/// So many may wait.
const AHEAD: usize = 1;

/// A transaction that jobs are done in, one after the other: what is loaded is what was written before.
///
/// Where one fails, no other is done, and [`end`](Self::end) says why.
pub(super) struct Jobs {
    asked: mpsc::Sender<Job>,
    /// Cases that are written.
    spent: mpsc::UnboundedReceiver<Vec<Numbered>>,
    done: oneshot::Receiver<Result<Tools, Error>>,
}

enum Job {
    Load(Box<Needs>, oneshot::Sender<Loaded>),
    Write(Changed),
}

/// What the jobs are done with.
type Tools = (SqliteTransaction<'static>, Option<Anew>);

/// That a job has failed.
pub(super) struct Failed;

impl Jobs {
    /// The thread is none of those that the runtime has for what blocks: it may have one only, which reading a file needs. Where this
    /// is dropped, the thread ends after what it was asked, and the transaction leaves nothing.
    pub(super) fn begin(tools: Tools) -> Result<Self, Error> {
        let (asked, jobs) = mpsc::channel(AHEAD);
        let (spend, spent) = mpsc::unbounded_channel();
        let (end, done) = oneshot::channel();
        let runtime = Handle::current();
        let work = move || {
            // Where nobody waits any more, a connection is given back here, which is a task of the runtime.
            let _here = runtime.enter();
            drop(end.send(runtime.block_on(do_all(tools, jobs, spend))));
        };
        thread::Builder::new().name("openrosa-restore".to_owned()).spawn(work).map_err(sqlx::Error::Io)?;
        Ok(Self { asked, spent, done })
    }

    /// Loads what is needed.
    pub(super) async fn load(&self, needs: Needs) -> Result<Loaded, Failed> {
        let (answer, loaded) = oneshot::channel();
        self.asked.send(Job::Load(Box::new(needs), answer)).await.map_err(|_| Failed)?;
        loaded.await.map_err(|_| Failed)
    }

    /// Writes what has changed, without waiting for it.
    pub(super) async fn write(&mut self, changed: Changed) -> Result<(), Failed> {
        // Another thread would put them away into the memory of this one, and make it wait.
        while let Ok(cases) = self.spent.try_recv() {
            drop(cases);
        }
        self.asked.send(Job::Write(changed)).await.map_err(|_| Failed)
    }

    /// Waits until all is written.
    pub(super) async fn rest(&self) -> Result<(), Failed> {
        self.load(Needs::default()).await.map(drop)
    }

    /// Waits for all jobs and gives back what they were done with.
    pub(super) async fn end(self) -> Result<Tools, Error> {
        drop(self.asked);
        self.done.await.map_err(|_| Kind::Stopped)?
    }
}

async fn do_all(
    (mut tx, mut anew): Tools,
    mut jobs: mpsc::Receiver<Job>,
    spend: mpsc::UnboundedSender<Vec<Numbered>>,
) -> Result<Tools, Error> {
    let mut last = None;
    while let Some(job) = jobs.recv().await {
        match job {
            Job::Load(needs, answer) => {
                if let Some(anew) = anew.as_mut().filter(|_| !needs.cases.is_empty()) {
                    anew.find(&mut tx).await?;
                }
                // Who asked may have failed meanwhile.
                drop(answer.send(Loaded::load(&mut tx, *needs).await?));
            }
            Job::Write(changed) => {
                let mut pending = changed.into_pending();
                drop(spend.send(std::mem::take(&mut pending.cases)));
                // SQLite's thread may still be putting away the texts of the last statement.
                last = Some(pending.write(&mut tx).await?);
            }
        }
    }
    drop(last);
    Ok((tx, anew))
}
