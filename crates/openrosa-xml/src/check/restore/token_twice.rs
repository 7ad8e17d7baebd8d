use crate::check::rule_file::*;
use crate::restore::RestoreItem;

pub(super) static RULE: Rule = Rule {
    code: "restore-token-twice",
    title: "a second `Sync`",
    verdicts: &[(Spec, Error), (Device, Warning)],
    message: "this is the second `Sync` or a later one",
    remedy: "write one `Sync`, with the token of this restore",
    why: "The device stores the last token it meets. Which of them the server knows what it sent under is for chance \
          to say.",
    statements: &["S-009"],
    sections: &["ota-restore.md 2.5"],
    triggers: Example::Document(
        r#"
<OpenRosaResponse xmlns="http://openrosa.org/http/response">
  <message nature="ota_restore_success">Welcome back, amina</message>
  <Sync xmlns="http://commcarehq.org/sync"><restore_id>0f3c</restore_id></Sync>
  <Sync xmlns="http://commcarehq.org/sync"><restore_id>0f3d</restore_id></Sync>
  <!-- <- restore-token-twice -->
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

fn check(item: &Item<'_>, walk: &Walk, found: &mut Drafts) {
    if matches!(item.value, RestoreItem::SyncToken(_)) && walk.tokens > 1 {
        found.push(Draft::at(Spot::name(item.span)));
    }
}
