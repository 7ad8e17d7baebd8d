use super::look::blocks;
use crate::check::CaseState;
use crate::check::rule_file::*;

pub(super) static RULE: Rule = Rule {
    code: "blocks-case-closed",
    title: "a change of a case that is closed",
    verdicts: &[(Device, Note), (Hq, Note)],
    message: "case `{case_id}` is closed, and stays so",
    remedy: "see whether the form was meant for another case",
    why: "Both readers take the change, and no Case XML opens a closed case again. Told only where the check knows \
          which cases exist.",
    statements: &["C-052"],
    sections: &["case-xml.md 4.2", "case-xml.md 4.4"],
    triggers: Example::Known(
        r#"
  <case xmlns="http://commcarehq.org/case/transaction/v2" case_id="x1" date_modified="2024-05-01T10:00:00Z" user_id="u1">
  <!--                                                             ^^ blocks-case-closed -->
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
        if known.state(case_id) == Some(CaseState::Closed) {
            let draft = Draft::at(Spot::attribute_value(span(block.tag.mark), "case_id"));
            found.push(draft.value("case_id", case_id));
        }
    }
}
