//! Rules about filled-in forms as a whole (openrosa.md 3 and 8, case-xml.md 7), one a file.

mod commcare_fields_missing;
mod deprecated_id_blank;
mod deprecated_id_same;
mod device_id_scheme;
mod entity_base_version_missing;
mod entity_dataset_missing;
mod entity_id;
mod entity_idle;
mod entity_label_missing;
mod entity_namespace;
mod file_unnamed;
mod id_blank;
mod id_long;
mod id_missing;
mod identifier_long;
mod instance_id_blank;
mod instance_id_missing;
mod instance_id_not_uuid;
mod instance_id_outside_meta;
mod instance_id_scheme;
mod instance_id_space;
mod location;
mod meta_field_twice;
mod meta_missing;
mod meta_namespace;
mod meta_nested;
mod meta_prefix;
mod meta_twice;
mod namespace_missing;
mod time_letter_case;
mod time_offset_colon;
mod time_offset_missing;
mod time_order;
mod time_plus_lost;
mod time_unreadable;
mod times;
mod user_id_scheme;
mod version_long;

use std::borrow::Cow;

use super::{
    place::Spot,
    rule::Rule,
    subject::{Form, span},
};
use crate::{case::Value, instance::Field, position::Span, xml::Element};

/// All of them, in the order of a form.
pub(super) const RULES: &[&Rule] = &[
    &id_missing::RULE,
    &id_blank::RULE,
    &id_long::RULE,
    &namespace_missing::RULE,
    &version_long::RULE,
    &meta_missing::RULE,
    &meta_nested::RULE,
    &meta_twice::RULE,
    &meta_namespace::RULE,
    &meta_prefix::RULE,
    &meta_field_twice::RULE,
    &commcare_fields_missing::RULE,
    &instance_id_missing::RULE,
    &instance_id_outside_meta::RULE,
    &instance_id_blank::RULE,
    &instance_id_space::RULE,
    &instance_id_scheme::RULE,
    &instance_id_not_uuid::RULE,
    &identifier_long::RULE,
    &deprecated_id_blank::RULE,
    &deprecated_id_same::RULE,
    &user_id_scheme::RULE,
    &device_id_scheme::RULE,
    &time_unreadable::RULE,
    &time_plus_lost::RULE,
    &time_letter_case::RULE,
    &time_offset_colon::RULE,
    &time_offset_missing::RULE,
    &time_order::RULE,
    &location::RULE,
    &entity_namespace::RULE,
    &entity_dataset_missing::RULE,
    &entity_id::RULE,
    &entity_idle::RULE,
    &entity_label_missing::RULE,
    &entity_base_version_missing::RULE,
    &file_unnamed::RULE,
];

/// How many characters an identifier or a version may have (openrosa.md 3.1, 3.2).
const LONGEST: usize = 249;

fn is_long(text: &str) -> bool {
    text.len() > LONGEST && text.chars().count() > LONGEST
}

/// The first field of this name in the metadata.
fn field<'f>(form: &Form<'f>, local: &str) -> Option<&'f Field<'f>> {
    form.instance.meta()?.field(local)
}

/// What is written in a field.
fn value(field: &Field<'_>) -> Spot {
    Spot::content(span(field.mark))
}

/// Whether it begins with a scheme, as identifiers of the standard do.
fn has_scheme(id: &str) -> bool {
    id.split_once(':').is_some_and(|(scheme, rest)| !scheme.is_empty() && !rest.is_empty())
}

/// An `entity` of any metadata block in the form.
struct Entity<'e> {
    place: Span,
    element: Option<&'e Element<'e>>,
}

fn entities<'f>(form: &Form<'f>) -> impl Iterator<Item = Entity<'f>> {
    let fields = form.instance.metas().flat_map(|meta| &meta.fields);
    fields.filter(|field| field.name.local_name() == "entity").map(|field| Entity {
        place: span(field.mark),
        element: match &field.value {
            Value::Element(element) => Some(element),
            Value::Text(_) => None,
        },
    })
}

impl<'e> Entity<'e> {
    fn attribute(&self, local: &str) -> Option<&'e str> {
        self.element?.attribute(local)
    }

    /// Whether an attribute says yes, as ODK writes it.
    fn is(&self, local: &str) -> bool {
        self.attribute(local).is_some_and(|value| value == "1" || value.eq_ignore_ascii_case("true"))
    }

    fn label(&self) -> Cow<'e, str> {
        self.element.and_then(|element| element.child("label")).map(Element::text).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use crate::check::{Options, document};

    fn codes(form: &str, files: &[&str]) -> Vec<&'static str> {
        let files: BTreeSet<_> = files.iter().map(|&file| file.to_owned()).collect();
        let report = document(form, &Options { files: Some(&files), ..Options::default() });
        let codes = report.findings().iter().map(|finding| finding.code());
        codes.filter(|code| code.starts_with("form-")).collect()
    }

    /// ids of up to 249 characters, whatever they are, are taken; longer ones are told.
    #[test]
    fn identifiers_may_have_249_characters() {
        let form = |length| {
            let (id, version) = ("é".repeat(length), "1".repeat(length));
            let instance = format!("uuid:{}", "ü".repeat(length - 5));
            format!(
                "<data id='{id}' version='{version}'><meta><instanceID>{instance}</instanceID></meta></data>"
            )
        };
        assert_eq!(codes(&form(249), &[]), [""; 0]);
        assert_eq!(codes(&form(250), &[]), ["form-id-long", "form-version-long", "form-identifier-long"]);
    }

    /// metadata that nobody knows is no fault.
    #[test]
    fn unknown_metadata_is_no_fault() {
        let form = "<data id='f'><meta><instanceID>uuid:1</instanceID><x:mood xmlns:x='urn:x'>fine</x:mood></meta></data>";
        assert_eq!(codes(form, &[]), [""; 0]);
    }

    /// a file is known by the name that an answer has, byte for byte.
    #[test]
    fn files_that_no_answer_names_are_found() {
        let form = "<data id='f'><photo>oak.jpg</photo><case><attachment src='elm.jpg'/></case>\
                    <meta><instanceID>uuid:1</instanceID><audit>audit.csv</audit></meta></data>";
        assert_eq!(codes(form, &["audit.csv", "elm.jpg", "oak.jpg"]), [""; 0]);
        assert_eq!(codes(form, &["Oak.jpg", "audit.csv"]), ["form-file-unnamed"]);
    }

    #[test]
    fn what_is_no_form_is_not_held_to_be_one() {
        for other in ["<case case_id='c'/>", "<log xmlns='http://code.javarosa.org/devicereport'/>"] {
            assert_eq!(codes(other, &[]), [""; 0], "{other}");
        }
    }
}
