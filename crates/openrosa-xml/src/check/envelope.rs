//! Rules about a server's answer as such (openrosa.md 1.2), one a file.

mod message_late;
mod message_missing;
mod message_twice;
mod nature_unknown;

use super::rule::Rule;

/// All of them, in the order of the digest.
pub(super) const RULES: &[&Rule] =
    &[&message_missing::RULE, &message_twice::RULE, &message_late::RULE, &nature_unknown::RULE];
