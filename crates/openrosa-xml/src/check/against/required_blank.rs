use crate::check::rule_file::*;

pub(super) static RULE: Rule = Rule {
    code: "against-required-blank",
    title: "a required answer that is not given",
    verdicts: &[(Spec, Warning), (Hq, Warning), (Odk, Warning)],
    message: "`{path}` is required and {state}",
    remedy: "give the answer, or make it optional in the blank form",
    why: "Clients do not let a form be ended so; servers take it unseen. Only `required=\"true()\"` is looked at, \
          and fields without a condition of relevance on them or around them: whether other conditions hold is not \
          decided here.",
    statements: &[],
    sections: &["openrosa.md 3.1"],
    triggers: Example::Against(
        r#"
<data id="household" version="7">
  <name>Ada</name>
  <photo>oak.jpg</photo>
  <child><first_name/></child>
  <!--    ^^^^^^^^^^ against-required-blank -->
  <child><sex>f</sex></child>
  <!-- <- against-required-blank -->
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
  <child><first_name>Ben</first_name></child>
  <orx:meta xmlns:orx="http://openrosa.org/xforms">
    <orx:instanceID>uuid:6a1c7a6e-0d1b-4a0e-9c67-0a6f0c6a2b11</orx:instanceID>
    <orx:timeStart>2024-05-01T10:00:00.000+02:00</orx:timeStart>
  </orx:meta>
</data>"#,
    ),
    run: Run::Within,
};
