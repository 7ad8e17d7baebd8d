use super::look::{about_date, date, is_date_to_hq};
use crate::check::rule_file::*;

pub(super) static RULE: Rule = Rule {
    code: "case-date-plus-lost",
    title: "a date that lost the plus of its offset",
    verdicts: &[(Spec, Error), (Device, Error), (Hq, Error)],
    message: "`{date}` has a space where the plus of its offset should be",
    remedy: "encode the plus as %2B where the form goes through a URL, and send the form as a file part",
    why: "A plus becomes a space where XML is sent as a form field. CommCare HQ keeps the form as an error \
          (PhoneDateValueError), and the device makes a wrong date of it or none.",
    statements: &["C-004", "C-033"],
    sections: &["case-xml.md 1.13", "case-xml.md 11"],
    triggers: Example::Form(
        r#"
  <case xmlns="http://commcarehq.org/case/transaction/v2" case_id="c1" user_id="u1" date_modified="2024-05-01T10:00:00.077 05:30">
  <!--                                                                                             ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ case-date-plus-lost -->
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
    if let Some((date, mended)) = date(case).and_then(|date| Some((date, mended(date)?))) {
        let spot = Spot::attribute_value(case.span(), "date_modified");
        found.push(about_date(case, date).fix("write the plus sign", spot, mended));
    }
}

/// Whether a plus in place of the space makes a date of it.
pub(super) fn is_lost(date: &str) -> bool {
    mended(date).is_some()
}

/// The date with its plus, where that makes a date of it.
fn mended(date: &str) -> Option<String> {
    let (clock, offset) = date.rsplit_once(' ')?;
    let mended = format!("{clock}+{offset}");
    (clock.contains('T') && !is_date_to_hq(date) && is_date_to_hq(&mended)).then_some(mended)
}
