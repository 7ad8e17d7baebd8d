use crate::check::rule_file::*;

pub(super) static RULE: Rule = Rule {
    code: "envelope-message-missing",
    title: "an answer without a message",
    verdicts: &[(Spec, Note), (Odk, Warning)],
    message: "the answer has no `message`",
    remedy: "write a `message` with a text for the person, even for a success",
    why: "ODK Collect and Enketo show it, and show a sentence of their own without one. CommCare devices do without.",
    statements: &[],
    sections: &["openrosa.md 1.2"],
    triggers: Example::Document(
        r#"
<OpenRosaResponse xmlns="http://openrosa.org/http/response"/>
<!-- <- envelope-message-missing -->"#,
    ),
    passes: Example::Document(
        r#"
<OpenRosaResponse xmlns="http://openrosa.org/http/response"><message>Saved.</message></OpenRosaResponse>"#,
    ),
    run: Run::End(check),
};

fn check(end: &End<'_>, found: &mut Drafts) {
    if end.walk.messages == 0 && !end.walk.is_restore() {
        found.push(Draft::at(Spot::name(end.root)));
    }
}
