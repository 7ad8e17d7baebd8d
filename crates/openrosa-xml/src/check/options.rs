//! What a check is told beforehand.

use std::collections::BTreeSet;

use super::{audience::Audiences, known::KnownCases};
use crate::{limits::Limits, xform::XForm};

/// For whom to check, and against what.
#[derive(Clone, Debug)]
#[expect(
    clippy::exhaustive_structs,
    reason = "callers set what they know and take the rest from the default"
)]
pub struct Options<'o> {
    /// For whom; `None` lets the document decide: one with case blocks or CommCare's metadata is held to the standards, the
    /// device and CommCare HQ, any other form to the standards and the ODK family; a restore or
    /// another answer of a server is held to the standards, the device and the ODK family, since CommCare HQ reads none.
    pub audiences: Option<Audiences>,
    /// The blank form that a form should be an instance of.
    pub against: Option<&'o XForm<'o>>,
    /// The cases that exist, for a form that works on them.
    pub known: Option<&'o KnownCases>,
    /// The names of the files that go with a form.
    pub files: Option<&'o BTreeSet<String>>,
    /// The encoding of the document's bytes, where it is [another than UTF-8](crate::xml::other_encoding): its text does not
    /// tell.
    pub encoding: Option<&'o str>,
    /// How much one document, or one item of a restore, may ask for.
    pub limits: Limits,
    /// How many ids a restore's check remembers, for what is said across its items. Default 3,500,000, which take some
    /// 70 MB; when there are more, a finding says so.
    pub remember: usize,
}

impl Default for Options<'_> {
    fn default() -> Self {
        Self {
            audiences: None,
            against: None,
            known: None,
            files: None,
            encoding: None,
            limits: Limits::default(),
            remember: 3_500_000,
        }
    }
}
