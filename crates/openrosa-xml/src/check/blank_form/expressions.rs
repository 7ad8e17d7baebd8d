//! The expressions of a blank form, and the paths that are read like these.

use std::collections::HashMap;

use crate::{
    check::{
        place::Spot,
        subject::{Blank, span},
    },
    ns,
    position::Mark,
    xml::Element,
};

/// An expression as it stands in an attribute.
pub(super) struct Written<'b> {
    element: &'b Element<'b>,
    pub(super) attribute: &'static str,
    pub(super) text: &'b str,
    /// The node at which it stands; `?` where that is not known, so that a path from there begins with it.
    pub(super) base: &'b str,
    /// Whether the element cannot do without: another rule minds that it is blank.
    pub(super) is_needed: bool,
}

impl Written<'_> {
    /// Where it stands.
    pub(super) fn spot(&self) -> Spot {
        Spot::attribute_value(span(self.element.mark), self.attribute)
    }
}

/// Every expression outside of instances. Where binds and questions point, and what labels refer to, is not among them.
pub(super) fn written<'b>(blank: &'b Blank<'b>) -> impl Iterator<Item = Written<'b>> {
    let start = |mark: Mark| span(mark).start;
    let bases: HashMap<_, _> =
        blank.outline.binds.iter().map(|(bind, path)| (start(bind.mark), path.as_deref())).collect();
    super::elements(blank).flat_map(move |(element, parent)| {
        let base = bases.get(&start(element.mark)).copied().flatten().unwrap_or("?");
        let attributes = attributes(element.name.local_name(), parent.name.local_name());
        attributes.iter().filter_map(move |&(attribute, is_needed)| {
            let namespace = (attribute == "count").then_some(ns::JAVAROSA);
            let given = element.attributes.iter().find(|given| given.name.is(namespace, attribute))?;
            Some(Written { element, attribute, text: &given.value, base, is_needed })
        })
    })
}

fn attributes(element: &str, parent: &str) -> &'static [(&'static str, bool)] {
    match (element, parent) {
        ("bind", _) => &[
            ("relevant", false),
            ("required", false),
            ("readonly", false),
            ("constraint", false),
            ("calculate", false),
        ],
        ("setvalue", _) => &[("value", false)],
        ("output", _) => &[("value", true), ("ref", true)],
        ("itemset", _) => &[("nodeset", true)],
        ("value" | "copy", "itemset") => &[("ref", true)],
        ("repeat", _) => &[("count", false)],
        _ => &[],
    }
}
