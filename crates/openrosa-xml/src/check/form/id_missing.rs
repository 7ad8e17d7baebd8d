use crate::check::rule_file::*;

pub(super) static RULE: Rule = Rule {
    code: "form-id-missing",
    title: "a form that does not say which form it is",
    verdicts: &[(Spec, Error), (Hq, Error), (Odk, Error)],
    message: "the root `{root}` has neither an `id` nor a namespace",
    remedy: "copy `id` and `version`, or the namespace, from the root of the blank form's instance",
    why: "A server knows a form by the `id` of its root or, lacking it, by the root's namespace. ODK Central answers \
          400, CommCare HQ 500 or 422 (\"Form is missing a required field: XMLNS\"); KoBoToolbox cannot find the \
          form.",
    statements: &["R-105", "C-023"],
    sections: &["openrosa.md 2.7", "openrosa.md 2.8", "openrosa.md 3.1", "case-xml.md 7"],
    triggers: Example::Document(
        r"
<data>
<!-- <- form-id-missing -->
  <weight>12</weight>
  <meta>
    <instanceID>uuid:6a1c7a6e-0d1b-4a0e-9c67-0a6f0c6a2b11</instanceID>
  </meta>
</data>",
    ),
    passes: Example::OdkForm(
        r"
  <weight>12</weight>",
    ),
    run: Run::Form(check),
};

fn check(form: &Form<'_>, found: &mut Drafts) {
    if form.is_form() && form.instance.form_key().id.is_none() {
        let name = form.document.name.local_name();
        found.push(Draft::at(Spot::name(span(form.document.mark))).value("root", name));
    }
}
