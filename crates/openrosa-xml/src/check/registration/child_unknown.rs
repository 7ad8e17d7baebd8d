use crate::check::rule_file::*;
use crate::{
    check::registration::{is_ignored, options},
    restore::RestoreItem,
};

pub(super) static RULE: Rule = Rule {
    code: "registration-child-unknown",
    title: "a child that a registration does not have",
    verdicts: &[(Spec, Error), (Device, Error)],
    message: "`{name}` is nothing that a registration holds",
    remedy: "put it into `user_data`, as `data` with a key",
    why: "The device refuses the restore at a child that it does not know (\"unrecognized tag\").",
    statements: &["S-011", "S-013"],
    sections: &["ota-restore.md 2.6"],
    triggers: Example::Document(
        r#"
<OpenRosaResponse xmlns="http://openrosa.org/http/response">
  <message nature="ota_restore_success">Welcome back, amina</message>
  <Sync xmlns="http://commcarehq.org/sync"><restore_id>0f3c</restore_id></Sync>
  <Registration xmlns="http://openrosa.org/user/registration">
    <username>amina</username><password/><uuid>u1</uuid><date>2024-02-01</date>
    <email>amina@example.org</email>
    <!-- <- registration-child-unknown -->
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
    let RestoreItem::Registration(user) = item.value else { return };
    let unknown = options(user).filter(|child| !is_ignored(child));
    for child in unknown {
        found.push(Draft::at(Spot::name(span(child.mark))).value("name", child.name.local_name()));
    }
}
