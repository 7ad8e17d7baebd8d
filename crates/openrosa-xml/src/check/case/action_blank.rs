use super::look::{count_inside, tag};
use crate::check::rule_file::*;
use crate::{case::Action, xml::chars::is_blank};

pub(super) static RULE: Rule = Rule {
    code: "case-action-blank",
    title: "an update, index or attachment with nothing but white space in it",
    verdicts: &[(Spec, Warning), (Device, Portability), (Hq, Portability)],
    message: "`{action}` holds nothing but white space",
    remedy: "leave the element out",
    why: "CommCare HQ takes an element with white space in it for an action that sets nothing, and an empty one for \
          none (inferred from code). To the device both are actions.",
    statements: &["C-009", "C-052"],
    sections: &["case-xml.md 1.3", "case-xml.md 11"],
    triggers: Example::Form(
        r#"
  <case xmlns="http://commcarehq.org/case/transaction/v2" case_id="c1" date_modified="2024-05-01T10:00:00Z" user_id="u1">
    <update> </update>
    <!-- <- case-action-blank -->
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
            && let Some(tag) = tag(action).filter(|tag| tag.text.as_deref().is_some_and(is_blank))
        {
            found.push(Draft::at(Spot::name(span(tag.mark))).value("action", tag.name.local_name()));
        }
    }
}
