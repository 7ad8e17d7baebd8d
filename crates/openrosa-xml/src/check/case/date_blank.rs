use crate::check::rule_file::*;

pub(super) static RULE: Rule = Rule {
    code: "case-date-blank",
    title: "a case block whose date is empty",
    verdicts: &[(Spec, Error), (Device, Error), (Hq, Portability)],
    message: "`date_modified` is empty",
    remedy: "write the moment of the change, with an offset: date_modified=\"2024-05-01T10:00:00.000Z\"",
    why: "The device refuses the form or restore (InvalidStructureException). CommCare HQ puts its own present time \
          there.",
    statements: &["C-004", "C-031", "C-032", "C-052"],
    sections: &["case-xml.md 1.2"],
    triggers: Example::Form(
        r#"
  <case xmlns="http://commcarehq.org/case/transaction/v2" case_id="c1" user_id="u1" date_modified="">
  <!--                                                                              ^^^^^^^^^^^^^^^^ case-date-blank -->
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
    if case.block.date_modified.as_ref().is_some_and(|date| date.as_str().is_empty()) {
        found.push(Draft::at(Spot::attribute(case.span(), "date_modified")));
    }
}
