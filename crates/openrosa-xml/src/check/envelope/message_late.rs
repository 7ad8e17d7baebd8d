use crate::check::rule_file::*;
use crate::restore::RestoreItem;

pub(super) static RULE: Rule = Rule {
    code: "envelope-message-late",
    title: "a message after other items",
    verdicts: &[(Spec, Note)],
    message: "the message stands after other items",
    remedy: "write the message first",
    why: "The standard says that it comes before the payloads, though not as a rule. Every known writer puts it there, \
          and no known reader minds.",
    statements: &["S-050"],
    sections: &["openrosa.md 1.2"],
    triggers: Example::Document(
        r#"
<OpenRosaResponse xmlns="http://openrosa.org/http/response">
  <Sync xmlns="http://commcarehq.org/sync"><restore_id>0f3c</restore_id></Sync>
  <message nature="ota_restore_success">Welcome back, amina</message>
  <!-- <- envelope-message-late -->
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

fn check(item: &Item<'_>, walk: &Walk, found: &mut Drafts) {
    if matches!(item.value, RestoreItem::Message(_)) && walk.is_late && walk.messages == 1 {
        found.push(Draft::at(Spot::name(item.span)));
    }
}
