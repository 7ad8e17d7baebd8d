use std::collections::HashMap;

use crate::check::rule_file::*;

pub(super) static RULE: Rule = Rule {
    code: "blank-form-choice-twice",
    title: "two choices with one value",
    verdicts: &[(Spec, Warning), (Device, Warning), (Odk, Warning)],
    message: "there is another choice with the value `{value}`",
    remedy: "give each choice a value of its own",
    why: "In the answer nobody can tell which of them was chosen.",
    statements: &[],
    sections: &["ODK XForms Specification, Body Elements"],
    triggers: Example::Body(
        r#"
    <select1 ref="/data/water"><label>Water</label>
      <item><label>Well</label><value>well</value></item>
      <item><label>Spring</label><value>well</value></item>
      <!--                              ^^^^ blank-form-choice-twice -->
    </select1>"#,
    ),
    passes: Example::Body(
        r#"
    <select1 ref="/data/water"><label>Water</label>
      <item><label>Well</label><value>well</value></item>
      <item><label>Spring</label><value>spring</value></item>
    </select1>"#,
    ),
    run: Run::BlankForm(check),
};

fn check(blank: &Blank<'_>, found: &mut Drafts) {
    for (question, _) in super::elements(blank) {
        if !matches!(question.name.local_name(), "select" | "select1" | "rank") {
            continue;
        }
        let mut seen = HashMap::new();
        for item in question.elements().filter(|child| child.name.local_name() == "item") {
            let Some(value) = item.child("value") else { continue };
            let text = trim(&value.text()).to_owned();
            match seen.get(&text) {
                None => drop(seen.insert(text, span(value.mark))),
                Some(&first) => {
                    let draft = Draft::at(Spot::content(span(value.mark))).value("value", text);
                    found.push(draft.related(Spot::content(first), "the first one"));
                }
            }
        }
    }
}
