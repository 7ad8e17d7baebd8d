use crate::check::rule_file::*;

pub(super) static RULE: Rule = Rule {
    code: "blank-form-part-missing",
    title: "an element of a form without a part that it needs",
    verdicts: &[(Spec, Error), (Device, Error), (Odk, Error)],
    message: "`{element}` has no {part}",
    remedy: "add what is missing",
    why: "JavaRosa and CommCare refuse the form: nothing could be chosen, or the choice could not be shown or kept \
          (XFormParseException, from their code).",
    statements: &[],
    sections: &["ODK XForms Specification, Body Elements"],
    triggers: Example::Body(
        r#"
    <select1 ref="/data/water"><label>Water</label></select1>
    <!-- <- blank-form-part-missing -->"#,
    ),
    passes: Example::Body(
        r#"
    <select1 ref="/data/water"><label>Water</label><item><label>Well</label><value>well</value></item></select1>"#,
    ),
    run: Run::BlankForm(check),
};

fn check(blank: &Blank<'_>, found: &mut Drafts) {
    for (element, _) in super::elements(blank) {
        for part in needed(element.name.local_name()) {
            let is_there = |local: &&str| {
                element.elements().any(|child| child.name.local_name() == *local && says(child))
            };
            if !part.iter().any(is_there) {
                let names: Vec<_> = part.iter().map(|local| format!("`{local}`")).collect();
                let draft = Draft::at(Spot::name(span(element.mark))).value("part", names.join(" or "));
                found.push(draft.value("element", element.name.local_name()));
            }
        }
    }
}

/// The parts of an element, and for each the names by which it goes.
const fn needed(element: &str) -> &'static [&'static [&'static str]] {
    match element.as_bytes() {
        b"select" | b"select1" | b"rank" => &[&["item", "itemset", "choices"]],
        b"item" => &[&["label"], &["value"]],
        b"itemset" => &[&["label"], &["value", "copy"]],
        b"itext" => &[&["translation"]],
        _ => &[],
    }
}

/// Whether there is anything to the part.
fn says(part: &Element<'_>) -> bool {
    !part.attributes.is_empty() || part.elements().next().is_some() || !trim(&part.text()).is_empty()
}
