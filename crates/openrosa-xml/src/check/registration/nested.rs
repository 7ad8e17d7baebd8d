use crate::check::rule_file::*;
use crate::{check::registration::texts, restore::RestoreItem};

pub(super) static RULE: Rule = Rule {
    code: "registration-nested",
    title: "an element where a registration has text",
    verdicts: &[(Spec, Error), (Device, Error)],
    message: "`{name}` stands in `{within}` where only text may",
    remedy: "write text there, escaped if it has markup in it",
    why: "The device refuses the restore (XmlPullParserException).",
    statements: &["S-011"],
    sections: &["ota-restore.md 2.6"],
    triggers: Example::Document(
        r#"
<OpenRosaResponse xmlns="http://openrosa.org/http/response">
  <message nature="ota_restore_success">Welcome back, amina</message>
  <Sync xmlns="http://commcarehq.org/sync"><restore_id>0f3c</restore_id></Sync>
  <Registration xmlns="http://openrosa.org/user/registration">
    <username><b>amina</b></username><password/><uuid>u1</uuid><date>2024-02-01</date>
    <!--       ^ registration-nested -->
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
    for text in texts(user) {
        if let Some(inner) = text.elements().next() {
            let draft = Draft::at(Spot::name(span(inner.mark)));
            let (name, within) = (inner.name.local_name(), text.name.local_name());
            found.push(draft.value("name", name).value("within", within));
        }
    }
}
