use crate::check::rule_file::*;

pub(super) static RULE: Rule = Rule {
    code: "restore-items",
    title: "an `items` that does not count what came",
    verdicts: &[(Spec, Note), (Device, Note)],
    message: "`items` says `{items}`, and {count} came",
    remedy: "count all children of the root, the message too, or leave `items` out",
    why: "The device scales its progress bar by it and does nothing else with it. The standard's text calls the \
          message an item and CommCare HQ counts it; a number without the messages is let pass, too.",
    statements: &["S-033"],
    sections: &["ota-restore.md 2.4", "openrosa.md 1.2"],
    triggers: Example::Document(
        r#"
<OpenRosaResponse xmlns="http://openrosa.org/http/response" items="7">
<!--                                                        ^^^^^^^^^ restore-items -->
  <message nature="ota_restore_success">Welcome back, amina</message>
  <Sync xmlns="http://commcarehq.org/sync"><restore_id>0f3c</restore_id></Sync>
  <Registration xmlns="http://openrosa.org/user/registration">
    <username>amina</username><password/><uuid>u1</uuid><date>2024-02-01</date>
  </Registration>
</OpenRosaResponse>"#,
    ),
    passes: Example::Document(
        r#"
<OpenRosaResponse xmlns="http://openrosa.org/http/response" items="3">
  <message nature="ota_restore_success">Welcome back, amina</message>
  <Sync xmlns="http://commcarehq.org/sync"><restore_id>0f3c</restore_id></Sync>
  <Registration xmlns="http://openrosa.org/user/registration">
    <username>amina</username><password/><uuid>u1</uuid><date>2024-02-01</date>
  </Registration>
</OpenRosaResponse>"#,
    ),
    run: Run::End(check),
};

fn check(end: &End<'_>, found: &mut Drafts) {
    let Some(items) = end.items else { return };
    let (with, without) = (end.walk.items, end.walk.items - end.walk.messages);
    if items.trim().parse() != Ok(with) && items.trim().parse() != Ok(without) {
        let draft = Draft::at(Spot::attribute(end.root, "items"));
        found.push(draft.value("items", items).value("count", with.to_string()));
    }
}
