use crate::check::rule_file::*;

pub(super) static RULE: Rule = Rule {
    code: "form-entity-label-missing",
    title: "a new entity without a label",
    verdicts: &[(Odk, Warning)],
    message: "the new entity has no label",
    remedy: "give it a `label`, by which people choose it",
    why: "ODK Central takes the form and makes no entity of it (from the code of ODK Central; not in the digest).",
    statements: &[],
    sections: &["openrosa.md 3.3"],
    triggers: Example::OdkForm(
        r#"
  <tree>
    <meta>
      <entity xmlns="http://www.opendatakit.org/xforms/entities" dataset="trees" id="1f0e3c5e-1c6c-4a55-8f0e-6a2f0d2c1b22" create="1"/>
      <!-- <- form-entity-label-missing -->
    </meta>
  </tree>"#,
    ),
    passes: Example::OdkForm(
        r#"
  <tree>
    <meta>
      <entity xmlns="http://www.opendatakit.org/xforms/entities" dataset="trees" id="1f0e3c5e-1c6c-4a55-8f0e-6a2f0d2c1b22" create="1"><label>Oak</label></entity>
    </meta>
  </tree>"#,
    ),
    run: Run::Form(check),
};

fn check(form: &Form<'_>, found: &mut Drafts) {
    for entity in super::entities(form) {
        if entity.is("create") && trim(&entity.label()).is_empty() {
            found.push(Draft::at(Spot::name(entity.place)));
        }
    }
}
