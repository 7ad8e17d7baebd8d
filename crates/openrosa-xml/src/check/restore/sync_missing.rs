use crate::check::rule_file::*;

pub(super) static RULE: Rule = Rule {
    code: "restore-sync-missing",
    title: "a restore without a sync token",
    verdicts: &[(Spec, Warning), (Device, Warning)],
    message: "the restore has no `Sync`",
    remedy: "write `Sync` with the token of this restore after the message",
    why: "The device overwrites the token it had with none, so its next request has no `since` and everything is sent \
          again.",
    statements: &["S-009"],
    sections: &["ota-restore.md 2.5"],
    triggers: Example::Document(
        r#"
<OpenRosaResponse xmlns="http://openrosa.org/http/response">
<!-- <- restore-sync-missing -->
  <message nature="ota_restore_success">Welcome back, amina</message>
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
    run: Run::End(check),
};

fn check(end: &End<'_>, found: &mut Drafts) {
    if end.walk.is_restore() && end.walk.tokens == 0 && !end.walk.has_stray_token && !end.walk.is_pending {
        found.push(Draft::at(Spot::name(end.root)));
    }
}
