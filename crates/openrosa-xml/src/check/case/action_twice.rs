use super::look::tag;
use crate::case::Action;
use crate::check::rule_file::*;

pub(super) static RULE: Rule = Rule {
    code: "case-action-twice",
    title: "an action that stands twice",
    verdicts: &[(Spec, Error), (Device, Portability), (Hq, Warning)],
    message: "`{action}` stands twice in one block, so that CommCare HQ takes nothing from either",
    remedy: "write one action with everything in it",
    why: "CommCare HQ makes a list of the two, in which it finds nothing, and does not say so (inferred from code). \
          The device acts on both.",
    statements: &["C-005", "C-039", "C-052", "C-054"],
    sections: &["case-xml.md 1.3", "case-xml.md 11"],
    triggers: Example::Form(
        r#"
  <case xmlns="http://commcarehq.org/case/transaction/v2" case_id="c1" date_modified="2024-05-01T10:00:00Z" user_id="u1">
    <update><weight>12</weight></update>
    <update><height>80</height></update>
    <!-- <- case-action-twice -->
  </case>"#,
    ),
    passes: Example::Form(
        r#"
  <case xmlns="http://commcarehq.org/case/transaction/v2" case_id="c1" date_modified="2024-05-01T10:00:00Z" user_id="u1">
    <update><weight>12</weight><height>80</height></update>
  </case>"#,
    ),
    run: Run::Case(check),
};

fn check(case: &Case<'_>, found: &mut Drafts) {
    let mut seen: Vec<&str> = Vec::new();
    for action in case.block.actions.iter().filter(|action| !matches!(action, Action::Close(_))) {
        let Some(tag) = tag(action) else { continue };
        let name = tag.name.local_name();
        if seen.contains(&name) {
            found.push(Draft::at(Spot::name(span(tag.mark))).value("action", name));
        } else {
            seen.push(name);
        }
    }
}
