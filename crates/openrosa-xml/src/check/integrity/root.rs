use crate::check::rule_file::*;

pub(super) static RULE: Rule = Rule {
    code: "integrity-root",
    title: "an integrity answer whose root is not `data`",
    verdicts: &[(Spec, Error), (Odk, Error)],
    message: "the root is `{root}`, not `data`",
    remedy: "call the root `data`",
    why: "ODK Collect takes the answer for none, and keeps entities that were deleted.",
    statements: &[],
    sections: &["openrosa.md 4.4"],
    triggers: Example::Document(
        r#"
<answer>
<!-- <- integrity-root -->
  <entities>
    <entity id="1f0e3c5e-1c6c-4a55-8f0e-6a2f0d2c1b22"><deleted>true</deleted></entity>
  </entities>
</answer>"#,
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
    let root = answer.element.name.local_name();
    if root != "data" {
        found.push(Draft::at(Spot::name(span(answer.element.mark))).value("root", root));
    }
}
