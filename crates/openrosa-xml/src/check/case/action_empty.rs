use super::look::{count_inside, is_bare, tag};
use crate::case::Action;
use crate::check::rule_file::*;

pub(super) static RULE: Rule = Rule {
    code: "case-action-empty",
    title: "an empty update, index or attachment",
    verdicts: &[(Spec, Warning), (Device, Portability), (Hq, Portability)],
    message: "`{action}` is empty",
    remedy: "leave the element out",
    why: "CommCare HQ takes an empty element for none. To the device an empty `update` is an update all the same: the \
          case must exist, and gets a new date.",
    statements: &["C-009", "C-040", "C-052", "C-054"],
    sections: &["case-xml.md 1.3"],
    triggers: Example::Form(
        r#"
  <case xmlns="http://commcarehq.org/case/transaction/v2" case_id="c1" date_modified="2024-05-01T10:00:00Z" user_id="u1">
    <update/>
    <!-- <- case-action-empty -->
    <close/>
  </case>"#,
    ),
    passes: Example::Form(
        r#"
  <case xmlns="http://commcarehq.org/case/transaction/v2" case_id="c1" date_modified="2024-05-01T10:00:00Z" user_id="u1">
    <close/>
  </case>"#,
    ),
    run: Run::Case(check),
};

fn check(case: &Case<'_>, found: &mut Drafts) {
    for action in &case.block.actions {
        if matches!(action, Action::Update(_) | Action::Index(_) | Action::Attachment(_))
            && count_inside(action) == 0
            && let Some(tag) = tag(action).filter(|tag| is_bare(tag))
        {
            found.push(Draft::at(Spot::name(span(tag.mark))).value("action", tag.name.local_name()));
        }
    }
}
