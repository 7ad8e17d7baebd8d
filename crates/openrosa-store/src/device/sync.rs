//! The whole conversation with a server: what was filled in goes, what others did comes.

use std::{path::PathBuf, time::Duration};

use chrono::{DateTime, Utc};
use openrosa_http::{
    api::restore::{Progress, Request},
    client::{
        Client,
        restore::{Received, Restore, Saved},
    },
    transport::{Body, Transport},
};
use openrosa_xml::StateHash;
use tokio::fs;
use url::Url;

use super::{
    Database, Purged, Restored,
    home::Home,
    outbox::{Counts, Report},
    standing, sync_pause, unreadable,
};
use crate::{
    error::{Error, Kind},
    lock::Lock,
};

/// Where a sync goes, and how.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Way {
    /// Where forms go.
    pub submission_url: Url,
    /// Where the restore comes from: of the same server, project and user.
    pub restore_url: Url,
    /// `user_id`: the user must still have it. Without it, what is new is asked for by the one that the restores before were for.
    pub user_id: Option<String>,
    /// How long to wait for a restore that the server is still making: ten minutes unless this says otherwise.
    pub patience: Duration,
    /// Asks for the restore although forms are left, and although the server was too busy a moment ago. What those forms did
    /// here is done once more on top of it.
    pub forced: bool,
    /// Asks for everything, which then takes the place of all cases. Where this sync does not come to that, the next does.
    pub anew: bool,
}

/// How a sync goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Step {
    /// Forms are being sent.
    Sending,
    /// So many were, by now. Whatever becomes of the restore, the server has them.
    Sent {
        /// How many forms the server has now.
        delivered: u64,
        /// How many of these it could not make use of.
        unprocessed: u64,
    },
    /// The server was asked, and is making the restore.
    Preparing(Progress),
    /// The restore is coming.
    Receiving(Received),
    /// It is here whole, and is being applied.
    Applying,
}

/// What came of a sync.
#[derive(Clone, Debug, PartialEq)]
#[must_use]
#[expect(clippy::exhaustive_enums, reason = "it is done, or not yet, or by another")]
pub enum Syncing {
    /// The device has what the server has.
    Done(Box<Synced>),
    /// Forms are left that the server does not have yet, so it was not asked for a restore: it would not know of them.
    Unsent {
        /// What was sent, and why no more.
        sent: Report,
        /// How the forms stand.
        counts: Counts,
    },
    /// The server is too busy to make a restore, or was a moment ago. Forms were sent.
    Busy {
        /// What was sent.
        sent: Report,
        /// When to try again.
        until: DateTime<Utc>,
    },
    /// Somebody else is at it, perhaps another process.
    Elsewhere,
}

/// What a sync did.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Synced {
    /// What was sent.
    pub sent: Report,
    /// How the forms stand. Those that wait for a person, and those that wait for them, are not at the server and do not stand in
    /// the way.
    pub counts: Counts,
    /// What was dropped beforehand, and again afterwards: some cases come only to say that they do not belong here any more.
    pub purged: Purged,
    /// What the restore did.
    pub restored: Restored,
}

impl Step {
    fn sent(report: &Report) -> Option<Self> {
        let Report { delivered, unprocessed, .. } = *report;
        (delivered > 0).then_some(Self::Sent { delivered, unprocessed })
    }
}

impl Way {
    /// A sync with a server.
    #[must_use]
    pub const fn new(submission_url: Url, restore_url: Url) -> Self {
        let patience = Duration::from_secs(600);
        Self { submission_url, restore_url, user_id: None, patience, forced: false, anew: false }
    }

    /// Names the user, who must still have this id.
    #[must_use]
    pub fn user_id(mut self, user_id: impl Into<String>) -> Self {
        self.user_id = Some(user_id.into());
        self
    }

    /// Waits for the server at most so long.
    #[must_use]
    pub const fn patience(mut self, patience: Duration) -> Self {
        self.patience = patience;
        self
    }

    /// Asks for the restore although forms are left.
    #[must_use]
    pub const fn forced(mut self) -> Self {
        self.forced = true;
        self
    }

