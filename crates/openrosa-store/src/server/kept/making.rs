//! A restore in the making.

use std::{
    pin::{Pin, pin},
    sync::{Arc, Mutex},
    time::Duration,
};

use futures_util::TryStreamExt as _;
use openrosa_case::sync::SyncLog;
use tokio::{
    sync::{Semaphore, watch},
    time::timeout,
};
use uuid::Uuid;

use super::{Outcome, Progress};
use crate::{
    error::{Error, Kind},
    server::{Database, Transaction, restore::Question, restore::Spooled},
};

/// How often its maker is heard of.
const BEAT: Duration = Duration::from_secs(2);

/// How long a device may take to come again behind the moment at which it should, for what cannot be kept.
const LATE: Duration = Duration::from_secs(60);

/// One attempt.
pub(super) struct Making {
    database: Database,
    question: Arc<Question>,
    pub(super) maker: String,
    pub(super) progress: Arc<Progress>,
    room: Arc<Semaphore>,
}

type Made = Result<Result<Spooled, String>, Error>;

impl Making {
    pub(super) fn new(database: Database, question: Arc<Question>, room: Arc<Semaphore>) -> Self {
        let maker = Uuid::new_v4().simple().to_string();
        Self { database, question, maker, progress: Arc::default(), room }
    }

    /// From the state that this transaction shows, if there is room; else from a later one.
    pub(super) async fn run(
        self,
        tx: Transaction,
        log: Option<SyncLog>,
        told: watch::Sender<Option<Outcome>>,
    ) {
        let outcome = match self.outcome(tx, log).await {
            Ok(outcome) => outcome,
            Err(error) => {
                // Whoever comes next need not wait until it is clear that nobody makes it.
                drop(self.database.release_claim(&self.question, &self.maker).await);
                Outcome::Failed(Arc::new(Mutex::new(Some(error))))
            }
        };
        let is_here_alone = matches!(outcome, Outcome::Unkept(_));
        if !is_here_alone {
            self.database.kept.forget(&self.question.asked, &self.maker);
        }
        drop(told.send(Some(outcome)));
        if is_here_alone {
            tokio::time::sleep(self.database.keeping.again.saturating_add(LATE)).await;
            self.database.kept.forget(&self.question.asked, &self.maker);
        }
    }

    async fn outcome(&self, tx: Transaction, log: Option<SyncLog>) -> Result<Outcome, Error> {
        let mut work = Work { making: Box::pin(self.make(tx, log)), made: None };
        if let Some(made) = work.within(self.database.keeping.patience).await {
            return Ok(given(made?));
        }
        if !work.beside(self.database.claim(&self.question, &self.maker)).await? {
            return Ok(Outcome::Elsewhere);
        }
        loop {
            if let Some(made) = work.within(BEAT).await {
                return self.keep(made?).await;
            }
            work.beside(self.database.tell(&self.question, &self.maker, &self.progress, None)).await?;
        }
    }

    async fn make(&self, tx: Transaction, log: Option<SyncLog>) -> Made {
        if self.question.overwrites {
            self.database.drop_kept(&[&self.question.plain]).await?;
        }
        let (_place, tx, log) = match self.room.try_acquire() {
            Ok(place) => (place, tx, log),
            Err(_) => {
                // Whoever waits keeps no connection from those who do not.
                drop((tx, log));
                let place = self.room.acquire().await.map_err(|_| Kind::Stopped)?;
                let mut tx = self.database.read().await?;
                match self.question.log(&mut tx).await? {
                    Ok(log) => (place, tx, log),
                    Err(astray) => return Ok(Err(astray)),
                }
            }
        };
        self.database.make(&self.question, tx, log, &self.progress).await.map(Ok)
    }

    /// Puts it where all processes find it.
    async fn keep(&self, made: Result<Spooled, String>) -> Result<Outcome, Error> {
        let Ok(spooled) = &made else {
            self.database.release_claim(&self.question, &self.maker).await?;
            return Ok(given(made));
        };
        let object = match self.store(spooled).await {
            Ok(object) => object,
            Err(error) => return self.unkept(made, &error).await,
        };
        let place = Some((object.as_str(), spooled.length));
        let is_told = self.database.tell(&self.question, &self.maker, &self.progress, place).await?;
        if !is_told {
            self.database.files.remove([object.clone()]).await;
        }
        self.database.drop_old_kept().await?;
        let is_kept = self.database.is_kept(&object).await?;
        // Another process may have found it since it was told of, and given it away.
        let may_be_given = is_told && self.question.is_given_once && self.database.keeping.count > 0;
        Ok(match given(made) {
            Outcome::Made(spooled) if is_kept => Outcome::Kept(spooled, object),
            Outcome::Made(_) if may_be_given => Outcome::Elsewhere,
            outcome => outcome,
        })
    }

    /// It was made, and who asked was told to come again for it: all the same to that one whether others would have found it.
    async fn unkept(&self, made: Result<Spooled, String>, error: &Error) -> Result<Outcome, Error> {
        tracing::error!(%error, "a restore that took long cannot be laid into the place of files");
        self.database.release_claim(&self.question, &self.maker).await?;
        Ok(match given(made) {
            Outcome::Made(spooled) => Outcome::Unkept(spooled),
            outcome => outcome,
        })
    }

    async fn store(&self, spooled: &Spooled) -> Result<String, Error> {
        let mut file = self.database.files.begin();
        let mut pieces = pin!(spooled.pieces());
        let unread = |error| Kind::File { path: std::env::temp_dir(), error };
        while let Some(piece) = pieces.try_next().await.map_err(unread)? {
            if let Err(error) = file.write(piece).await {
                file.give_up().await;
                return Err(error);
            }
        }
        Ok(file.finish().await?.object)
    }
}

/// The work, and what was made by it. While something else is waited for it goes on: it may hold the connection that the other
/// needs.
struct Work<'m> {
    making: Pin<Box<dyn Future<Output = Made> + Send + 'm>>,
    made: Option<Made>,
}

impl Work<'_> {
    async fn within(&mut self, time: Duration) -> Option<Made> {
        match self.made.take() {
            Some(made) => Some(made),
            None => timeout(time, &mut self.making).await.ok(),
        }
    }

    async fn beside<T>(&mut self, other: impl Future<Output = T>) -> T {
        let mut other = pin!(other);
        if self.made.is_none() {
            tokio::select! {
                done = &mut other => return done,
                made = &mut self.making => self.made = Some(made),
            }
        }
        other.await
    }
}

fn given(made: Result<Spooled, String>) -> Outcome {
    match made {
        Ok(spooled) => Outcome::Made(Arc::new(spooled)),
        Err(astray) => Outcome::Astray(astray),
    }
}
