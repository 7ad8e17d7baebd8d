//! Rules about fixtures and their schemas (ota-restore.md 2.7), one a file.

mod empty;
mod id_blank;
mod id_missing;
mod id_space;
mod indexed_value;
mod rows_mixed;
mod schema_alone;
mod schema_id_missing;
mod schema_index;
mod schema_late;
mod schema_without_indices;
mod second_root;
mod table_shared;
mod twice;

use super::rule::Rule;

/// All of them, in the order of the digest.
pub(super) const RULES: &[&Rule] = &[
    &id_missing::RULE,
    &id_space::RULE,
    &id_blank::RULE,
    &empty::RULE,
    &second_root::RULE,
    &twice::RULE,
    &indexed_value::RULE,
    &rows_mixed::RULE,
    &table_shared::RULE,
    &schema_id_missing::RULE,
    &schema_late::RULE,
    &schema_without_indices::RULE,
    &schema_index::RULE,
    &schema_alone::RULE,
];
