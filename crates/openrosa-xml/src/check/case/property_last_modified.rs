use super::look::updated_as;
use crate::check::rule_file::*;

pub(super) static RULE: Rule = Rule {
    code: "case-property-last-modified",
    title: "a property that the device overwrites",
    verdicts: &[(Device, Warning), (Hq, Portability)],
    message: "the device overwrites a property called `{name}` with the date of the block",
    remedy: "give the property another name",
    why: "The device keeps the date of the block under that very name (inferred from code). To CommCare HQ it is a \
          property like any other.",
    statements: &["C-016", "C-052", "C-054"],
    sections: &["case-xml.md 1.6"],
    triggers: Example::Form(
        r#"
  <case xmlns="http://commcarehq.org/case/transaction/v2" case_id="c1" date_modified="2024-05-01T10:00:00Z" user_id="u1">
    <update><last_modified>1</last_modified></update>
    <!--     ^^^^^^^^^^^^^ case-property-last-modified -->
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

const NAMES: &[&str] = &["last_modified"];