    /// Asks for everything, and not only for what is new since the last restore.
    ///
    /// That is for a database that was put back from a backup. Its token is one that the server knows, and the hash is only of the
    /// ids of the cases: what came with a later token, or went by a form that the backup does not have, is never sent again, and
    /// neither side can tell.
    #[must_use]
    pub const fn anew(mut self) -> Self {
        self.anew = true;
        self
    }
}

impl Database {
    /// Brings device and server to the same state: sends the outbox; drops the cases that do not belong here any more; asks
    /// for what has changed since the last restore, by its token and the hash of the cases; applies that, with its token, in
    /// one transaction. Where the server finds that the device has gone astray (412), it is asked once for everything, which
    /// then takes the place of all cases. Cases that index each other in a circle have the same effect.
    ///
    /// It may be dropped, and the process killed, at any moment: what was done stays done, and the next sync does the rest.
    /// The restore is saved beside the database first and read from there, so that forms can be added while it comes over a
    /// slow network; those are sent at its end. No restore is asked for while forms wait to be sent (unless [`Way::forced`]);
    /// those that wait for a person do not count, nor those that wait for them.
    ///
    /// ```no_run
    /// use openrosa_http::{Client, headers::Version, transport::hyper::Hyper};
    /// use openrosa_store::device::{Database, Syncing, Way};
    ///
    /// # async fn sync() -> Result<(), Box<dyn std::error::Error>> {
    /// let phone = Database::open("amina.db").await?;
    /// let client = Client::new(Hyper::new()?).version(Version::COMMCARE_3).preemptive_basic();
    /// let way = Way::new(
    ///     "https://hq.example/a/demo/receiver/".parse()?,
    ///     "https://hq.example/a/demo/phone/restore/".parse()?,
    /// );
    /// match phone.sync(&client, &way, |_| ()).await? {
    ///     Syncing::Done(synced) => println!("{} new cases", synced.restored.created),
    ///     Syncing::Unsent { counts, .. } => println!("{} forms are still here", counts.waiting),
    ///     Syncing::Busy { until, .. } => println!("the server is busy; again at {until}"),
    ///     Syncing::Elsewhere => println!("another program is at it"),
    /// }
    /// # Ok(()) }
    /// ```
    ///
    /// *Spec:* ota-restore.md 1.8, 1.9.
    pub async fn sync<T: Transport>(
        &self,
        client: &Client<T>,
        way: &Way,
        mut told: impl FnMut(Step) + Send,
    ) -> Result<Syncing, Error> {
        let home = Home::of_both(client, &way.submission_url, &way.restore_url)?;
        let Some(_alone) = Lock::take(&self.path, "sync")? else { return Ok(Syncing::Elsewhere) };
        told(Step::Sending);
        // Until the restore is applied: it would undo what was sent while it was made.
        let Some(alone) = self.outbox().alone().await? else { return Ok(Syncing::Elsewhere) };
        if way.anew {
            self.forget_token(&home).await?;
        }
        let send = async || self.outbox().send_alone(client, &way.submission_url, &alone).await;
        let mut sent = send().await?;
        Step::sent(&sent).map(&mut told);
        let counts = self.outbox().counts().await?;
        if counts.waiting > counts.stuck && !way.forced {
            return Ok(Syncing::Unsent { sent, counts });
        }
        if let Some(until) = self.busy_until().await?
            && !way.forced
        {
            return Ok(Syncing::Busy { sent, until });
        }
        let fetched = self.fetch_and_apply(client, way, &home, &mut told).await;
        // What was added meanwhile, and told that somebody else sends it. Should that go wrong, the next to send will be told.
        if let Ok(later) = send().await {
            let is_more = later.delivered > 0;
            sent.append(later);
            Step::sent(&sent).filter(|_| is_more).map(&mut told);
        }
        match fetched {
            Err(error) if error.http().is_some_and(openrosa_http::client::Error::is_busy) => {
                let until = self.leave_alone(&error).await?;
                Ok(Syncing::Busy { sent, until })
            }
            fetched => {
                let (purged, restored) = fetched?;
                let counts = self.outbox().counts().await?;
                Ok(Syncing::Done(Box::new(Synced { sent, counts, purged, restored })))
            }
        }
    }

