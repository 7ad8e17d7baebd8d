//! Why something was not applied.

use chrono::{DateTime, Utc};
use openrosa_xml::{
    CaseId, InstanceId, Mark, ReadError,
    case::understood::{self, RefusalKind as Block},
    restore,
};
use thiserror::Error;

use crate::{differences::Difference, ledger::LedgerKey};

/// The whole piece of work was declined; the state is as it was.
#[derive(Clone, Debug, PartialEq, Error)]
#[error("{kind}")]
#[non_exhaustive]
pub struct ApplyError {
    /// What is wrong.
    pub kind: ApplyErrorKind,
    /// The case in whose block it is, if it is in one.
    pub case_id: Option<CaseId>,
    /// Where it stood in the document.
    pub mark: Mark,
}

/// What is wrong.
#[derive(Clone, Debug, PartialEq, Error)]
#[non_exhaustive]
pub enum ApplyErrorKind {
    /// A block that its reader refuses whatever the state is.
    #[error(transparent)]
    Block(#[from] Block),
    /// An item of a restore that the device refuses whatever the state is; a ledger block of a form, too.
    #[error(transparent)]
    Restore(restore::RefusalKind),
    /// Device, `InvalidStructureException` for update and close, `NullPointerException` for the others.
    #[error("case `{case_id}` is not known, so `{action}` cannot be applied")]
    UnknownCase {
        /// The case.
        case_id: CaseId,
        /// The action.
        action: &'static str,
    },
    /// Device, `InvalidCasePropertyLengthException`; HQ, `CaseValueError`.
    #[error("`{name}` is {length} long, 255 at most is taken")]
    TooLong {
        /// `case_type`, `owner_id`, `case_name` or `external_id`.
        name: &'static str,
        /// Its length in UTF-16 units (device) or characters (HQ).
        length: usize,
        /// Whether it is CommCare HQ that refuses.
        hq: bool,
    },
    /// HQ: its database refuses the form (inferred from the columns).
    #[error("{what} has {length} characters, of which CommCare HQ can store 255")]
    ColumnTooShort {
        /// The id of the case or of a place, or what an index carries.
        what: &'static str,
        /// Its length in characters.
        length: usize,
    },
    /// Device, `InvalidStructureException`.
    #[error("`{name}` takes up {bytes} bytes, 65535 at most can be stored")]
    TextTooLarge {
        /// The property, the index or `case_id`; the beginning of a name that is itself too long.
        name: String,
        /// Its length in modified UTF-8.
        bytes: usize,
    },
    /// HQ, `CaseValueError`.
    #[error("`{written}` in `date_opened` is no date to CommCare HQ")]
    DateOpened {
        /// The text.
        written: String,
    },
    /// HQ, `IllegalCaseId`.
    #[error("case `{case_id}` belongs to another project")]
    ForeignCase {
        /// The case.
        case_id: CaseId,
    },
    /// Device, `NullPointerException`: it takes the link and fails on storing it (inferred from code).
    #[error("index `{index}` has no `case_type`")]
    IndexUntyped {
        /// The name of the index.
        index: String,
    },
    /// HQ, `InvalidCaseIndex`.
    #[error("index `{index}` of case `{case_id}` points at `{target}`, which is not known")]
    MissingTarget {
        /// The case with the index.
        case_id: CaseId,
        /// The name of the index.
        index: String,
        /// The case that it points at.
        target: CaseId,
    },
    /// HQ, `AttachmentNotFound`.
    #[error("attachment `{name}` is to be `{src}`, which did not come with the form")]
    AttachmentNotFound {
        /// The name of the attachment.
        name: String,
        /// The file.
        src: String,
    },
    /// HQ, `IllegalCaseId`.
    #[error("stock is counted or moved at `{entity_id}`, which is no case")]
    LedgerCase {
        /// What the block calls it.
        entity_id: CaseId,
    },
    /// HQ, `IllegalCaseId`.
    #[error("stock is moved from nowhere to nowhere")]
    LedgerEnds,
    /// HQ, `MissingProductId`.
    #[error("a ledger entry names no product")]
    LedgerEntry,
    /// Ours: CommCare HQ takes some more, and its database refuses the rest.
    #[error("a quantity of `{written}` is more than is counted here, 92,233,720,368,547 at most")]
    LedgerTooLarge {
        /// The text.
        written: String,
    },
    /// Ours, as for a quantity that is written.
    #[error("with what is moved, {key} is more than is counted here, 92,233,720,368,547 at most")]
    LedgerSumTooLarge {
        /// The stock.
        key: LedgerKey,
    },
    /// HQ, `InvalidDate`.
    #[error("`{written}` is no date of a ledger block")]
    LedgerDate {
        /// The text.
        written: String,
    },
    /// HQ: the form is put into the log of submission errors.
    #[error("the form has no namespace")]
    NoFormNamespace,
    /// Device, `InvalidStructureException`: a search result lacks what a stored case must have.
    #[error("a case that was found has no `{name}`")]
    FoundLacks {
        /// What is absent or blank.
        name: &'static str,
    },
    /// Device, `NullPointerException`: `last_modified` of a search result becomes a null (inferred from code).
    #[error("`{written}` in `last_modified` is no date to the device")]
    FoundDate {
        /// The text.
        written: String,
    },
    /// There is no such form in the log.
    #[error("form `{form_id}` is not known")]
    UnknownForm {
        /// The form.
        form_id: InstanceId,
    },
    /// A form of the log cannot be read any more.
    #[error("form `{form_id}` cannot be read: {error}")]
    Unreadable {
        /// The form.
        form_id: InstanceId,
        /// Why.
        error: ReadError,
    },
    /// HQ, `MissingServerDate` or `ReconciliationError`, which it only logs: forms cannot be put in order.
    #[error("the forms of case `{case_id}` received since {since} do not begin with a create")]
    NotReconciled {
        /// The case.
        case_id: CaseId,
        /// The server date of the first.
        since: DateTime<Utc>,
    },
}

/// What CommCare HQ does with a form that it cannot apply.
///
/// *Spec:* case-xml.md 4.6.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Class {
    /// It keeps the form as one with an error, and says so to a client that asked for OpenRosa 3.
    Known,
    /// It keeps the form, answers 500, and the device tries again.
    Unexpected,
    /// It writes the form into the log of submission errors.
    SubmissionError,
    /// It only writes a line into its log.
    Logged,
}

