use crate::check::rule_file::*;

pub(super) static RULE: Rule = Rule {
    code: "against-place-off-earth",
    title: "a place that is not on earth",
    verdicts: &[(Spec, Warning), (Hq, Warning), (Odk, Warning)],
    message: "`{value}` of `{path}` is not on earth",
    remedy: "write latitude (up to 90) before longitude (up to 180), in degrees",
    why: "Most often the two numbers are in the wrong order, or a comma became a period. Maps leave the form out.",
    statements: &["R-112"],
    sections: &["openrosa.md 3.3"],
    triggers: Example::Against(
        r#"
<data id="household" version="7">
  <name>Ada</name>
  <photo>oak.jpg</photo>
  <place>-117.1 32.7 0 0</place>
  <!--   ^^^^^^^^^^^^^^^ against-place-off-earth -->
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
  <place>32.7 -117.1 0 0</place>
  <orx:meta xmlns:orx="http://openrosa.org/xforms">
    <orx:instanceID>uuid:6a1c7a6e-0d1b-4a0e-9c67-0a6f0c6a2b11</orx:instanceID>
    <orx:timeStart>2024-05-01T10:00:00.000+02:00</orx:timeStart>
  </orx:meta>
</data>"#,
    ),
    run: Run::Within,
};
