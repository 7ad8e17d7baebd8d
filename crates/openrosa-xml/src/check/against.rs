//! Rules.
use super::{draft::Drafts, rule::Rule, subject::Form};
pub(super) const RULES: &[&Rule] = &[];
pub(super) fn check(_: &Form<'_>, _: &mut Drafts) {}
