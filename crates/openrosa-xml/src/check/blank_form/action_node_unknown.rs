use crate::check::rule_file::*;

pub(super) static RULE: Rule = Rule {
    code: "blank-form-action-node-unknown",
    title: "an action on a node that is not there",
    verdicts: &[(Spec, Error), (Device, Error), (Odk, Error)],
    message: "`{action}` is for `{path}`, which the form does not have",
    remedy: "correct the path, or add the node to the instance",
    why: "JavaRosa and CommCare refuse the form: there is no place for the value (XFormParseException, from their \
          code). Most often the node was renamed.",
    statements: &[],
    sections: &["ODK XForms Specification, Actions"],
    triggers: Example::Model(
        r#"
      <setvalue event="xforms-ready" ref="/data/watre">well</setvalue>
      <!--                                ^^^^^^^^^^^ blank-form-action-node-unknown -->"#,
    ),
    passes: Example::Model(
        r#"
      <setvalue event="xforms-ready" ref="/data/water">well</setvalue>"#,
    ),
    run: Run::BlankForm(check),
};

/// A relative path inside a question or a repeat starts there, so that absolute ones are looked at only.
fn check(blank: &Blank<'_>, found: &mut Drafts) {
    for (action, _) in super::actions(blank) {
        let Some(path) = action.attribute("ref").filter(|path| path.trim_start().starts_with('/')) else {
            continue;
        };
        if super::is_unknown(blank, path) {
            let draft = Draft::at(Spot::attribute_value(span(action.mark), "ref"));
            found.push(draft.value("action", action.name.local_name()).value("path", path));
        }
    }
}
