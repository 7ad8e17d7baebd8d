use crate::check::rule_file::*;
use crate::restore::RestoreItem;

pub(super) static RULE: Rule = Rule {
    code: "restore-order",
    title: "items in another order than message, token, user, data",
    verdicts: &[(Spec, Note)],
    message: "`{name}` stands after items that it should come before",
    remedy: "write message, `Sync` and `Registration` first, in this order",
    why: "CommCare HQ writes them so, and other readers may count on it. The device does not.",
    statements: &["S-050"],
    sections: &["ota-restore.md 2.1", "ota-restore.md 2.5"],
    triggers: Example::Document(
        r#"
<OpenRosaResponse xmlns="http://openrosa.org/http/response">
  <message nature="ota_restore_success">Welcome back, amina</message>
  <Registration xmlns="http://openrosa.org/user/registration">
    <username>amina</username><password/><uuid>u1</uuid><date>2024-02-01</date>
  </Registration>
  <Sync xmlns="http://commcarehq.org/sync"><restore_id>0f3c</restore_id></Sync>
  <!-- <- restore-order -->
</OpenRosaResponse>"#,
    ),
    passes: Example::Document(
        r#"
<OpenRosaResponse xmlns="http://openrosa.org/http/response">
  <message nature="ota_restore_success">Welcome back, amina</message>
  <Sync xmlns="http://commcarehq.org/sync"><restore_id>0f3c</restore_id></Sync>
  <Registration xmlns="http://openrosa.org/user/registration">
    <username>amina</username><password/><uuid>u1</uuid><date>2024-02-01</date>
  </Registration>
</OpenRosaResponse>"#,
    ),
    run: Run::Item(check),
};

fn check(item: &Item<'_>, walk: &Walk, found: &mut Drafts) {
    if walk.is_late && !matches!(item.value, RestoreItem::Message(_)) {
        found.push(Draft::at(Spot::name(item.span)).value("name", item.value.name().local_name()));
    }
}
