//! What rules look at: values with what surrounds them.

use std::cell::OnceCell;

use super::{
    audience::{Audience, Audiences},
    case::passed_over::PassedOver,
    finding::Place,
    options::Options,
    outline::Outline,
    restore::Walk,
};
use crate::{
    case::{Action, CaseBlock, Index, Value},
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
    /// The user of the form around it.
    pub(super) form_user: Option<User<'c>>,
    /// Those who come by it.
    pub(super) readers: Audiences,
    /// Where it ends to the device, if not with its end tag.
    pub(super) end_on_device: Option<u64>,
    /// What they take nothing from, once that is asked for.
    pub(super) passed_over: OnceCell<PassedOver>,
}

/// Who acts, by which name, and where that stands.
#[derive(Clone, Copy)]
pub(super) struct User<'u> {
    pub(super) name: &'u str,
    pub(super) text: &'u str,
    pub(super) place: Span,
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
    is_device_log(instance)
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
    /// Every block of a form that somebody reads, in the order in which they begin.
    pub(super) fn all_in(form: &Form<'c>) -> Vec<Self> {
        let instance = form.instance;
        let user = user_of(instance);
        let to_all =
            instance.cases().iter().map(|found| Self::in_form(found, user, readers(instance, found)));
        // One without an id is told of as a group of questions, where that is looked for.
        let of_device =
            instance.device_cases().iter().filter(|found| found.in_device_report || has_id(found));
        let to_device = of_device
            .map(|found| Self::in_form(found, user, readers(instance, found).and(Audience::Device.into())));
        let read = to_all.chain(to_device).filter(|case| case.readers != Audiences::default());
        let mut cases: Vec<_> = read.collect();
        cases.sort_by_key(|case| case.span().start);
        cases
    }

    fn in_form(found: &'c FoundCase<'c>, user: Option<User<'c>>, readers: Audiences) -> Self {
        let parent_namespace = found.parent_namespace.as_deref();
        Self { form_user: user, ..Self::new(&found.block, Within::Form { parent_namespace }, readers) }
    }

    pub(super) fn in_restore(block: &'c CaseBlock<'c>) -> Self {
        Self::new(block, Within::Restore, Audiences::ALL)
    }

    fn new(block: &'c CaseBlock<'c>, within: Within<'c>, readers: Audiences) -> Self {
        let end_on_device = end_on_device(block);
        Self { block, within, form_user: None, readers, end_on_device, passed_over: OnceCell::new() }
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

/// The user of a form, as CommCare HQ finds one.
fn user_of<'f>(instance: &'f Instance<'f>) -> Option<User<'f>> {
    let meta = instance.meta()?;
    let field = meta.field("userID").or_else(|| meta.field("chw_id"))?;
    let text = match &field.value {
        Value::Text(text) => text,
        Value::Element(element) => element.leading_text(),
    };
    let name = field.name.local_name();
    Some(User { name, text, place: span(field.mark) }).filter(|user| !user.text.is_empty())
}

/// The device takes the end of an inner `case` for that of the block (case-xml.md 1.11, inferred from code).
fn end_on_device(block: &CaseBlock<'_>) -> Option<u64> {
    let looked_into = block.actions.iter().flat_map(|action| match action {
        Action::Other(element) => std::slice::from_ref(element),
        Action::Close(close) => close.contents.as_slice(),
        _ => &[],
    });
    looked_into.into_iter().find(|element| holds_case(element)).map(|element| span(element.mark).end)
}

/// Whether the device meets a `case` in the element, which it looks for in all but actions.
fn holds_case(element: &Element<'_>) -> bool {
    let is = |name: &str| element.name.local_name().eq_ignore_ascii_case(name);
    let is_action = ["create", "update", "index", "attachment"].into_iter().any(is);
    is("case") || !is_action && element.elements().any(holds_case)
}

fn has_id(found: &FoundCase<'_>) -> bool {
    found.block.tag.attributes.iter().any(|attribute| attribute.name.local_name() == "case_id")
        || found.block.case_id.is_some()
}

/// Who comes by a block where it stands (case-xml.md 1.11, 1.12): a device log is no form to CommCare HQ, which does not look
/// into a group called `case` either; to the device what stands in a block is a part of it.
fn readers(instance: &Instance<'_>, found: &FoundCase<'_>) -> Audiences {
    let around = instance.device_case_around(found.block.tag.mark);
    match around.map(|around| around.block.tag.name.local_name()) {
        None if is_device_log(instance) && found.in_device_report => Audiences::default(),
        None if found.in_device_report => Audience::Device.into(),
        None => Audiences::ALL,
        Some(_) if found.in_device_report => Audiences::default(),
        Some("case") => Audience::Spec.into(),
        Some(_) => Audiences::from_iter([Audience::Spec, Audience::Hq]),
    }
}

/// Whether the document is the log of a device, which no device reads as a form.
pub(super) fn is_device_log(instance: &Instance<'_>) -> bool {
    instance.root().name.namespace() == Some(ns::DEVICE_REPORT)
}

impl<'s> Stock<'s> {
    /// Every block of a form, those in a device log too, where both readers find them (case-xml.md 1.11).
    pub(super) fn all_in(form: &Form<'s>) -> Vec<Self> {
        let found = form.instance.ledgers().iter().filter(|_| !is_device_log(form.instance));
        found.map(|found| Self::in_form(found, form.instance)).collect()
    }

    fn in_form(found: &'s FoundLedger<'s>, instance: &Instance<'_>) -> Self {
        let stock = Self { ledger: &found.block, in_case: found.in_case };
        let in_case = found.in_case || instance.device_case_around(stock.mark()).is_some();
        Self { in_case, ..stock }
    }

    pub(super) const fn in_restore(ledger: &'s Ledger<'s>) -> Self {
        Self { ledger, in_case: false }
    }

    /// Where its element stood.
    pub(super) fn span(&self) -> Span {
        span(self.mark())
    }

    const fn mark(&self) -> Mark {
        match self.ledger {
            Ledger::Balance(balance) => balance.tag.mark,
            Ledger::Transfer(transfer) => transfer.tag.mark,
            Ledger::Other(element) => element.mark,
        }
    }
}

/// The root of a restore, and what stands around it.
pub(super) struct Root<'r> {
    pub(super) name: &'r Name<'static>,
    /// Where its start tag stood.
    pub(super) span: Span,
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
    /// Whether the document begins with a byte order mark.
    pub(super) has_mark: bool,
    /// The encoding that it is in, where that is not UTF-8.
    pub(super) encoding: Option<&'e str>,
    /// The first text between two items that is more than layout.
    pub(super) stray: Option<Place>,
}

/// The bytes of something that was read; every value that a rule sees was.
pub(super) fn span(mark: Mark) -> Span {
    mark.span().unwrap_or(Span { start: 0, end: 0 })
}
