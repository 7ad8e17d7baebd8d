use super::look::updated_as;
use crate::check::rule_file::*;

pub(super) static RULE: Rule = Rule {
    code: "case-property-hq-user",
    title: "a property that replaces the external id",
    verdicts: &[(Device, Portability), (Hq, Warning)],
    message: "CommCare HQ copies `{name}` over the external id of the case",
    remedy: "give the property another name, unless the case stands for a user",
    why: "CommCare HQ replaces `external_id` without a word. To the device it is a property like any other.",
    statements: &["C-016", "C-052", "C-054"],
    sections: &["case-xml.md 1.6", "case-xml.md 11"],
    triggers: Example::Form(
        r#"
  <case xmlns="http://commcarehq.org/case/transaction/v2" case_id="c1" date_modified="2024-05-01T10:00:00Z" user_id="u1">
    <update><hq_user_id>1</hq_user_id></update>
    <!--     ^^^^^^^^^^ case-property-hq-user -->
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

const NAMES: &[&str] = &["hq_user_id"];
