//! A submission on its way in.

use std::{collections::BTreeSet, time::Duration};

use bytes::Bytes;
use openrosa_http::server::{Backend, Caller, Rejection, Stored as Kept, Submission, Upload as Incoming};

use super::{
    Database, Domain,
    batch::{Arriving, Done, Task},
    engine::plain,
    files::{self, Stored},
    lengths, sync_logs,
};
use crate::{error::Error, server::ServerKind};

/// One request on its way into a [`Database`]. Its files go to their place as they come; that they are a submission is written
/// last.
pub struct Upload {
    database: Database,
    open: Option<files::Incoming>,
    /// The files that have come whole, in their order.
    objects: Vec<Stored>,
}

impl Backend for Database {
    type Upload = Upload;

    async fn begin(&self, _: &Caller) -> Result<Upload, Rejection> {
        Ok(Upload { database: self.clone(), open: None, objects: Vec::new() })
    }
}

impl Upload {
    async fn close(&mut self) -> Result<(), Error> {
        if let Some(file) = self.open.take() {
            self.objects.push(file.finish().await?);
        }
        Ok(())
    }

    async fn take(&mut self, mut submission: Submission) -> Result<Done, Rejection> {
        self.close().await.map_err(refused)?;
        lengths::check(&mut submission)?;
        let database = &self.database;
        let domain = database.domain(submission.sender.domain.as_deref()).await.map_err(refused)?;
        let lost = database.lost(&domain, &submission).await.map_err(refused)?;
        database.own_token_only(&domain, &mut submission).await.map_err(refused)?;
        database.has_all(&self.objects).await?;
        let alone = Arriving::alone(domain.number, submission, database.now());
        let room = database.lanes.room().await?;
        // From here on the files are the task's, which is done although nobody may wait for it any more.
        let objects = std::mem::take(&mut self.objects);
        room.take(Task::Arrival(Box::new(Arriving { objects, lost, ..alone }))).await
    }
}

impl Database {
    /// A form with another user's token is as one without: by it, what the sender has done would be taken for what the other's
    /// device has done, and never be told it (ota-restore.md 3.7).
    async fn own_token_only(&self, domain: &Domain, submission: &mut Submission) -> Result<(), Error> {
        let Caller { user: Some(user), sync_token: Some(token), .. } = &submission.sender else {
            return Ok(());
        };
        if sync_logs::is_of_another(&self.readers, domain, user, token).await? {
            submission.sender.sync_token = None;
        }
        Ok(())
    }

    /// Whoever tidies takes the files for nobody's of a form that is on its way for longer than a day: where one is gone, the form has
    /// to come again, with all of them. One that goes between here and the commit is not noticed: who tidies would have to look for its
    /// form in the very moment in which that is stored.
    async fn has_all(&self, files: &[Stored]) -> Result<(), Rejection> {
        for Stored { object, .. } in files {
            if self.files.lacks(object).await {
                let gone = Error::from(ServerKind::NoFile { object: object.clone() });
                return Err(Rejection::Busy { after: PATIENCE, cause: Some(gone.into()) });
            }
        }
        Ok(())
    }

    /// Files that are held under the name of the form and have got lost, or their ends: what comes may take their place.
    async fn lost(&self, domain: &Domain, submission: &Submission) -> Result<BTreeSet<String>, Error> {
        let mut lost = BTreeSet::new();
        if submission.files.is_empty() {
            return Ok(lost);
        }
        const HELD: &str = "SELECT object, size FROM forms JOIN files ON files.domain = forms.domain AND files.form = seq \
                            WHERE forms.domain = $1 AND form_key = $2 AND instance_id = $3";
        let query = sqlx::query_as(HELD).bind(domain.number);
        let query = query.bind(plain(submission.form.id.as_deref().unwrap_or_default()));
        let query = query.bind(plain(&submission.instance_id.to_string()));
        let held: Vec<(String, i64)> = query.fetch_all(&self.readers).await?;
        for (object, size) in held {
            if self.files.has_lost(&object, size.unsigned_abs()).await {
                lost.insert(object);
            }
        }
        Ok(lost)
    }
}

impl Incoming for Upload {
    async fn open(&mut self) -> Result<(), Rejection> {
        self.close().await.map_err(refused).map_err(|refused| self.database.shortage.perhaps(refused))?;
        self.open = Some(self.database.files.begin());
        Ok(())
    }

    async fn write(&mut self, chunk: Bytes) -> Result<(), Rejection> {
        match &mut self.open {
            Some(file) => {
                let written = file.write(chunk).await.map_err(refused);
                written.map_err(|refused| self.database.shortage.perhaps(refused))
            }
            None => Ok(()),
        }
    }

    async fn commit(mut self, submission: Submission) -> Result<Kept, Rejection> {
        let taken = self.take(submission).await;
        let shortage = &self.database.shortage;
        let done = taken.map_err(|refused| shortage.perhaps(refused))?;
        shortage.is_over();
        Ok(Kept { arrival: done.arrival, quarantined: done.quarantined, unprocessed: done.declined })
    }
}

/// What no lane has got is removed: a request is refused or breaks off.
impl Drop for Upload {
    fn drop(&mut self) {
        let (open, objects) = (self.open.take(), std::mem::take(&mut self.objects));
        if open.is_none() && objects.is_empty() {
            return;
        }
        let files = self.database.files.clone();
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            runtime.spawn(async move {
                if let Some(open) = open {
                    open.give_up().await;
                }
                files.remove(objects.into_iter().map(|file| file.object)).await;
            });
        }
    }
}

/// When somebody may come again who came while the database was busy.
const PATIENCE: Duration = Duration::from_secs(30);

/// What a sender is told.
pub(super) fn refused(error: Error) -> Rejection {
    match error {
        _ if error.is_unknown_domain() => Rejection::UnknownPath,
        _ if error.is_busy() || error.is_silent_place() => {
            Rejection::Busy { after: PATIENCE, cause: Some(error.into()) }
        }
        _ => Rejection::internal(error),
    }
}

#[cfg(test)]
pub(super) mod tests;
