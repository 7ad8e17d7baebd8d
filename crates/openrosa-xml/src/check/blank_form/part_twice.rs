use crate::check::rule_file::*;

pub(super) static RULE: Rule = Rule {
    code: "blank-form-part-twice",
    title: "a part of a form twice",
    verdicts: &[(Spec, Warning), (Device, Warning), (Odk, Warning)],
    message: "there is another `{part}` in `{element}`",
    remedy: "take one of them out",
    why: "Of two labels, values or titles one is shown or kept, and which one differs from client to client (from \
          knowledge of the clients, not from a test).",
    statements: &[],
    sections: &["ODK XForms Specification, Body Elements"],
    triggers: Example::Body(
        r#"
    <input ref="/data/age"><label>Age</label><label>Years</label></input>
    <!--                                      ^^^^^ blank-form-part-twice -->"#,
    ),
    passes: Example::Body(
        r#"
    <input ref="/data/age"><label>Age</label></input>"#,
    ),
    run: Run::BlankForm(check),
};

fn check(blank: &Blank<'_>, found: &mut Drafts) {
    for (element, _) in super::elements(blank) {
        for local in once(element.name.local_name()) {
            let mut parts = element.elements().filter(|child| child.name.local_name() == *local);
            let Some(first) = parts.next() else { continue };
            for part in parts {
                let draft = Draft::at(Spot::name(span(part.mark))).value("part", *local);
                let draft = draft.value("element", element.name.local_name());
                found.push(draft.related(Spot::name(span(first.mark)), "the first one"));
            }
        }
    }
}

/// What the element has once at most.
const fn once(element: &str) -> &'static [&'static str] {
    match element.as_bytes() {
        b"html" => &["head", "body"],
        b"head" => &["title"],
        b"model" => &["itext"],
        b"group" | b"input" | b"range" | b"rank" | b"secret" | b"select" | b"select1" | b"textarea"
        | b"trigger" | b"upload" => &["label", "hint", "help"],
        b"item" => &["label", "value"],
        b"itemset" => &["label", "value", "copy"],
        _ => &[],
    }
}
