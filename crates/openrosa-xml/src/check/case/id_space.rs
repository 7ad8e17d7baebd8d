use crate::check::rule_file::*;

pub(super) static RULE: Rule = Rule {
    code: "case-id-space",
    title: "a case id with white space around it",
    verdicts: &[(Spec, Warning), (Device, Warning), (Hq, Warning)],
    message: "the case id `{case_id}` has white space around it",
    remedy: "write the id without white space",
    why: "Neither reader trims a case id, while the device trims what an index points at: no index ever finds such a \
          case there.",
    statements: &["C-012", "C-036"],
    sections: &["case-xml.md 1.2", "case-xml.md 1.8", "case-xml.md 11"],
    triggers: Example::Form(
        r#"
  <case xmlns="http://commcarehq.org/case/transaction/v2" case_id=" c1" date_modified="2024-05-01T10:00:00Z" user_id="u1">
  <!--                                                             ^^^ case-id-space -->
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
    let id = case.block.case_id.as_deref().unwrap_or_default();
    if trim(id) != id {
        found.push(Draft::at(Spot::attribute_value(case.span(), "case_id")).value("case_id", id));
    }
}
