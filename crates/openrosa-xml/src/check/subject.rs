//! What rules look at: values with what surrounds them.

use super::{finding::Place, options::Options, outline::Outline, restore::Walk};
use crate::{
    case::{Action, CaseBlock, Index},
    encrypted::EncryptedSubmission,
    instance::{FoundCase, FoundLedger, Instance},
    ledger::Ledger,
    ns,
    position::{Mark, Span},
    restore::RestoreItem,
    xform::XForm,
    xml::{Element, Name},
};

/// A case block and where it stood.
pub(super) struct Case<'c> {
    pub(super) block: &'c CaseBlock<'c>,
    pub(super) within: Within<'c>,
}

/// Where a block stood.
#[derive(Clone, Copy)]
pub(super) enum Within<'c> {
    /// In a form, inside an element of this namespace.
    Form { parent_namespace: Option<&'c str> },
    /// Right below the root of a restore.
    Restore,
}

/// A ledger block and where it stood.
pub(super) struct Stock<'s> {
    pub(super) ledger: &'s Ledger<'s>,
    /// Inside a case block, where CommCare HQ finds it and the device does not.
    pub(super) in_case: bool,
}

/// A filled-in form.
pub(super) struct Form<'f> {
    /// As a server sees it.
    pub(super) instance: &'f Instance<'f>,
    /// The whole document, answers included.
    pub(super) document: &'f Element<'f>,
    pub(super) options: &'f Options<'f>,
}

/// A blank form.
pub(super) struct Blank<'b> {
    /// As one must know it to send what it asks for.
    pub(super) form: &'b XForm<'b>,
    /// The whole document.
    pub(super) document: &'b Element<'b>,
    /// Its nodes, by their paths.
    pub(super) outline: &'b Outline<'b>,
}

/// What is sent in place of a form that is encrypted.
pub(super) struct Encrypted<'e> {
    pub(super) sent: &'e EncryptedSubmission<'e>,
    pub(super) options: &'e Options<'e>,
}

impl Form<'_> {
    /// Whether the document is a form, as far as one can tell: not a block of one, or of a restore, on its own, nor a document
    /// of Briefcase.
    pub(super) fn is_form(&self) -> bool {
        const OTHERS: [&str; 7] = [
            ns::CASE,
            ns::DEVICE_REPORT,
            ns::LEDGER,
            ns::OLD_REGISTRATION,
            ns::REGISTRATION,
            ns::SUBMISSIONS,
            ns::SYNC,
        ];
        const OTHER_NAMES: [&str; 6] =
            ["case", "fixture", "idChunk", "OpenRosaResponse", "Registration", "submission"];
        let name = &self.document.name;
        let is_other = name.namespace().is_some_and(|namespace| OTHERS.contains(&namespace));
        !is_other && !OTHER_NAMES.contains(&name.local_name())
    }

    /// Whether it goes to CommCare HQ, where ids are bare: by its metadata, or by what only CommCare HQ takes.
    pub(super) fn is_for_hq(&self) -> bool {
        is_for_hq(self.instance)
    }

    /// Whether its metadata is CommCare's, with the fields that it has there.
    pub(super) fn is_commcare(&self) -> bool {
        self.instance.meta().is_some_and(|meta| meta.name.namespace() == Some(ns::COMMCARE_METADATA))
    }
}

/// Whether a form holds cases or stock, or CommCare's metadata, or is the log of a device.
pub(super) fn is_for_hq(instance: &Instance<'_>) -> bool {
    instance.root().name.namespace() == Some(ns::DEVICE_REPORT)
        || !instance.cases().is_empty()
        || !instance.legacy_cases().is_empty()
        || !instance.ledgers().is_empty()
        || instance.meta().is_some_and(|meta| meta.name.namespace() == Some(ns::COMMCARE_METADATA))
}

impl Blank<'_> {
    /// The primary instance's root, or whatever stands for the form where there is none.
    pub(super) fn root(&self) -> Span {
        span(self.form.primary().map_or(self.document.mark, |root| root.mark))
    }
}

impl<'c> Case<'c> {
    pub(super) fn in_form(found: &'c FoundCase<'c>) -> Self {
        let parent_namespace = found.parent_namespace.as_deref();
        Self { block: &found.block, within: Within::Form { parent_namespace } }
    }

    pub(super) const fn in_restore(block: &'c CaseBlock<'c>) -> Self {
        Self { block, within: Within::Restore }
    }

    /// Where its element stood.
    pub(super) fn span(&self) -> Span {
        span(self.block.tag.mark)
    }

    /// Every entry of every `index`.
    pub(super) fn indices(&self) -> impl Iterator<Item = &'c Index<'c>> {
        self.block.actions.iter().flat_map(|action| match action {
            Action::Index(index) => index.entries.as_slice(),
            _ => &[],
        })
    }
}

impl<'s> Stock<'s> {
    pub(super) const fn in_form(found: &'s FoundLedger<'s>) -> Self {
        Self { ledger: &found.block, in_case: found.in_case }
    }

    pub(super) const fn in_restore(ledger: &'s Ledger<'s>) -> Self {
        Self { ledger, in_case: false }
    }

    /// Where its element stood.
    pub(super) fn span(&self) -> Span {
        span(match self.ledger {
            Ledger::Balance(balance) => balance.tag.mark,
            Ledger::Transfer(transfer) => transfer.tag.mark,
            Ledger::Other(element) => element.mark,
        })
    }
}

/// The root of a restore, and what stands around it.
pub(super) struct Root<'r> {
    pub(super) name: &'r Name<'static>,
    /// Where its start tag stood.
    pub(super) span: Span,
    /// Whether the document begins with a byte order mark.
    pub(super) has_mark: bool,
}

/// An item of a restore.
pub(super) struct Item<'i> {
    pub(super) value: &'i RestoreItem<'i>,
    pub(super) span: Span,
}

/// A restore that was read to its end.
pub(super) struct End<'e> {
    /// What came.
    pub(super) walk: &'e Walk,
    /// Where the root's start tag stood.
    pub(super) root: Span,
    /// `@items` of the root.
    pub(super) items: Option<&'e str>,
    /// The first text between two items that is more than layout.
    pub(super) stray: Option<Place>,
}

/// The bytes of something that was read; every value that a rule sees was.
pub(super) fn span(mark: Mark) -> Span {
    mark.span().unwrap_or(Span { start: 0, end: 0 })
}
