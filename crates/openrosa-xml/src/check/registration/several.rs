use crate::check::rule_file::*;
use crate::restore::RestoreItem;

pub(super) static RULE: Rule = Rule {
    code: "registration-several",
    title: "several users in one restore",
    verdicts: &[(Spec, Warning), (Device, Warning)],
    message: "this is the second `Registration` or a later one",
    remedy: "write the `Registration` of the user for whom the restore is, and no other",
    why: "The device stores each of them and then looks for the one whose name was typed at login; which token and \
          which cases go with the others is nowhere said.",
    statements: &[],
    sections: &["ota-restore.md 2.6"],
    triggers: Example::Restore(
        r#"
  <Registration xmlns="http://openrosa.org/user/registration">
  <!-- <- registration-several -->
    <username>juma</username><password/><uuid>u2</uuid><date>2024-02-01</date>
  </Registration>"#,
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
    if matches!(item.value, RestoreItem::Registration(_)) && walk.users > 1 {
        found.push(Draft::at(Spot::name(item.span)));
    }
}
