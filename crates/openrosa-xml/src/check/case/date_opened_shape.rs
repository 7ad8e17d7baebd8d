use super::look::{is_date_to_hq, is_day_on_device, properties};
use crate::check::rule_file::*;
use crate::time::Timestamp;

pub(super) static RULE: Rule = Rule {
    code: "case-date-opened-shape",
    title: "an opening date that CommCare HQ reads and the device does not",
    verdicts: &[(Spec, Error), (Device, Warning), (Hq, Portability)],
    message: "`{date}` in `date_opened` is no day to the device",
    remedy: "write year, month and day with a hyphen between: 2024-05-01",
    why: "The device reads days of that one shape and makes a null of anything else, on which showing the case fails \
          later (inferred from code). CommCare HQ reads others as well.",
    statements: &["C-008", "C-052", "C-054"],
    sections: &["case-xml.md 1.6", "case-xml.md 1.13"],
    triggers: Example::Form(
        r#"
  <case xmlns="http://commcarehq.org/case/transaction/v2" case_id="c1" date_modified="2024-05-01T10:00:00Z" user_id="u1">
    <update><date_opened>20240501</date_opened></update>
    <!--                 ^^^^^^^^ case-date-opened-shape -->
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
        let date = property.value.text();
        let has_time = Timestamp::new(trim(&date)).moment().is_ok_and(|moment| moment.time.is_some());
        if !has_time && is_date_to_hq(trim(&date)) && !is_day_on_device(trim(&date)) {
            found.push(Draft::at(Spot::content(span(property.mark))).value("date", date.into_owned()));
        }
    }
}
