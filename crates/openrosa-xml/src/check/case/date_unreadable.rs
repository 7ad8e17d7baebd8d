use super::{
    date_plus_lost as plus_lost,
    look::{about_date, date, is_date_to_hq, on_device},
};
use crate::check::rule_file::*;

pub(super) static RULE: Rule = Rule {
    code: "case-date-unreadable",
    title: "a date of a case block that no reader takes",
    verdicts: &[(Spec, Error), (Device, Error), (Hq, Error)],
    message: "`{date}` is no date to anybody",
    remedy: "write the moment of the change like 2024-05-01T10:00:00.000Z or with an offset like +02:00",
    why: "On the device the date becomes a null that the first action stumbles on (inferred from code). CommCare HQ \
          keeps the form as an error (PhoneDateValueError).",
    statements: &["C-004", "C-033", "C-052"],
    sections: &["case-xml.md 1.2", "case-xml.md 1.13"],
    triggers: Example::Form(
        r#"
  <case xmlns="http://commcarehq.org/case/transaction/v2" case_id="c1" user_id="u1" date_modified="yesterday">
  <!--                                                                                             ^^^^^^^^^ case-date-unreadable -->
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
    let Some(date) = date(case) else { return };
    if on_device(date).is_none() && !is_date_to_hq(date) && !plus_lost::is_lost(date) {
        found.push(about_date(case, date));
    }
}
