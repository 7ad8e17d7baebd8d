use crate::check::rule_file::*;
use std::collections::{BTreeMap, HashSet};

use super::look::{blocks, entries};
use crate::check::CaseState;

pub(super) static RULE: Rule = Rule {
    code: "blocks-index-target-unknown",
    title: "a link to a case that does not exist",
    verdicts: &[(Device, Portability), (Hq, Error)],
    message: "index `{index}` points at case `{target}`, which is neither known nor in the form",
    remedy: "open the target first, or in the same form; see whether its id is complete",
    why: "CommCare HQ keeps the form as an error (InvalidCaseIndex). The device takes the link, and drops the case at \
          its next purge. Told only where the check knows which cases exist.",
    statements: &["C-056", "C-057", "C-058", "C-054"],
    sections: &["case-xml.md 1.8", "case-xml.md 4.6", "case-xml.md 4.8", "case-xml.md 11"],
    triggers: Example::Known(
        r#"
  <case xmlns="http://commcarehq.org/case/transaction/v2" case_id="p1" date_modified="2024-05-01T10:00:00Z" user_id="u1">
    <index><parent case_type="household">h2</parent></index>
    <!--                                 ^^ blocks-index-target-unknown -->
  </case>"#,
    ),
    passes: Example::Known(
        r#"
  <case xmlns="http://commcarehq.org/case/transaction/v2" case_id="p1" date_modified="2024-05-01T10:00:00Z" user_id="u1">
    <index><parent case_type="household">h1</parent></index>
  </case>"#,
    ),
    run: Run::Form(check),
};

fn check(form: &Form<'_>, found: &mut Drafts) {
    let Some(known) = form.options.known else { return };
    let here: HashSet<&str> = blocks(form).filter_map(|block| block.case_id.as_deref()).collect();
    let exists =
        |id: &str| here.contains(id) || known.state(id).is_some_and(|state| state != CaseState::Foreign);
    // Only links that still stand after all blocks are looked at.
    let mut standing = BTreeMap::new();
    for block in blocks(form) {
        for entry in entries(block) {
            standing.insert((block.case_id.as_deref(), entry.name.as_ref()), entry);
        }
    }
    for entry in standing.into_values() {
        let target = entry.target.text();
        if !trim(&target).is_empty() && !exists(trim(&target)) {
            let draft = Draft::at(Spot::content(span(entry.mark)));
            found.push(draft.value("index", entry.name.as_ref()).value("target", trim(&target)));
        }
    }
}