    async fn fetch_and_apply<T: Transport>(
        &self,
        client: &Client<T>,
        way: &Way,
        home: &Home,
        told: &mut (impl FnMut(Step) + Send),
    ) -> Result<(Purged, Restored), Error> {
        let (mut purged, asked) = self.ask_for(way).await?;
        let saved = self.fetch(client, way, &asked, told).await?;
        told(Step::Applying);
        let restored = self.apply_saved(&saved, asked.since.as_deref(), home).await?;
        purged.append(self.purge().await?);
        Ok((purged, restored))
    }

    /// Whatever comes in between, the next restore is a full one. What it brings in the place of what cannot be read is not in its
    /// way.
    async fn forget_token(&self, asked: &Home) -> Result<(), Error> {
        self.expect_at(asked).await?;
        let mut tx = self.write().await?;
        standing::forget_token(&mut tx).await?;
        unreadable::remove(&mut tx).await?;
        Self::commit(tx).await
    }

    /// Purges, and says what is here; nothing where all of it is to be replaced.
    async fn ask_for(&self, way: &Way) -> Result<(Purged, Request), Error> {
        let asked = Request { user_id: way.user_id.clone(), items: true, ..Request::new() };
        let token = self.sync_state().await?.and_then(|sync| sync.token);
        let token = token.filter(|token| !token.is_empty());
        let Some(token) = token else { return Ok((Purged::default(), asked)) };
        let purged = match self.purge().await {
            Ok(purged) => purged,
            Err(error) if error.is_cycle() => return Ok((Purged::default(), asked)),
            Err(error) => return Err(error),
        };
        let state = StateHash::from(self.state_hash().await?);
        let user_id = match &way.user_id {
            Some(user_id) => Some(user_id.clone()),
            None => self.known_user(way).await?,
        };
        Ok((purged, Request { user_id, ..asked }.holding(token, &state)))
    }

    /// The user whom the restore before was for, by which a server knows whether the same still signs in (S-070). Nobody where one
    /// asks in the name of another: the id that is wanted then is that of who signs in (ota-restore.md 1.2).
    async fn known_user(&self, way: &Way) -> Result<Option<String>, Error> {
        if way.restore_url.query_pairs().any(|(name, _)| name == "as") {
            return Ok(None);
        }
        let user = standing::restored_user(&mut *self.read().await?).await?;
        Ok(user.map(|user| user.as_str().to_owned()))
    }

    async fn fetch<T: Transport>(
        &self,
        client: &Client<T>,
        way: &Way,
        asked: &Request,
        told: &mut (impl FnMut(Step) + Send),
    ) -> Result<Saved, Error> {
        let waiting = |progress| told(Step::Preparing(progress));
        let restore = client.restore_or_start_over(&way.restore_url, asked, way.patience, waiting).await?;
        Ok(restore.save(&self.saved(), |received| told(Step::Receiving(received))).await?)
    }

    /// Applies the restore that lies beside the database, and removes it. One that was asked for from scratch takes the place
    /// of what is here, whether it was the server or the device that found this to be necessary.
    async fn apply_saved(&self, saved: &Saved, since: Option<&str>, home: &Home) -> Result<Restored, Error> {
        let path = self.saved();
        let body = Body::from_file(&path).await.map_err(|error| Kind::File { path: path.clone(), error })?;
        let restore = Restore::of(body);
        let restored = match since {
            Some(since) if !saved.starts_over => self.apply(restore, Some(since), Some(home)).await,
            _ => self.apply(restore.starting_over(), None, Some(home)).await,
        };
        drop(fs::remove_file(&path).await);
        restored
    }

    /// Where a restore lies until it is applied.
    fn saved(&self) -> PathBuf {
        let mut name = self.path.file_name().unwrap_or_default().to_owned();
        name.push("-restore");
        self.path.with_file_name(name)
    }

    async fn busy_until(&self) -> Result<Option<DateTime<Utc>>, Error> {
        sync_pause::until(&mut *self.read().await?, self.now()).await
    }

    async fn leave_alone(&self, error: &Error) -> Result<DateTime<Utc>, Error> {
        let wanted = error.http().and_then(openrosa_http::client::Error::retry_after);
        let mut tx = self.write().await?;
        let until = sync_pause::begin(&mut tx, self.now(), wanted).await?;
        Self::commit(tx).await?;
        Ok(until)
    }
}
