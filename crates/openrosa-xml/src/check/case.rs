//! Rules about case blocks (case-xml.md 1), one a file.

mod id_blank;
pub(super) mod screen;
mod self_index;

use super::rule::Rule;

/// All of them, in the order of the digest.
pub(super) const RULES: &[&Rule] = &[&id_blank::RULE, &self_index::RULE];
