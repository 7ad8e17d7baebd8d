use crate::check::rule_file::*;

pub(super) static RULE: Rule = Rule {
    code: "against-field-twice",
    title: "an answer that is there twice, outside of a repeat",
    verdicts: &[(Spec, Warning), (Hq, Warning), (Odk, Warning)],
    message: "`{path}` is there once more, and is no repeat",
    remedy: "keep one of them, or make it a repeat in the blank form",
    why: "Servers take the form. KoBoToolbox and ODK Central then show one of the answers (inferred), CommCare HQ \
          makes a list of both where reports expect a text.",
    statements: &[],
    sections: &["openrosa.md 3.1", "case-xml.md 8.1"],
    triggers: Example::Against(
        r#"
<data id="household" version="7">
  <name>Ada</name>
  <photo>oak.jpg</photo>
  <weight>12</weight>
  <weight>13</weight>
  <!-- <- against-field-twice -->
  <child><first_name>Ben</first_name></child>
  <child><first_name>Cleo</first_name></child>
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
  <child><first_name>Ben</first_name></child>
  <child><first_name>Cleo</first_name></child>
  <orx:meta xmlns:orx="http://openrosa.org/xforms">
    <orx:instanceID>uuid:6a1c7a6e-0d1b-4a0e-9c67-0a6f0c6a2b11</orx:instanceID>
    <orx:timeStart>2024-05-01T10:00:00.000+02:00</orx:timeStart>
  </orx:meta>
</data>"#,
    ),
    run: Run::Within,
};
