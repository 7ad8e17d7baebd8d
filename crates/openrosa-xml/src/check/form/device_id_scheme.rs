use crate::check::rule_file::*;

pub(super) static RULE: Rule = Rule {
    code: "form-device-id-scheme",
    title: "a device id without a scheme",
    verdicts: &[(Spec, Note)],
    message: "`deviceID` `{id}` does not begin with a scheme such as `uuid:`",
    remedy: "write a scheme, or a domain of your own and a colon, in front",
    why: "The standard asks for `scheme:rest`; ODK Collect writes `collect:` and CommCare's own metadata has bare \
          ids. No known server insists.",
    statements: &[],
    sections: &["openrosa.md 3.2", "openrosa.md 3.3"],
    triggers: Example::Document(
        r#"
<data id="household" version="7">
  <orx:meta xmlns:orx="http://openrosa.org/xforms">
    <orx:instanceID>uuid:6a1c7a6e-0d1b-4a0e-9c67-0a6f0c6a2b11</orx:instanceID>
    <orx:deviceID>351746056459312</orx:deviceID>
    <!--          ^^^^^^^^^^^^^^^ form-device-id-scheme -->
  </orx:meta>
</data>"#,
    ),
    passes: Example::Document(
        r#"
<data id="household" version="7">
  <orx:meta xmlns:orx="http://openrosa.org/xforms">
    <orx:instanceID>uuid:6a1c7a6e-0d1b-4a0e-9c67-0a6f0c6a2b11</orx:instanceID>
    <orx:deviceID>collect:Zh1Ue4q8LbTnW0aX</orx:deviceID>
  </orx:meta>
</data>"#,
    ),
    run: Run::Form(check),
};

fn check(form: &Form<'_>, found: &mut Drafts) {
    check_field(form, "deviceID", found);
}

pub(super) fn check_field(form: &Form<'_>, local: &str, found: &mut Drafts) {
    let Some(field) = super::field(form, local).filter(|_| !form.is_for_hq()) else { return };
    let text = field.value.text();
    let id = trim(&text);
    if !id.is_empty() && !super::has_scheme(id) {
        found.push(Draft::at(super::value(field)).value("id", id));
    }
}
