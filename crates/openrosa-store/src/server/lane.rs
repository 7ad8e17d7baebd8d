//! Group commit: what arrives while a transaction is on its way to the disk shares the next one.

use std::{sync::Arc, time::Duration};

use openrosa_http::server::Rejection;
use sqlx::AnyPool;
use tokio::{
    sync::{Mutex, mpsc, oneshot},
    time::Instant,
};

use super::{
    Files,
    batch::{self, Done, Task},
    engine::Engine,
    files::Stored,
    upload::refused,
};
use crate::error::{Error, Kind};

/// How many share a transaction at most, and how many wait before those who bring more have to.
const GROUP: usize = 128;
/// How often a group is tried that lost against another process, and for how long.
const TRIES: usize = 5;
const PATIENCE: Duration = Duration::from_secs(30);

/// What one task came to.
pub(super) type Outcome = Result<Done, Rejection>;

/// A task, and who waits for it.
pub(super) struct Job {
    pub(super) task: Task,
    answer: oneshot::Sender<Outcome>,
}

/// Where tasks wait. As many groups are on their way at once as there are lanes.
pub(super) struct Lanes {
    queue: mpsc::Sender<Job>,
}

/// A place in the queue.
pub(super) struct Room<'l>(mpsc::Permit<'l, Job>);

struct Lane {
    jobs: Arc<Mutex<mpsc::Receiver<Job>>>,
    engine: Engine,
    writers: AnyPool,
    files: Files,
}

/// Why nothing has become of a group, as far as is known.
struct Failure {
    error: Error,
    /// It broke off while it was made durable: it may all be there, and nobody has said so.
    is_unsure: bool,
}

impl Lanes {
    /// They end when the last who could bring them something is gone.
    pub(super) fn start(lanes: u32, engine: Engine, writers: &AnyPool, files: &Files) -> Self {
        let (queue, jobs) = mpsc::channel(GROUP);
        let jobs = Arc::new(Mutex::new(jobs));
        for _ in 0..lanes {
            let (jobs, writers, files) = (Arc::clone(&jobs), writers.clone(), files.clone());
            tokio::spawn(Lane { jobs, engine, writers, files }.run());
        }
        Self { queue }
    }

    /// Waits until a task may be brought.
    pub(super) async fn room(&self) -> Result<Room<'_>, Rejection> {
        self.queue.reserve().await.map(Room).map_err(|_| stopped())
    }

    /// Brings a task, and waits until what it did is durable.
    pub(super) async fn take(&self, task: Task) -> Outcome {
        self.room().await?.take(task).await
    }
}

impl Room<'_> {
    /// Brings a task, and waits until what it did is durable. It is done whether somebody waits or not: its files are the lane's
    /// from now on.
    pub(super) fn take(self, task: Task) -> impl Future<Output = Outcome> + use<> {
        let (answer, outcome) = oneshot::channel();
        self.0.send(Job { task, answer });
        async { outcome.await.map_err(|_| stopped())? }
    }
}

fn stopped() -> Rejection {
    Rejection::internal(Error::from(Kind::Stopped))
}

impl Lane {
    async fn run(self) {
        loop {
            let mut jobs = Vec::new();
            if self.jobs.lock().await.recv_many(&mut jobs, GROUP).await == 0 {
                return;
            }
            self.group(jobs).await;
        }
    }

    /// All together, or one by one where that fails: whatever is wrong with one of them is no other's affair. But for a database
    /// that is busy: it is so for all.
    async fn group(&self, jobs: Vec<Job>) {
        let tasks: Vec<&Task> = jobs.iter().map(|job| &job.task).collect();
        match self.attempt(&tasks).await {
            Ok(outcomes) => jobs.into_iter().zip(outcomes).for_each(|(job, outcome)| self.end(job, outcome)),
            Err(failure) if failure.error.is_busy() => self.all_busy(jobs, &failure),
            Err(failure) => match <[Job; 1]>::try_from(jobs) {
                Ok([job]) => self.fail(job, failure),
                Err(jobs) => self.one_by_one(jobs, failure).await,
            },
        }
    }

    /// One that may have been kept already finds itself there. None is tried behind one that found the database busy.
    async fn one_by_one(&self, jobs: Vec<Job>, before: Failure) {
        tracing::warn!(error = %before.error, tasks = jobs.len(), "a group is taken one by one");
        let mut jobs = jobs.into_iter();
        while let Some(job) = jobs.next() {
            match self.attempt(&[&job.task]).await {
                Ok(mut outcomes) => self.end(job, outcomes.pop().unwrap_or_else(|| Err(stopped()))),
                Err(failure) => {
                    let others = failure.error.is_busy().then(|| failure.error.for_another());
                    let is_unsure = failure.is_unsure || before.is_unsure;
                    self.fail(job, Failure { is_unsure, ..failure });
                    if let Some(error) = others {
                        self.all_busy(jobs, &Failure { error, ..before });
                        return;
                    }
                }
            }
        }
    }

