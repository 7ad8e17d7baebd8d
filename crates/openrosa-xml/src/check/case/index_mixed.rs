use crate::case::{Index, Relationship};
use crate::check::rule_file::*;

pub(super) static RULE: Rule = Rule {
    code: "case-index-mixed",
    title: "links to a parent and to a host in one block",
    verdicts: &[(Device, Portability), (Hq, Portability)],
    message: "index `{index}` makes the case an extension, while it is a child as well",
    remedy: "decide whether the case lives as long as its host or on its own, and keep one kind of link",
    why: "The device keeps such a case by the rules of extensions, unless both links go to one case, and CommCare HQ \
          by the rules of children: it sends the case, the device drops it, and their lists of cases differ ever \
          after.",
    statements: &["C-052", "C-054"],
    sections: &["case-xml.md 4.8", "case-xml.md 5.4", "case-xml.md 11"],
    triggers: Example::Form(
        r#"
  <case xmlns="http://commcarehq.org/case/transaction/v2" case_id="c1" date_modified="2024-05-01T10:00:00Z" user_id="u1">
    <index>
      <parent case_type="household">h1</parent>
      <host case_type="patient" relationship="extension">p1</host>
      <!-- <- case-index-mixed -->
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
    let links = || case.indices().filter(|entry| !trim(&entry.target.text()).is_empty());
    let is_child = |entry: &&Index<'_>| entry.relationship() == Relationship::Child;
    let Some(child) = links().find(is_child) else { return };
    if let Some(extension) = links().find(|entry| entry.relationship() == Relationship::Extension) {
        let draft = Draft::at(Spot::name(span(extension.mark))).value("index", extension.name.as_ref());
        found.push(draft.related(Spot::name(span(child.mark)), "the case is a child here"));
    }
}
