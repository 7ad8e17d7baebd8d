use crate::check::rule_file::*;

pub(super) static RULE: Rule = Rule {
    code: "restore-text",
    title: "text between the items",
    verdicts: &[(Spec, Warning), (Device, Note)],
    message: "text stands between the items",
    remedy: "take the text out, or put it into the message",
    why: "Nobody reads it; the device counts it as progress and goes on. It is usually what a program printed on the \
          way. Only the first such text is told.",
    statements: &[],
    sections: &["ota-restore.md 2.3"],
    triggers: Example::Restore(
        r#"
  PHP Notice: undefined index"#,
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
    run: Run::End(check),
};

fn check(end: &End<'_>, found: &mut Drafts) {
    if let Some(place) = end.stray {
        found.push(Draft::at(Spot::known(place)));
    }
}
