use super::look::{others, refusal_inside};
use crate::check::rule_file::*;

pub(super) static RULE: Rule = Rule {
    code: "case-nested",
    title: "a case block inside a case block",
    verdicts: &[(Spec, Error), (Device, Portability), (Hq, Warning)],
    message: "a block stands inside the block of case `{case_id}`",
    remedy: "write the two blocks side by side",
    why: "CommCare HQ passes the inner block over without a word. The device takes the inner actions for the outer \
          case, and the inner end for the end of the outer block (inferred from code).",
    statements: &["C-027", "C-052", "C-054"],
    sections: &["case-xml.md 1.11", "case-xml.md 4.8", "case-xml.md 11"],
    triggers: Example::Form(
        r#"
  <case xmlns="http://commcarehq.org/case/transaction/v2" case_id="c1" date_modified="2024-05-01T10:00:00Z" user_id="u1">
    <update><weight>12</weight></update>
    <case case_id="c2" date_modified="2024-05-01T10:00:00Z" user_id="u1"><close/></case>
    <!-- <- case-nested -->
  </case>"#,
    ),
    passes: Example::Form(
        r#"
  <case xmlns="http://commcarehq.org/case/transaction/v2" case_id="c1" date_modified="2024-05-01T10:00:00Z" user_id="u1">
    <update><weight>12</weight></update>
  </case>
  <case xmlns="http://commcarehq.org/case/transaction/v2" case_id="c2" date_modified="2024-05-01T10:00:00Z" user_id="u1"><close/></case>"#,
    ),
    run: Run::Case(check),
};

fn check(case: &Case<'_>, found: &mut Drafts) {
    for element in others(case).filter(|element| element.name.local_name().eq_ignore_ascii_case("case")) {
        if refusal_inside(case, element).is_none() {
            let case_id = case.block.case_id.as_deref().unwrap_or_default();
            found.push(Draft::at(Spot::name(span(element.mark))).value("case_id", case_id));
        }
    }
}
