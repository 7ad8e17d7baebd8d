use crate::check::rule_file::*;
use std::collections::HashMap;

pub(super) static RULE: Rule = Rule {
    code: "integrity-entity-twice",
    title: "an entity that is listed twice",
    verdicts: &[(Spec, Warning), (Odk, Warning)],
    message: "the entity `{id}` is listed once more",
    remedy: "list each entity once",
    why: "If the two differ, it depends on the client whether the entity is gone.",
    statements: &[],
    sections: &["openrosa.md 4.4"],
    triggers: Example::Document(
        r#"
<data>
  <entities>
    <entity id="oak"><deleted>true</deleted></entity>
    <entity id="oak"><deleted>false</deleted></entity>
    <!--        ^^^ integrity-entity-twice -->
  </entities>
</data>"#,
    ),
    passes: Example::Document(
        r#"
<data>
  <entities>
    <entity id="oak"><deleted>true</deleted></entity>
  </entities>
</data>"#,
    ),
    run: Run::Integrity(check),
};

fn check(answer: &Integrity<'_>, found: &mut Drafts) {
    let mut seen = HashMap::new();
    for entity in super::entities(answer) {
        let (Some(id), place) = (entity.attribute("id"), span(entity.mark)) else { continue };
        match seen.get(id) {
            None => drop(seen.insert(id, place)),
            Some(&first) => {
                let draft = Draft::at(Spot::attribute_value(place, "id")).value("id", id);
                found.push(draft.related(Spot::attribute_value(first, "id"), "the first one"));
            }
        }
    }
}
