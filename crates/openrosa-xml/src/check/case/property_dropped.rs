use super::look::updated_as;
use crate::check::rule_file::*;

pub(super) static RULE: Rule = Rule {
    code: "case-property-dropped",
    title: "a property that CommCare HQ drops",
    verdicts: &[(Device, Portability), (Hq, Warning)],
    message: "CommCare HQ drops a property called `{name}`",
    remedy: "give the property another name",
    why: "CommCare HQ drops it without a word, since it is an attribute of the block. To the device it is a property \
          like any other.",
    statements: &["C-016", "C-052", "C-054"],
    sections: &["case-xml.md 1.6"],
    triggers: Example::Form(
        r#"
  <case xmlns="http://commcarehq.org/case/transaction/v2" case_id="c1" date_modified="2024-05-01T10:00:00Z" user_id="u1">
    <update><date_modified>1</date_modified></update>
    <!--     ^^^^^^^^^^^^^ case-property-dropped -->
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

const NAMES: &[&str] = &["case_id", "date_modified"];
