use crate::check::rule_file::*;
use crate::{check::registration::data, restore::RestoreItem};

pub(super) static RULE: Rule = Rule {
    code: "registration-not-demo",
    title: "the word demo where no reader looks for it",
    verdicts: &[(Device, Note)],
    message: "`user_type` is `{user_type}`; only the exact `demo` makes a demo user",
    remedy: "write `demo`, or leave the key out for an ordinary user",
    why: "A restore that goes with an app for its demo user is refused when the app is installed unless `user_type` is \
          `demo` (UnresolvedResourceException); as an ordinary restore it is fine.",
    statements: &[],
    sections: &["ota-restore.md 2.6"],
    triggers: Example::Document(
        r#"
<OpenRosaResponse xmlns="http://openrosa.org/http/response">
  <message nature="ota_restore_success">Welcome back, amina</message>
  <Sync xmlns="http://commcarehq.org/sync"><restore_id>0f3c</restore_id></Sync>
  <Registration xmlns="http://openrosa.org/user/registration">
    <username>amina</username><password/><uuid>u1</uuid><date>2024-02-01</date>
    <user_data><data key="user_type">Demo user</data></user_data>
    <!--                             ^^^^^^^^^ registration-not-demo -->
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
    for datum in data(user).filter(|datum| datum.attribute("key") == Some("user_type")) {
        let text = datum.text();
        if text != "demo" && text.to_ascii_lowercase().contains("demo") {
            found.push(Draft::at(Spot::content(span(datum.mark))).value("user_type", text));
        }
    }
}
