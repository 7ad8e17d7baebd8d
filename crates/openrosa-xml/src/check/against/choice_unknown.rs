use crate::check::rule_file::*;

pub(super) static RULE: Rule = Rule {
    code: "against-choice-unknown",
    title: "a choice that the question does not have",
    verdicts: &[(Spec, Warning), (Hq, Warning), (Odk, Warning)],
    message: "`{value}` is no choice of `{path}`",
    remedy: "write the value of a choice, not its label; or add the choice in the blank form",
    why: "Servers take the form. Reports that count by choices leave the answer out (inferred). Only choices that \
          the form itself lists are looked at, not those from other files and lists.",
    statements: &[],
    sections: &["openrosa.md 3.1"],
    triggers: Example::Against(
        r#"
<data id="household" version="7">
  <name>Ada</name>
  <photo>oak.jpg</photo>
  <water>Well</water>
  <!--   ^^^^ against-choice-unknown -->
  <pets>cat bird</pets>
  <!--  ^^^^^^^^ against-choice-unknown -->
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
  <water>well</water>
  <pets>cat dog</pets>
  <orx:meta xmlns:orx="http://openrosa.org/xforms">
    <orx:instanceID>uuid:6a1c7a6e-0d1b-4a0e-9c67-0a6f0c6a2b11</orx:instanceID>
    <orx:timeStart>2024-05-01T10:00:00.000+02:00</orx:timeStart>
  </orx:meta>
</data>"#,
    ),
    run: Run::Within,
};
