use crate::check::rule_file::*;

pub(super) static RULE: Rule = Rule {
    code: "form-instance-id-space",
    title: "an instance id with white space around it",
    verdicts: &[(Spec, Warning), (Hq, Warning), (Odk, Portability)],
    message: "there is white space around the instance id `{id}`",
    remedy: "write the id right between the tags",
    why: "ODK Central, Aggregate and CommCare HQ take the white space for a part of the id, newer KoBoToolbox does \
          not. A form that is written once with and once without it becomes two.",
    statements: &["R-103"],
    sections: &["openrosa.md 3.5"],
    triggers: Example::Document(
        r#"
<data id="household" version="7">
  <orx:meta xmlns:orx="http://openrosa.org/xforms">
    <orx:instanceID> uuid:6a1c7a6e-0d1b-4a0e-9c67-0a6f0c6a2b11 </orx:instanceID>
    <!--            ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ form-instance-id-space -->
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
    let Some(field) = super::field(form, "instanceID") else { return };
    let text = field.value.text();
    let id = trim(&text);
    if !id.is_empty() && id.len() < text.len() {
        found.push(Draft::at(super::value(field)).value("id", id));
    }
}
