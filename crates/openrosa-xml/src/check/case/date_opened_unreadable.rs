use super::look::{is_date_to_hq, is_day_on_device, properties};
use crate::check::audience::Audiences;
use crate::check::rule_file::*;

pub(super) static RULE: Rule = Rule {
    code: "case-date-opened-unreadable",
    title: "an opening date that is none",
    verdicts: &[(Spec, Error), (Device, Warning), (Hq, Error)],
    message: "`{date}` in `date_opened` is no date",
    remedy: "write the day: 2024-05-01",
    why: "CommCare HQ keeps the form as an error (CaseValueError). The device makes a null of it, on which showing the \
          case fails later (inferred from code).",
    statements: &["C-008", "C-052"],
    sections: &["case-xml.md 1.6", "case-xml.md 1.13", "case-xml.md 4.6"],
    triggers: Example::Form(
        r#"
  <case xmlns="http://commcarehq.org/case/transaction/v2" case_id="c1" date_modified="2024-05-01T10:00:00Z" user_id="u1">
    <update><date_opened>yesterday</date_opened></update>
    <!--                 ^^^^^^^^^ case-date-opened-unreadable -->
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
        if !trim(&date).is_empty() && !is_date_to_hq(&date) {
            // The device does without the white space around it, and CommCare HQ does not (case-xml.md 1.10). What is no day to the
            // device without it either is told for its shape.
            let is_for_others = is_date_to_hq(trim(&date)) || is_day_on_device(trim(&date));
            let draft = Draft::at(Spot::content(span(property.mark))).value("date", date.into_owned());
            found.push(if is_for_others {
                draft.for_readers(Audiences::from_iter([Spec, Hq]))
            } else {
                draft
            });
        }
    }
}
