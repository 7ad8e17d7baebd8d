use crate::check::rule_file::*;

pub(super) static RULE: Rule = Rule {
    code: "case-index-relationship-unknown",
    title: "an index with a relationship that nobody knows",
    verdicts: &[(Spec, Error), (Device, Portability), (Hq, Error)],
    message: "index `{index}` has relationship `{relationship}`, which is neither child nor extension",
    remedy: "write child or extension",
    why: "CommCare HQ does not find the word and fails with an unexpected error, so that the phone sends the form \
          again and again (inferred from code). The device stores the word and treats the link as one to a parent. \
          Where a link is removed, neither looks at it.",
    statements: &["C-011", "C-052", "C-054"],
    sections: &["case-xml.md 1.8", "case-xml.md 4.8"],
    triggers: Example::Form(
        r#"
  <case xmlns="http://commcarehq.org/case/transaction/v2" case_id="c1" date_modified="2024-05-01T10:00:00Z" user_id="u1">
    <index>
      <parent case_type="household" relationship="sibling">h1</parent>
      <!--                                        ^^^^^^^ case-index-relationship-unknown -->
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
        let Some(word) = entry.relationship.as_deref() else { continue };
        if ["", "child", "extension"].contains(&word) {
            continue;
        }
        let draft = Draft::at(Spot::attribute_value(span(entry.mark), "relationship"));
        let draft = draft.value("index", entry.name.as_ref()).value("relationship", word);
        // Neither reader looks at it where a link is removed.
        let is_removal = trim(&entry.target.text()).is_empty();
        found.push(if is_removal { draft.for_readers(Spec.into()) } else { draft });
    }
}
