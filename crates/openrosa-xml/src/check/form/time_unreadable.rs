use super::times::{Oddity, odd};
use crate::check::rule_file::*;

pub(super) static RULE: Rule = Rule {
    code: "form-time-unreadable",
    title: "a time of the metadata that nobody can read",
    verdicts: &[(Spec, Error), (Hq, Warning), (Odk, Warning)],
    message: "`{field}`: {reason}",
    remedy: "write the time as 2024-05-01T10:00:00.000+02:00",
    why: "CommCare HQ drops such a time; the ODK family keeps the text and cannot sort by it, or refuses the record \
          where a date is stored.",
    statements: &["R-111"],
    sections: &["openrosa.md 8.1"],
    triggers: Example::Document(
        r#"
<data id="household" version="7">
  <orx:meta xmlns:orx="http://openrosa.org/xforms">
    <orx:instanceID>uuid:6a1c7a6e-0d1b-4a0e-9c67-0a6f0c6a2b11</orx:instanceID>
    <orx:timeStart>01/05/2024 10:00</orx:timeStart>
    <!--           ^^^^^^^^^^^^^^^^ form-time-unreadable -->
  </orx:meta>
</data>"#,
    ),
    passes: Example::Document(
        r#"
<data id="household" version="7">
  <orx:meta xmlns:orx="http://openrosa.org/xforms">
    <orx:instanceID>uuid:6a1c7a6e-0d1b-4a0e-9c67-0a6f0c6a2b11</orx:instanceID>
    <orx:timeStart>2024-05-01T10:00:00.000+02:00</orx:timeStart>
  </orx:meta>
</data>"#,
    ),
    run: Run::Form(check),
};

fn check(form: &Form<'_>, found: &mut Drafts) {
    for (field, _, oddity) in odd(form) {
        if let Oddity::Unreadable(reason) = oddity {
            let draft = Draft::at(super::value(field)).value("field", field.name.local_name());
            found.push(draft.value("reason", reason));
        }
    }
}
