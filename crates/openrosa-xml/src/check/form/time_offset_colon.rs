use super::times::{Oddity, odd};
use crate::check::rule_file::*;

pub(super) static RULE: Rule = Rule {
    code: "form-time-offset-colon",
    title: "a time whose offset has no colon",
    verdicts: &[(Spec, Warning), (Device, Portability), (Odk, Portability)],
    message: "`{field}` `{time}` has an offset without a colon",
    remedy: "write a colon between the hours and the minutes of the offset",
    why: "JavaRosa and the device take `+0530` for 530 hours (inferred from code); ODK Aggregate, Briefcase and \
          CommCare HQ read it as meant.",
    statements: &["R-111"],
    sections: &["openrosa.md 8.1"],
    triggers: Example::Document(
        r#"
<data id="household" version="7">
  <orx:meta xmlns:orx="http://openrosa.org/xforms">
    <orx:instanceID>uuid:6a1c7a6e-0d1b-4a0e-9c67-0a6f0c6a2b11</orx:instanceID>
    <orx:timeStart>2024-05-01T10:00:00.000+0530</orx:timeStart>
    <!--           ^^^^^^^^^^^^^^^^^^^^^^^^^^^^ form-time-offset-colon -->
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
        if let Oddity::OffsetColon(mended) = oddity {
            let draft = Draft::at(super::value(field)).value("field", field.name.local_name());
            found.push(draft.value("time", time).fix("write the colon", super::value(field), mended));
        }
    }
}
