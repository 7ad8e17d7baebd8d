use crate::check::rule_file::*;

pub(super) static RULE: Rule = Rule {
    code: "against-value-type",
    title: "an answer that is not of the type of its question",
    verdicts: &[(Spec, Warning), (Hq, Warning), (Odk, Warning)],
    message: "`{value}` is no {type}: `{path}` should be one",
    remedy: "write the answer as its type asks for, or change the type in the blank form",
    why: "Servers take the form. ODK Central and KoBoToolbox leave the cell empty or export it as text, and reports \
          that calculate with it fail (from knowledge of the two).",
    statements: &["R-112"],
    sections: &["openrosa.md 3.3", "openrosa.md 8.1"],
    triggers: Example::Against(
        r#"
<data id="household" version="7">
  <name>Ada</name>
  <photo>oak.jpg</photo>
  <age>three</age>
  <!-- ^^^^^ against-value-type -->
  <weight>12,5</weight>
  <!--    ^^^^ against-value-type -->
  <born>2024-02-30</born>
  <!--  ^^^^^^^^^^ against-value-type -->
  <woken>half past six</woken>
  <!--   ^^^^^^^^^^^^^ against-value-type -->
  <seen>01/05/2024</seen>
  <!--  ^^^^^^^^^^ against-value-type -->
  <place>42.37, -71.11</place>
  <!--   ^^^^^^^^^^^^^ against-value-type -->
  <way>42.37 -71.11 0 0; nowhere</way>
  <!-- ^^^^^^^^^^^^^^^^^^^^^^^^^ against-value-type -->
  <visited>yes</visited>
  <!--     ^^^ against-value-type -->
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
  <age>3</age>
  <weight>12.5</weight>
  <born>2024-02-29</born>
  <woken>06:30:00.000+02:00</woken>
  <seen>2024-05-01T06:30:00.000+02:00</seen>
  <place>42.37 -71.11 12.0 8.0</place>
  <way>42.37 -71.11 0 0; 42.38 -71.12 0 0</way>
  <field>1 1 0 0; 1 2 0 0; 2 2 0 0; 1 1 0 0</field>
  <visited>true</visited>
  <orx:meta xmlns:orx="http://openrosa.org/xforms">
    <orx:instanceID>uuid:6a1c7a6e-0d1b-4a0e-9c67-0a6f0c6a2b11</orx:instanceID>
    <orx:timeStart>2024-05-01T10:00:00.000+02:00</orx:timeStart>
  </orx:meta>
</data>"#,
    ),
    run: Run::Within,
};
