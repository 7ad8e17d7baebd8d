use super::look::namespace_around;
use crate::check::rule_file::*;

pub(super) static RULE: Rule = Rule {
    code: "case-namespace-missing",
    title: "a case block without the namespace of Case XML 2.0",
    verdicts: &[(Spec, Error), (Device, Portability), (Hq, Error)],
    message: "the block is in {namespace}, not in the namespace of Case XML 2.0",
    remedy: "declare http://commcarehq.org/case/transaction/v2 on the block, as its default namespace or under a prefix",
    why: "CommCare HQ takes a block without a namespace of its own for Case XML 1.0 and fails with an unexpected error \
          (CaseGenerationException or VersionNotSupported), so that the phone sends it again and again. The device \
          does not look at namespaces.",
    statements: &["C-001", "C-052"],
    sections: &["case-xml.md 1.1", "case-xml.md 2", "case-xml.md 4.8", "case-xml.md 11"],
    triggers: Example::Form(
        r#"
  <case case_id="c1" date_modified="2024-05-01T10:00:00Z" user_id="u1">
  <!-- <- case-namespace-missing -->
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
    let (own, around) = (case.block.tag.name.namespace(), namespace_around(case));
    if !case.block.is_v2() && (own.is_none() || own == around) {
        let namespace = own.map_or_else(|| "no namespace".to_owned(), |own| format!("namespace `{own}`"));
        found.push(Draft::at(Spot::name(case.span())).value("namespace", namespace));
    }
}
