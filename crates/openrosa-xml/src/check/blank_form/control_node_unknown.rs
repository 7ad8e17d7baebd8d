use crate::check::rule_file::*;

pub(super) static RULE: Rule = Rule {
    code: "blank-form-control-node-unknown",
    title: "a question for a node that is not there",
    verdicts: &[(Spec, Error), (Device, Error), (Odk, Error)],
    message: "`{control}` is for `{path}`, which the form does not have",
    remedy: "correct the path, or add the node to the instance",
    why: "JavaRosa and CommCare refuse the form: there is no place for the answer (as the tests of CommCare show; \
          JavaRosa from its code). Most often the node was renamed.",
    statements: &[],
    sections: &["ODK XForms Specification, Body Elements"],
    triggers: Example::Body(
        r#"
    <input ref="/data/missing"><label>Missing</label></input>
    <!--        ^^^^^^^^^^^^^ blank-form-control-node-unknown -->"#,
    ),
    passes: Example::Body(
        r#"
    <input ref="/data/age"><label>Age</label></input>"#,
    ),
    run: Run::BlankForm(check),
};

fn check(blank: &Blank<'_>, found: &mut Drafts) {
    for (control, path) in &blank.outline.controls {
        let Some(path) = path.as_ref().filter(|path| !blank.outline.has(path)) else { continue };
        let written = ["ref", "nodeset"].into_iter().find(|local| control.attribute(local).is_some());
        if let Some(local) = written.filter(|_| blank.form.primary().is_some()) {
            let draft = Draft::at(Spot::attribute_value(span(control.mark), local)).value("path", path);
            found.push(draft.value("control", control.name.local_name()));
        }
    }
}