impl ApplyErrorKind {
    pub(crate) const fn at(self, mark: Mark) -> ApplyError {
        ApplyError { kind: self, case_id: None, mark }
    }

    /// The exception that the reader raises, by the name it has there; `None` where it raises none.
    #[must_use]
    pub fn exception(&self) -> Option<&'static str> {
        Some(match self {
            Self::Block(kind) | Self::Restore(restore::RefusalKind::Case(kind)) => kind.exception(),
            Self::Restore(restore::RefusalKind::TooLong { .. }) | Self::TooLong { hq: false, .. } => {
                "InvalidCasePropertyLengthException"
            }
            Self::UnknownCase { action: "index" | "attachment", .. }
            | Self::FoundDate { .. }
            | Self::IndexUntyped { .. } => "NullPointerException",
            Self::Restore(_)
            | Self::UnknownCase { .. }
            | Self::TextTooLarge { .. }
            | Self::FoundLacks { .. } => "InvalidStructureException",
            Self::TooLong { .. } | Self::DateOpened { .. } => "CaseValueError",
            Self::ForeignCase { .. } | Self::LedgerCase { .. } | Self::LedgerEnds => "IllegalCaseId",
            Self::MissingTarget { .. } => "InvalidCaseIndex",
            Self::AttachmentNotFound { .. } => "AttachmentNotFound",
            Self::LedgerEntry => "MissingProductId",
            Self::LedgerDate { .. } => "InvalidDate",
            Self::NotReconciled { .. } => "ReconciliationError",
            Self::NoFormNamespace
            | Self::UnknownForm { .. }
            | Self::Unreadable { .. }
            | Self::ColumnTooShort { .. }
            | Self::LedgerTooLarge { .. }
            | Self::LedgerSumTooLarge { .. } => return None,
        })
    }

    /// What CommCare HQ does with the form; `None` for what is no error there.
    #[must_use]
    pub fn class(&self) -> Option<Class> {
        match self.exception() {
            None if *self == Self::NoFormNamespace => Some(Class::SubmissionError),
            None if matches!(self, Self::ColumnTooShort { .. }) => Some(Class::Unexpected),
            Some(
                "IllegalCaseId"
                | "UsesReferrals"
                | "MissingProductId"
                | "PhoneDateValueError"
                | "InvalidCaseIndex"
                | "CaseValueError",
            ) => Some(Class::Known),
            Some(
                "VersionNotSupported"
                | "CaseGenerationException"
                | "AttachmentNotFound"
                | "KeyError"
                | "InvalidDate",
            ) => Some(Class::Unexpected),
            Some("ReconciliationError") => Some(Class::Logged),
            _ => None,
        }
    }

    /// The rule that makes it an error to one of the two readers only.
    #[must_use]
    pub fn difference(&self) -> Option<Difference> {
        Some(match self {
            Self::Block(kind) | Self::Restore(restore::RefusalKind::Case(kind)) => return of_block(kind),
            Self::Restore(kind) => return of_restore(kind),
            Self::UnknownCase { .. } => Difference::UnknownCase,
            Self::TooLong { .. } | Self::TextTooLarge { .. } | Self::ColumnTooShort { .. } => {
                Difference::TextLength
            }
            Self::DateOpened { .. } => Difference::DateOpened,
            Self::ForeignCase { .. } => Difference::ForeignDomain,
            Self::IndexUntyped { .. } => Difference::IndexUntyped,
            Self::MissingTarget { .. } => Difference::MissingTarget,
            Self::AttachmentNotFound { .. } => Difference::Attachments,
            Self::LedgerCase { .. } => Difference::LedgerCase,
            Self::LedgerEnds => Difference::LedgerEnds,
            Self::LedgerEntry => Difference::LedgerEntry,
            Self::LedgerDate { .. } => Difference::LedgerDate,
            Self::NoFormNamespace => Difference::FormNamespace,
            _ => return None,
        })
    }
}

