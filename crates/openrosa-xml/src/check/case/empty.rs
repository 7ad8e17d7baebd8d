use crate::check::rule_file::*;

pub(super) static RULE: Rule = Rule {
    code: "case-empty",
    title: "a case block without actions",
    verdicts: &[(Device, Portability), (Hq, Portability)],
    message: "the block of case `{case_id}` does nothing",
    remedy: "leave the block out, or say what it does",
    why: "To the device it means nothing. CommCare HQ notes that the form touched the case, moves its date, and opens \
          a case where there is none.",
    statements: &["C-052", "C-054"],
    sections: &["case-xml.md 4.1", "case-xml.md 4.2", "case-xml.md 4.8"],
    triggers: Example::Form(
        r#"
  <case xmlns="http://commcarehq.org/case/transaction/v2" case_id="c1" date_modified="2024-05-01T10:00:00Z" user_id="u1"/>
  <!-- <- case-empty -->"#,
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
    if case.block.actions.is_empty() {
        let case_id = case.block.case_id.as_deref().unwrap_or_default();
        found.push(Draft::at(Spot::name(case.span())).value("case_id", case_id));
    }
}
