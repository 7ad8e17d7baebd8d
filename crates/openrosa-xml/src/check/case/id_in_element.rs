use super::look::child;
use crate::check::rule_file::*;

pub(super) static RULE: Rule = Rule {
    code: "case-id-in-element",
    title: "a case block of version 2.0 with its id in an element",
    verdicts: &[(Spec, Error), (Device, Error), (Hq, Error)],
    message: "the case id stands in an element, as in Case XML 1.0",
    remedy: "write the id as the attribute `case_id` of the block",
    why: "The device looks for the attribute and refuses the form or restore (InvalidStructureException). CommCare HQ \
          fails with an unexpected error (CaseGenerationException).",
    statements: &["C-003", "C-052"],
    sections: &["case-xml.md 1.2", "case-xml.md 2"],
    triggers: Example::Form(
        r#"
  <case xmlns="http://commcarehq.org/case/transaction/v2" date_modified="2024-05-01T10:00:00Z" user_id="u1">
    <case_id>c1</case_id>
    <!-- <- case-id-in-element -->
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
    if let Some(element) = child(case, "case_id").filter(|_| case.block.case_id.is_none()) {
        found.push(Draft::at(Spot::name(element)));
    }
}
