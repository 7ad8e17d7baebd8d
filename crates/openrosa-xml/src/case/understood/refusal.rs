//! Why a reader refuses a case block.

use thiserror::Error;

use crate::position::Mark;

/// A reader would refuse the block, and with it the whole form (case-xml.md 4.6).
///
/// ```
/// # use openrosa_xml::{CaseBlock, Profile, case::understood::Context};
/// # let now = chrono::DateTime::UNIX_EPOCH.fixed_offset();
/// let block = CaseBlock::read("<case case_id='C1'><close/></case>")?;
/// let refusal = block.understood_by(Profile::Device, &Context::new(now)).unwrap_err();
/// assert_eq!(refusal.to_string(), "attribute `date_modified` is missing or empty");
/// assert_eq!(refusal.kind.exception(), "InvalidStructureException");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{kind}")]
#[non_exhaustive]
pub struct Refusal {
    /// What is wrong.
    pub kind: RefusalKind,
    /// Where.
    pub mark: Mark,
}

/// What is wrong, and to whom. Each variant belongs to one reader and names the exception it raises.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum RefusalKind {
    /// Device, `InvalidStructureException`.
    #[error("attribute `case_id` is missing or empty")]
    CaseIdMissing,
    /// Device, `InvalidStructureException`.
    #[error("attribute `date_modified` is missing or empty")]
    DateMissing,
    /// Device, `NullPointerException`: the date becomes a null that the first action stumbles on (inferred from code).
    #[error("`{written}` in `date_modified` is no date to the device")]
    DateNull {
        /// The text of the attribute.
        written: String,
    },
    /// Device, `NullPointerException`: text where only elements may stand has no name (inferred from code).
    #[error("text `{text}` stands in `{within}` where only elements may")]
    LooseText {
        /// The element around it.
        within: String,
        /// The beginning of the text.
        text: String,
    },
    /// Device, `InvalidStructureException`: a fourth kind of child.
    #[error("`{name}` stands in `create`, which takes `case_type`, `case_name` and `owner_id` only")]
    NotInCreate {
        /// The child.
        name: String,
    },
    /// Device, `InvalidStructureException`: the element is missing; an empty one would do.
    #[error("`create` has no `{name}`")]
    CreateLacks {
        /// `case_type` or `case_name`.
        name: &'static str,
    },
    /// Device, `InvalidStructureException`: neither `owner_id` nor, lacking that, `user_id` of the block.
    #[error("`create` gives the case no owner")]
    NoOwner,
    /// Device, `XmlPullParserException`: an element where a text belongs.
    #[error("`{inner}` stands in `{name}` where only text may")]
    Nested {
        /// The property or index.
        name: String,
        /// The element in it.
        inner: String,
    },
    /// Device, `InvalidStructureException`: `relationship=""`.
    #[error("index `{index}` has an empty `relationship`")]
    RelationshipEmpty {
        /// The name of the index.
        index: String,
    },
    /// Device, `ActionableInvalidStructureException` with the key `case.error.self.index`.
    #[error("case `{case_id}` names itself in index `{index}`")]
    SelfIndex {
        /// The name of the index.
        index: String,
        /// The case.
        case_id: String,
    },
    /// HQ, `IllegalCaseId`.
    #[error("the case id is empty")]
    CaseIdEmpty,
    /// HQ, `CaseGenerationException`: an attribute in Case XML 1.0, or an element in 2.0.
    #[error("the case id must be an {expected} here")]
    CaseIdMisplaced {
        /// `attribute` or `element`.
        expected: &'static str,
    },
    /// HQ, `CaseGenerationException`: a namespace that is neither the parent's nor Case XML 2.0.
    #[error("namespace `{namespace}` is not that of case blocks")]
    ForeignNamespace {
        /// The namespace of the block.
        namespace: String,
    },
    /// HQ, `VersionNotSupported`: a block without a namespace of its own, so Case XML 1.0.
    #[error("the block has no namespace of its own, so it is Case XML 1.0, which is no longer taken")]
    Legacy,
    /// HQ, `UsesReferrals`.
    #[error("referrals are no longer taken")]
    Referral,
    /// HQ, `PhoneDateValueError`.
    #[error("`{written}` in `date_modified` is no date to CommCare HQ")]
    DateUnreadable {
        /// The text of the attribute.
        written: String,
    },
    /// HQ, `CaseGenerationException`, also for a removal. An attribute or a namespace of `index` itself counts as an
    /// entry called `@…` (inferred from code).
    #[error("index `{index}` has no `case_type`")]
    IndexUntyped {
        /// The name of the index.
        index: String,
    },
    /// HQ, `CaseGenerationException`: the two become a list, which has no `case_type` (inferred from code).
    #[error("index `{index}` stands twice in one block")]
    IndexTwice {
        /// The name of the index.
        index: String,
    },
    /// HQ, `KeyError`: the relationship is looked up and not found (inferred from code).
    #[error("index `{index}` has relationship `{relationship}`, which is neither `child` nor `extension`")]
    RelationshipUnknown {
        /// The name of the index.
        index: String,
        /// The word.
        relationship: String,
    },
}

impl RefusalKind {
    pub(super) const fn at(self, mark: Mark) -> Refusal {
        Refusal { kind: self, mark }
    }

    /// The exception that the reader raises, by the name it has there.
    #[must_use]
    pub const fn exception(&self) -> &'static str {
        match self {
            Self::CaseIdMissing
            | Self::DateMissing
            | Self::NotInCreate { .. }
            | Self::CreateLacks { .. }
            | Self::NoOwner
            | Self::RelationshipEmpty { .. } => "InvalidStructureException",
            Self::SelfIndex { .. } => "ActionableInvalidStructureException",
            Self::DateNull { .. } | Self::LooseText { .. } => "NullPointerException",
            Self::Nested { .. } => "XmlPullParserException",
            Self::CaseIdEmpty => "IllegalCaseId",
            Self::Legacy => "VersionNotSupported",
            Self::Referral => "UsesReferrals",
            Self::DateUnreadable { .. } => "PhoneDateValueError",
            Self::CaseIdMisplaced { .. }
            | Self::ForeignNamespace { .. }
            | Self::IndexUntyped { .. }
            | Self::IndexTwice { .. } => "CaseGenerationException",
            Self::RelationshipUnknown { .. } => "KeyError",
        }
    }
}

/// As much of a text as an error should carry: what a sender writes into an attribute has no bound of its own.
pub(super) fn beginning(text: &str) -> String {
    text.chars().take(80).collect()
}
