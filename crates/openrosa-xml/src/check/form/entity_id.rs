use crate::check::rule_file::*;

pub(super) static RULE: Rule = Rule {
    code: "form-entity-id",
    title: "an entity whose id is no UUID",
    verdicts: &[(Odk, Warning)],
    message: "`entity` has the id `{id}`, which is no UUID",
    remedy: "give it the id of the entity that it updates, or a new random UUID",
    why: "ODK Central takes the form and makes no entity of it unless the id is a UUID, with or without `uuid:`; ODK \
          Collect wants the bare one.",
    statements: &[],
    sections: &["openrosa.md 8.3"],
    triggers: Example::OdkForm(
        r#"
  <tree>
    <meta>
      <entity xmlns="http://www.opendatakit.org/xforms/entities" dataset="trees" id="oak-1" create="1"><label>Oak</label></entity>
      <!--                                                                       ^^^^^^^^^^ form-entity-id -->
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
        let id = entity.attribute("id").unwrap_or_default();
        if !is_uuid(id.strip_prefix("uuid:").unwrap_or(id)) {
            found.push(Draft::at(Spot::attribute(entity.place, "id")).value("id", id));
        }
    }
}

/// Groups of 8, 4, 4, 4 and 12 hexadecimal digits.
fn is_uuid(text: &str) -> bool {
    let groups =
        text.split('-').map(|group| group.bytes().all(|b| b.is_ascii_hexdigit()).then_some(group.len()));
    groups.eq([8, 4, 4, 4, 12].map(Some))
}
