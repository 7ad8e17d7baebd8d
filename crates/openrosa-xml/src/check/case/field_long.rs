use super::look::{FIELDS, properties_by_action, text};
use crate::case::Property;
use crate::check::rule_file::*;

pub(super) static RULE: Rule = Rule {
    code: "case-field-long",
    title: "a field of more than 255 characters",
    verdicts: &[(Spec, Error), (Device, Error), (Hq, Error)],
    message: "longer than 255 characters: {fields}",
    remedy: "shorten what is entered; a long text is a property of its own",
    why: "CommCare HQ keeps the form as an error (CaseValueError). The device refuses the form or restore, naming the \
          first in the order type, owner, name, external id (InvalidCasePropertyLengthException); its parser for large \
          restores does not look.",
    statements: &["C-017", "C-052", "C-053"],
    sections: &["case-xml.md 1.14", "case-xml.md 11"],
    triggers: Example::None("an example would be longer than a line"),
    passes: Example::Form(
        r#"
  <case xmlns="http://commcarehq.org/case/transaction/v2" case_id="c1" date_modified="2024-05-01T10:00:00Z" user_id="u1">
    <create>
      <case_type>patient</case_type>
      <case_name>Amina</case_name>
      <owner_id>u1</owner_id>
    </create>
  </case>"#,
    ),
    run: Run::Case(check),
};

fn check(case: &Case<'_>, found: &mut Drafts) {
    for properties in properties_by_action(case) {
        report(properties, |text| text.chars().count() > 255, found);
    }
}

/// One finding for an action: at the first of its long fields in the order in which the device looks at them.
pub(super) fn report(properties: &[Property<'_>], is_long: impl Fn(&str) -> bool, found: &mut Drafts) {
    let last = |name: &&str| properties.iter().rev().find(|property| property.name == **name);
    // Nothing of 255 bytes or fewer has more characters.
    let has_length = |property: &&Property<'_>| {
        text(&property.value).is_some_and(|text| text.len() > 255 && is_long(text))
    };
    let mut long = FIELDS.iter().filter_map(last).filter(has_length);
    let Some(first) = long.next() else { return };
    let mut draft = Draft::at(Spot::content(span(first.mark)));
    let mut fields = first.name.to_string();
    for property in long {
        draft = draft.related(Spot::content(span(property.mark)), "too long as well");
        fields = format!("{fields}, {}", property.name);
    }
    found.push(draft.value("fields", fields));
}
