use crate::check::rule_file::*;
use crate::restore::RestoreItem;

pub(super) static RULE: Rule = Rule {
    code: "restore-case-unknown",
    title: "a block that works on a case which does not exist",
    verdicts: &[(Device, Error)],
    message: "case `{case_id}` is worked on, and is neither known nor created before",
    remedy: "send the case with a `create` first, or reset the device",
    why: "The device refuses the restore when it meets an update, a close or a link of a case that it does not hold \
          (InvalidStructureException). Told only where the check knows which cases exist.",
    statements: &["S-027"],
    sections: &["ota-restore.md 2.9", "case-xml.md 4.1"],
    triggers: Example::None("what exists is known to the caller and to no document"),
    passes: Example::Restore(
        r#"
  <case xmlns="http://commcarehq.org/case/transaction/v2" case_id="c1" date_modified="2024-05-01T10:00:00.000000Z" user_id="u1">
    <update><weight>12</weight></update>
  </case>"#,
    ),
    run: Run::Item(check),
};

fn check(item: &Item<'_>, walk: &Walk, found: &mut Drafts) {
    let RestoreItem::Case(block) = item.value else { return };
    if walk.is_unknown {
        let draft = Draft::at(Spot::attribute_value(item.span, "case_id"));
        found.push(draft.value("case_id", block.case_id.as_deref().unwrap_or_default()));
    }
}
