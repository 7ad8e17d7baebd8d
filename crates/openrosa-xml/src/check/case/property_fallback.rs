use super::look::updated_as;
use crate::check::rule_file::*;

pub(super) static RULE: Rule = Rule {
    code: "case-property-fallback",
    title: "a property that the device reads for another",
    verdicts: &[(Device, Portability)],
    message: "the device reads `{name}` where the case has no category or state",
    remedy: "give the property another name",
    why: "On the device `patient_type` stands in for a missing category and `current_status` for a missing state. To \
          CommCare HQ they are properties like any other.",
    statements: &["C-016", "C-054"],
    sections: &["case-xml.md 1.6"],
    triggers: Example::Form(
        r#"
  <case xmlns="http://commcarehq.org/case/transaction/v2" case_id="c1" date_modified="2024-05-01T10:00:00Z" user_id="u1">
    <update><patient_type>1</patient_type></update>
    <!--     ^^^^^^^^^^^^ case-property-fallback -->
  </case>"#,
    ),
    passes: Example::Form(
        r#"
  <case xmlns="http://commcarehq.org/case/transaction/v2" case_id="c1" date_modified="2024-05-01T10:00:00Z" user_id="u1">
    <update><weight>12</weight></update>
  </case>"#,
    ),
    run: Run::Case(check),
};

fn check(case: &Case<'_>, found: &mut Drafts) {
    for property in updated_as(case, NAMES) {
        found.push(Draft::at(Spot::name(span(property.mark))).value("name", property.name.as_ref()));
    }
}

const NAMES: &[&str] = &["patient_type", "current_status"];
