//! What keeps a document from being read at all (docs/reading.md). The reader finds it; a rule says what it means.

mod cut;
mod doctype;
mod empty;
mod encoding;
mod illegal_character;
mod limit;
mod malformed;
mod prefix_undeclared;

use super::{draft::Draft, place::Spot, rule::Rule};
use crate::{
    error::{ReadError, ReadErrorKind},
    position::Span,
};

/// All of them.
pub(super) const RULES: &[&Rule] = &[
    &malformed::RULE,
    &cut::RULE,
    &empty::RULE,
    &doctype::RULE,
    &prefix_undeclared::RULE,
    &illegal_character::RULE,
    &encoding::RULE,
    &limit::RULE,
];

/// What stopped a read, as a finding.
pub(super) fn draft(error: &ReadError) -> (&'static Rule, Draft) {
    let at = error.position().offset;
    let draft =
        Draft::at(Spot::whole(Span { start: at, end: at + 1 })).value("reason", error.kind().to_string());
    (rule(error.kind()), draft)
}

const fn rule(kind: &ReadErrorKind) -> &'static Rule {
    match kind {
        ReadErrorKind::Truncated { .. } => &cut::RULE,
        ReadErrorKind::Empty => &empty::RULE,
        ReadErrorKind::Doctype => &doctype::RULE,
        ReadErrorKind::UndeclaredPrefix { .. } => &prefix_undeclared::RULE,
        ReadErrorKind::IllegalCharacter { .. } => &illegal_character::RULE,
        ReadErrorKind::Encoding { .. } | ReadErrorKind::UnknownEncoding { .. } => &encoding::RULE,
        ReadErrorKind::Limit { .. } => &limit::RULE,
        _ => &malformed::RULE,
    }
}
