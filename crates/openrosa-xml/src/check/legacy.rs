//! Rules about blocks of Case XML 1.0 (case-xml.md 2), one a file.

mod date_missing;
mod id_blank;
mod look;
mod namespace;
mod referral;
mod unsupported;

use super::rule::Rule;

/// All of them, in the order of the digest.
pub(super) const RULES: &[&Rule] =
    &[&unsupported::RULE, &namespace::RULE, &id_blank::RULE, &date_missing::RULE, &referral::RULE];
