use super::times::{Oddity, odd};
use crate::check::rule_file::*;

pub(super) static RULE: Rule = Rule {
    code: "form-time-plus-lost",
    title: "a time whose plus sign became a space",
    verdicts: &[(Spec, Error), (Hq, Warning), (Odk, Warning)],
    message: "`{field}` `{time}` has a space where the sign of its offset was",
    remedy: "write `+` again, and find out where the text was decoded once too often",
    why: "A `+` that passes through an address or a web form unescaped becomes a space. Nobody reads the time then: \
          CommCare HQ drops it.",
    statements: &["R-111"],
    sections: &["openrosa.md 8.1"],
    triggers: Example::Document(
        r#"
<data id="household" version="7">
  <orx:meta xmlns:orx="http://openrosa.org/xforms">
    <orx:instanceID>uuid:6a1c7a6e-0d1b-4a0e-9c67-0a6f0c6a2b11</orx:instanceID>
    <orx:timeStart>2024-05-01T10:00:00.000 05:30</orx:timeStart>
    <!--           ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ form-time-plus-lost -->
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
        if let Oddity::PlusLost(mended) = oddity {
            let draft = Draft::at(super::value(field)).value("field", field.name.local_name());
            found.push(draft.value("time", time).fix("write the plus sign", super::value(field), mended));
        }
    }
}
