use super::look::{about_date, date, is_date_to_hq, on_device};
use crate::check::rule_file::*;

pub(super) static RULE: Rule = Rule {
    code: "case-date-letter-case",
    title: "a small z after a time",
    verdicts: &[(Spec, Error), (Device, Portability), (Hq, Error)],
    message: "`{date}` ends in a small z, which neither the device nor CommCare HQ knows",
    remedy: "write a capital Z",
    why: "The device knows the capital letter alone and reads the time in its own zone (inferred from code). CommCare HQ \
          keeps the form as an error (PhoneDateValueError).",
    statements: &["C-004", "C-033"],
    sections: &["case-xml.md 1.13"],
    triggers: Example::Form(
        r#"
  <case xmlns="http://commcarehq.org/case/transaction/v2" case_id="c1" user_id="u1" date_modified="2024-05-01T10:00:00z">
  <!--                                                                                             ^^^^^^^^^^^^^^^^^^^^ case-date-letter-case -->
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
    if let Some(mended) = mended(date) {
        let spot = Spot::attribute_value(case.span(), "date_modified");
        found.push(about_date(case, date).fix("write a capital Z", spot, mended));
    }
}

/// The date with a capital letter, where that is all that it lacks.
pub(super) fn mended(date: &str) -> Option<String> {
    let mended = format!("{}Z", date.strip_suffix('z')?);
    (on_device(date).is_some() && is_date_to_hq(&mended)).then_some(mended)
}
