use super::look::{properties, text};
use crate::check::rule_file::*;

pub(super) static RULE: Rule = Rule {
    code: "case-property-space",
    title: "a value with white space around it",
    verdicts: &[(Device, Portability), (Hq, Portability)],
    message: "the value of `{name}` has white space around it",
    remedy: "write the value without white space around it",
    why: "The device trims values, CommCare HQ keeps them as they are: the same property differs on the two sides, and \
          a comparison holds on one of them only.",
    statements: &["C-036", "C-052", "C-054"],
    sections: &["case-xml.md 1.10", "case-xml.md 4.8", "case-xml.md 11"],
    triggers: Example::Form(
        r#"
  <case xmlns="http://commcarehq.org/case/transaction/v2" case_id="c1" date_modified="2024-05-01T10:00:00Z" user_id="u1">
    <update><village> Kibaha</village></update>
    <!--             ^^^^^^^ case-property-space -->
  </case>"#,
    ),
    passes: Example::Form(
        r#"
  <case xmlns="http://commcarehq.org/case/transaction/v2" case_id="c1" date_modified="2024-05-01T10:00:00Z" user_id="u1">
    <update><village>Kibaha</village></update>
  </case>"#,
    ),
    run: Run::Case(check),
};

fn check(case: &Case<'_>, found: &mut Drafts) {
    for property in properties(case) {
        if text(&property.value).is_some_and(|text| text.trim_matches(|c| c <= ' ') != text) {
            found.push(Draft::at(Spot::content(span(property.mark))).value("name", property.name.as_ref()));
        }
    }
}
