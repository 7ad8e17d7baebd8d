use crate::check::rule_file::*;
use crate::ns;

pub(super) static RULE: Rule = Rule {
    code: "blank-form-action-namespace",
    title: "an action of ODK's in the namespace of XForms",
    verdicts: &[(Spec, Error), (Odk, Error)],
    message: "`{action}` is not in the namespace of ODK's actions",
    remedy: "declare `xmlns:odk=\"http://www.opendatakit.org/xforms\"` and write `odk:` in front of the name",
    why: "JavaRosa knows the action in ODK's namespace only, and refuses the form (XFormParseException, as its tests \
          show for `setgeopoint`).",
    statements: &[],
    sections: &["openrosa.md 0.3", "ODK XForms Specification, Actions"],
    triggers: Example::Model(
        r#"
      <setgeopoint event="odk-instance-first-load" ref="/data/place"/>
      <!-- <- blank-form-action-namespace -->"#,
    ),
    passes: Example::Model(
        r#"
      <odk:setgeopoint event="odk-instance-first-load" ref="/data/place"/>"#,
    ),
    run: Run::BlankForm(check),
};

fn check(blank: &Blank<'_>, found: &mut Drafts) {
    for (action, _) in super::actions(blank) {
        let is_odk = matches!(action.name.local_name(), "setgeopoint" | "recordaudio");
        if is_odk && action.name.namespace() != Some(ns::SUBMISSION_METADATA) {
            found.push(Draft::at(Spot::name(span(action.mark))).value("action", action.name.local_name()));
        }
    }
}
