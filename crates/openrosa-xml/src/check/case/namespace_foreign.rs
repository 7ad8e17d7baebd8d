use super::look::namespace_around;
use crate::check::rule_file::*;

pub(super) static RULE: Rule = Rule {
    code: "case-namespace-foreign",
    title: "a case block in a namespace that is not Case XML's",
    verdicts: &[(Spec, Error), (Device, Portability), (Hq, Error)],
    message: "namespace `{namespace}` is not that of case blocks",
    remedy: "put the block into http://commcarehq.org/case/transaction/v2",
    why: "CommCare HQ fails with an unexpected error (CaseGenerationException), also for the namespace that Case XML \
          1.0 names in its specification; the phone sends the form again and again. The device does not look at \
          namespaces.",
    statements: &["C-001", "C-052", "C-054"],
    sections: &["case-xml.md 1.1", "case-xml.md 2", "case-xml.md 4.8", "case-xml.md 11"],
    triggers: Example::Form(
        r#"
  <case xmlns="http://commcare.org/case/transaction" case_id="c1" date_modified="2024-05-01T10:00:00Z" user_id="u1">
  <!-- <- case-namespace-foreign -->
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
    let own = case.block.tag.name.namespace().filter(|own| Some(*own) != namespace_around(case));
    if let Some(own) = own.filter(|_| !case.block.is_v2()) {
        found.push(Draft::at(Spot::name(case.span())).value("namespace", own));
    }
}
