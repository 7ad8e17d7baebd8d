use super::look::blocks;
use crate::check::CaseState;
use crate::check::rule_file::*;

pub(super) static RULE: Rule = Rule {
    code: "blocks-case-deleted",
    title: "a change of a case that was deleted",
    verdicts: &[(Hq, Warning)],
    message: "case `{case_id}` was deleted, and stays so",
    remedy: "restore the case first, or open another",
    why: "CommCare HQ takes the form and stores the change in a case that nobody sees. Told only where the check knows \
          which cases exist.",
    statements: &["C-060"],
    sections: &["case-xml.md 4.2", "case-xml.md 4.6"],
    triggers: Example::Known(
        r#"
  <case xmlns="http://commcarehq.org/case/transaction/v2" case_id="d1" date_modified="2024-05-01T10:00:00Z" user_id="u1">
  <!--                                                             ^^ blocks-case-deleted -->
    <update><weight>12</weight></update>
  </case>"#,
    ),
    passes: Example::Known(
        r#"
  <case xmlns="http://commcarehq.org/case/transaction/v2" case_id="p1" date_modified="2024-05-01T10:00:00Z" user_id="u1">
    <update><weight>12</weight></update>
  </case>"#,
    ),
    run: Run::Form(check),
};

fn check(form: &Form<'_>, found: &mut Drafts) {
    let Some(known) = form.options.known else { return };
    for block in blocks(form) {
        let case_id = block.case_id.as_deref().unwrap_or_default();
        if known.state(case_id) == Some(CaseState::Deleted) {
            let draft = Draft::at(Spot::attribute_value(span(block.tag.mark), "case_id"));
            found.push(draft.value("case_id", case_id));
        }
    }
}
