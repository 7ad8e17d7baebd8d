//! Rules across the case blocks of one form, and against the cases that exist (case-xml.md 1.8, 1.12, 4), one a file.

mod after_close;
mod attachment_missing;
mod case_closed;
mod case_deleted;
mod case_foreign;
mod case_spelling;
mod case_unknown;
mod create_late;
mod created_twice;
mod group_named_case;
mod id_taken;
mod in_device_report;
mod index_target_later;
mod index_target_unknown;
mod index_type_differs;
mod interleaved;
mod look;
mod order;
mod several;
mod stray_element;
mod type_differs;

use super::rule::Rule;

/// All of them, in the order of the digest.
pub(super) const RULES: &[&Rule] = &[
    &group_named_case::RULE,
    &case_spelling::RULE,
    &stray_element::RULE,
    &interleaved::RULE,
    &in_device_report::RULE,
    &create_late::RULE,
    &type_differs::RULE,
    &created_twice::RULE,
    &after_close::RULE,
    &order::RULE,
    &several::RULE,
    &index_target_later::RULE,
    &index_type_differs::RULE,
    &index_target_unknown::RULE,
    &case_unknown::RULE,
    &id_taken::RULE,
    &case_foreign::RULE,
    &case_deleted::RULE,
    &case_closed::RULE,
    &attachment_missing::RULE,
];
