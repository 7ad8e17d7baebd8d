use crate::check::rule_file::*;
use crate::restore::RestoreItem;

pub(super) static RULE: Rule = Rule {
    code: "envelope-message-twice",
    title: "a second message",
    verdicts: &[(Spec, Error), (Odk, Warning)],
    message: "this is the second `message` or a later one",
    remedy: "write one `message`",
    why: "The standard allows one. ODK Collect and Enketo show the first, whatever the others say.",
    statements: &[],
    sections: &["openrosa.md 1.2"],
    triggers: Example::Document(
        r#"
<OpenRosaResponse xmlns="http://openrosa.org/http/response">
  <message nature="submit_success">Saved.</message>
  <message nature="submit_success">Thank you.</message>
  <!-- <- envelope-message-twice -->
</OpenRosaResponse>"#,
    ),
    passes: Example::Document(
        r#"
<OpenRosaResponse xmlns="http://openrosa.org/http/response">
  <message nature="submit_success">Saved. Thank you.</message>
</OpenRosaResponse>"#,
    ),
    run: Run::Item(check),
};

fn check(item: &Item<'_>, walk: &Walk, found: &mut Drafts) {
    if matches!(item.value, RestoreItem::Message(_)) && walk.messages > 1 {
        found.push(Draft::at(Spot::name(item.span)));
    }
}
