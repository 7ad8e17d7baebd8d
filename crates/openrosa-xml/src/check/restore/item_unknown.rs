use crate::check::rule_file::*;
use crate::{ns, restore::RestoreItem};

pub(super) static RULE: Rule = Rule {
    code: "restore-item-unknown",
    title: "an item that no reader knows",
    verdicts: &[(Device, Note)],
    message: "`{name}` is no item of a restore",
    remedy: "put it into a namespace of its own if it is meant for your own reader; otherwise leave it out",
    why: "The device skips items that it does not know, with all that is in them. Items in a namespace of their own \
          are not told of: they may be forms, or meant for somebody else.",
    statements: &["S-003"],
    sections: &["ota-restore.md 2.3"],
    triggers: Example::Restore(
        r#"
  <visits><visit/></visits>
  <!-- <- restore-item-unknown -->"#,
    ),
    passes: Example::Restore(
        r#"
  <case xmlns="http://commcarehq.org/case/transaction/v2" case_id="c1" date_modified="2024-05-01T10:00:00.000000Z" user_id="u1">
    <update><weight>12</weight></update>
  </case>"#,
    ),
    run: Run::Item(check),
};

/// The namespaces in which the items of a restore are: what is not known there is misspelt.
const OURS: [&str; 4] = [ns::RESPONSE, ns::CASE, ns::SYNC, ns::REGISTRATION];

fn check(item: &Item<'_>, walk: &Walk, found: &mut Drafts) {
    let RestoreItem::Other(element) = item.value else { return };
    let is_of_nobody = element.name.namespace().is_none_or(|namespace| OURS.contains(&namespace));
    let is_sync = element.name.local_name().eq_ignore_ascii_case("sync");
    if walk.is_restore() && is_of_nobody && !is_sync {
        found.push(Draft::at(Spot::name(item.span)).value("name", element.name.local_name()));
    }
}
