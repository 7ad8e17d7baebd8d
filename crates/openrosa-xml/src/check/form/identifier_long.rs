use crate::check::rule_file::*;

pub(super) static RULE: Rule = Rule {
    code: "form-identifier-long",
    title: "an identifier of more than 249 characters",
    verdicts: &[(Spec, Error), (Hq, Warning), (Odk, Warning)],
    message: "`{field}` has {length} characters, more than 249",
    remedy: "use a shorter identifier",
    why: "The standard allows 249 characters, and servers have columns for about as many: the rest is cut off, or \
          the form refused.",
    statements: &["R-113"],
    sections: &["openrosa.md 3.2"],
    triggers: Example::None("the identifier would be longer than a line"),
    passes: Example::OdkForm(
        r"
  <weight>12</weight>",
    ),
    run: Run::Form(check),
};

const IDENTIFIERS: [&str; 4] = ["instanceID", "deprecatedID", "userID", "deviceID"];

fn check(form: &Form<'_>, found: &mut Drafts) {
    for local in IDENTIFIERS {
        let Some(field) = super::field(form, local) else { continue };
        let text = field.value.text();
        if super::is_long(&text) {
            let length = text.chars().count().to_string();
            found.push(Draft::at(super::value(field)).value("field", local).value("length", length));
        }
    }
}
