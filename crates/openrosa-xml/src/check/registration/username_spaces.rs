use crate::check::rule_file::*;
use crate::{restore::RestoreItem, xml::chars::is_blank};

pub(super) static RULE: Rule = Rule {
    code: "registration-username-spaces",
    title: "a user whose name has white space around it",
    verdicts: &[(Spec, Warning), (Device, Warning)],
    message: "white space stands around the name `{username}`",
    remedy: "write the name alone",
    why: "The device takes the text as it is, and a name typed at login never has white space around it: the user is \
          not found after the restore, and the token is not kept.",
    statements: &["S-012"],
    sections: &["ota-restore.md 2.6", "ota-restore.md 7"],
    triggers: Example::Document(
        r#"
<OpenRosaResponse xmlns="http://openrosa.org/http/response">
  <message nature="ota_restore_success">Welcome back, amina</message>
  <Sync xmlns="http://commcarehq.org/sync"><restore_id>0f3c</restore_id></Sync>
  <Registration xmlns="http://openrosa.org/user/registration">
    <username> amina </username><password/><uuid>u1</uuid><date>2024-02-01</date>
    <!--      ^^^^^^^ registration-username-spaces -->
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
    let Some(name) = user.element.child("username") else { return };
    let text = name.text();
    if !is_blank(&text) && trim(&text) != text {
        found.push(Draft::at(Spot::content(span(name.mark))).value("username", trim(&text)));
    }
}
