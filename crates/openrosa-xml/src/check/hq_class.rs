//! What CommCare HQ makes of an error, and what it answers (case-xml.md 4.6).

use super::rule::Rule;

/// How CommCare HQ treats the errors that it meets while it takes in a form.
///
/// ```
/// use openrosa_xml::check::{self, HqClass};
/// let rule = check::rule("case-id-blank").unwrap();
/// assert_eq!(rule.hq_exception(), Some("IllegalCaseId"));
/// let class = rule.hq_class().unwrap();
/// assert_eq!((class, class.status(3)), (HqClass::Known, 422));
/// // Under OpenRosa 2 the sender believes that the form was taken.
/// assert_eq!(class.status(2), 201);
/// ```
///
/// *Spec:* case-xml.md 4.6.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(clippy::exhaustive_enums, reason = "the classes are those of the table in case-xml.md 4.6")]
pub enum HqClass {
    /// The form is kept as an error and nothing of it is applied.
    Known,
    /// The same, and the error goes on to the sender as one of the server, so that a phone sends the form again.
    Unexpected,
    /// Nothing of a form is there: it is kept in the log of submission errors.
    ErrorLog,
    /// The form is stored and applied; what failed came after.
    PostSave,
    /// Noted in the server's log, and nothing else.
    LoggedOnly,
}

impl HqClass {
    /// The class of an exception by the name that it has there.
    #[must_use]
    pub fn of_exception(name: &str) -> Option<Self> {
        Some(match name {
            "IllegalCaseId"
            | "UsesReferrals"
            | "MissingProductId"
            | "PhoneDateValueError"
            | "InvalidCaseIndex"
            | "CaseValueError" => Self::Known,
            "VersionNotSupported" | "CaseGenerationException" | "AttachmentNotFound" | "KeyError" => {
                Self::Unexpected
            }
            "ReconciliationError" | "MissingServerDate" => Self::LoggedOnly,
            "XMLSyntaxError" | "MissingXMLNSError" => Self::ErrorLog,
            _ => return None,
        })
    }

    /// The status that CommCare HQ answers to a sender of this version of OpenRosa, 2 or 3.
    #[must_use]
    pub const fn status(self, openrosa: u8) -> u16 {
        match (self, openrosa) {
            (Self::Unexpected, _) => 500,
            (Self::ErrorLog, _) | (Self::Known | Self::PostSave, 3..) => 422,
            (Self::Known | Self::PostSave | Self::LoggedOnly, _) => 201,
        }
    }

    /// The nature of the message that it answers; an unexpected error has none.
    #[must_use]
    pub const fn nature(self, openrosa: u8) -> Option<&'static str> {
        match (self, openrosa) {
            (Self::Unexpected, _) => None,
            (Self::ErrorLog, _) | (Self::Known, 3..) => Some("processing_failure"),
            (Self::PostSave, 3..) => Some("post_processing_failure"),
            (Self::Known, _) => Some("submit_error"),
            (Self::PostSave | Self::LoggedOnly, _) => Some("submit_success"),
        }
    }

    /// Whether a phone sends such a form again and again.
    #[must_use]
    pub const fn is_sent_again(self, openrosa: u8) -> bool {
        matches!((self, openrosa), (Self::Unexpected, _) | (Self::PostSave, 3..))
    }
}

impl Rule {
    /// The exception that CommCare HQ raises at what the rule finds, by the name that it has there. A rule that is no error
    /// to CommCare HQ has none, and neither has one whose error comes from its database.
    #[must_use]
    pub fn hq_exception(&self) -> Option<&'static str> {
        EXCEPTIONS.iter().find(|(_, codes)| codes.contains(&self.code)).map(|(exception, _)| *exception)
    }

    /// What CommCare HQ makes of a form in which the rule finds something.
    #[must_use]
    pub fn hq_class(&self) -> Option<HqClass> {
        HqClass::of_exception(self.hq_exception()?)
    }
}

/// The rules behind each exception.
const EXCEPTIONS: &[(&str, &[&str])] = &[
    (
        "IllegalCaseId",
        &[
            "case-id-blank",
            "legacy-id-blank",
            "blocks-case-foreign",
            "ledger-case-unknown",
            "ledger-ends-missing",
            "ledger-end-blank",
            "ledger-entity-blank",
            "ledger-entity-missing",
        ],
    ),
    ("UsesReferrals", &["case-referral", "legacy-referral"]),
    ("MissingProductId", &["ledger-product-missing", "ledger-product-missing-in-sections"]),
    (
        "PhoneDateValueError",
        &["case-date-unreadable", "case-date-plus-lost", "case-date-hq", "case-date-letter-case"],
    ),
    ("InvalidCaseIndex", &["case-index-space", "blocks-index-target-unknown"]),
    (
        "CaseValueError",
        &[
            "case-field-long",
            "case-field-long-on-hq",
            "case-date-opened-blank",
            "case-date-opened-unreadable",
        ],
    ),
    ("VersionNotSupported", &["legacy-unsupported"]),
    (
        "CaseGenerationException",
        &[
            "case-namespace-missing",
            "case-namespace-foreign",
            "case-namespace-inherited",
            "case-id-in-element",
            "case-index-untyped",
            "case-index-removal-untyped",
            "case-index-twice",
            "case-index-attribute",
            "case-index-namespace",
            "legacy-namespace",
        ],
    ),
    ("AttachmentNotFound", &["case-attachment-remote", "blocks-attachment-missing"]),
    ("KeyError", &["case-index-relationship-unknown"]),
    ("MissingXMLNSError", &["form-namespace-missing", "form-id-missing"]),
    ("XMLSyntaxError", &["xml-malformed", "xml-cut", "xml-empty", "xml-prefix-undeclared"]),
];
