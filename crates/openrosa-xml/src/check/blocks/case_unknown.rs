use crate::check::rule_file::*;
use std::collections::HashSet;

use super::look::{blocks, opened};
use crate::case::{Action, CaseBlock};

pub(super) static RULE: Rule = Rule {
    code: "blocks-case-unknown",
    title: "a change of a case that does not exist",
    verdicts: &[(Device, Error), (Hq, Portability)],
    message: "case `{case_id}` is neither known nor opened in the form",
    remedy: "open the case with `create`; see whether its id is complete",
    why: "The device refuses the form (InvalidStructureException, \"wasn't found\"). CommCare HQ opens a case without \
          type and name. Told only where the check knows which cases exist.",
    statements: &["C-054"],
    sections: &["case-xml.md 1.5", "case-xml.md 4.1", "case-xml.md 4.2", "case-xml.md 4.8", "case-xml.md 11"],
    triggers: Example::Known(
        r#"
  <case xmlns="http://commcarehq.org/case/transaction/v2" case_id="c9" date_modified="2024-05-01T10:00:00Z" user_id="u1">
  <!--                                                             ^^ blocks-case-unknown -->
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
    let mut seen: HashSet<&str> = opened(form).into_keys().collect();
    for block in blocks(form).filter(|block| needs_case(block)) {
        let case_id = block.case_id.as_deref().unwrap_or_default();
        if !known.contains(case_id) && seen.insert(case_id) {
            let draft = Draft::at(Spot::attribute_value(span(block.tag.mark), "case_id"));
            found.push(draft.value("case_id", case_id));
        }
    }
}

/// Whether the device looks for a case that is there.
fn needs_case(block: &CaseBlock<'_>) -> bool {
    block.actions.iter().any(|action| match action {
        Action::Update(_) | Action::Close(_) => true,
        Action::Index(index) => !index.entries.is_empty(),
        Action::Create(_) | Action::Attachment(_) | Action::Other(_) => false,
    })
}
