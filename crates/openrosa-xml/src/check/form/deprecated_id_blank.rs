use crate::check::rule_file::*;

pub(super) static RULE: Rule = Rule {
    code: "form-deprecated-id-blank",
    title: "an edit that does not say what it replaces",
    verdicts: &[(Spec, Error), (Odk, Warning)],
    message: "`deprecatedID` is empty",
    remedy: "leave the element out of a form that replaces none; else write the instance id of the one that it \
          replaces",
    why: "A form with a `deprecatedID` is an edit. With an empty one servers look for a form without an id, or take \
          the edit for a new form (inferred).",
    statements: &["R-023"],
    sections: &["openrosa.md 2.6", "openrosa.md 3.2"],
    triggers: Example::Document(
        r#"
<data id="household" version="7">
  <orx:meta xmlns:orx="http://openrosa.org/xforms">
    <orx:instanceID>uuid:6a1c7a6e-0d1b-4a0e-9c67-0a6f0c6a2b11</orx:instanceID>
    <orx:deprecatedID/>
    <!-- <- form-deprecated-id-blank -->
  </orx:meta>
</data>"#,
    ),
    passes: Example::OdkForm(
        r"
  <weight>12</weight>",
    ),
    run: Run::Form(check),
};

fn check(form: &Form<'_>, found: &mut Drafts) {
    if let Some(field) =
        super::field(form, "deprecatedID").filter(|field| trim(&field.value.text()).is_empty())
    {
        found.push(Draft::at(super::value(field)));
    }
}
