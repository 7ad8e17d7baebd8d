use super::times::{Oddity, odd};
use crate::check::rule_file::*;

pub(super) static RULE: Rule = Rule {
    code: "form-time-letter-case",
    title: "a time with a small `t` or `z`",
    verdicts: &[(Spec, Warning), (Device, Portability), (Odk, Portability)],
    message: "`{field}` `{time}` has a small letter",
    remedy: "write `T` and `Z`",
    why: "The device and JavaRosa know the capital letters only; others take both.",
    statements: &["R-111"],
    sections: &["openrosa.md 8.1"],
    triggers: Example::Document(
        r#"
<data id="household" version="7">
  <orx:meta xmlns:orx="http://openrosa.org/xforms">
    <orx:instanceID>uuid:6a1c7a6e-0d1b-4a0e-9c67-0a6f0c6a2b11</orx:instanceID>
    <orx:timeStart>2024-05-01t10:00:00z</orx:timeStart>
    <!--           ^^^^^^^^^^^^^^^^^^^^ form-time-letter-case -->
  </orx:meta>
</data>"#,
    ),
    passes: Example::Document(
        r#"
<data id="household" version="7">
  <orx:meta xmlns:orx="http://openrosa.org/xforms">
    <orx:instanceID>uuid:6a1c7a6e-0d1b-4a0e-9c67-0a6f0c6a2b11</orx:instanceID>
    <orx:timeStart>2024-05-01T10:00:00Z</orx:timeStart>
  </orx:meta>
</data>"#,
    ),
    run: Run::Form(check),
};

fn check(form: &Form<'_>, found: &mut Drafts) {
    for (field, time, oddity) in odd(form) {
        if let Oddity::LetterCase(mended) = oddity {
            let draft = Draft::at(super::value(field)).value("field", field.name.local_name());
            found.push(draft.value("time", time).fix("write capital letters", super::value(field), mended));
        }
    }
}
