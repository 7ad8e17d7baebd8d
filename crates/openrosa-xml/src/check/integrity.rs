//! Rules about answers to the question which entities were deleted (openrosa.md 4.4), one a file.

mod deleted;
mod entity_twice;
mod id_missing;
mod root;

use super::rule::Rule;
use crate::{integrity::Integrity, xml::Element};

/// All of them, in the order of the document.
pub(super) const RULES: &[&Rule] = &[&root::RULE, &deleted::RULE, &id_missing::RULE, &entity_twice::RULE];

/// The entities, with an id or without.
fn entities<'a>(answer: &'a Integrity<'_>) -> impl Iterator<Item = &'a Element<'a>> {
    let lists = answer.element.elements().filter(|list| list.name.local_name() == "entities");
    lists.flat_map(Element::elements).filter(|entity| entity.name.local_name() == "entity")
}
