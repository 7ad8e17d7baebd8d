//! Rules about filled-in forms as a whole (case-xml.md 7, openrosa.md 3), one a file.

mod namespace_missing;

use super::rule::Rule;

/// All of them, in the order of a form.
pub(super) const RULES: &[&Rule] = &[&namespace_missing::RULE];
