//! Claiming a case: an extension of one's own keeps it on the phone.

use openrosa_xml::{
    CaseId,
    build::{Author, NewCase},
};

use crate::case::Case;

/// The block by which CommCare HQ gives a user a claim on a case: an open extension of it, of type `commcare-case-claim`,
/// owned by whoever claims, who is the author here.
///
/// *Spec:* case-xml.md 3.5.
#[must_use]
pub fn claim(host: &Case, claim_id: impl Into<CaseId>, author: &Author) -> NewCase {
    NewCase::create(claim_id, "commcare-case-claim", &*host.name, author.user.as_str(), author).extension_of(
        "host",
        &*host.case_type,
        host.case_id.clone(),
    )
}
