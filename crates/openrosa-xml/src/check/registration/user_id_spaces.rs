use crate::check::rule_file::*;
use crate::{check::registration::is, restore::RestoreItem, xml::chars::is_blank};

pub(super) static RULE: Rule = Rule {
    code: "registration-user-id-spaces",
    title: "a user whose id has white space around it",
    verdicts: &[(Spec, Warning), (Device, Warning)],
    message: "white space stands around the user's id `{user_id}`",
    remedy: "write the id alone",
    why: "The device takes the text as it is and finds its user by it; what such a user owns is not what is owned by the \
          id alone.",
    statements: &["S-012"],
    sections: &["ota-restore.md 2.6"],
    triggers: Example::Document(
        r#"
<OpenRosaResponse xmlns="http://openrosa.org/http/response">
  <message nature="ota_restore_success">Welcome back, amina</message>
  <Sync xmlns="http://commcarehq.org/sync"><restore_id>0f3c</restore_id></Sync>
  <Registration xmlns="http://openrosa.org/user/registration">
    <username>amina</username><password/><uuid> u1 </uuid><date>2024-02-01</date>
    <!--                                       ^^^^ registration-user-id-spaces -->
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
    let Some(uuid) = user.element.elements().find(|child| is(child, "uuid")) else { return };
    let text = uuid.text();
    if !is_blank(&text) && trim(&text) != text {
        found.push(Draft::at(Spot::content(span(uuid.mark))).value("user_id", trim(&text)));
    }
}
