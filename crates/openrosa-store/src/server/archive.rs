//! Forms that are set aside and come back, cases made anew, and what no form has got.

use std::time::Duration;

use chrono::{DateTime, Utc};
use futures_util::TryStreamExt;
use openrosa_http::server::Rejection;
use openrosa_xml::CaseId;

use super::{
    Database, Domain, FormRow,
    batch::{Done, Task},
    record,
};
use crate::{
    error::{Error, Kind},
    server::ServerKind,
};

/// What became of the cases.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Rebuilt {
    /// How many changes to cases, stock and forms there were.
    pub changes: usize,
}

/// What was done about files that no form has got.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Tidied {
    /// How many were removed.
    pub removed: usize,
    /// How many were left that are as old: as no form has been received since, they may be those of forms that another copy of the
    /// database knows.
    pub left: usize,
}

/// How long a file of no form is left alone: its form may be on its way.
const YOUNG: Duration = Duration::from_secs(24 * 3600);

impl Database {
    /// Sets a form aside: its cases are made anew without it, and one of which no form is left counts as deleted. What is set
    /// aside already stays so. An edit may have taken its place since it was found: that is an error
    /// ([`Error::is_too_late`]), and the edit stays.
    ///
    /// *Spec*: case-xml.md 4.4.
    pub async fn archive(&self, domain: &Domain, form: &FormRow) -> Result<Rebuilt, Error> {
        self.set_aside(domain, form, false).await
    }

    /// Takes a form back that was set aside, if nothing has taken its place since it was found.
    pub async fn unarchive(&self, domain: &Domain, form: &FormRow) -> Result<Rebuilt, Error> {
        self.set_aside(domain, form, true).await
    }

    async fn set_aside(&self, domain: &Domain, form: &FormRow, undo: bool) -> Result<Rebuilt, Error> {
        let (form, at) = (Box::new(form.clone()), self.now());
        self.by_hand(Task::Archive { domain: domain.number, form, undo, at }).await
    }

    /// Makes a case anew from its forms.
    pub async fn rebuild(&self, domain: &Domain, case_id: &CaseId) -> Result<Rebuilt, Error> {
        let (case_id, at) = (case_id.clone(), self.now());
        self.by_hand(Task::Rebuild { domain: domain.number, case_id, at }).await
    }

    async fn by_hand(&self, task: Task) -> Result<Rebuilt, Error> {
        Ok(Rebuilt { changes: self.done(task).await?.changed })
    }

    pub(super) async fn done(&self, task: Task) -> Result<Done, Error> {
        match self.lanes.take(task).await {
            Ok(done) => Ok(done),
            Err(Rejection::Internal(error) | Rejection::Busy { cause: Some(error), .. }) => {
                Err(match error.downcast::<Error>() {
                    Ok(error) => *error,
                    Err(_) => Kind::Stopped.into(),
                })
            }
            // Nothing else is said of what did not come over the wire.
            Err(_) => Err(Kind::Stopped.into()),
        }
    }

    /// Forgets what devices hold that have not asked for a restore since that moment. Should one come after all, it is told to
    /// start over. How many there were. What is said to have been held later than now was said by a clock that was ahead: it is
    /// kept no longer than if the clock had been as far behind.
    ///
    /// *Spec*: ota-restore.md 3.1: CommCare HQ keeps them for 63 days.
    pub async fn forget_devices(&self, domain: &Domain, since: DateTime<Utc>) -> Result<u64, Error> {
        const FORGET: &str = "DELETE FROM sync_logs WHERE domain = $1 AND (made_at < $2 OR made_at > $3)";
        let now = self.now();
        let until = now.checked_add_signed(now - since).unwrap_or(DateTime::<Utc>::MAX_UTC);
        let mut tx = self.write().await?;
        let query = sqlx::query(FORGET).bind(domain.number);
        let query = query.bind(since.timestamp_micros()).bind(until.timestamp_micros());
        let forgotten = query.execute(&mut *tx).await?.rows_affected();
        tx.commit().await?;
        Ok(forgotten)
    }

    /// Removes files that have lain for a day and are no form's: what was left behind by requests that broke off while the
    /// process was killed. Restores that nobody will ask for again go, too. Where nothing says that the place of files is this
    /// database's, that is an error, as it is where some cannot be removed; the others are, then.
    ///
    /// The day is over when a form has been received after it: this may be a copy of a database, beside the files of the original,
    /// which has received forms since that the copy does not know.
    pub async fn tidy(&self) -> Result<Tidied, Error> {
        self.recognize_files().await?;
        self.files.can_be_listed().await?;
        if !self.has_own_place().await? {
            return Err(ServerKind::PlaceOfNobody.into());
        }
        self.drop_old_kept().await?;
        let known_until = self.last_received().await?.map(|last| last - YOUNG);
        let mut old = self.files.older_than(YOUNG, self.now());
        let (mut tidied, mut stay, mut why) = (Tidied { removed: 0, left: 0 }, 0, None);
        while let Some((object, changed)) = old.try_next().await? {
            let query = sqlx::query("SELECT form FROM files WHERE object = $1 LIMIT 1").bind(object.clone());
            if query.fetch_optional(&self.readers).await?.is_some() || self.is_kept(&object).await? {
                continue;
            }
            if known_until.is_none_or(|until| changed >= until) {
                tidied.left += 1;
                continue;
            }
            match self.files.remove_one(&object).await {
                Ok(was_there) => tidied.removed += usize::from(was_there),
                // There may be thousands of them, and each would be waited for.
                Err(error) if error.is_silent_place() => return Err(error),
                Err(error) => (stay, why) = (stay + 1, why.or(Some(error))),
            }
        }
        match why {
            Some(why) => Err(ServerKind::Unremoved { stay, removed: tidied.removed, why: why.into() }.into()),
            None => Ok(tidied),
        }
    }

    /// When the last form was received: which one that is does not depend on clocks.
    async fn last_received(&self) -> Result<Option<DateTime<Utc>>, Error> {
        const LAST: &str = "SELECT max(received_at) FROM domains JOIN forms ON domain = number \
                            WHERE seq = (SELECT max(seq) FROM forms WHERE domain = number)";
        let last: Option<i64> = sqlx::query_scalar(LAST).fetch_one(&self.readers).await?;
        last.map(record::moment).transpose()
    }
}
