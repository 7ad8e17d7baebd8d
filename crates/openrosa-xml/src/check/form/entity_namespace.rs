use crate::check::rule_file::*;
use crate::ns;

pub(super) static RULE: Rule = Rule {
    code: "form-entity-namespace",
    title: "an entity outside of ODK's namespace",
    verdicts: &[(Spec, Warning), (Odk, Portability)],
    message: "`entity` is not in the namespace of entities",
    remedy: "write it in the namespace `http://www.opendatakit.org/xforms/entities`",
    why: "ODK Central goes by the local name, as its tests show; others look for `entity` in the namespace only, and \
          see none (inferred).",
    statements: &[],
    sections: &["openrosa.md 3.3"],
    triggers: Example::Document(
        r#"
<data id="household" version="7">
  <orx:meta xmlns:orx="http://openrosa.org/xforms">
    <orx:instanceID>uuid:6a1c7a6e-0d1b-4a0e-9c67-0a6f0c6a2b11</orx:instanceID>
    <entity dataset="trees" id="1f0e3c5e-1c6c-4a55-8f0e-6a2f0d2c1b22" create="1"><label>Oak</label></entity>
    <!-- <- form-entity-namespace -->
  </orx:meta>
</data>"#,
    ),
    passes: Example::Document(
        r#"
<data id="household" version="7">
  <orx:meta xmlns:orx="http://openrosa.org/xforms">
    <orx:instanceID>uuid:6a1c7a6e-0d1b-4a0e-9c67-0a6f0c6a2b11</orx:instanceID>
    <entity xmlns="http://www.opendatakit.org/xforms/entities" dataset="trees" id="1f0e3c5e-1c6c-4a55-8f0e-6a2f0d2c1b22" create="1"><label>Oak</label></entity>
  </orx:meta>
</data>"#,
    ),
    run: Run::Form(check),
};

fn check(form: &Form<'_>, found: &mut Drafts) {
    for entity in super::entities(form) {
        if entity.element.is_some_and(|element| element.name.namespace() != Some(ns::ENTITIES)) {
            found.push(Draft::at(Spot::name(entity.place)));
        }
    }
}
