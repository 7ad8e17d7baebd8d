use crate::check::rule_file::*;
use crate::{restore::RestoreItem, xml::chars::is_blank};

pub(super) static RULE: Rule = Rule {
    code: "restore-token-spaces",
    title: "a sync token with white space around it",
    verdicts: &[(Spec, Warning), (Device, Warning)],
    message: "white space stands around the sync token `{token}`",
    remedy: "write the token alone",
    why: "The device takes the text as it is and sends it back so in `since`. Unless the server takes the white space \
          off again, it knows no such token.",
    statements: &["S-009"],
    sections: &["ota-restore.md 2.5"],
    triggers: Example::Document(
        r#"
<OpenRosaResponse xmlns="http://openrosa.org/http/response">
  <message nature="ota_restore_success">Welcome back, amina</message>
  <Sync xmlns="http://commcarehq.org/sync"><restore_id> 0f3c </restore_id></Sync>
  <!--                                                 ^^^^^^ restore-token-spaces -->
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
    run: Run::Item(check),
};

fn check(item: &Item<'_>, _: &Walk, found: &mut Drafts) {
    let RestoreItem::SyncToken(token) = item.value else { return };
    let (Some(first), Some(id)) = (token.element.elements().next(), token.restore_id()) else { return };
    if !is_blank(&id) && trim(&id) != id {
        found.push(Draft::at(Spot::content(span(first.mark))).value("token", trim(&id)));
    }
}
