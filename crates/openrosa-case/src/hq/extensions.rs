//! What CommCare HQ closes after a form: the extensions of what is closed.

use std::collections::BTreeSet;

use chrono::{DateTime, FixedOffset};
use openrosa_xml::{
    CaseId, InstanceId,
    build::{Author, NewCase, NewForm, NewMeta},
};

use crate::{
    case::{Case, Relationship},
    change::Applied,
    store::{Needs, Staging},
};

/// The extensions of the cases that a form has left closed, transitively: to be closed by one more form, which is the
/// server's own. Only projects with the feature `EXTENSION_CASES_SYNC_ENABLED` do so; a device never does.
///
/// The chain goes on through open cases only (C-099).
///
/// *Spec:* case-xml.md 5.6.
#[derive(Clone, Debug)]
pub struct ExtensionChain {
    touched: BTreeSet<CaseId>,
}

impl ExtensionChain {
    /// The chain behind the cases that a form has changed.
    #[must_use]
    pub fn after(applied: &Applied) -> Self {
        Self { touched: applied.changes.iter().filter_map(|change| change.case_id()).cloned().collect() }
    }

    /// The chain behind these cases, as far as they are closed.
    #[must_use]
    pub fn behind(cases: impl IntoIterator<Item = CaseId>) -> Self {
        Self { touched: cases.into_iter().collect() }
    }

    /// What must be loaded to follow the chain as far as it can be seen; to be asked again after that is loaded.
    #[must_use]
    pub fn needs(&self, staging: &Staging) -> Needs {
        let walked = self.walk(staging);
        let mut needs = Needs { cases: self.touched.iter().cloned().collect(), ..Needs::default() };
        for host in walked.hosts {
            needs.cases.extend(staging.loaded_sources(&host).cloned());
            needs.sources.insert(host);
        }
        needs
    }

    /// The cases to close, in the order of their ids.
    #[must_use]
    pub fn to_close(&self, staging: &Staging) -> BTreeSet<CaseId> {
        self.walk(staging).extensions
    }

    fn walk(&self, staging: &Staging) -> Walked {
        let is_closed = |id: &&CaseId| staging.case(id).is_some_and(|case| case.closed);
        let mut ahead: Vec<CaseId> = self.touched.iter().filter(is_closed).cloned().collect();
        let mut walked = Walked::default();
        while let Some(host) = ahead.pop() {
            if !walked.hosts.insert(host.clone()) {
                continue;
            }
            let open =
                staging.sources(&host).into_iter().filter(|case| case.is_open() && extends(case, &host));
            for extension in open {
                walked.extensions.insert(extension.case_id.clone());
                ahead.push(extension.case_id.clone());
            }
        }
        walked
    }

    /// Those of them that no form can close, as no form may be written with an id like theirs: they stay open.
    #[must_use]
    pub fn unnamable(&self, staging: &Staging) -> BTreeSet<CaseId> {
        self.to_close(staging).into_iter().filter(|id| !is_namable(id)).collect()
    }

    /// The form that closes them, with its id and the moment; `None` where there is nothing to close. It goes into the
    /// project like any other; without the sync token of the form that it follows, which CommCare HQ gives it: the device that
    /// sent that one closes no extension, and would never hear of it (S-095).
    #[must_use]
    pub fn form(
        &self,
        staging: &Staging,
        follows: &InstanceId,
        fresh: impl Into<InstanceId>,
        at: DateTime<FixedOffset>,
    ) -> Option<NewForm> {
        let author = Author::new("system", at);
        let device = format!("SubmissionPost-{follows}-close_extensions");
        let meta = NewMeta::commcare(fresh, &author, device, at).username("system");
        let form = NewForm::new("http://commcarehq.org/case", meta).root("system").version("1");
        let cases: Vec<CaseId> = self.to_close(staging).into_iter().filter(is_namable).collect();
        let close = |case_id: CaseId| NewCase::update(case_id, &author).close();
        (!cases.is_empty()).then(|| cases.into_iter().map(close).fold(form, NewForm::case))
    }
}

/// Whether a form can be written about a case of this id.
fn is_namable(case_id: &CaseId) -> bool {
    let author = Author::new("system", DateTime::UNIX_EPOCH.fixed_offset());
    NewCase::update(case_id.clone(), &author).close().build().is_ok()
}

#[derive(Default)]
struct Walked {
    hosts: BTreeSet<CaseId>,
    extensions: BTreeSet<CaseId>,
}

fn extends(case: &Case, host: &CaseId) -> bool {
    let mut links = case.indices.values();
    links.any(|index| index.target == *host && index.relationship == Relationship::Extension)
}
