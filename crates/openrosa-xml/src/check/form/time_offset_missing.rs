use super::times::{Oddity, odd};
use crate::check::rule_file::*;

pub(super) static RULE: Rule = Rule {
    code: "form-time-offset-missing",
    title: "a time that does not say its offset",
    verdicts: &[(Spec, Warning), (Hq, Portability), (Odk, Portability)],
    message: "`{field}` `{time}` does not say how far it is from UTC",
    remedy: "write the offset, such as `+02:00`, or `Z`",
    why: "JavaRosa takes such a time for local, KoBoToolbox for UTC; CommCare HQ makes midnight UTC of a date alone.",
    statements: &["R-111"],
    sections: &["openrosa.md 3.2", "openrosa.md 8.1"],
    triggers: Example::Document(
        r#"
<data id="household" version="7">
  <orx:meta xmlns:orx="http://openrosa.org/xforms">
    <orx:instanceID>uuid:6a1c7a6e-0d1b-4a0e-9c67-0a6f0c6a2b11</orx:instanceID>
    <orx:timeStart>2024-05-01T10:00:00.000</orx:timeStart>
    <!--           ^^^^^^^^^^^^^^^^^^^^^^^ form-time-offset-missing -->
  </orx:meta>
</data>"#,
    ),
    passes: Example::Document(
        r#"
<data id="household" version="7">
  <orx:meta xmlns:orx="http://openrosa.org/xforms">
    <orx:instanceID>uuid:6a1c7a6e-0d1b-4a0e-9c67-0a6f0c6a2b11</orx:instanceID>
    <orx:timeStart>2024-05-01T10:00:00.000+05:30</orx:timeStart>
  </orx:meta>
</data>"#,
    ),
    run: Run::Form(check),
};

fn check(form: &Form<'_>, found: &mut Drafts) {
    for (field, time, oddity) in odd(form) {
        if oddity == Oddity::NoOffset {
            let draft = Draft::at(super::value(field)).value("field", field.name.local_name());
            found.push(draft.value("time", time));
        }
    }
}
