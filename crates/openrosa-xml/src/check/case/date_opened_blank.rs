use super::look::properties;
use crate::check::rule_file::*;

pub(super) static RULE: Rule = Rule {
    code: "case-date-opened-blank",
    title: "an empty opening date",
    verdicts: &[(Spec, Error), (Device, Warning), (Hq, Error)],
    message: "`date_opened` is empty",
    remedy: "write the day, or leave the property out",
    why: "CommCare HQ keeps the form as an error (CaseValueError), in the version that was read; older ones passed it \
          over. The device makes a null of it, on which showing the case fails later (inferred from code).",
    statements: &["C-008", "C-052"],
    sections: &["case-xml.md 1.6", "case-xml.md 1.13"],
    triggers: Example::Form(
        r#"
  <case xmlns="http://commcarehq.org/case/transaction/v2" case_id="c1" date_modified="2024-05-01T10:00:00Z" user_id="u1">
    <update><date_opened/></update>
    <!--     ^^^^^^^^^^^ case-date-opened-blank -->
  </case>"#,
    ),
    passes: Example::Form(
        r#"
  <case xmlns="http://commcarehq.org/case/transaction/v2" case_id="c1" date_modified="2024-05-01T10:00:00Z" user_id="u1">
    <update><date_opened>2024-05-01</date_opened></update>
  </case>"#,
    ),
    run: Run::Case(check),
};

fn check(case: &Case<'_>, found: &mut Drafts) {
    for property in properties(case).filter(|property| property.name == "date_opened") {
        if trim(&property.value.text()).is_empty() {
            found.push(Draft::at(Spot::content(span(property.mark))));
        }
    }
}
