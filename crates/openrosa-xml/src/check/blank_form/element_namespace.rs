use super::vocabulary;
use crate::check::rule_file::*;

pub(super) static RULE: Rule = Rule {
    code: "blank-form-element-namespace",
    title: "an element of XForms in another namespace",
    verdicts: &[(Spec, Error), (Hq, Warning), (Odk, Warning)],
    message: "`{element}` is not in the namespace `{namespace}`",
    remedy: "put the element into its namespace",
    why: "Enketo and CommCare HQ look for elements by their namespaces and pass over this one. JavaRosa and \
          CommCare on a device look at its local name only, and take it, so that a form seems fine there (from \
          their code).",
    statements: &[],
    sections: &["ODK XForms Specification, Structure"],
    triggers: Example::Model(
        r#"
      <bind xmlns="" nodeset="/data/water" required="true()"/>
      <!-- <- blank-form-element-namespace -->"#,
    ),
    passes: Example::Model(
        r#"
      <bind nodeset="/data/water" required="false()"/>"#,
    ),
    run: Run::BlankForm(check),
};

fn check(blank: &Blank<'_>, found: &mut Drafts) {
    for (element, parent) in super::elements(blank) {
        if let Some(namespace) = vocabulary::namespace_missed(element, parent) {
            let draft = Draft::at(Spot::name(span(element.mark))).value("namespace", namespace);
            found.push(draft.value("element", element.name.local_name()));
        }
    }
}
