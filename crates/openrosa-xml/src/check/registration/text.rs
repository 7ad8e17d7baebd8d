use crate::check::rule_file::*;
use crate::{
    check::registration::is,
    restore::RestoreItem,
    xml::{Node, chars::is_blank},
};

pub(super) static RULE: Rule = Rule {
    code: "registration-text",
    title: "text between the children of a registration",
    verdicts: &[(Spec, Warning), (Device, Error)],
    message: "text stands between the children of the registration",
    remedy: "take the text out",
    why: "The device looks for the name of what it finds there, and text has none (null dereference, inferred from \
          code); the restore is lost.",
    statements: &[],
    sections: &["ota-restore.md 7"],
    triggers: Example::Document(
        r#"
<OpenRosaResponse xmlns="http://openrosa.org/http/response">
  <message nature="ota_restore_success">Welcome back, amina</message>
  <Sync xmlns="http://commcarehq.org/sync"><restore_id>0f3c</restore_id></Sync>
  <Registration xmlns="http://openrosa.org/user/registration">
  <!-- <- registration-text -->
    <username>amina</username><password/>none<uuid>u1</uuid><date>2024-02-01</date>
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
    let before_data = |node: &&Node<'_>| !matches!(node, Node::Element(child) if is(child, "user_data"));
    let is_text = |node: &Node<'_>| matches!(node, Node::Text(text) if !is_blank(text));
    if user.element.children().iter().take_while(before_data).any(is_text) {
        found.push(Draft::at(Spot::name(item.span)));
    }
}
