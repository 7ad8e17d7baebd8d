use super::look::{element, in_namespace};
use crate::case::Index;
use crate::check::rule_file::*;

pub(super) static RULE: Rule = Rule {
    code: "case-index-relationship-blank",
    title: "an index with an empty relationship",
    verdicts: &[(Spec, Error), (Device, Error), (Hq, Portability)],
    message: "index `{index}` has an empty `relationship`",
    remedy: "leave the attribute out, or write child or extension",
    why: "The device refuses the form or restore (InvalidStructureException). CommCare HQ takes it for child.",
    statements: &["C-011", "C-045", "C-052", "C-054"],
    sections: &["case-xml.md 1.8", "case-xml.md 4.8"],
    triggers: Example::Form(
        r#"
  <case xmlns="http://commcarehq.org/case/transaction/v2" case_id="c1" date_modified="2024-05-01T10:00:00Z" user_id="u1">
    <index>
      <parent case_type="household" relationship="">h1</parent>
      <!--                          ^^^^^^^^^^^^^^^ case-index-relationship-blank -->
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
    for entry in case.indices().filter(|entry| relationship(entry) == Some("")) {
        let spot = Spot::attribute(span(entry.mark), "relationship");
        let draft = Draft::at(spot.clone()).value("index", entry.name.as_ref());
        found.push(draft.fix("leave the attribute out", spot, ""));
    }
}

/// As the device finds it, in whichever namespace.
fn relationship<'e>(entry: &'e Index<'_>) -> Option<&'e str> {
    let elsewhere = || in_namespace(&element(&entry.target)?.attributes, "relationship");
    entry.relationship.as_deref().or_else(elsewhere)
}
