use super::look::{date, on_device};
use crate::check::rule_file::*;
use crate::time::Timestamp;

pub(super) static RULE: Rule = Rule {
    code: "case-date-offset-missing",
    title: "a date of a case block without an offset",
    verdicts: &[(Spec, Warning), (Device, Portability), (Hq, Portability)],
    message: "`{date}` says no offset from UTC",
    remedy: "write the offset, or the moment in UTC with a Z",
    why: "The device reads such a time in its own zone and CommCare HQ in UTC, so that the two are hours apart, and \
          around midnight a day.",
    statements: &["C-004", "C-034", "C-052", "C-054"],
    sections: &["case-xml.md 1.13", "case-xml.md 11"],
    triggers: Example::Form(
        r#"
  <case xmlns="http://commcarehq.org/case/transaction/v2" case_id="c1" user_id="u1" date_modified="2024-05-01T10:00:00">
  <!--                                                                                             ^^^^^^^^^^^^^^^^^^^ case-date-offset-missing -->
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
    let Some(date) = date(case).filter(|date| on_device(date).is_some()) else { return };
    if Timestamp::new(date).moment().is_ok_and(|moment| moment.offset.is_none()) {
        found.push(Draft::at(Spot::attribute_value(case.span(), "date_modified")).value("date", date));
    }
}
