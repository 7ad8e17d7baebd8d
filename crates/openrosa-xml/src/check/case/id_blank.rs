use crate::check::rule_file::*;

pub(super) static RULE: Rule = Rule {
    code: "case-id-blank",
    title: "a case block whose case id is empty",
    verdicts: &[(Spec, Error), (Device, Error), (Hq, Error)],
    message: "the case id is empty",
    remedy: "give the block the id of its case, or a new UUID when it opens one",
    why: "The device refuses the form or restore (InvalidStructureException). CommCare HQ keeps the form as an error, \
          IllegalCaseId, and under OpenRosa 2 answers 201 all the same, so that the sender believes it was taken.",
    statements: &["C-030"],
    sections: &["case-xml.md 1.2", "case-xml.md 4.6"],
    triggers: Example::Form(
        r#"
  <case xmlns="http://commcarehq.org/case/transaction/v2" case_id="" date_modified="2024-05-01T10:00:00Z" user_id="u1">
    <!--                                                  ^^^^^^^^^^ case-id-blank -->
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
    if case.block.case_id.as_deref() == Some("") {
        found.push(Draft::at(Spot::attribute(case.span(), "case_id")));
    }
}
