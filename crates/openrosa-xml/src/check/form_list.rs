//! Rules about form lists (openrosa.md 4.2, 4.6), one a file.

mod hash_form;
mod hash_missing;
mod id_long;
mod id_twice;
mod legacy;
mod misspelt;
mod namespace;
mod order;
mod part_missing;
mod part_twice;
mod url_relative;
mod version_missing;

use super::rule::Rule;
use crate::{form_list::FormList, xml::Element};

/// All of them, in the order of the document.
pub(super) const RULES: &[&Rule] = &[
    &part_missing::RULE,
    &part_twice::RULE,
    &misspelt::RULE,
    &version_missing::RULE,
    &hash_missing::RULE,
    &hash_form::RULE,
    &url_relative::RULE,
    &id_twice::RULE,
    &id_long::RULE,
    &order::RULE,
    &namespace::RULE,
    &legacy::RULE,
];

/// The entries of this name.
fn entries<'l>(list: &'l FormList<'_>, local: &'static str) -> impl Iterator<Item = &'l Element<'l>> {
    list.element.elements().filter(move |entry| entry.name.local_name() == local)
}
