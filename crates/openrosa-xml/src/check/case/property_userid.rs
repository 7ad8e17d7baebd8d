use super::look::updated_as;
use crate::check::rule_file::*;

pub(super) static RULE: Rule = Rule {
    code: "case-property-userid",
    title: "a property that changes the owner on the device",
    verdicts: &[(Device, Warning), (Hq, Portability)],
    message: "a property called `{name}` changes the owner of the case on the device",
    remedy: "give the property another name; to change the owner, write `owner_id`",
    why: "The device keeps the owner under that very name (inferred from code). To CommCare HQ it is a property like \
          any other.",
    statements: &["C-016", "C-052", "C-054"],
    sections: &["case-xml.md 1.6", "case-xml.md 11"],
    triggers: Example::Form(
        r#"
  <case xmlns="http://commcarehq.org/case/transaction/v2" case_id="c1" date_modified="2024-05-01T10:00:00Z" user_id="u1">
    <update><userid>1</userid></update>
    <!--     ^^^^^^ case-property-userid -->
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

const NAMES: &[&str] = &["userid"];
