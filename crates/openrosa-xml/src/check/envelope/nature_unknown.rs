use crate::check::rule_file::*;
use crate::restore::RestoreItem;

pub(super) static RULE: Rule = Rule {
    code: "envelope-nature-unknown",
    title: "a nature that no reader knows",
    verdicts: &[(Spec, Note)],
    message: "nature `{nature}` is none that is in use",
    remedy: "use one of the known natures, or leave the attribute out",
    why: "The nature groups messages, and CommCare devices decide by some of them whether a form is sent again. A \
          nature that nobody knows decides nothing.",
    statements: &[],
    sections: &["openrosa.md 1.3"],
    triggers: Example::Document(
        r#"
<OpenRosaResponse xmlns="http://openrosa.org/http/response">
  <message nature="status">Saved.</message>
  <!--             ^^^^^^ envelope-nature-unknown -->
</OpenRosaResponse>"#,
    ),
    passes: Example::Document(
        r#"
<OpenRosaResponse xmlns="http://openrosa.org/http/response">
  <message nature="submit_success">Saved.</message>
</OpenRosaResponse>"#,
    ),
    run: Run::Item(check),
};

/// Those of openrosa.md 1.3; an empty one is as good as none.
const KNOWN: [&str; 11] = [
    "",
    "error",
    "ota_restore_error",
    "ota_restore_pending",
    "ota_restore_success",
    "post_processing_failure",
    "processing_failure",
    "submit_error",
    "submit_success",
    "submit_user_registered",
    "submit_user_updated",
];

fn check(item: &Item<'_>, _: &Walk, found: &mut Drafts) {
    let RestoreItem::Message(message) = item.value else { return };
    if let Some(nature) = message.nature.as_deref().filter(|nature| !KNOWN.contains(nature)) {
        found.push(Draft::at(Spot::attribute_value(item.span, "nature")).value("nature", nature));
    }
}
