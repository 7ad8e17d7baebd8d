use crate::check::rule_file::*;
use crate::{check::registration::is, restore::RestoreItem};

pub(super) static RULE: Rule = Rule {
    code: "registration-after-user-data",
    title: "an element after `user_data`",
    verdicts: &[(Spec, Error), (Device, Warning)],
    message: "`{name}` stands after `user_data`",
    remedy: "make `user_data` the last child of the registration",
    why: "The device stops reading the registration after `user_data` and takes what follows for items of the restore.",
    statements: &[],
    sections: &["ota-restore.md 2.6", "ota-restore.md 7"],
    triggers: Example::Document(
        r#"
<OpenRosaResponse xmlns="http://openrosa.org/http/response">
  <message nature="ota_restore_success">Welcome back, amina</message>
  <Sync xmlns="http://commcarehq.org/sync"><restore_id>0f3c</restore_id></Sync>
  <Registration xmlns="http://openrosa.org/user/registration">
    <username>amina</username><password/><uuid>u1</uuid><date>2024-02-01</date>
    <user_data><data key="village">Kibaha</data></user_data><token/>
    <!--                                                     ^^^^^ registration-after-user-data -->
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
    let after = user.element.elements().skip_while(|child| !is(child, "user_data")).skip(1);
    for child in after {
        found.push(Draft::at(Spot::name(span(child.mark))).value("name", child.name.local_name()));
    }
}
