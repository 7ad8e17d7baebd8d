use crate::check::rule_file::*;

pub(super) static RULE: Rule = Rule {
    code: "blank-form-attribute-missing",
    title: "an element of a form without an attribute that it needs",
    verdicts: &[(Spec, Error), (Device, Error), (Odk, Error)],
    message: "`{element}` has no `{attribute}`",
    remedy: "add the attribute",
    why: "Without it the element is about nothing. JavaRosa and CommCare refuse the form (XFormParseException or \
          RuntimeException, from their code).",
    statements: &[],
    sections: &["ODK XForms Specification, Structure"],
    triggers: Example::Model(
        r#"
      <bind type="int"/>
      <!-- <- blank-form-attribute-missing -->"#,
    ),
    passes: Example::Model(
        r#"
      <bind nodeset="/data/water" required="false()"/>"#,
    ),
    run: Run::BlankForm(check),
};

fn check(blank: &Blank<'_>, found: &mut Drafts) {
    for (element, parent) in super::elements(blank) {
        let needed = needed(element.name.local_name(), parent.name.local_name());
        let is_given = |local: &&str| element.attribute(local).is_some_and(|value| !trim(value).is_empty());
        if let Some(first) = needed.first().filter(|_| !needed.iter().any(is_given)) {
            let draft = Draft::at(Spot::attribute(span(element.mark), first)).value("attribute", *first);
            found.push(draft.value("element", element.name.local_name()));
        }
    }
}

/// One of these the element must have. A trigger need not be for a node.
const fn needed(element: &str, parent: &str) -> &'static [&'static str] {
    match (element.as_bytes(), parent.as_bytes()) {
        (b"bind" | b"itemset", _) => &["nodeset"],
        (b"repeat", _) => &["nodeset", "bind", "ref"],
        (b"input" | b"range" | b"rank" | b"secret" | b"select" | b"select1" | b"textarea" | b"upload", _)
        | (b"setvalue" | b"setgeopoint" | b"recordaudio", _) => &["ref", "bind", "nodeset"],
        (b"label" | b"value" | b"copy", b"itemset") => &["ref"],
        (b"output", _) => &["value", "ref"],
        (b"text", b"translation") => &["id"],
        (b"translation", _) => &["lang"],
        _ => &[],
    }
}
