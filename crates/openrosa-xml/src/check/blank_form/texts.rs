//! The texts of a blank form by language, and who refers to them.

use std::collections::HashSet;

use crate::{
    check::{
        place::Spot,
        subject::{Blank, span},
    },
    xml::Element,
};

/// The languages of a form that has any.
pub(super) struct Texts<'b> {
    /// The one that says so, or else the first.
    pub(super) default: Language<'b>,
    pub(super) others: Vec<Language<'b>>,
}

/// The ids of its texts.
pub(super) struct Language<'b> {
    element: &'b Element<'b>,
    ids: HashSet<&'b str>,
}

/// A text that something refers to.
pub(super) struct Reference<'b> {
    element: &'b Element<'b>,
    attribute: &'static str,
    pub(super) id: &'b str,
}

impl<'b> Texts<'b> {
    pub(super) fn of(blank: &Blank<'b>) -> Option<Self> {
        let translations =
            super::elements(blank).filter(|(element, _)| element.name.local_name() == "translation");
        let mut others: Vec<_> = translations.map(|(element, _)| Language::of(element)).collect();
        if others.is_empty() {
            return None;
        }
        let default = others.iter().position(|language| language.element.attribute("default").is_some());
        let default = others.remove(default.unwrap_or(0));
        Some(Self { default, others })
    }
}

impl<'b> Language<'b> {
    /// A text without a value is none.
    fn of(element: &'b Element<'b>) -> Self {
        let texts = element
            .elements()
            .filter(|text| text.name.local_name() == "text" && text.child("value").is_some());
        Self { element, ids: texts.filter_map(|text| text.attribute("id")).collect() }
    }

    pub(super) fn has(&self, id: &str) -> bool {
        self.ids.contains(id)
    }

    pub(super) fn told(&self) -> String {
        self.element.attribute("lang").map_or_else(|| "without a name".to_owned(), |lang| format!("`{lang}`"))
    }

    pub(super) fn spot(&self) -> Spot {
        Spot::name(span(self.element.mark))
    }
}

impl Reference<'_> {
    pub(super) fn spot(&self) -> Spot {
        Spot::attribute_value(span(self.element.mark), self.attribute)
    }
}

/// Whatever names a text outright, outside of instances.
pub(super) fn references<'b>(blank: &Blank<'b>) -> impl Iterator<Item = Reference<'b>> {
    super::elements(blank).flat_map(|(element, _)| {
        let attributes: &[&str] = match element.name.local_name() {
            "label" | "hint" | "help" | "alert" => &["ref"],
            "bind" => &["constraintMsg", "requiredMsg"],
            _ => &[],
        };
        attributes.iter().filter_map(move |attribute| {
            let given = element.attributes.iter().find(|given| given.name.local_name() == *attribute)?;
            let id = given.value.strip_prefix("jr:itext('")?.strip_suffix("')")?;
            Some(Reference { element, attribute, id })
        })
    })
}
