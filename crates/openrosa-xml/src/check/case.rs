//! Rules about case blocks (case-xml.md 1), one a file.

mod action_attribute;
mod action_blank;
mod action_empty;
mod action_namespace;
mod action_order;
mod action_spelling;
mod action_text;
mod action_twice;
mod action_unknown;
mod action_unknown_refused;
mod attachment_content;
mod attachment_from;
mod attachment_inline;
mod attachment_local;
mod attachment_name_only;
mod attachment_remote;
mod attachment_source_missing;
mod attachment_twice;
mod attribute_in_element;
mod attribute_namespaced;
mod attribute_unknown;
mod close_content;
mod close_twice;
mod create_blank;
mod create_child;
mod create_empty;
mod create_hq_only;
mod create_late;
mod create_name_missing;
mod create_owner_blank;
mod create_owner_missing;
mod create_owner_none;
mod create_type_blank;
mod create_type_id;
mod create_type_missing;
mod date_blank;
mod date_hq;
mod date_letter_case;
mod date_missing;
mod date_offset_colon;
mod date_offset_missing;
mod date_opened_blank;
mod date_opened_time;
mod date_opened_unreadable;
mod date_plus_lost;
mod date_seconds_missing;
mod date_shape;
mod date_unreadable;
mod empty;
mod field_long;
mod field_long_on_device;
mod field_twice;
mod id_blank;
mod id_in_element;
mod id_long;
mod id_missing;
mod id_space;
mod index_attribute;
mod index_attribute_unknown;
mod index_long;
mod index_mixed;
mod index_namespace;
mod index_relationship_blank;
mod index_relationship_unknown;
mod index_removal_untyped;
mod index_space;
mod index_twice;
mod index_type_blank;
mod index_type_space;
mod index_untyped;
mod look;
mod namespace_foreign;
mod namespace_inherited;
mod namespace_missing;
mod nested;
mod property_attribute;
mod property_category;
mod property_date_time;
mod property_dropped;
mod property_fallback;
mod property_hq_user;
mod property_last_modified;
mod property_location;
mod property_name;
mod property_namespace;
mod property_nested;
mod property_reserved;
mod property_space;
mod property_twice;
mod property_user_id;
mod property_userid;
mod referral;
pub(super) mod screen;
mod self_index;
mod text;
mod text_large;
mod update_owner_blank;
mod user_space;

use super::rule::Rule;

/// All of them, in the order of the digest.
pub(super) const RULES: &[&Rule] = &[
    &namespace_missing::RULE,
    &namespace_foreign::RULE,
    &namespace_inherited::RULE,
    &id_missing::RULE,
    &id_blank::RULE,
    &id_in_element::RULE,
    &attribute_in_element::RULE,
    &attribute_namespaced::RULE,
    &attribute_unknown::RULE,
    &id_space::RULE,
    &user_space::RULE,
    &id_long::RULE,
    &date_missing::RULE,
    &date_blank::RULE,
    &date_unreadable::RULE,
    &date_plus_lost::RULE,
    &date_shape::RULE,
    &date_hq::RULE,
    &date_offset_colon::RULE,
    &date_offset_missing::RULE,
    &date_letter_case::RULE,
    &date_seconds_missing::RULE,
    &empty::RULE,
    &text::RULE,
    &action_text::RULE,
    &action_order::RULE,
    &create_late::RULE,
    &action_twice::RULE,
    &close_twice::RULE,
    &create_empty::RULE,
    &create_blank::RULE,
    &action_empty::RULE,
    &action_blank::RULE,
    &action_spelling::RULE,
    &action_namespace::RULE,
    &action_attribute::RULE,
    &action_unknown::RULE,
    &action_unknown_refused::RULE,
    &nested::RULE,
    &referral::RULE,
    &close_content::RULE,
    &create_type_missing::RULE,
    &create_name_missing::RULE,
    &create_type_blank::RULE,
    &create_type_id::RULE,
    &create_hq_only::RULE,
    &create_child::RULE,
    &create_owner_missing::RULE,
    &create_owner_none::RULE,
    &create_owner_blank::RULE,
    &update_owner_blank::RULE,
    &property_nested::RULE,
    &property_attribute::RULE,
    &property_namespace::RULE,
    &property_twice::RULE,
    &field_twice::RULE,
    &property_space::RULE,
    &property_date_time::RULE,
    &property_dropped::RULE,
    &property_userid::RULE,
    &property_last_modified::RULE,
    &property_category::RULE,
    &property_fallback::RULE,
    &property_location::RULE,
    &property_hq_user::RULE,
    &property_name::RULE,
    &property_user_id::RULE,
    &property_reserved::RULE,
    &date_opened_time::RULE,
    &date_opened_blank::RULE,
    &date_opened_unreadable::RULE,
    &field_long::RULE,
    &field_long_on_device::RULE,
    &text_large::RULE,
    &index_untyped::RULE,
    &index_removal_untyped::RULE,
    &index_type_blank::RULE,
    &index_type_space::RULE,
    &index_relationship_blank::RULE,
    &index_relationship_unknown::RULE,
    &index_space::RULE,
    &self_index::RULE,
    &index_twice::RULE,
    &index_attribute::RULE,
    &index_namespace::RULE,
    &index_attribute_unknown::RULE,
    &index_long::RULE,
    &index_mixed::RULE,
    &attachment_local::RULE,
    &attachment_remote::RULE,
    &attachment_inline::RULE,
    &attachment_source_missing::RULE,
    &attachment_from::RULE,
    &attachment_name_only::RULE,
    &attachment_content::RULE,
    &attachment_twice::RULE,
];
