//! What CommCare HQ does: forms as they arrive, edited forms, archived ones, cases made anew.

mod archive;
mod blocks;
mod claim;
mod extensions;
mod holding;
mod order;
mod rebuild;
mod submission;
#[cfg(test)]
mod tests;
mod visit;

pub(crate) use blocks::fields_set;

pub use archive::{Archive, Rebuild};
pub use blocks::{has_blocks, ledgers_met};
pub use claim::claim;
pub use extensions::ExtensionChain;
pub use holding::{Holding, HoldingStep};
pub use submission::{Arrival, Submission};

/// A project of CommCare HQ, and which of its features are on.
///
/// *Spec:* case-xml.md 1.9, 4.5.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Project {
    /// The name of the project; a case belongs to one.
    pub domain: String,
    /// Whether cases have attachments (`MM_CASE_PROPERTIES`).
    pub case_attachments: bool,
    /// Whether forms that arrive out of order are brought into the order of the device's clock
    /// (`SORT_OUT_OF_ORDER_FORM_SUBMISSIONS_SQL`).
    pub sorts_out_of_order: bool,
}

impl Project {
    /// A project with neither feature.
    pub fn new(domain: impl Into<String>) -> Self {
        Self { domain: domain.into(), case_attachments: false, sorts_out_of_order: false }
    }

    /// Turns attachments of cases on.
    #[must_use]
    pub fn with_case_attachments(self) -> Self {
        Self { case_attachments: true, ..self }
    }

    /// Turns the reordering of forms on.
    #[must_use]
    pub fn sorting_out_of_order(self) -> Self {
        Self { sorts_out_of_order: true, ..self }
    }
}
