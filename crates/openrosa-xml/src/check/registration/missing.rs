use crate::check::rule_file::*;

pub(super) static RULE: Rule = Rule {
    code: "registration-missing",
    title: "a restore without a user",
    verdicts: &[(Spec, Warning), (Device, Note)],
    message: "the restore has no `Registration`",
    remedy: "write the `Registration` of the user in every restore, incremental ones too",
    why: "The device keeps the user it had, and has none on a first restore. CommCare HQ writes the user every time.",
    statements: &[],
    sections: &["ota-restore.md 2.1", "ota-restore.md 2.6"],
    triggers: Example::Document(
        r#"
<OpenRosaResponse xmlns="http://openrosa.org/http/response">
<!-- <- registration-missing -->
  <message nature="ota_restore_success">Welcome back, amina</message>
  <Sync xmlns="http://commcarehq.org/sync"><restore_id>0f3c</restore_id></Sync>
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
    if end.walk.is_restore() && end.walk.users == 0 && !end.walk.is_pending {
        found.push(Draft::at(Spot::name(end.root)));
    }
}
