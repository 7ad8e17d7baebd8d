use crate::check::rule_file::*;
use crate::{check::restore::is_legacy, restore::RestoreItem};

pub(super) static RULE: Rule = Rule {
    code: "restore-case-legacy",
    title: "a case in Case XML 1.0",
    verdicts: &[(Spec, Error), (Device, Error)],
    message: "the case is written in Case XML 1.0, with its id in an element",
    remedy: "ask for version 2.0 or 3.0 of the payload",
    why: "Devices of today look for the attribute `case_id` and refuse the restore. Servers wrote version 1.0 for \
          requests without a version.",
    statements: &["S-024"],
    sections: &["ota-restore.md 2.9", "ota-restore.md 7"],
    triggers: Example::Restore(
        r#"
  <case>
  <!-- <- restore-case-legacy -->
    <case_id>c1</case_id><date_modified>2024-05-01</date_modified>
    <create><case_type_id>patient</case_type_id><user_id>u1</user_id><case_name>Amina</case_name></create>
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

fn check(item: &Item<'_>, _: &Walk, found: &mut Drafts) {
    if let RestoreItem::Case(block) = item.value
        && is_legacy(block)
    {
        found.push(Draft::at(Spot::name(item.span)));
    }
}
