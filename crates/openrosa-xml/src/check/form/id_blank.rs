use crate::check::rule_file::*;

pub(super) static RULE: Rule = Rule {
    code: "form-id-blank",
    title: "a form whose id is empty",
    verdicts: &[(Spec, Error), (Odk, Error)],
    message: "the form's id is empty",
    remedy: "copy the `id` from the root of the blank form's instance",
    why: "An `id` wins over the namespace even when it is empty, so that no form is found. ODK Central demands one \
          and answers 400.",
    statements: &["R-105"],
    sections: &["openrosa.md 2.7", "openrosa.md 3.1"],
    triggers: Example::Document(
        r#"
<data id="" version="7">
<!--  ^^^^^ form-id-blank -->
  <weight>12</weight>
  <meta>
    <instanceID>uuid:6a1c7a6e-0d1b-4a0e-9c67-0a6f0c6a2b11</instanceID>
  </meta>
</data>"#,
    ),
    passes: Example::OdkForm(
        r"
  <weight>12</weight>",
    ),
    run: Run::Form(check),
};

fn check(form: &Form<'_>, found: &mut Drafts) {
    if form.instance.form_key().id.is_some_and(|id| trim(&id).is_empty()) {
        found.push(Draft::at(Spot::attribute(span(form.document.mark), "id")));
    }
}
