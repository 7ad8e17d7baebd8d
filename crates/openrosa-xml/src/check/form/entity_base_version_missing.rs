use crate::check::rule_file::*;

pub(super) static RULE: Rule = Rule {
    code: "form-entity-base-version-missing",
    title: "an update of an entity that does not say of which version",
    verdicts: &[(Odk, Warning)],
    message: "the update of an entity has no `baseVersion` that is a number",
    remedy: "write the version of the entity that the form showed",
    why: "ODK Central takes the form and does not update the entity unless `baseVersion` is a whole number (from the \
          code of ODK Central; not in the digest). A form that may create or update the same entity needs none.",
    statements: &[],
    sections: &["openrosa.md 3.3"],
    triggers: Example::OdkForm(
        r#"
  <tree>
    <meta>
      <entity xmlns="http://www.opendatakit.org/xforms/entities" dataset="trees" id="1f0e3c5e-1c6c-4a55-8f0e-6a2f0d2c1b22" update="1"/>
      <!-- <- form-entity-base-version-missing -->
    </meta>
  </tree>"#,
    ),
    passes: Example::OdkForm(
        r#"
  <tree>
    <meta>
      <entity xmlns="http://www.opendatakit.org/xforms/entities" dataset="trees" id="1f0e3c5e-1c6c-4a55-8f0e-6a2f0d2c1b22" update="1" baseVersion="3"/>
    </meta>
  </tree>"#,
    ),
    run: Run::Form(check),
};

fn check(form: &Form<'_>, found: &mut Drafts) {
    for entity in super::entities(form) {
        let has_version = entity.attribute("baseVersion").is_some_and(is_number);
        if entity.is("update") && !entity.is("create") && !has_version {
            found.push(Draft::at(Spot::attribute(entity.place, "baseVersion")));
        }
    }
}

fn is_number(version: &str) -> bool {
    !version.is_empty() && version.bytes().all(|digit| digit.is_ascii_digit())
}
