use crate::check::rule_file::*;

pub(super) static RULE: Rule = Rule {
    code: "against-form-differs",
    title: "a filled-in form that belongs to another blank form",
    verdicts: &[(Spec, Error), (Hq, Error), (Odk, Error)],
    message: "the form is `{form}`, the blank form `{blank}`",
    remedy: "find the blank form of this id, or copy the id from the one that was filled in",
    why: "A server knows by the id which form this is, and stores it there or refuses it. The rest of the two was \
          not compared.",
    statements: &["R-105"],
    sections: &["openrosa.md 2.7", "openrosa.md 2.8", "openrosa.md 3.1"],
    triggers: Example::Against(
        r#"
<data id="houshold" version="7">
<!--  ^^^^^^^^^^^^^ against-form-differs -->
  <name>Ada</name>
  <photo>oak.jpg</photo>
  <orx:meta xmlns:orx="http://openrosa.org/xforms">
    <orx:instanceID>uuid:6a1c7a6e-0d1b-4a0e-9c67-0a6f0c6a2b11</orx:instanceID>
    <orx:timeStart>2024-05-01T10:00:00.000+02:00</orx:timeStart>
  </orx:meta>
</data>"#,
    ),
    passes: Example::Against(
        r#"
<data id="household" version="7">
  <name>Ada</name>
  <photo>oak.jpg</photo>
  <orx:meta xmlns:orx="http://openrosa.org/xforms">
    <orx:instanceID>uuid:6a1c7a6e-0d1b-4a0e-9c67-0a6f0c6a2b11</orx:instanceID>
    <orx:timeStart>2024-05-01T10:00:00.000+02:00</orx:timeStart>
  </orx:meta>
</data>"#,
    ),
    run: Run::Within,
};
