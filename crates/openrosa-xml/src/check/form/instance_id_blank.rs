use crate::check::rule_file::*;

pub(super) static RULE: Rule = Rule {
    code: "form-instance-id-blank",
    title: "an empty instance id",
    verdicts: &[(Spec, Error), (Hq, Warning), (Odk, Warning)],
    message: "the instance id is empty",
    remedy: "fill in an id that is new for each filled-in form and stays with it",
    why: "An empty id is taken for no id, or worse for an id that all such forms share: the second one is then \
          refused or taken for the first one sent again (inferred from how servers look for ids).",
    statements: &["R-102"],
    sections: &["openrosa.md 3.2", "openrosa.md 3.5", "openrosa.md 2.5"],
    triggers: Example::Document(
        r#"
<data id="household" version="7">
  <orx:meta xmlns:orx="http://openrosa.org/xforms">
    <orx:instanceID/>
    <!-- <- form-instance-id-blank -->
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
    if let Some(field) = super::field(form, "instanceID").filter(|field| trim(&field.value.text()).is_empty())
    {
        found.push(Draft::at(super::value(field)));
    }
}
