use crate::case::Action;
use crate::check::rule_file::*;

pub(super) static RULE: Rule = Rule {
    code: "case-index-namespace",
    title: "an index element in a namespace of its own",
    verdicts: &[(Spec, Error), (Device, Portability), (Hq, Error)],
    message: "`index` is in namespace `{namespace}`",
    remedy: "put every element of the block into the namespace of Case XML 2.0",
    why: "CommCare HQ takes the namespace for an entry without a type and fails with an unexpected error \
          (CaseGenerationException, inferred from code). The device does not look at namespaces.",
    statements: &["C-001", "C-052", "C-054"],
    sections: &["case-xml.md 1.11"],
    triggers: Example::Form(
        r#"
  <case xmlns="http://commcarehq.org/case/transaction/v2" case_id="c1" date_modified="2024-05-01T10:00:00Z" user_id="u1">
    <index xmlns="http://example.org/x">
    <!-- <- case-index-namespace -->
      <parent case_type="household">h1</parent>
    </index>
  </case>"#,
    ),
    passes: Example::Form(
        r#"
  <case xmlns="http://commcarehq.org/case/transaction/v2" case_id="c1" date_modified="2024-05-01T10:00:00Z" user_id="u1">
    <index>
      <parent case_type="household">h1</parent>
    </index>
  </case>"#,
    ),
    run: Run::Case(check),
};

fn check(case: &Case<'_>, found: &mut Drafts) {
    let around = case.block.tag.name.namespace();
    for action in &case.block.actions {
        let Action::Index(index) = action else { continue };
        if let Some(own) = index.tag.name.namespace().filter(|own| Some(*own) != around) {
            found.push(Draft::at(Spot::name(span(index.tag.mark))).value("namespace", own));
        }
    }
}
