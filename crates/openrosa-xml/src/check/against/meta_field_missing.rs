use crate::check::rule_file::*;

pub(super) static RULE: Rule = Rule {
    code: "against-meta-field-missing",
    title: "metadata that the form asks for and the filled-in form lacks",
    verdicts: &[(Spec, Error), (Hq, Note), (Odk, Note)],
    message: "the metadata lacks {fields}, for which the form asks",
    remedy: "fill in every field that the blank form lists in `meta`",
    why: "A client fills in the metadata that the blank form lists. What is missing here is missing in every report.",
    statements: &[],
    sections: &["openrosa.md 3.1"],
    triggers: Example::Against(
        r#"
<data id="household" version="7">
  <name>Ada</name>
  <photo>oak.jpg</photo>
  <orx:meta xmlns:orx="http://openrosa.org/xforms">
  <!-- <- against-meta-field-missing -->
    <orx:instanceID>uuid:6a1c7a6e-0d1b-4a0e-9c67-0a6f0c6a2b11</orx:instanceID>
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
