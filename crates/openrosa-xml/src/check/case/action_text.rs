use super::look::tag;
use crate::check::rule_file::*;

pub(super) static RULE: Rule = Rule {
    code: "case-action-text",
    title: "text directly in an action",
    verdicts: &[(Spec, Error), (Device, Error), (Hq, Warning)],
    message: "text `{text}` stands directly in `{action}`",
    remedy: "put the text into a property, or leave it out",
    why: "The device expects elements there and refuses the form or restore (NullPointerException, inferred from \
          code). CommCare HQ passes the text over.",
    statements: &["C-014", "C-052"],
    sections: &["case-xml.md 1.3", "case-xml.md 1.10"],
    triggers: Example::Form(
        r#"
  <case xmlns="http://commcarehq.org/case/transaction/v2" case_id="c1" date_modified="2024-05-01T10:00:00Z" user_id="u1">
    <update>12</update>
    <!-- <- case-action-text -->
  </case>"#,
    ),
    passes: Example::Form(
        r#"
  <case xmlns="http://commcarehq.org/case/transaction/v2" case_id="c1" date_modified="2024-05-01T10:00:00Z" user_id="u1">
    <update><weight>12</weight></update>
  </case>"#,
    ),
    run: Run::Case(check),
};

fn check(case: &Case<'_>, found: &mut Drafts) {
    for tag in case.block.actions.iter().filter_map(tag) {
        let text = trim(tag.text.as_deref().unwrap_or_default());
        if !text.is_empty() {
            let draft = Draft::at(Spot::name(span(tag.mark)));
            found.push(draft.value("text", text).value("action", tag.name.local_name()));
        }
    }
}
