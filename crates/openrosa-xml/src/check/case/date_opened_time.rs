use super::look::properties;
use crate::check::rule_file::*;
use crate::time::Timestamp;

pub(super) static RULE: Rule = Rule {
    code: "case-date-opened-time",
    title: "an opening date with a time",
    verdicts: &[(Spec, Error), (Device, Warning), (Hq, Portability)],
    message: "`date_opened` holds a time, `{date}`",
    remedy: "write the day alone: 2024-05-01",
    why: "The device reads days there and makes a null of anything else, on which showing the case fails later \
          (inferred from code). CommCare HQ takes it, and sends the day alone afterwards.",
    statements: &["C-008", "C-052", "C-054"],
    sections: &["case-xml.md 1.6", "case-xml.md 1.13", "case-xml.md 11"],
    triggers: Example::Form(
        r#"
  <case xmlns="http://commcarehq.org/case/transaction/v2" case_id="c1" date_modified="2024-05-01T10:00:00Z" user_id="u1">
    <update><date_opened>2024-05-01T10:00:00Z</date_opened></update>
    <!--                 ^^^^^^^^^^^^^^^^^^^^ case-date-opened-time -->
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
        if Timestamp::new(trim(&date)).moment().is_ok_and(|moment| moment.time.is_some()) {
            found.push(Draft::at(Spot::content(span(property.mark))).value("date", date.into_owned()));
        }
    }
}
