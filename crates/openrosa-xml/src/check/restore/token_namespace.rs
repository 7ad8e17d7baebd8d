use crate::check::rule_file::*;
use crate::restore::RestoreItem;

pub(super) static RULE: Rule = Rule {
    code: "restore-token-namespace",
    title: "a `Sync` in another namespace",
    verdicts: &[(Spec, Error), (Device, Warning)],
    message: "`{name}` is not in the namespace http://commcarehq.org/sync",
    remedy: "declare xmlns=\"http://commcarehq.org/sync\" on it",
    why: "The device knows the token by this namespace alone. It skips the element as unknown, overwrites the token it \
          had with none, and fetches everything anew next time.",
    statements: &["S-002"],
    sections: &["ota-restore.md 2.3", "ota-restore.md 2.5"],
    triggers: Example::Document(
        r#"
<OpenRosaResponse xmlns="http://openrosa.org/http/response">
  <message nature="ota_restore_success">Welcome back, amina</message>
  <Sync><restore_id>0f3c</restore_id></Sync>
  <!-- <- restore-token-namespace -->
  <Registration xmlns="http://openrosa.org/user/registration">
    <username>amina</username><password/><uuid>u1</uuid><date>2024-02-01</date>
  </Registration>
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

fn check(item: &Item<'_>, _: &Walk, found: &mut Drafts) {
    let RestoreItem::Other(element) = item.value else { return };
    if element.name.local_name().eq_ignore_ascii_case("sync") {
        found.push(Draft::at(Spot::name(item.span)).value("name", element.name.local_name()));
    }
}
