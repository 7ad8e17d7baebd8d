use crate::check::rule_file::*;

pub(super) static RULE: Rule = Rule {
    code: "form-instance-id-scheme",
    title: "an instance id without a scheme",
    verdicts: &[(Spec, Warning), (Odk, Portability)],
    message: "the instance id `{id}` does not begin with a scheme such as `uuid:`",
    remedy: "use `uuid:` and a new random UUID",
    why: "The standard asks for `scheme:rest`. KoBoToolbox looks for `uuid:` and takes a random id instead of any \
          other, so that a form that is sent again is not known. (CommCare's own metadata has bare UUIDs; that is as \
          it should be.)",
    statements: &["R-113"],
    sections: &["openrosa.md 3.2", "openrosa.md 3.5"],
    triggers: Example::Document(
        r#"
<data id="household" version="7">
  <orx:meta xmlns:orx="http://openrosa.org/xforms">
    <orx:instanceID>household-0017</orx:instanceID>
    <!--            ^^^^^^^^^^^^^^ form-instance-id-scheme -->
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
    let Some(field) = super::field(form, "instanceID").filter(|_| !form.is_for_hq()) else { return };
    let text = field.value.text();
    let id = trim(&text);
    if !id.is_empty() && !super::has_scheme(id) {
        found.push(Draft::at(super::value(field)).value("id", id));
    }
}
