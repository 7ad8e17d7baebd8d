//! Rules about blank forms, as far as one must know them to send what they ask for (openrosa.md 3.1, 7.1), one a file.

mod action_namespace;
mod action_node_unknown;
mod attribute_missing;
mod attribute_namespace;
mod attribute_unknown;
mod bind_id_twice;
mod bind_node_unknown;
mod bind_twice;
mod body_before_model;
mod body_missing;
mod case_create_part;
mod case_namespace;
mod choice_twice;
mod control_bind_unknown;
mod control_node_unknown;
mod cycle;
mod dependencies;
mod element_namespace;
mod element_unknown;
mod event_missing;
mod event_unknown;
mod expression_malformed;
mod expression_node_unknown;
mod expression_word;
mod expressions;
mod function_arguments;
mod functions;
mod id_long;
mod id_missing;
mod instance_content;
mod instance_id_missing;
mod instance_twice;
mod instance_unknown;
mod instance_unnamed;
mod itemset_empty;
mod key_without_instance_id;
mod media_path;
mod model_missing;
mod model_text;
mod models_several;
mod node_twice;
mod part_missing;
mod part_twice;
mod preload_unknown;
mod public_key;
mod send_submission_unknown;
mod submission_action;
mod submission_method;
mod submission_node_unknown;
mod submission_resource_missing;
mod submission_target_missing;
mod text_reference;
mod text_twice;
mod text_unknown;
mod text_untranslated;
mod texts;
mod title_missing;
mod type_unknown;
mod upload_type;
mod version_missing;
mod vocabulary;

use super::{audience::Audiences, rule::Rule, subject::Blank};
use crate::{
    xform::{SubmissionElement, XForm, path::absolute},
    xml::Element,
};

/// All of them, in the order of a form.
pub(super) const RULES: &[&Rule] = &[
    &model_missing::RULE,
    &models_several::RULE,
    &body_before_model::RULE,
    &element_unknown::RULE,
    &element_namespace::RULE,
    &attribute_unknown::RULE,
    &attribute_namespace::RULE,
    &attribute_missing::RULE,
    &part_missing::RULE,
    &part_twice::RULE,
    &title_missing::RULE,
    &body_missing::RULE,
    &model_text::RULE,
    &id_missing::RULE,
    &id_long::RULE,
    &version_missing::RULE,
    &instance_id_missing::RULE,
    &key_without_instance_id::RULE,
    &instance_content::RULE,
    &instance_unnamed::RULE,
    &instance_twice::RULE,
    &node_twice::RULE,
    &case_namespace::RULE,
    &case_create_part::RULE,
    &text_twice::RULE,
    &text_reference::RULE,
    &text_unknown::RULE,
    &text_untranslated::RULE,
    &public_key::RULE,
    &submission_action::RULE,
    &submission_method::RULE,
    &submission_resource_missing::RULE,
    &submission_target_missing::RULE,
    &submission_node_unknown::RULE,
    &bind_node_unknown::RULE,
    &bind_twice::RULE,
    &bind_id_twice::RULE,
    &type_unknown::RULE,
    &preload_unknown::RULE,
    &expression_malformed::RULE,
    &expression_node_unknown::RULE,
    &expression_word::RULE,
    &instance_unknown::RULE,
    &control_node_unknown::RULE,
    &control_bind_unknown::RULE,
    &choice_twice::RULE,
    &itemset_empty::RULE,
    &upload_type::RULE,
    &event_missing::RULE,
    &event_unknown::RULE,
    &action_namespace::RULE,
    &action_node_unknown::RULE,
    &send_submission_unknown::RULE,
    &cycle::RULE,
    &function_arguments::RULE,
    &media_path::RULE,
];

/// Who reads such a form: one that is known by its namespace is one of CommCare's.
pub(super) fn audiences_of(form: &XForm<'_>) -> Audiences {
    let is_commcare = form.primary().is_some_and(|root| {
        let has_id = root.attributes.iter().any(|given| given.name.local_name() == "id");
        !has_id && form.own_namespace().is_some()
    });
    if is_commcare { Audiences::COMMCARE } else { Audiences::ODK }
}

