use crate::check::rule_file::*;

pub(super) static RULE: Rule = Rule {
    code: "against-field-unknown",
    title: "an answer for which the form has no question",
    verdicts: &[(Spec, Warning), (Hq, Note), (Odk, Warning)],
    message: "the form has no `{path}`",
    remedy: "take the field out, or find the version of the form that has it",
    why: "CommCare HQ keeps the answer. ODK Central stores the form and leaves the answer out of what it exports \
          (from knowledge of ODK Central).",
    statements: &[],
    sections: &["openrosa.md 3.1"],
    triggers: Example::Against(
        r#"
<data id="household" version="7">
  <name>Ada</name>
  <photo>oak.jpg</photo>
  <wieght>12</wieght>
  <!-- <- against-field-unknown -->
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
  <weight>12</weight>
  <orx:meta xmlns:orx="http://openrosa.org/xforms">
    <orx:instanceID>uuid:6a1c7a6e-0d1b-4a0e-9c67-0a6f0c6a2b11</orx:instanceID>
    <orx:timeStart>2024-05-01T10:00:00.000+02:00</orx:timeStart>
  </orx:meta>
</data>"#,
    ),
    run: Run::Within,
};
