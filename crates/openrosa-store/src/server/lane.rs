//! Group commit: what arrives while a transaction is on its way to the disk shares the next one.

use std::sync::Arc;

use openrosa_http::server::Rejection;
use sqlx::AnyPool;
use tokio::sync::{Mutex, mpsc, oneshot};

use super::{
    batch::{self, Done, Task},
    engine::Engine,
};
use crate::error::{Error, Kind};

/// How many share a transaction at most, and how many wait before those who bring more have to.
const GROUP: usize = 128;
/// How often a group is tried that lost against another process.
const TRIES: usize = 5;

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

struct Lane {
    jobs: Arc<Mutex<mpsc::Receiver<Job>>>,
    engine: Engine,
    writers: AnyPool,
}

impl Lanes {
    /// They end when the last who could bring them something is gone.
    pub(super) fn start(lanes: u32, engine: Engine, writers: &AnyPool) -> Self {
        let (queue, jobs) = mpsc::channel(GROUP);
        let jobs = Arc::new(Mutex::new(jobs));
        for _ in 0..lanes {
            let lane = Lane { jobs: Arc::clone(&jobs), engine, writers: writers.clone() };
            tokio::spawn(lane.run());
        }
        Self { queue }
    }

    /// Brings a task, and waits until what it did is durable.
    pub(super) async fn take(&self, task: Task) -> Outcome {
        let stopped = || Rejection::internal(Error::from(Kind::Stopped));
        let (answer, outcome) = oneshot::channel();
        self.queue.send(Job { task, answer }).await.map_err(|_| stopped())?;
        outcome.await.map_err(|_| stopped())?
    }
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

    /// All together, or one by one where that fails: whatever is wrong with one of them is no other's affair.
    async fn group(&self, jobs: Vec<Job>) {
        let tasks: Vec<&Task> = jobs.iter().map(|job| &job.task).collect();
        let outcomes = match self.attempt(&tasks).await {
            Ok(outcomes) => outcomes,
            Err(error) if jobs.len() == 1 => vec![Err(Rejection::internal(error))],
            Err(error) => {
                tracing::warn!(%error, tasks = jobs.len(), "a group is taken one by one");
                let mut outcomes = Vec::with_capacity(jobs.len());
                for task in tasks {
                    outcomes.push(self.alone(task).await);
                }
                outcomes
            }
        };
        for (job, outcome) in jobs.into_iter().zip(outcomes) {
            // Who does not wait any more is told when it comes again.
            drop(job.answer.send(outcome));
        }
    }

    async fn alone(&self, task: &Task) -> Outcome {
        let mut outcomes = self.attempt(&[task]).await.map_err(Rejection::internal)?;
        outcomes.pop().unwrap_or_else(|| Err(Rejection::internal(Error::from(Kind::Stopped))))
    }

    async fn attempt(&self, tasks: &[&Task]) -> Result<Vec<Outcome>, Error> {
        let mut tries = TRIES;
        loop {
            tries -= 1;
            match self.transaction(tasks).await {
                Err(error) if error.is_busy() && tries > 0 => {}
                outcome => return outcome,
            }
        }
    }

    async fn transaction(&self, tasks: &[&Task]) -> Result<Vec<Outcome>, Error> {
        let mut tx = self.engine.begin(&self.writers).await?;
        let outcomes = batch::run(self.engine, &mut tx, tasks).await?;
        tx.commit().await?;
        Ok(outcomes)
    }
}
