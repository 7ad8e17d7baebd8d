use crate::case::Action;
use crate::check::rule_file::*;

pub(super) static RULE: Rule = Rule {
    code: "case-index-attribute",
    title: "an attribute on the index element itself",
    verdicts: &[(Spec, Error), (Device, Portability), (Hq, Error)],
    message: "`index` has an attribute `{name}`",
    remedy: "leave the attribute out; case_type and relationship belong to the entries",
    why: "CommCare HQ takes the attribute for an entry without a type and fails with an unexpected error \
          (CaseGenerationException, inferred from code). The device passes it over.",
    statements: &["C-010", "C-054"],
    sections: &["case-xml.md 1.8", "case-xml.md 1.11"],
    triggers: Example::Form(
        r#"
  <case xmlns="http://commcarehq.org/case/transaction/v2" case_id="c1" date_modified="2024-05-01T10:00:00Z" user_id="u1">
    <index case_type="household">
    <!--   ^^^^^^^^^^^^^^^^^^^^^ case-index-attribute -->
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
    for action in &case.block.actions {
        let Action::Index(index) = action else { continue };
        for attribute in &index.tag.attributes {
            let name = attribute.name.local_name();
            found.push(Draft::at(Spot::attribute(span(index.tag.mark), name)).value("name", name));
        }
    }
}
