use crate::check::rule_file::*;

pub(super) static RULE: Rule = Rule {
    code: "against-file-missing",
    title: "an answer that names a file which is not there",
    verdicts: &[(Spec, Warning), (Hq, Warning), (Odk, Warning)],
    message: "the file `{file}` of `{path}` does not go with the form",
    remedy: "send the file too, under exactly this name, or take the answer back",
    why: "Servers take the form and wait for the file: ODK Central shows it as missing, CommCare HQ has a link that \
          leads nowhere (inferred).",
    statements: &["R-017"],
    sections: &["openrosa.md 2.2", "openrosa.md 2.3"],
    triggers: Example::Against(
        r#"
<data id="household" version="7">
  <name>Ada</name>
  <photo>elm.jpg</photo>
  <!--   ^^^^^^^ against-file-missing -->
  <note_of_photo>oak.jpg</note_of_photo>
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
  <orx:meta xmlns:orx="http://openrosa.org/xforms">
    <orx:instanceID>uuid:6a1c7a6e-0d1b-4a0e-9c67-0a6f0c6a2b11</orx:instanceID>
    <orx:timeStart>2024-05-01T10:00:00.000+02:00</orx:timeStart>
  </orx:meta>
</data>"#,
    ),
    run: Run::Within,
};
