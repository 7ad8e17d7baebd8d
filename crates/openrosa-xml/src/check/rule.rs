//! A rule: what it looks for, how bad that is for whom, and how it is told.

use std::fmt;

use super::{
    audience::{Audience, Audiences},
    draft::Drafts,
    example::Example,
    restore::Walk,
    subject,
};
use crate::{casedb::CaseDb, form_list::FormList, integrity::Integrity, manifest::Manifest};

/// How bad a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Severity {
    /// Worth knowing; nothing goes wrong.
    Note,
    /// Read differently by others: what works here does not there, or comes out otherwise.
    Portability,
    /// Taken, but hardly as meant: something is dropped, or breaks later.
    Warning,
    /// Refused, or against what the standards demand.
    Error,
}

impl Severity {
    /// All of them, the mildest first.
    pub const ALL: [Self; 4] = [Self::Note, Self::Portability, Self::Warning, Self::Error];

    /// The word for it on a command line and in machine-readable output.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Note => "note",
            Self::Portability => "portability",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }

    /// The severity of this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|severity| severity.name() == name)
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// One thing that may be wrong. All of them are in [`rules`](super::rules).
///
/// A rule is its own documentation: `docs/findings/CODE.md` is made of it, and its two examples are its tests.
#[non_exhaustive]
pub struct Rule {
    /// Its name for good: kebab-case, never given to another rule.
    pub code: &'static str,
    /// What is wrong, in a few words without values.
    pub title: &'static str,
    /// How bad it is for each one concerned; those who are not named do not mind.
    pub verdicts: &'static [(Audience, Severity)],
    /// What is said of one finding; each `{name}` stands for a value of it.
    pub message: &'static str,
    /// What to do about it, as an order; the same for each finding, so without values.
    pub remedy: &'static str,
    /// Why it matters: who does what with such a document.
    pub why: &'static str,
    /// The statements of the digests behind it, such as `C-013`.
    pub statements: &'static [&'static str],
    /// The sections of the digests behind it, such as `case-xml.md 1.8`.
    pub sections: &'static [&'static str],
    /// A document that it finds fault with. A comment line of carets names the code of each finding under its place.
    pub triggers: Example,
    /// The same document put right.
    pub passes: Example,
    /// How it looks.
    pub(super) run: Run,
}

/// What a rule looks at.
pub(super) enum Run {
    /// Found while reading, or by the walk that the rule is part of; nothing is run.
    Within,
    /// Each case block of Case XML 2.0, in a form or a restore.
    Case(fn(&subject::Case<'_>, &mut Drafts)),
    /// Each ledger block, in a form or a restore.
    Ledger(fn(&subject::Stock<'_>, &mut Drafts)),
    /// The root of a restore, before its items.
    Root(fn(&subject::Root<'_>, &mut Drafts)),
    /// Each item of a restore, with what is remembered of those before it; a case block only if something about it is
    /// remarkable across items.
    Item(fn(&subject::Item<'_>, &Walk, &mut Drafts)),
    /// A restore that was read to its end.
    End(fn(&subject::End<'_>, &mut Drafts)),
    /// A form as a whole.
    Form(fn(&subject::Form<'_>, &mut Drafts)),
    /// A blank form.
    BlankForm(fn(&subject::Blank<'_>, &mut Drafts)),
    /// A form list.
    FormList(fn(&FormList<'_>, &mut Drafts)),
    /// A media manifest.
    Manifest(fn(&Manifest<'_>, &mut Drafts)),
    /// Search results, or a case database.
    CaseDb(fn(&CaseDb<'_>, &mut Drafts)),
    /// An entity integrity answer.
    Integrity(fn(&Integrity<'_>, &mut Drafts)),
    /// What is sent in place of a form that is encrypted.
    EncryptedForm(fn(&subject::Encrypted<'_>, &mut Drafts)),
}

impl Rule {
    /// How bad it is for one audience.
    #[must_use]
    pub fn verdict(&self, audience: Audience) -> Option<Severity> {
        self.verdicts.iter().find(|(concerned, _)| *concerned == audience).map(|(_, severity)| *severity)
    }

    /// How bad it is at worst for some of the audiences; nothing when none of them minds.
    #[must_use]
    pub fn severity(&self, audiences: Audiences) -> Option<Severity> {
        audiences.iter().filter_map(|audience| self.verdict(audience)).max()
    }

    /// Whether the device and CommCare HQ read such a document differently.
    #[must_use]
    pub fn is_portability(&self) -> bool {
        self.verdicts.iter().any(|(_, severity)| *severity == Severity::Portability)
    }
}

impl fmt::Debug for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Rule").field(&self.code).finish()
    }
}

impl PartialEq for Rule {
    fn eq(&self, other: &Self) -> bool {
        self.code == other.code
    }
}

impl Eq for Rule {}
