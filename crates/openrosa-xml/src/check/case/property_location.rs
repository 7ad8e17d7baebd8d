use super::look::updated_as;
use crate::check::rule_file::*;

pub(super) static RULE: Rule = Rule {
    code: "case-property-location",
    title: "a property that CommCare HQ keeps elsewhere",
    verdicts: &[(Device, Portability), (Hq, Portability)],
    message: "CommCare HQ keeps `{name}` beside the properties, not among them",
    remedy: "give the property another name, unless the case stands for a place",
    why: "CommCare HQ has a column of that name, and the property is not among the others. To the device it is a \
          property like any other.",
    statements: &["C-016", "C-054"],
    sections: &["case-xml.md 1.6"],
    triggers: Example::Form(
        r#"
  <case xmlns="http://commcarehq.org/case/transaction/v2" case_id="c1" date_modified="2024-05-01T10:00:00Z" user_id="u1">
    <update><location_id>1</location_id></update>
    <!--     ^^^^^^^^^^^ case-property-location -->
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

const NAMES: &[&str] = &["location_id"];
