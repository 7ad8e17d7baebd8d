use super::look::{date, is_date_to_hq, on_device};
use crate::check::rule_file::*;

pub(super) static RULE: Rule = Rule {
    code: "case-date-shape",
    title: "a date that CommCare HQ reads and the device does not",
    verdicts: &[(Spec, Error), (Device, Error), (Hq, Portability)],
    message: "`{date}` is no date to the device",
    remedy: "write a capital T between date and time and nothing around them: 2024-05-01T10:00:00.000Z",
    why: "The device knows one shape: on it, the date becomes a null that the first action stumbles on (inferred from \
          code). CommCare HQ reads others as well.",
    statements: &["C-004", "C-052"],
    sections: &["case-xml.md 1.13"],
    triggers: Example::Form(
        r#"
  <case xmlns="http://commcarehq.org/case/transaction/v2" case_id="c1" user_id="u1" date_modified="2024-05-01 10:00:00Z">
  <!--                                                                                             ^^^^^^^^^^^^^^^^^^^^ case-date-shape -->
    <update><weight>12</weight></update>
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
    if let Some(date) = date(case).filter(|date| on_device(date).is_none() && is_date_to_hq(date)) {
        found.push(Draft::at(Spot::attribute_value(case.span(), "date_modified")).value("date", date));
    }
}
