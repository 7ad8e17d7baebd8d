use crate::check::rule_file::*;

pub(super) static RULE: Rule = Rule {
    code: "blank-form-bind-node-unknown",
    title: "a bind for a node that is not there",
    verdicts: &[(Spec, Warning), (Device, Warning), (Odk, Warning)],
    message: "the bind is for `{path}`, which the form does not have",
    remedy: "correct the path, or take the bind out",
    why: "JavaRosa and CommCare warn and go on without the bind: type, conditions and calculation are lost (from \
          their code). Most often the node was renamed.",
    statements: &[],
    sections: &["ODK XForms Specification, Bindings"],
    triggers: Example::Model(
        r#"
      <bind nodeset="/data/watre" required="true()"/>
      <!--           ^^^^^^^^^^^ blank-form-bind-node-unknown -->"#,
    ),
    passes: Example::Model(
        r#"
      <bind nodeset="/data/water" required="false()"/>"#,
    ),
    run: Run::BlankForm(check),
};

fn check(blank: &Blank<'_>, found: &mut Drafts) {
    for (bind, path) in &blank.outline.binds {
        if path.as_ref().is_some_and(|path| !blank.outline.has(path)) && blank.form.primary().is_some() {
            let draft = Draft::at(Spot::attribute_value(span(bind.mark), "nodeset"));
            found.push(draft.value("path", bind.nodeset().unwrap_or_default()));
        }
    }
}
