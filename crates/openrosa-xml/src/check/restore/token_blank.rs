use crate::check::rule_file::*;
use crate::{restore::RestoreItem, xml::chars::is_blank};

pub(super) static RULE: Rule = Rule {
    code: "restore-token-blank",
    title: "a sync token that is empty",
    verdicts: &[(Spec, Error), (Device, Warning)],
    message: "the sync token is empty",
    remedy: "give each restore a token of its own",
    why: "The device stores the empty token and sends an empty `since` from then on, which the server takes for none \
          or refuses. An empty token is not the same as none.",
    statements: &["S-009"],
    sections: &["ota-restore.md 2.5"],
    triggers: Example::Document(
        r#"
<OpenRosaResponse xmlns="http://openrosa.org/http/response">
  <message nature="ota_restore_success">Welcome back, amina</message>
  <Sync xmlns="http://commcarehq.org/sync"><restore_id/></Sync>
  <!--                                      ^^^^^^^^^^ restore-token-blank -->
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
    if let Some(first) = token.element.elements().next()
        && token.restore_id().is_some_and(|id| is_blank(&id))
    {
        found.push(Draft::at(Spot::name(span(first.mark))));
    }
}
