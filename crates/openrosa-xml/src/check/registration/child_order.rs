use crate::check::rule_file::*;
use crate::{
    check::registration::{REQUIRED, is},
    restore::RestoreItem,
};

pub(super) static RULE: Rule = Rule {
    code: "registration-child-order",
    title: "a child of a registration that is missing or out of order",
    verdicts: &[(Spec, Error), (Device, Error)],
    message: "{found} stands where `{expected}` must",
    remedy: "write `username`, `password`, `uuid` and `date` first, in this order; empty ones will do for `password` and `date`",
    why: "The device reads these four in this order and refuses the restore otherwise (InvalidStructureException).",
    statements: &["S-011"],
    sections: &["ota-restore.md 2.6"],
    triggers: Example::Document(
        r#"
<OpenRosaResponse xmlns="http://openrosa.org/http/response">
  <message nature="ota_restore_success">Welcome back, amina</message>
  <Sync xmlns="http://commcarehq.org/sync"><restore_id>0f3c</restore_id></Sync>
  <Registration xmlns="http://openrosa.org/user/registration">
    <username>amina</username><uuid>u1</uuid><date>2024-02-01</date>
    <!--                       ^^^^ registration-child-order -->
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
    let mut children = user.element.elements();
    for expected in REQUIRED {
        match children.next() {
            Some(child) if is(child, expected) => {}
            Some(child) => {
                let name = format!("`{}`", child.name.local_name());
                let draft = Draft::at(Spot::name(span(child.mark)));
                return found.push(draft.value("found", name).value("expected", expected));
            }
            None => {
                let draft = Draft::at(Spot::name(item.span));
                return found.push(draft.value("found", "nothing").value("expected", expected));
            }
        }
    }
}