fn of_block(kind: &Block) -> Option<Difference> {
    Some(match kind {
        Block::CaseIdMissing | Block::CaseIdEmpty => Difference::CaseIdMissing,
        Block::DateMissing | Block::DateNull { .. } | Block::DateUnreadable { .. } => {
            Difference::DateModified
        }
        Block::LooseText { .. } => Difference::LooseText,
        Block::NotInCreate { .. } => Difference::CreateExtras,
        Block::CreateLacks { .. } => Difference::CreateComplete,
        Block::NoOwner => Difference::OwnerNeeded,
        Block::Nested { .. } => Difference::StructuredProperty,
        Block::RelationshipEmpty { .. } | Block::RelationshipUnknown { .. } => Difference::Relationship,
        Block::SelfIndex { .. } => Difference::SelfIndex,
        Block::CaseIdMisplaced { .. } | Block::ForeignNamespace { .. } => Difference::BlockNamespace,
        Block::Legacy => Difference::LegacyBlock,
        Block::Referral => Difference::Referral,
        Block::IndexUntyped { .. } => Difference::IndexUntyped,
        Block::IndexTwice { .. } => Difference::IndexTwice,
        _ => return None,
    })
}

fn of_restore(kind: &restore::RefusalKind) -> Option<Difference> {
    use restore::RefusalKind as Kind;
    Some(match kind {
        Kind::LedgerKind { .. } => Difference::LedgerElement,
        Kind::LedgerAttribute { attribute: "date", .. } => Difference::LedgerDate,
        Kind::LedgerAttribute { attribute: "quantity", .. } | Kind::Quantity { .. } => {
            Difference::LedgerQuantity
        }
        Kind::LedgerAttribute { attribute: "entity-id", .. } => Difference::LedgerCase,
        Kind::LedgerAttribute { .. } => Difference::LedgerEntry,
        Kind::TransferEnds => Difference::LedgerEnds,
        Kind::TooLong { .. } | Kind::TooLarge { .. } => Difference::TextLength,
        _ => return None,
    })
}

impl ApplyError {
    pub(crate) fn in_case(self, case_id: &CaseId) -> Self {
        Self { case_id: Some(case_id.clone()), ..self }
    }
}

impl From<understood::Refusal> for ApplyError {
    fn from(refusal: understood::Refusal) -> Self {
        ApplyErrorKind::Block(refusal.kind).at(refusal.mark)
    }
}

impl From<restore::Refusal> for ApplyError {
    fn from(refusal: restore::Refusal) -> Self {
        ApplyErrorKind::Restore(refusal.kind).at(refusal.mark)
    }
}
