use crate::check::rule_file::*;
use crate::{
    check::registration::{data, is},
    restore::RestoreItem,
};

pub(super) static RULE: Rule = Rule {
    code: "registration-data-key-missing",
    title: "a `data` of a user without a key",
    verdicts: &[(Spec, Error), (Device, Error)],
    message: "a `data` of the user has no `key`",
    remedy: "give each `data` a `key`",
    why: "The device crashes on it (runtime exception), and with it goes the restore.",
    statements: &["S-014"],
    sections: &["ota-restore.md 2.6"],
    triggers: Example::Document(
        r#"
<OpenRosaResponse xmlns="http://openrosa.org/http/response">
  <message nature="ota_restore_success">Welcome back, amina</message>
  <Sync xmlns="http://commcarehq.org/sync"><restore_id>0f3c</restore_id></Sync>
  <Registration xmlns="http://openrosa.org/user/registration">
    <username>amina</username><password/><uuid>u1</uuid><date>2024-02-01</date>
    <user_data><data>Kibaha</data></user_data>
    <!--        ^^^^ registration-data-key-missing -->
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
    for child in data(user).filter(|child| is(child, "data") && child.attribute("key").is_none()) {
        found.push(Draft::at(Spot::name(span(child.mark))));
    }
}