/// The `submission` elements of the model that counts.
fn submissions<'b>(blank: &Blank<'b>) -> impl Iterator<Item = &'b SubmissionElement<'b>> {
    blank.form.model().into_iter().flat_map(|model| &model.submissions)
}

/// The `submission` that says with which key filled-in forms are to be encrypted.
fn key<'b>(blank: &Blank<'b>) -> Option<&'b SubmissionElement<'b>> {
    submissions(blank).find(|submission| submission.public_key().is_some())
}

/// Whether it is a request that CommCare makes while the form is filled in, not the way to send the form.
fn asks_while_filling(submission: &SubmissionElement<'_>) -> bool {
    ["resource", "targetref", "replace"].into_iter().any(|local| submission.attribute(local).is_some())
}

/// Whether a path certainly leads to no node of the primary instance.
fn is_unknown(blank: &Blank<'_>, path: &str) -> bool {
    let Some(root) = blank.form.primary() else { return false };
    let base = format!("/{}", root.name.local_name());
    absolute(&base, path).is_some_and(|path| !blank.outline.has(&path))
}

/// Every element outside of instances, with the one around it, in document order.
fn elements<'b>(blank: &Blank<'b>) -> impl Iterator<Item = (&'b Element<'b>, &'b Element<'b>)> {
    let mut pending = vec![(blank.document, blank.document)];
    std::iter::from_fn(move || {
        let (element, parent) = pending.pop()?;
        if element.name.local_name() != "instance" {
            let inside: Vec<_> = element.elements().map(|child| (child, element)).collect();
            pending.extend(inside.into_iter().rev());
        }
        Some((element, parent))
    })
}

/// Every element of the instance that is to be filled in.
fn nodes<'b>(blank: &'b Blank<'b>) -> impl Iterator<Item = &'b Element<'b>> {
    let mut pending: Vec<_> = blank.form.primary().into_iter().collect();
    std::iter::from_fn(move || {
        let element = pending.pop()?;
        pending.extend(element.elements());
        Some(element)
    })
}

/// What happens by itself, with the element around it.
fn actions<'b>(blank: &Blank<'b>) -> impl Iterator<Item = (&'b Element<'b>, &'b Element<'b>)> {
    let is_action = |local| matches!(local, "recordaudio" | "send" | "setgeopoint" | "setvalue");
    elements(blank).filter(move |(element, _)| is_action(element.name.local_name()))
}

/// `event` of an action, in no namespace or in that of XML events.
fn event<'e>(action: &'e Element<'_>) -> Option<&'e str> {
    action
        .attributes
        .iter()
        .find(|given| given.name.local_name() == "event")
        .map(|given| given.value.as_ref())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::{Options, document};

    fn form(root: &str) -> String {
        format!(
            "<h:html xmlns:h='http://www.w3.org/1999/xhtml' xmlns='http://www.w3.org/2002/xforms'><h:head><model>\
             <instance><{root}><a/></data></instance></model></h:head><h:body/></h:html>"
        )
    }

    /// A blank form of CommCare's is known by its namespace, any other by its id; and whoever reads it is told what is wrong.
    #[test]
    fn a_blank_form_is_judged_for_those_who_read_it() {
        for (root, readers) in [
            ("data xmlns='http://openrosa.org/formdesigner/1'", Audiences::COMMCARE),
            ("data xmlns='http://openrosa.org/formdesigner/1' id='visit'", Audiences::ODK),
            ("data id='visit'", Audiences::ODK),
            ("data", Audiences::ODK),
        ] {
            let form = form(root);
            assert_eq!(audiences_of(&XForm::read(&form).unwrap()), readers, "{root}");
            let told = document(&form, &Options::default());
            let asked = document(&form, &Options { audiences: Some(readers), ..Options::default() });
            assert!(told.findings() == asked.findings() && !told.findings().is_empty(), "{root}");
        }
    }
}
