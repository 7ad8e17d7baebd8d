use crate::check::rule_file::*;

pub(super) static RULE: Rule = Rule {
    code: "integrity-id-missing",
    title: "an entity without an id",
    verdicts: &[(Spec, Error), (Odk, Warning)],
    message: "the entity has no id",
    remedy: "write the id that was asked for",
    why: "Nobody can tell of which entity this speaks.",
    statements: &["R-038"],
    sections: &["openrosa.md 4.4"],
    triggers: Example::Document(
        r"
<data>
  <entities>
    <entity><deleted>true</deleted></entity>
    <!-- <- integrity-id-missing -->
  </entities>
</data>",
    ),
    passes: Example::Document(
        r#"
<data>
  <entities>
    <entity id="1f0e3c5e-1c6c-4a55-8f0e-6a2f0d2c1b22"><deleted>true</deleted></entity>
  </entities>
</data>"#,
    ),
    run: Run::Integrity(check),
};

fn check(answer: &Integrity<'_>, found: &mut Drafts) {
    for entity in super::entities(answer) {
        if entity.attribute("id").is_none_or(str::is_empty) {
            found.push(Draft::at(Spot::attribute(span(entity.mark), "id")));
        }
    }
}
