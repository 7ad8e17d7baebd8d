use crate::check::rule_file::*;
use crate::{
    check::registration::{data, is},
    restore::RestoreItem,
};

pub(super) static RULE: Rule = Rule {
    code: "registration-data-name",
    title: "something other than `data` in `user_data`",
    verdicts: &[(Spec, Error), (Device, Error)],
    message: "`{name}` stands in `user_data`, which takes `data` only",
    remedy: "write it as `data` with the name for its key",
    why: "The device refuses the restore (InvalidStructureException).",
    statements: &["S-011"],
    sections: &["ota-restore.md 2.6"],
    triggers: Example::Document(
        r#"
<OpenRosaResponse xmlns="http://openrosa.org/http/response">
  <message nature="ota_restore_success">Welcome back, amina</message>
  <Sync xmlns="http://commcarehq.org/sync"><restore_id>0f3c</restore_id></Sync>
  <Registration xmlns="http://openrosa.org/user/registration">
    <username>amina</username><password/><uuid>u1</uuid><date>2024-02-01</date>
    <user_data><village>Kibaha</village></user_data>
    <!--        ^^^^^^^ registration-data-name -->
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
    for child in data(user).filter(|child| !is(child, "data")) {
        found.push(Draft::at(Spot::name(span(child.mark))).value("name", child.name.local_name()));
    }
}
