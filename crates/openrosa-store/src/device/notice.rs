//! Word of changes, for whoever shows the cases.

use std::collections::BTreeSet;

use openrosa_case::Change;
use openrosa_xml::CaseId;
use tokio::sync::broadcast::Receiver;

use super::Database;
use crate::error::Error;

/// What has changed in the database, told once it is on the disk.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Notice {
    /// These cases, or their stock, are other than before, new, or gone. Fixtures and users are as they were.
    Cases(Vec<CaseId>),
    /// A restore was applied: anything may be other than before.
    Restored,
}

impl Notice {
    /// The cases that changes are about; `None` for changes about none.
    pub(super) fn of(changes: &[Change]) -> Option<Self> {
        let cases: BTreeSet<CaseId> = changes.iter().filter_map(|change| change.case_id().cloned()).collect();
        (!cases.is_empty()).then(|| Self::Cases(cases.into_iter().collect()))
    }
}

impl Database {
    /// Hears of what is changed through this database or its clones; of what others change, [`version`](Self::version) tells.
    /// Whoever listens too slowly is told how many notices were missed, and reads anew.
    #[must_use]
    pub fn notices(&self) -> Receiver<Notice> {
        self.notices.listen()
    }

    /// A number that is another whenever any process, this one too, has changed something: for those who look now and then.
    pub async fn version(&self) -> Result<i64, Error> {
        Ok(sqlx::query_scalar("SELECT version FROM changes").fetch_one(&self.readers).await?)
    }
}
