use super::look::updated_as;
use crate::check::rule_file::*;

pub(super) static RULE: Rule = Rule {
    code: "case-property-user-id",
    title: "a property that CommCare HQ takes for the one who acted",
    verdicts: &[(Device, Portability), (Hq, Portability)],
    message: "`{name}` in `update` is no property to CommCare HQ",
    remedy: "write `user_id` as the attribute of the block; give a property another name",
    why: "CommCare HQ takes it for the user of the change, and then puts the user of the block or form there; no \
          property is kept. To the device it is a property like any other.",
    statements: &["C-003", "C-016", "C-054"],
    sections: &["case-xml.md 1.6"],
    triggers: Example::Form(
        r#"
  <case xmlns="http://commcarehq.org/case/transaction/v2" case_id="c1" date_modified="2024-05-01T10:00:00Z" user_id="u1">
    <update><user_id>1</user_id></update>
    <!--     ^^^^^^^ case-property-user-id -->
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

const NAMES: &[&str] = &["user_id"];
