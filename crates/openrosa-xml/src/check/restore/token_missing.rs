use crate::check::rule_file::*;
use crate::restore::RestoreItem;

pub(super) static RULE: Rule = Rule {
    code: "restore-token-missing",
    title: "a `Sync` that does not begin with the token",
    verdicts: &[(Spec, Error), (Device, Error)],
    message: "`Sync` does not begin with `restore_id`",
    remedy: "make `restore_id` the first child of `Sync`",
    why: "The device refuses the restore (InvalidStructureException). A restore that is still being prepared has \
          `progress` there, and is waited for.",
    statements: &["S-010"],
    sections: &["ota-restore.md 2.5"],
    triggers: Example::Document(
        r#"
<OpenRosaResponse xmlns="http://openrosa.org/http/response">
  <message nature="ota_restore_success">Welcome back, amina</message>
  <Sync xmlns="http://commcarehq.org/sync"><token>0f3c</token></Sync>
  <!-- <- restore-token-missing -->
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
    if token.restore_id().is_none() && token.progress().is_none() {
        found.push(Draft::at(Spot::name(item.span)));
    }
}
