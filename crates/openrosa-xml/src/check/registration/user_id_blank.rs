use crate::check::rule_file::*;
use crate::{restore::RestoreItem, xml::chars::is_blank};

pub(super) static RULE: Rule = Rule {
    code: "registration-user-id-blank",
    title: "a user without an id",
    verdicts: &[(Spec, Error), (Device, Warning)],
    message: "the user has no id",
    remedy: "write the user's id into `uuid`",
    why: "The device keeps users by this id: all users without one are one to it, and no case of theirs is owned by \
          anybody.",
    statements: &[],
    sections: &["ota-restore.md 2.6"],
    triggers: Example::Document(
        r#"
<OpenRosaResponse xmlns="http://openrosa.org/http/response">
  <message nature="ota_restore_success">Welcome back, amina</message>
  <Sync xmlns="http://commcarehq.org/sync"><restore_id>0f3c</restore_id></Sync>
  <Registration xmlns="http://openrosa.org/user/registration">
    <username>amina</username><password/><uuid/><date>2024-02-01</date>
    <!--                                  ^^^^ registration-user-id-blank -->
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
    let Some(id) = user.element.child("uuid") else { return };
    if is_blank(&id.text()) && id.elements().next().is_none() {
        found.push(Draft::at(Spot::name(span(id.mark))));
    }
}
