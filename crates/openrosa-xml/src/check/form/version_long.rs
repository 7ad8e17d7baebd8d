use crate::check::rule_file::*;

pub(super) static RULE: Rule = Rule {
    code: "form-version-long",
    title: "a form whose version has more than 249 characters",
    verdicts: &[(Spec, Error), (Odk, Warning)],
    message: "the form's version has {length} characters, more than 249",
    remedy: "give the form a shorter version, in the blank form too",
    why: "The standard allows 249 characters, and servers have columns for about as many.",
    statements: &[],
    sections: &["openrosa.md 3.1"],
    triggers: Example::None("the version would be longer than a line"),
    passes: Example::OdkForm(
        r"
  <weight>12</weight>",
    ),
    run: Run::Form(check),
};

fn check(form: &Form<'_>, found: &mut Drafts) {
    if let Some(version) = form.instance.form_key().version.filter(|version| super::is_long(version)) {
        let place = Spot::attribute_value(span(form.document.mark), "version");
        found.push(Draft::at(place).value("length", version.chars().count().to_string()));
    }
}
