use crate::check::rule_file::*;

pub(super) static RULE: Rule = Rule {
    code: "form-instance-id-not-uuid",
    title: "an instance id of another scheme than `uuid:`",
    verdicts: &[(Odk, Portability)],
    message: "the instance id `{id}` does not begin with `uuid:`",
    remedy: "use `uuid:` and a new random UUID",
    why: "The standard allows any scheme; KoBoToolbox knows `uuid:` only, and its older versions take a random id \
          instead of any other.",
    statements: &["R-113"],
    sections: &["openrosa.md 3.5"],
    triggers: Example::Document(
        r#"
<data id="household" version="7">
  <orx:meta xmlns:orx="http://openrosa.org/xforms">
    <orx:instanceID>example.org:household-0017</orx:instanceID>
    <!--            ^^^^^^^^^^^^^^^^^^^^^^^^^^ form-instance-id-not-uuid -->
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
    if super::has_scheme(id) && !id.starts_with("uuid:") {
        found.push(Draft::at(super::value(field)).value("id", id));
    }
}
