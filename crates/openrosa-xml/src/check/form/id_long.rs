use crate::check::rule_file::*;

pub(super) static RULE: Rule = Rule {
    code: "form-id-long",
    title: "a form whose id has more than 249 characters",
    verdicts: &[(Spec, Error), (Odk, Warning)],
    message: "the form's id has {length} characters, more than 249",
    remedy: "give the form a shorter id, in the blank form too",
    why: "The standard allows 249 characters, and servers have columns for about as many.",
    statements: &["R-113"],
    sections: &["openrosa.md 3.1"],
    triggers: Example::None("the id would be longer than a line"),
    passes: Example::OdkForm(
        r"
  <weight>12</weight>",
    ),
    run: Run::Form(check),
};

fn check(form: &Form<'_>, found: &mut Drafts) {
    if let Some(id) = form.instance.form_key().id.filter(|id| super::is_long(id)) {
        let root = span(form.document.mark);
        let local =
            if form.document.attributes.iter().any(|a| a.name.local_name() == "id") { "id" } else { "xmlns" };
        found.push(
            Draft::at(Spot::attribute_value(root, local)).value("length", id.chars().count().to_string()),
        );
    }
}