    fn all_busy(&self, jobs: impl IntoIterator<Item = Job>, failure: &Failure) {
        for job in jobs {
            self.fail(job, Failure { error: failure.error.for_another(), ..*failure });
        }
    }

    async fn attempt(&self, tasks: &[&Task]) -> Result<Vec<Outcome>, Failure> {
        let (mut tries, by) = (TRIES, Instant::now() + PATIENCE);
        loop {
            tries -= 1;
            match self.transaction(tasks).await {
                Err(Failure { error, is_unsure: false })
                    if error.is_busy() && tries > 0 && Instant::now() < by => {}
                outcome => return outcome,
            }
        }
    }

    async fn transaction(&self, tasks: &[&Task]) -> Result<Vec<Outcome>, Failure> {
        let undone = |error| Failure { error, is_unsure: false };
        let mut tx = self.engine.begin(&self.writers).await.map_err(undone)?;
        let outcomes = batch::run(self.engine, &mut tx, tasks).await.map_err(undone)?;
        let committed = tx.commit().await;
        committed.map_err(|error| Failure { error: error.into(), is_unsure: true })?;
        Ok(outcomes)
    }

    /// Tells who waits. Who does not wait any more is told when it comes again. What no form has got is removed.
    fn end(&self, job: Job, outcome: Outcome) {
        match &outcome {
            Ok(done) => self.remove(done.unused.clone()),
            Err(_) => self.remove(job.task.came_with()),
        }
        drop(job.answer.send(outcome));
    }

    /// Nothing has become of it, and so of its files; where that is not sure, the files stay, and `tidy` finds out.
    fn fail(&self, job: Job, failure: Failure) {
        if !failure.is_unsure {
            self.remove(job.task.came_with());
        }
        drop(job.answer.send(Err(refused(failure.error))));
    }

    fn remove(&self, objects: Vec<Stored>) {
        if !objects.is_empty() {
            let files = self.files.clone();
            tokio::spawn(async move { files.remove(objects.into_iter().map(|file| file.object)).await });
        }
    }
}

#[cfg(test)]
mod tests {
    use chrono::Utc;
    use openrosa_http::server::{Caller, Policy, Submission};
    use sqlx::any::AnyPoolOptions;

    use super::*;
    use crate::server::{Database, batch::Arriving};

    /// A form of this name, and what is heard of it.
    fn job(name: &str) -> (Job, oneshot::Receiver<Outcome>) {
        let xml = format!("<f id='f'><meta><instanceID>{name}</instanceID></meta></f>");
        let submission = Submission::read(xml.into(), Caller::default(), &Policy::default()).unwrap();
        let task = Task::Arrival(Box::new(Arriving::alone(1, submission, Utc::now())));
        let (answer, outcome) = oneshot::channel();
        (Job { task, answer }, outcome)
    }

    #[tokio::test]
    async fn none_waits_behind_one_that_found_the_database_busy() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("server.db");
        let files = Files::in_folder(folder.path().join("files")).unwrap();
        let other = Database::open(&path, files.clone()).await.unwrap();
        let writes = other.write().await.unwrap();
        let writers = AnyPoolOptions::new().after_connect(|connection, _| {
            Box::pin(async { sqlx::query("PRAGMA busy_timeout = 20").execute(connection).await.map(drop) })
        });
        let writers = writers.connect(&format!("sqlite://{}", path.display())).await.unwrap();
        let lane =
            Lane { jobs: Arc::new(Mutex::new(mpsc::channel(1).1)), engine: Engine::Sqlite, writers, files };

        let ((first, told), (second, told_too)) = (job("f1"), job("f2"));
        let before = Failure { error: Kind::Damaged(String::new()).into(), is_unsure: false };
        let busy = tokio::spawn(async move { lane.one_by_one(vec![first, second], before).await });
        assert!(matches!(told.await.unwrap(), Err(Rejection::Busy { .. })));
        drop(writes);
        busy.await.unwrap();
        assert!(matches!(told_too.await.unwrap(), Err(Rejection::Busy { .. })));
    }

    /// Each is told what kept the database from answering, and the log of each.
    #[tokio::test]
    async fn all_of_a_group_know_why_they_are_to_come_again() {
        let folder = tempfile::tempdir().unwrap();
        let files = Files::in_folder(folder.path().join("files")).unwrap();
        let pool = AnyPoolOptions::new().acquire_timeout(Duration::from_millis(20)).max_connections(1);
        sqlx::any::install_default_drivers();
        let writers = pool.connect("sqlite::memory:").await.unwrap();
        let held = writers.acquire().await.unwrap();
        let lane =
            Lane { jobs: Arc::new(Mutex::new(mpsc::channel(1).1)), engine: Engine::Sqlite, writers, files };
        let ((first, told), (second, told_too)) = (job("f1"), job("f2"));
        lane.group(vec![first, second]).await;
        for told in [told, told_too] {
            let refused = told.await.unwrap().unwrap_err();
            let cause = std::error::Error::source(&refused).map(ToString::to_string);
            assert!(
                cause.unwrap().starts_with("the database does not answer: pool timed out"),
                "{refused:?}"
            );
        }
        drop(held);
    }
}
