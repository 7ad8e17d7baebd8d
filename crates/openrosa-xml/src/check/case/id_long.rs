use super::look::{text, updates};
use crate::check::rule_file::*;
use crate::{case::Field, profile::Profile};

pub(super) static RULE: Rule = Rule {
    code: "case-id-long",
    title: "the id of a case or a place of more than 255 characters",
    verdicts: &[(Hq, Error)],
    message: "{what} has {length} characters, of which CommCare HQ can store 255",
    remedy: "use a UUID",
    why: "The columns of CommCare HQ hold 255 characters, and saving the form fails (inferred from the columns). The \
          device has no limit there.",
    statements: &[],
    sections: &["case-xml.md 1.2", "case-xml.md 1.14"],
    triggers: Example::None("an example would be longer than a line"),
    passes: Example::Form(
        r#"
  <case xmlns="http://commcarehq.org/case/transaction/v2" case_id="c1" date_modified="2024-05-01T10:00:00Z" user_id="u1">
    <update><weight>12</weight></update>
  </case>"#,
    ),
    run: Run::Case(check),
};

fn check(case: &Case<'_>, found: &mut Drafts) {
    let mut told = |what: &str, text: &str, spot: Spot| {
        if let Some(length) = Field::too_long(text, Profile::Hq) {
            found.push(Draft::at(spot).value("what", what).value("length", length.to_string()));
        }
    };
    let id = case.block.case_id.as_deref().unwrap_or_default();
    told("the case id", id, Spot::attribute_value(case.span(), "case_id"));
    for update in updates(case) {
        // Of several the last one counts.
        if let Some(place) = update.properties.iter().rev().find(|property| property.name == "location_id") {
            let content = Spot::content(span(place.mark));
            told("`location_id`", text(&place.value).unwrap_or_default(), content);
        }
    }
}
