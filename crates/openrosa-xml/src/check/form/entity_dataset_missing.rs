use crate::check::rule_file::*;

pub(super) static RULE: Rule = Rule {
    code: "form-entity-dataset-missing",
    title: "an entity that belongs to no list",
    verdicts: &[(Odk, Warning)],
    message: "`entity` does not say to which `dataset` it belongs",
    remedy: "copy `dataset` from the blank form",
    why: "ODK Central takes the form and makes no entity of it (from the code of ODK Central; not in the digest); \
          the failure shows in the log of the submission only.",
    statements: &[],
    sections: &["openrosa.md 3.3"],
    triggers: Example::OdkForm(
        r#"
  <tree>
    <meta>
      <entity xmlns="http://www.opendatakit.org/xforms/entities" id="1f0e3c5e-1c6c-4a55-8f0e-6a2f0d2c1b22" create="1"><label>Oak</label></entity>
      <!-- <- form-entity-dataset-missing -->
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
        if entity.attribute("dataset").is_none_or(|dataset| trim(dataset).is_empty()) {
            found.push(Draft::at(Spot::attribute(entity.place, "dataset")));
        }
    }
}
