//! What a document is, as far as its root tells.

use std::fmt;

use openrosa_xml::{CaseDb, EncryptedSubmission, Instance, Integrity, ns};

/// The kinds of document that people hand to `show`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Form,
    EncryptedForm,
    DeviceReport,
    CaseBlock,
    Envelope,
    BlankForm,
    FormList,
    Manifest,
    Integrity,
    SubmissionIds,
    DownloadedSubmission,
    Registration,
    Fixture,
    CaseDb,
}

impl Kind {
    /// Recognizes the documents of the family by their root, and two of them by what is right inside it; every other root may
    /// be a form's (openrosa.md 3.1).
    pub(super) fn of(instance: &Instance<'_>, source: &str) -> Self {
        let root = instance.root();
        match (root.name.namespace(), root.name.local_name()) {
            (Some(ns::CASE), "case") => Self::CaseBlock,
            // Sent with the response namespace or without any; clients go by the local name (openrosa.md 1.2).
            (_, "OpenRosaResponse") => Self::Envelope,
            (Some("http://www.w3.org/1999/xhtml"), "html") => Self::BlankForm,
            (Some(ns::FORM_LIST), "xforms") | (None, "forms") => Self::FormList,
            (Some(ns::MANIFEST), "manifest") => Self::Manifest,
            // The namespace on the wire differs from the documented one; the names are told by themselves.
            (_, "idChunk") => Self::SubmissionIds,
            (Some(namespace), "submission") if namespace.ends_with("/submissions") => {
                Self::DownloadedSubmission
            }
            (None, "data") if root.attributes.is_empty() && is_integrity(source) => Self::Integrity,
            (Some("http://openrosa.org/user/registration"), _) => Self::Registration,
            (None, "fixture") => Self::Fixture,
            (None, "casedb" | "results") if is_case_db(source) => Self::CaseDb,
            (Some(ns::DEVICE_REPORT), _) => Self::DeviceReport,
            _ if root.attribute("encrypted").is_some() && is_encrypted(source) => Self::EncryptedForm,
            _ => Self::Form,
        }
    }

    /// Whether metadata belongs into it.
    pub(super) fn is_form(self) -> bool {
        matches!(self, Self::Form | Self::EncryptedForm)
    }
}

fn is_integrity(source: &str) -> bool {
    Integrity::read(source).is_ok_and(|integrity| integrity.element.child("entities").is_some())
}

/// Whether the first thing inside is a case, as in no form.
fn is_case_db(source: &str) -> bool {
    CaseDb::read(source).is_ok_and(|db| db.is_case_db())
}

fn is_encrypted(source: &str) -> bool {
    EncryptedSubmission::read(source).is_ok_and(|sent| sent.is_encrypted())
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Form => "form instance",
            Self::EncryptedForm => "encrypted form instance",
            Self::DeviceReport => "device log",
            Self::CaseBlock => "case block on its own",
            Self::Envelope => "server response",
            Self::BlankForm => "blank form (XForm definition)",
            Self::FormList => "form list",
            Self::Manifest => "media manifest",
            Self::Integrity => "entity integrity answer",
            Self::SubmissionIds => "page of submission ids (Briefcase)",
            Self::DownloadedSubmission => "downloaded submission (Briefcase)",
            Self::Registration => "user registration",
            Self::Fixture => "fixture on its own",
            Self::CaseDb => "case database or search results",
        })
    }
}
