use crate::check::rule_file::*;
use std::collections::BTreeSet;

use super::look::{blocks, links, opened};

pub(super) static RULE: Rule = Rule {
    code: "blocks-index-target-later",
    title: "a link to a case that the form opens later",
    verdicts: &[(Device, Note), (Hq, Note)],
    message: "index `{index}` points at case `{target}`, which is opened further down",
    remedy: "nothing need be done; write the target first for people who read the form",
    why: "Both readers take it: the device does not look whether the target is there, and CommCare HQ looks after all \
          blocks.",
    statements: &["C-057"],
    sections: &["case-xml.md 1.8"],
    triggers: Example::Form(
        r#"
  <case xmlns="http://commcarehq.org/case/transaction/v2" case_id="c1" date_modified="2024-05-01T10:00:00Z" user_id="u1">
    <index><parent case_type="patient">c2</parent></index>
    <!--                               ^^ blocks-index-target-later -->
  </case>
  <case xmlns="http://commcarehq.org/case/transaction/v2" case_id="c2" date_modified="2024-05-01T10:00:00Z" user_id="u1">
    <create><case_type>patient</case_type><case_name>Amina</case_name><owner_id>u1</owner_id></create>
  </case>"#,
    ),
    passes: Example::Form(
        r#"
  <case xmlns="http://commcarehq.org/case/transaction/v2" case_id="c2" date_modified="2024-05-01T10:00:00Z" user_id="u1">
    <create><case_type>patient</case_type><case_name>Amina</case_name><owner_id>u1</owner_id></create>
  </case>
  <case xmlns="http://commcarehq.org/case/transaction/v2" case_id="c1" date_modified="2024-05-01T10:00:00Z" user_id="u1">
    <index><parent case_type="patient">c2</parent></index>
  </case>"#,
    ),
    run: Run::Form(check),
};

fn check(form: &Form<'_>, found: &mut Drafts) {
    let opened = opened(form);
    let mut before = BTreeSet::new();
    for block in blocks(form) {
        before.insert(block.case_id.as_deref().unwrap_or_default());
        for (entry, target) in links(block) {
            if opened.contains_key(target.as_ref()) && !before.contains(target.as_ref()) {
                let draft = Draft::at(Spot::content(span(entry.mark)));
                found.push(draft.value("index", entry.name.as_ref()).value("target", target));
            }
        }
    }
}
