use super::look::text;
use crate::check::rule_file::*;

pub(super) static RULE: Rule = Rule {
    code: "case-index-space",
    title: "an index whose target has white space around it",
    verdicts: &[(Spec, Warning), (Device, Portability), (Hq, Error)],
    message: "the target of index `{index}` has white space around it",
    remedy: "write the case id without white space around it",
    why: "CommCare HQ keeps the white space, finds no such case, and keeps the form as an error (InvalidCaseIndex). \
          The device trims it: restores have been seen with line ends there, which do no harm.",
    statements: &["C-012", "C-036", "C-052", "C-054"],
    sections: &["case-xml.md 1.8", "case-xml.md 4.8", "case-xml.md 11"],
    triggers: Example::Form(
        r#"
  <case xmlns="http://commcarehq.org/case/transaction/v2" case_id="c1" date_modified="2024-05-01T10:00:00Z" user_id="u1">
    <index>
      <parent case_type="household"> h1</parent>
      <!--                          ^^^ case-index-space -->
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
        let written = entry.target.text();
        let target = trim(&written);
        if target.is_empty() || target == written {
            continue;
        }
        let spot = Spot::content(span(entry.mark));
        let draft = Draft::at(spot.clone()).value("index", entry.name.as_ref());
        let is_plain = text(&entry.target).is_some() && !target.contains(['&', '<', '>']);
        found.push(if is_plain { draft.fix("take the white space away", spot, target) } else { draft });
    }
}
