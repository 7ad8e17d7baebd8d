//! Rules about search results and case databases (case-xml.md 3.3, 3.4), one a file.

mod date;
mod part_missing;

use super::rule::Rule;

/// All of them.
pub(super) const RULES: &[&Rule] = &[&part_missing::RULE, &date::RULE];
