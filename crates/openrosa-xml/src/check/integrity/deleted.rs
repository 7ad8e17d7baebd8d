use crate::check::rule_file::*;

pub(super) static RULE: Rule = Rule {
    code: "integrity-deleted",
    title: "an entity of which it is not said whether it was deleted",
    verdicts: &[(Spec, Error), (Odk, Error)],
    message: "`deleted` is neither `true` nor `false`",
    remedy: "write `true` or `false`, in small letters and without white space",
    why: "ODK Collect takes the whole answer for none, and keeps entities that were deleted. We take this entity for \
          one that the server does not know.",
    statements: &["R-038"],
    sections: &["openrosa.md 4.4"],
    triggers: Example::Document(
        r#"
<data>
  <entities>
    <entity id="1f0e3c5e-1c6c-4a55-8f0e-6a2f0d2c1b22"><deleted>yes</deleted></entity>
    <!--                                                       ^^^ integrity-deleted -->
    <entity id="2f0e3c5e-1c6c-4a55-8f0e-6a2f0d2c1b22"/>
    <!-- <- integrity-deleted -->
  </entities>
</data>"#,
    ),
    passes: Example::Document(
        r#"
<data>
  <entities>
    <entity id="1f0e3c5e-1c6c-4a55-8f0e-6a2f0d2c1b22"><deleted>true</deleted></entity>
    <entity id="2f0e3c5e-1c6c-4a55-8f0e-6a2f0d2c1b22"><deleted>false</deleted></entity>
  </entities>
</data>"#,
    ),
    run: Run::Integrity(check),
};

fn check(answer: &Integrity<'_>, found: &mut Drafts) {
    for entity in super::entities(answer) {
        match entity.child("deleted") {
            Some(deleted) if matches!(deleted.text().as_ref(), "true" | "false") => {}
            Some(deleted) => found.push(Draft::at(Spot::content(span(deleted.mark)))),
            None => found.push(Draft::at(Spot::name(span(entity.mark)))),
        }
    }
}
