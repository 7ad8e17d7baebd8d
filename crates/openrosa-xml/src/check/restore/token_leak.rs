use crate::check::rule_file::*;
use crate::restore::RestoreItem;

pub(super) static RULE: Rule = Rule {
    code: "restore-token-leak",
    title: "an element after the sync token",
    verdicts: &[(Spec, Warning), (Device, Warning)],
    message: "`{name}` stands in `Sync` after the token",
    remedy: "leave `restore_id` alone in `Sync`",
    why: "The device stops reading `Sync` after `restore_id`, and takes what follows in it for items of the restore.",
    statements: &[],
    sections: &["ota-restore.md 2.5", "ota-restore.md 7"],
    triggers: Example::Document(
        r#"
<OpenRosaResponse xmlns="http://openrosa.org/http/response">
  <message nature="ota_restore_success">Welcome back, amina</message>
  <Sync xmlns="http://commcarehq.org/sync"><restore_id>0f3c</restore_id><date>2024-05-01</date></Sync>
  <!--                                                                   ^^^^ restore-token-leak -->
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
    let RestoreItem::SyncToken(token) = item.value else { return };
    if token.restore_id().is_some() {
        for leaked in token.element.elements().skip(1) {
            found.push(Draft::at(Spot::name(span(leaked.mark))).value("name", leaked.name.local_name()));
        }
    }
}
