use super::look::updated_as;
use crate::check::rule_file::*;

pub(super) static RULE: Rule = Rule {
    code: "case-property-name",
    title: "a property that renames the case on CommCare HQ",
    verdicts: &[(Device, Portability), (Hq, Portability)],
    message: "a property called `{name}` renames the case on CommCare HQ",
    remedy: "write `case_name` to rename the case; give a property another name",
    why: "CommCare HQ takes it for the name of the case and keeps no property of it. To the device it is a property \
          like any other.",
    statements: &["C-016", "C-052", "C-054"],
    sections: &["case-xml.md 1.6"],
    triggers: Example::Form(
        r#"
  <case xmlns="http://commcarehq.org/case/transaction/v2" case_id="c1" date_modified="2024-05-01T10:00:00Z" user_id="u1">
    <update><name>1</name></update>
    <!--     ^^^^ case-property-name -->
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

const NAMES: &[&str] = &["name"];
