use crate::check::rule_file::*;

pub(super) static RULE: Rule = Rule {
    code: "blank-form-id-long",
    title: "a blank form whose id or version has more than 249 characters",
    verdicts: &[(Spec, Error), (Odk, Warning)],
    message: "the form's {part} has {length} characters, more than 249",
    remedy: "give the form a shorter one",
    why: "The standard allows 249 characters, and servers have columns for about as many.",
    statements: &["R-113"],
    sections: &["openrosa.md 3.1"],
    triggers: Example::None("the id would be longer than a line"),
    passes: Example::Model(
        r#"
      <bind nodeset="/data/water" required="false()"/>"#,
    ),
    run: Run::BlankForm(check),
};

fn check(blank: &Blank<'_>, found: &mut Drafts) {
    let key = blank.form.form_key();
    for (part, text) in [("id", key.id), ("version", key.version)] {
        let length = text.map_or(0, |text| text.chars().count());
        if length > 249 {
            let draft = Draft::at(Spot::attribute_value(blank.root(), part));
            found.push(draft.value("part", part).value("length", length.to_string()));
        }
    }
}
