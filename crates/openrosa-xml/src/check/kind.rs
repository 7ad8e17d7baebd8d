//! What kind of document this is, as far as its root tells.

use crate::{
    casedb::CaseDb,
    error::ReadError,
    instance::OtherDocument,
    limits::Limits,
    xml::{Event, Reader},
};

/// The kinds of document that rules are about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// A filled-in form, or a block on its own: every other root may be a form's (openrosa.md 3.1).
    Form,
    /// A restore, or a server's answer without items.
    Restore,
    /// A user or a fixture without a restore around it.
    RestoreItem,
    BlankForm,
    FormList,
    Manifest,
    Integrity,
    EncryptedForm,
    /// Search results, or a case database.
    CaseDb,
}

impl Kind {
    /// Reads as far as the root's start tag, and into it where that is needed.
    pub(super) fn of(source: &str, limits: &Limits) -> Result<Self, ReadError> {
        let mut reader = Reader::within(source, limits);
        let root = reader.root()?;
        let is_bare = root.name.namespace().is_none() && reader.attributes().is_empty();
        if let Some(other) = OtherDocument::of(&root.name) {
            return Ok(match other {
                OtherDocument::Answer => Self::Restore,
                OtherDocument::Registration => Self::RestoreItem,
                OtherDocument::BlankForm => Self::BlankForm,
                OtherDocument::FormList => Self::FormList,
                OtherDocument::Manifest => Self::Manifest,
            });
        }
        Ok(match (root.name.namespace(), root.name.local_name()) {
            (None, "fixture") => Self::RestoreItem,
            (None, "forms") => Self::FormList,
            (None, "results" | "casedb")
                if CaseDb::read_within(source, limits).is_ok_and(|found| found.is_case_db()) =>
            {
                Self::CaseDb
            }
            _ if reader.attribute("encrypted").is_some() => Self::EncryptedForm,
            (_, "xforms") if begins_with(&mut reader, &["xform", "xforms-group"])? => Self::FormList,
            (_, "manifest") if begins_with(&mut reader, &["mediaFile"])? => Self::Manifest,
            _ if is_bare && begins_with(&mut reader, &["entities"])? => Self::Integrity,
            _ => Self::Form,
        })
    }
}

/// Whether the first element inside the root is one of these, as in no form.
fn begins_with(reader: &mut Reader<'_>, locals: &[&str]) -> Result<bool, ReadError> {
    while let Some(event) = reader.next()? {
        if let Event::Start(start) = event {
            return Ok(locals.contains(&start.name.local_name()));
        }
    }
    Ok(false)
}
