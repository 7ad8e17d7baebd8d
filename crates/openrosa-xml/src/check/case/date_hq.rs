use super::{
    date_letter_case as letter_case, date_plus_lost as plus_lost,
    look::{about_date, date, is_date_to_hq, on_device},
};
use crate::check::rule_file::*;

pub(super) static RULE: Rule = Rule {
    code: "case-date-hq",
    title: "a date that the device reads and CommCare HQ does not",
    verdicts: &[(Spec, Error), (Device, Portability), (Hq, Error)],
    message: "`{date}` is no date to CommCare HQ",
    remedy: "write the moment of the change like 2024-05-01T10:00:00.000Z or with an offset like +02:00",
    why: "CommCare HQ keeps the form as an error (PhoneDateValueError). The device does not look at all of it and \
          makes some date of the rest (inferred from code).",
    statements: &["C-004", "C-033", "C-052"],
    sections: &["case-xml.md 1.13"],
    triggers: Example::Form(
        r#"
  <case xmlns="http://commcarehq.org/case/transaction/v2" case_id="c1" user_id="u1" date_modified="2024-05-01T10:00:00 UTC">
  <!--                                                                                             ^^^^^^^^^^^^^^^^^^^^^^^ case-date-hq -->
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
    // Where less helps, another rule says so.
    let is_less = |date| plus_lost::is_lost(date) || letter_case::mended(date).is_some();
    let Some(date) = date(case) else { return };
    if on_device(date).is_some() && !is_date_to_hq(date) && !is_less(date) {
        found.push(about_date(case, date));
    }
}
