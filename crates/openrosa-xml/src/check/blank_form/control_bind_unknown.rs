use crate::check::rule_file::*;
use std::collections::HashSet;

pub(super) static RULE: Rule = Rule {
    code: "blank-form-control-bind-unknown",
    title: "a question for a bind that is not there",
    verdicts: &[(Spec, Error), (Device, Error), (Odk, Error)],
    message: "`{control}` is for the bind `{id}`, which the form does not have",
    remedy: "correct the id, or name the node by `ref`",
    why: "JavaRosa and CommCare refuse the form (XFormParseException, from knowledge of their code).",
    statements: &[],
    sections: &["ODK XForms Specification, Body Elements"],
    triggers: Example::Body(
        r#"
    <input bind="watre"><label>Water</label></input>
    <!--         ^^^^^ blank-form-control-bind-unknown -->"#,
    ),
    passes: Example::Body(
        r#"
    <input ref="/data/age"><label>Age</label></input>"#,
    ),
    run: Run::BlankForm(check),
};

fn check(blank: &Blank<'_>, found: &mut Drafts) {
    let ids: HashSet<_> = blank.outline.binds.iter().filter_map(|(bind, _)| bind.id()).collect();
    for (control, _) in &blank.outline.controls {
        let id = control.attribute("bind").filter(|_| control.reference().is_none());
        if let Some(id) = id.filter(|id| !ids.contains(id)) {
            let draft = Draft::at(Spot::attribute_value(span(control.mark), "bind"));
            found.push(draft.value("control", control.name.local_name()).value("id", id));
        }
    }
}
