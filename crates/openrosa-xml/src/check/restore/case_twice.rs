use crate::check::rule_file::*;
use crate::restore::RestoreItem;

pub(super) static RULE: Rule = Rule {
    code: "restore-case-twice",
    title: "a case that comes twice",
    verdicts: &[(Spec, Warning), (Device, Note)],
    message: "case `{case_id}` came before in this restore",
    remedy: "write all that is to be said of a case into one block",
    why: "The device applies both blocks in turn, so the last value stays. CommCare HQ never writes a case twice; a \
          restore that does was usually put together of two.",
    statements: &[],
    sections: &["ota-restore.md 2.9"],
    triggers: Example::Restore(
        r#"
  <case xmlns="http://commcarehq.org/case/transaction/v2" case_id="c1" date_modified="2024-05-01T10:00:00.000000Z" user_id="u1">
    <update><weight>12</weight></update>
  </case>
  <case xmlns="http://commcarehq.org/case/transaction/v2" case_id="c1" date_modified="2024-05-01T10:00:00.000000Z" user_id="u1">
    <!--                                                           ^^ restore-case-twice -->
    <update><weight>13</weight></update>
  </case>"#,
    ),
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
    if walk.is_repeated {
        let draft = Draft::at(Spot::attribute_value(item.span, "case_id"));
        found.push(draft.value("case_id", block.case_id.as_deref().unwrap_or_default()));
    }
}
