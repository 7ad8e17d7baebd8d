use crate::case::{Index, Relationship};
use crate::check::rule_file::*;

pub(super) static RULE: Rule = Rule {
    code: "case-index-mixed",
    title: "links to a parent and to a host in one block",
    verdicts: &[(Device, Portability), (Hq, Portability)],
    message: "index `{index}` makes the case an extension, while it is a child as well",
    remedy: "decide whether the case lives as long as its host or on its own, and keep one kind of link",
    why: "The device keeps such a case by the rules of extensions, and CommCare HQ by the rules of children: it \
          sends the case, the device drops it (found by a model of both), and their lists of cases are likely to \
          differ ever after. Two links to one and the same case are no such mixture: the child's wins on both sides.",
    statements: &["C-052", "C-054"],
    sections: &["case-xml.md 4.8", "case-xml.md 5.1", "case-xml.md 5.4", "case-xml.md 11"],
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
    let is_child = |entry: &&Index<'_>| entry.relationship() == Relationship::Child;
    let Some(child) = links(case).find(is_child) else { return };
    if let Some(extension) = links(case).find(|entry| is_told_from_children(case, entry)) {
        let draft = Draft::at(Spot::name(span(extension.mark))).value("index", extension.name.as_ref());
        found.push(draft.related(Spot::name(span(child.mark)), "the case is a child here"));
    }
}

fn links<'c>(case: &Case<'c>) -> impl Iterator<Item = &'c Index<'c>> {
    case.indices().filter(|entry| !trim(&entry.target.text()).is_empty())
}

/// Whether the link is one of an extension, and no child's link to the same case wins over it (5.1).
fn is_told_from_children(case: &Case<'_>, entry: &Index<'_>) -> bool {
    let target = entry.target.text();
    let mut rivals = links(case).filter(|other| trim(&other.target.text()) == trim(&target));
    entry.relationship() == Relationship::Extension
        && rivals.all(|other| other.relationship() != Relationship::Child)
}

#[cfg(test)]
mod tests {
    use crate::check::{Options, document};

    #[test]
    fn a_child_of_its_own_host_is_a_child_to_both_readers() {
        let is_found = |target: &str| {
            let form = format!(
                "<data xmlns='urn:f'><case xmlns='http://commcarehq.org/case/transaction/v2' case_id='c1' \
                 date_modified='2024-05-01T10:00:00Z' user_id='u1'><index><parent case_type='t'>h1</parent>\
                 <host case_type='t' relationship='extension'>{target}</host></index></case></data>"
            );
            let report = document(&form, &Options::default());
            report.findings().iter().any(|finding| finding.code() == "case-index-mixed")
        };
        assert!(is_found("h2"));
        assert!(!is_found("h1") && !is_found(" h1 "));
    }
}
