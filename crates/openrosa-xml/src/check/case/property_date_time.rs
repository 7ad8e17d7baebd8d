use super::look::{properties, text};
use crate::check::rule_file::*;
use crate::time::normal_time;

pub(super) static RULE: Rule = Rule {
    code: "case-property-date-time",
    title: "a date-time that changes its text on the way",
    verdicts: &[(Device, Portability), (Hq, Portability)],
    message: "CommCare HQ writes `{written}` of `{name}` as `{rewritten}`",
    remedy: "write the moment in UTC with microseconds and Z, where its text must stay the same",
    why: "CommCare HQ rewrites every text that looks like a date-time, and the device keeps what was written until the \
          next sync brings the other.",
    statements: &["C-024", "C-052", "C-054"],
    sections: &["case-xml.md 8.4", "case-xml.md 1.10", "case-xml.md 4.8", "case-xml.md 11"],
    triggers: Example::Form(
        r#"
  <case xmlns="http://commcarehq.org/case/transaction/v2" case_id="c1" date_modified="2024-05-01T10:00:00Z" user_id="u1">
    <update><seen_at>2024-05-01T12:00:00.000+02:00</seen_at></update>
    <!--             ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ case-property-date-time -->
  </case>"#,
    ),
    passes: Example::Form(
        r#"
  <case xmlns="http://commcarehq.org/case/transaction/v2" case_id="c1" date_modified="2024-05-01T10:00:00Z" user_id="u1">
    <update><seen_at>2024-05-01T10:00:00.000000Z</seen_at></update>
  </case>"#,
    ),
    run: Run::Case(check),
};

fn check(case: &Case<'_>, found: &mut Drafts) {
    for property in properties(case).filter(|property| property.name != "date_opened") {
        let Some(written) = text(&property.value) else { continue };
        if let Some(rewritten) = normal_time(written).filter(|rewritten| rewritten != written) {
            found.push(
                Draft::at(Spot::content(span(property.mark)))
                    .value("written", written)
                    .value("name", property.name.as_ref())
                    .value("rewritten", rewritten),
            );
        }
    }
}
