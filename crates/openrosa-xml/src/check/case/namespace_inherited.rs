use super::look::namespace_around;
use crate::check::rule_file::*;
use crate::ns;

pub(super) static RULE: Rule = Rule {
    code: "case-namespace-inherited",
    title: "a case block inside an element that is in the namespace of case blocks",
    verdicts: &[(Device, Portability), (Hq, Error)],
    message: "the element around the block is in the namespace of Case XML 2.0 already",
    remedy: "declare the namespace on the block, and leave the element around it in the form's",
    why: "CommCare HQ sees the namespace of a block only where it differs from that of the element around it. Here it \
          sees none, takes the block for Case XML 1.0 and fails with an unexpected error, so that the phone sends the \
          form again and again (inferred from code).",
    statements: &["C-002", "C-052"],
    sections: &["case-xml.md 1.1", "case-xml.md 11"],
    triggers: Example::Form(
        r#"
  <visit xmlns="http://commcarehq.org/case/transaction/v2">
    <case case_id="c1" date_modified="2024-05-01T10:00:00Z" user_id="u1">
    <!-- <- case-namespace-inherited -->
      <update><weight>12</weight></update>
    </case>
  </visit>"#,
    ),
    passes: Example::Form(
        r#"
  <visit>
    <case xmlns="http://commcarehq.org/case/transaction/v2" case_id="c1" date_modified="2024-05-01T10:00:00Z" user_id="u1">
      <update><weight>12</weight></update>
    </case>
  </visit>"#,
    ),
    run: Run::Case(check),
};

fn check(case: &Case<'_>, found: &mut Drafts) {
    if case.block.is_v2() && namespace_around(case) == Some(ns::CASE) {
        found.push(Draft::at(Spot::name(case.span())));
    }
}
