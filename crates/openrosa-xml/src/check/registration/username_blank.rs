use crate::check::rule_file::*;
use crate::{check::registration::is, restore::RestoreItem, xml::chars::is_blank};

pub(super) static RULE: Rule = Rule {
    code: "registration-username-blank",
    title: "a user without a name",
    verdicts: &[(Spec, Error), (Device, Error)],
    message: "the user has no name",
    remedy: "write the name under which the user logs in",
    why: "The device looks for the user by the name that was typed and does not find this one, so that the token is \
          not kept; as the restore of a demo user it is refused when the app is installed \
          (UnresolvedResourceException).",
    statements: &[],
    sections: &["ota-restore.md 2.6", "ota-restore.md 7"],
    triggers: Example::Document(
        r#"
<OpenRosaResponse xmlns="http://openrosa.org/http/response">
  <message nature="ota_restore_success">Welcome back, amina</message>
  <Sync xmlns="http://commcarehq.org/sync"><restore_id>0f3c</restore_id></Sync>
  <Registration xmlns="http://openrosa.org/user/registration">
    <username></username><password/><uuid>u1</uuid><date>2024-02-01</date>
    <!-- <- registration-username-blank -->
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
    let name = user.element.elements().next().filter(|first| is(first, "username"));
    if let Some(name) = name.filter(|name| is_blank(&name.text()) && name.elements().next().is_none()) {
        found.push(Draft::at(Spot::name(span(name.mark))));
    }
}
