//! Word of changes, for whoever shows the cases.

use openrosa_case::Change;
use openrosa_xml::CaseId;
use tokio::sync::broadcast::{self, Receiver, Sender};

use super::Database;
use crate::error::Error;

/// How many words of changes wait for a listener that does not listen.
const WAITING: usize = 256;

/// What has changed in the database, told once it is on the disk.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Notice {
    /// These cases, or their stock, are other than before, new, or gone. Fixtures and users are as they were.
    Cases(Vec<CaseId>),
    /// A restore was applied: anything may be other than before.
    Restored,
}

#[derive(Clone, Debug)]
pub(super) struct Notices(Sender<Notice>);

impl Notices {
    pub(super) fn new() -> Self {
        Self(broadcast::channel(WAITING).0)
    }

    /// That nobody listens is no error.
    pub(super) fn tell(&self, notice: Notice) {
        drop(self.0.send(notice));
    }

    pub(super) fn tell_of(&self, changes: &[Change]) {
        let mut cases: Vec<CaseId> = changes.iter().filter_map(|change| change.case_id().cloned()).collect();
        cases.sort_unstable();
        cases.dedup();
        if !cases.is_empty() {
            self.tell(Notice::Cases(cases));
        }
    }
}

impl Database {
    /// Hears of what this process changes. Whoever listens too slowly is told how many notices were missed, and reads anew.
    #[must_use]
    pub fn notices(&self) -> Receiver<Notice> {
        self.notices.0.subscribe()
    }

    /// A number that is another whenever any process, this one too, has changed something: for those who look now and then.
    pub async fn version(&self) -> Result<i64, Error> {
        Ok(sqlx::query_scalar("SELECT version FROM changes").fetch_one(&self.readers).await?)
    }
}
