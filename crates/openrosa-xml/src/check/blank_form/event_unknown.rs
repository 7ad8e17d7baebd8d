use crate::check::rule_file::*;

pub(super) static RULE: Rule = Rule {
    code: "blank-form-event-unknown",
    title: "an event that nobody knows",
    verdicts: &[(Spec, Error), (Device, Error), (Odk, Error)],
    message: "the event `{event}` of `{action}` is not known",
    remedy: "write `odk-instance-first-load`, `odk-instance-load`, `odk-new-repeat`, `xforms-ready`, \
             `xforms-value-changed` or another event that the client knows",
    why: "JavaRosa, CommCare and ODK Web Forms refuse the form; JavaRosa names the events that it does not know \
          (XFormParseException, as its tests show). The events looked for here are those in the code of JavaRosa and \
          of CommCare, of which each knows some that the other refuses.",
    statements: &[],
    sections: &["ODK XForms Specification, Actions"],
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

/// Those that JavaRosa or CommCare lists in its code.
const KNOWN: [&str; 8] = [
    "jr-insert",
    "odk-instance-first-load",
    "odk-instance-load",
    "odk-new-repeat",
    "xforms-model-construct-done",
    "xforms-ready",
    "xforms-revalidate",
    "xforms-value-changed",
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
