use crate::check::rule_file::*;

pub(super) static RULE: Rule = Rule {
    code: "case-index-type-space",
    title: "an index whose case type has white space around it",
    verdicts: &[(Spec, Warning), (Device, Warning), (Hq, Warning)],
    message: "the type `{case_type}` of index `{index}` has white space around it",
    remedy: "write the type without white space",
    why: "Both readers store the type as it stands, and questions for parents of the type meant do not find the link.",
    statements: &["C-010"],
    sections: &["case-xml.md 1.8"],
    triggers: Example::Form(
        r#"
  <case xmlns="http://commcarehq.org/case/transaction/v2" case_id="c1" date_modified="2024-05-01T10:00:00Z" user_id="u1">
    <index>
      <parent case_type=" household">h1</parent>
      <!--               ^^^^^^^^^^ case-index-type-space -->
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
    for entry in case.indices() {
        let case_type = entry.case_type.as_deref().unwrap_or_default();
        if trim(case_type) != case_type && !trim(case_type).is_empty() {
            let draft = Draft::at(Spot::attribute_value(span(entry.mark), "case_type"));
            found.push(draft.value("index", entry.name.as_ref()).value("case_type", case_type));
        }
    }
}
