use super::look::{date, is_date_to_hq, on_device};
use crate::check::rule_file::*;

pub(super) static RULE: Rule = Rule {
    code: "case-date-seconds-missing",
    title: "a time of a case block without seconds",
    verdicts: &[(Spec, Note)],
    message: "`{date}` has no seconds",
    remedy: "write the seconds, and their fraction",
    why: "Both readers take it, but changes of one minute can no longer be told apart by their time.",
    statements: &["C-004"],
    sections: &["case-xml.md 1.13"],
    triggers: Example::Form(
        r#"
  <case xmlns="http://commcarehq.org/case/transaction/v2" case_id="c1" user_id="u1" date_modified="2024-05-01T10:00Z">
  <!--                                                                                             ^^^^^^^^^^^^^^^^^ case-date-seconds-missing -->
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
    let Some(date) = date(case).filter(|date| on_device(date).is_some() && is_date_to_hq(date)) else {
        return;
    };
    let Some((_, time)) = date.split_once('T') else { return };
    let clock = time.split(['+', '-', 'Z', 'z']).next().unwrap_or_default();
    if clock.matches(':').count() == 1 {
        found.push(Draft::at(Spot::attribute_value(case.span(), "date_modified")).value("date", date));
    }
}
