use crate::check::rule_file::*;

pub(super) static RULE: Rule = Rule {
    code: "blank-form-event-missing",
    title: "an action that does not say when",
    verdicts: &[(Spec, Error), (Device, Error), (Odk, Error)],
    message: "`{action}` has no `event`",
    remedy: "write the event on which it is to happen, such as `odk-instance-first-load` or `xforms-ready`",
    why: "CommCare refuses the form (XFormParseException, as its tests show for `send`). JavaRosa fails on it too \
          (from its code).",
    statements: &[],
    sections: &["ODK XForms Specification, Actions"],
    triggers: Example::Model(
        r#"
      <setvalue ref="/data/water">well</setvalue>
      <!-- <- blank-form-event-missing -->"#,
    ),
    passes: Example::Model(
        r#"
      <setvalue event="xforms-ready" ref="/data/water">well</setvalue>"#,
    ),
    run: Run::BlankForm(check),
};

/// An action inside `action` happens when that does.
fn check(blank: &Blank<'_>, found: &mut Drafts) {
    for (action, parent) in super::actions(blank) {
        if super::event(action).is_none_or(|event| trim(event).is_empty())
            && parent.name.local_name() != "action"
        {
            found.push(Draft::at(Spot::name(span(action.mark))).value("action", action.name.local_name()));
        }
    }
}
