use crate::check::rule_file::*;

pub(super) static RULE: Rule = Rule {
    code: "form-entity-idle",
    title: "an entity with which nothing is to be done",
    verdicts: &[(Odk, Warning)],
    message: "`entity` is neither to be created nor to be updated",
    remedy: "set `create` or `update` to `1`, or leave the element out",
    why: "Only `1` and `true` count. ODK Central takes the form and passes over the entity (from the code of ODK \
          Central; not in the digest).",
    statements: &[],
    sections: &["openrosa.md 3.3"],
    triggers: Example::OdkForm(
        r#"
  <tree>
    <meta>
      <entity xmlns="http://www.opendatakit.org/xforms/entities" dataset="trees" id="1f0e3c5e-1c6c-4a55-8f0e-6a2f0d2c1b22" create="yes"><label>Oak</label></entity>
      <!-- <- form-entity-idle -->
    </meta>
  </tree>"#,
    ),
    passes: Example::OdkForm(
        r#"
  <tree>
    <meta>
      <entity xmlns="http://www.opendatakit.org/xforms/entities" dataset="trees" id="1f0e3c5e-1c6c-4a55-8f0e-6a2f0d2c1b22" create="true"><label>Oak</label></entity>
    </meta>
  </tree>"#,
    ),
    run: Run::Form(check),
};

/// A form may decide by a condition, so that an empty `create` is a decision as well.
fn check(form: &Form<'_>, found: &mut Drafts) {
    for entity in super::entities(form) {
        let is_decided =
            ["create", "update"].into_iter().any(|local| entity.is(local) || is_no(entity.attribute(local)));
        if !is_decided {
            found.push(Draft::at(Spot::name(entity.place)));
        }
    }
}

fn is_no(value: Option<&str>) -> bool {
    value.is_some_and(|value| matches!(value, "" | "0" | "false"))
}
