use crate::check::rule_file::*;

pub(super) static RULE: Rule = Rule {
    code: "case-index-type-blank",
    title: "an index with an empty case type",
    verdicts: &[(Spec, Error), (Device, Warning), (Hq, Warning)],
    message: "index `{index}` has an empty `case_type`",
    remedy: "write the type of the case it points at: case_type=\"household\"",
    why: "Both readers store the empty type, and questions for parents of a type no longer find the link.",
    statements: &["C-010"],
    sections: &["case-xml.md 1.8"],
    triggers: Example::Form(
        r#"
  <case xmlns="http://commcarehq.org/case/transaction/v2" case_id="c1" date_modified="2024-05-01T10:00:00Z" user_id="u1">
    <index>
      <parent case_type="">h1</parent>
      <!--    ^^^^^^^^^^^^ case-index-type-blank -->
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
    for entry in
        case.indices().filter(|entry| entry.case_type.as_deref().is_some_and(|word| trim(word).is_empty()))
    {
        let draft = Draft::at(Spot::attribute(span(entry.mark), "case_type"));
        found.push(draft.value("index", entry.name.as_ref()));
    }
}
