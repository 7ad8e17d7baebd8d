use crate::check::rule_file::*;

pub(super) static RULE: Rule = Rule {
    code: "blank-form-event-unknown",
    title: "an event that nobody knows",
    verdicts: &[(Spec, Error), (Device, Error), (Odk, Error)],
    message: "the event `{event}` of `{action}` is not known",
    remedy: "write `odk-instance-first-load`, `odk-instance-load`, `odk-new-repeat`, `xforms-ready`, \
          `xforms-value-changed` or another event of JavaRosa",
    why: "JavaRosa refuses the form and names the events that it does not know (XFormParseException).",
    statements: &[],
    sections: &["openrosa.md 3.1"],
    triggers: Example::Model(
        r#"
      <setvalue event="odk-instance-load xforms-loaded" ref="/data/water">well</setvalue>
      <!--             ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ blank-form-event-unknown -->"#,
    ),
    passes: Example::Model(
        r#"
      <setvalue event="odk-instance-load" ref="/data/water">well</setvalue>"#,
    ),
    run: Run::BlankForm(check),
};

/// Those of XForms, JavaRosa and ODK that at least one client knows.
const KNOWN: [&str; 8] = [
    "jr-insert",
    "odk-instance-first-load",
    "odk-instance-load",
    "odk-new-repeat",
    "xforms-ready",
    "xforms-revalidate",
    "xforms-value-changed",
    "DOMActivate",
];

fn check(blank: &Blank<'_>, found: &mut Drafts) {
    for (action, _) in super::actions(blank) {
        let events = super::event(action).unwrap_or_default().split_ascii_whitespace();
        let unknown: Vec<_> = events.filter(|event| !KNOWN.contains(event)).collect();
        if !unknown.is_empty() {
            let draft = Draft::at(Spot::attribute_value(span(action.mark), "event"));
            found.push(draft.value("event", unknown.join(" ")).value("action", action.name.local_name()));
        }
    }
}
