use crate::check::rule_file::*;

pub(super) static RULE: Rule = Rule {
    code: "form-namespace-missing",
    title: "a CommCare form whose root has no namespace",
    verdicts: &[(Hq, Error)],
    message: "the root `{root}` has no namespace, by which CommCare HQ knows the form",
    remedy: "declare the form's namespace on the root, as the blank form does",
    why: "CommCare HQ knows a form by the namespace of its root and does not look at its `id`. Without a namespace \
          it answers 500 or 422 (\"Form is missing a required field: XMLNS\") and keeps the submission in its error \
          log only.",
    statements: &["C-023"],
    sections: &["openrosa.md 2.8", "case-xml.md 7"],
    triggers: Example::Document(
        r#"
<data id="household" version="7">
<!-- <- form-namespace-missing -->
  <weight>12</weight>
  <meta xmlns="http://openrosa.org/jr/xforms">
    <deviceID>phone-1</deviceID>
    <timeStart>2024-05-01T09:50:00.000Z</timeStart>
    <timeEnd>2024-05-01T10:00:00.000Z</timeEnd>
    <username>amina</username>
    <userID>u1</userID>
    <instanceID>6a1c7a6e-0d1b-4a0e-9c67-0a6f0c6a2b11</instanceID>
  </meta>
</data>"#,
    ),
    passes: Example::Form(
        r"
  <weight>12</weight>",
    ),
    run: Run::Form(check),
};

/// A form without an id either is for `form-id-missing`.
fn check(form: &Form<'_>, found: &mut Drafts) {
    let root = form.instance.root();
    if form.is_form() && root.name.namespace().is_none() && form.instance.form_key().id.is_some() {
        found.push(Draft::at(Spot::name(span(form.document.mark))).value("root", root.name.local_name()));
    }
}
