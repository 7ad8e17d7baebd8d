use super::look::updated_as;
use crate::check::rule_file::*;

pub(super) static RULE: Rule = Rule {
    code: "case-property-category",
    title: "a property that is a field on the device",
    verdicts: &[(Device, Portability), (Hq, Portability)],
    message: "`{name}` is a field of the case on the device, and a property on CommCare HQ",
    remedy: "give the property another name",
    why: "The device shows the field as an attribute of the case too, and leaves it out where it is empty. To CommCare \
          HQ it is a property like any other.",
    statements: &["C-016", "C-052", "C-054"],
    sections: &["case-xml.md 1.6", "case-xml.md 4.8", "case-xml.md 11"],
    triggers: Example::Form(
        r#"
  <case xmlns="http://commcarehq.org/case/transaction/v2" case_id="c1" date_modified="2024-05-01T10:00:00Z" user_id="u1">
    <update><category>1</category></update>
    <!--     ^^^^^^^^ case-property-category -->
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

const NAMES: &[&str] = &["category", "state"];
