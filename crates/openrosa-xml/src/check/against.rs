//! A filled-in form held against its blank form and its files: one walk, whose rules are one a file.
//!
//! A field that is not there may be irrelevant: the blank form says under which condition, and nothing evaluates that here. So
//! nothing is said of fields that are missing, but for those that are required without any condition.

mod choice_unknown;
mod field_twice;
mod field_unknown;
mod file_missing;
mod form_differs;
mod meta_field_missing;
mod namespace_differs;
mod place_off_earth;
mod required_blank;
mod value;
mod value_type;
mod version_differs;
mod walk;

use super::{
    draft::{Draft, Drafts},
    outline::Outline,
    place::Spot,
    rule::Rule,
    subject::{Form, span},
};
use crate::{instance::FormKey, xform::XForm};
use walk::Walk;

/// All of them, in the order of a form.
pub(super) const RULES: &[&Rule] = &[
    &form_differs::RULE,
    &version_differs::RULE,
    &field_unknown::RULE,
    &field_twice::RULE,
    &namespace_differs::RULE,
    &required_blank::RULE,
    &value_type::RULE,
    &place_off_earth::RULE,
    &choice_unknown::RULE,
    &meta_field_missing::RULE,
    &file_missing::RULE,
];

/// Holds the form against the blank form, if there is one.
pub(super) fn check(form: &Form<'_>, found: &mut Drafts) {
    let Some(blank) = form.options.against.filter(|_| form.is_form()) else { return };
    if is_of(form, blank, found) {
        Walk { outline: &Outline::of(blank), files: form.options.files, found }.form(form.document);
        meta(form, blank, found);
    }
}

/// Whether the two are one form. Another version is one to be compared all the same.
fn is_of(form: &Form<'_>, blank: &XForm<'_>, found: &mut Drafts) -> bool {
    let (ours, theirs) = (form.instance.form_key(), blank.form_key());
    let root = span(form.document.mark);
    if ours.id != theirs.id {
        let draft = Draft::at(Spot::attribute(root, "id")).value("form", ours.id.unwrap_or_default());
        found.push_for(&form_differs::RULE, draft.value("blank", theirs.id.unwrap_or_default()));
        return false;
    }
    if ours.version != theirs.version {
        let draft = Draft::at(Spot::attribute(root, "version")).value("form", version(&ours));
        found.push_for(&version_differs::RULE, draft.value("blank", version(&theirs)));
    }
    true
}

fn version(key: &FormKey<'_>) -> String {
    key.version.as_ref().map_or("no version".to_owned(), |version| format!("the version `{version}`"))
}

/// Clients fill in the metadata that the blank form lists (openrosa.md 3.1). Without an instance id a form has other findings.
fn meta(form: &Form<'_>, blank: &XForm<'_>, found: &mut Drafts) {
    let (Some(given), Some(asked)) = (form.instance.meta(), blank.meta()) else { return };
    let locals = asked.elements().map(|field| field.name.local_name());
    let missing = locals.filter(|local| !matches!(*local, "instanceID" | "deprecatedID" | "entity"));
    let missing: Vec<_> =
        missing.filter(|local| given.field(local).is_none()).map(|local| format!("`{local}`")).collect();
    if !missing.is_empty() {
        let draft = Draft::at(Spot::name(span(given.mark))).value("fields", missing.join(", "));
        found.push_for(&meta_field_missing::RULE, draft);
    }
}
