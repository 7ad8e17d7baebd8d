use crate::check::rule_file::*;
use std::collections::BTreeSet;

use crate::case::Action;

pub(super) static RULE: Rule = Rule {
    code: "case-index-twice",
    title: "an index name that stands twice",
    verdicts: &[(Spec, Error), (Device, Portability), (Hq, Error)],
    message: "index `{index}` stands twice in one block",
    remedy: "give each link a name of its own",
    why: "CommCare HQ makes a list of the two and fails with an unexpected error (CaseGenerationException, inferred \
          from code). On the device the last one counts.",
    statements: &["C-015", "C-052", "C-054"],
    sections: &["case-xml.md 1.8"],
    triggers: Example::Form(
        r#"
  <case xmlns="http://commcarehq.org/case/transaction/v2" case_id="c1" date_modified="2024-05-01T10:00:00Z" user_id="u1">
    <index>
      <parent case_type="household">h1</parent><parent case_type="household">h2</parent>
      <!--                                      ^^^^^^ case-index-twice -->
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
        let mut seen = BTreeSet::new();
        for entry in index.entries.iter().filter(|entry| !seen.insert(entry.name.as_ref())) {
            found.push(Draft::at(Spot::name(span(entry.mark))).value("index", entry.name.as_ref()));
        }
    }
}
