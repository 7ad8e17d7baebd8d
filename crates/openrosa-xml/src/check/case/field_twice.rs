use super::{look::properties_by_action, property_twice::again};
use crate::case::KNOWN_TO_HQ as KNOWN;
use crate::check::rule_file::*;

pub(super) static RULE: Rule = Rule {
    code: "case-field-twice",
    title: "a field of the case that stands twice",
    verdicts: &[(Spec, Error), (Device, Portability), (Hq, Warning)],
    message: "`{name}` stands twice in one action",
    remedy: "write the field once",
    why: "CommCare HQ makes a list of the two, which reaches the field of the case with an undefined result (inferred \
          from code). On the device the last one counts.",
    statements: &["C-015", "C-052", "C-054"],
    sections: &["case-xml.md 1.11", "case-xml.md 11"],
    triggers: Example::Form(
        r#"
  <case xmlns="http://commcarehq.org/case/transaction/v2" case_id="c1" date_modified="2024-05-01T10:00:00Z" user_id="u1">
    <update><owner_id>u1</owner_id><owner_id>u2</owner_id></update>
    <!--                            ^^^^^^^^ case-field-twice -->
  </case>"#,
    ),
    passes: Example::Form(
        r#"
  <case xmlns="http://commcarehq.org/case/transaction/v2" case_id="c1" date_modified="2024-05-01T10:00:00Z" user_id="u1">
    <update><owner_id>u2</owner_id></update>
  </case>"#,
    ),
    run: Run::Case(check),
};

fn check(case: &Case<'_>, found: &mut Drafts) {
    for properties in properties_by_action(case) {
        for property in again(properties).filter(|property| KNOWN.contains(&property.name.as_ref())) {
            found.push(Draft::at(Spot::name(span(property.mark))).value("name", property.name.as_ref()));
        }
    }
}
