use crate::check::rule_file::*;

pub(super) static RULE: Rule = Rule {
    code: "case-index-untyped",
    title: "an index without a case type",
    verdicts: &[(Spec, Error), (Device, Error), (Hq, Error)],
    message: "index `{index}` has no `case_type`",
    remedy: "write the type of the case it points at: case_type=\"household\"",
    why: "CommCare HQ fails with an unexpected error (CaseGenerationException, answered 500), so that the phone sends \
          the form again and again. The device reads it and fails on storing it (NullPointerException, inferred from code).",
    statements: &["C-010", "C-046", "C-052"],
    sections: &["case-xml.md 1.8"],
    triggers: Example::Form(
        r#"
  <case xmlns="http://commcarehq.org/case/transaction/v2" case_id="c1" date_modified="2024-05-01T10:00:00Z" user_id="u1">
    <index>
      <parent>h1</parent>
      <!-- <- case-index-untyped -->
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
        case.indices().filter(|entry| entry.case_type.is_none() && !trim(&entry.target.text()).is_empty())
    {
        found.push(Draft::at(Spot::name(span(entry.mark))).value("index", entry.name.as_ref()));
    }
}
