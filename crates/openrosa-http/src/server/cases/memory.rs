//! Cases in memory: for tests, and for demonstrations.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};

use futures_util::stream::{self, StreamExt as _};
use openrosa_xml::casedb::CaseView;

use super::Cases;
use crate::api::{case_search, claim};
use crate::server::{Caller, Listing, Rejection};

/// Cases in memory, to be found by anybody, open or closed, by type and by properties that are equal. Clones share what was
/// claimed.
#[derive(Clone, Debug, Default)]
pub struct MemoryCases {
    cases: Vec<CaseView<'static>>,
    claimed: Arc<Mutex<HashSet<Claimed>>>,
}

/// By whom, and which.
type Claimed = (Option<String>, String);

impl MemoryCases {
    /// These cases, none of them claimed.
    pub fn new(cases: impl IntoIterator<Item = CaseView<'static>>) -> Self {
        Self { cases: cases.into_iter().collect(), claimed: Arc::default() }
    }

    fn has(&self, id: &str) -> bool {
        self.cases.iter().any(|case| case.case_id.as_deref() == Some(id))
    }
}

impl Cases for MemoryCases {
    async fn search(
        &self,
        sought: &case_search::Request,
        _: &Caller,
    ) -> Result<Listing<CaseView<'static>>, Rejection> {
        let fits = |case: &&CaseView<'_>| {
            sought.keys.iter().all(|(name, _)| sought.values(name).any(|value| is(case, name, value)))
        };
        let found: Vec<_> = self.cases.iter().filter(fits).cloned().map(Ok).collect();
        Ok(stream::iter(found).boxed())
    }

    async fn claim(&self, claimed: &claim::Request, caller: &Caller) -> Result<claim::Answer, Rejection> {
        if let Some(unknown) = claimed.case_ids.iter().find(|id| !self.has(id)) {
            return Err(Rejection::Gone { reason: format!("there is no case `{unknown}`") });
        }
        let mut held = self.claimed.lock().unwrap_or_else(PoisonError::into_inner);
        let ids = claimed.case_ids.iter().map(|id| (caller.user.clone(), id.clone()));
        let fresh = ids.filter(|id| held.insert(id.clone())).count();
        Ok(if fresh > 0 { claim::Answer::Claimed } else { claim::Answer::NothingToFetch })
    }
}

fn is(case: &CaseView<'_>, name: &str, value: &str) -> bool {
    match name {
        "case_type" => case.case_type.as_deref() == Some(value),
        "owner_id" => case.owner_id.as_deref() == Some(value),
        "include_closed" => true,
        _ => case.text(name) == value,
    }
}
