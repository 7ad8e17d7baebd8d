use crate::check::rule_file::*;

pub(super) static RULE: Rule = Rule {
    code: "against-namespace-differs",
    title: "an element in another namespace than in the blank form",
    verdicts: &[(Spec, Warning), (Hq, Warning), (Odk, Portability)],
    message: "`{path}` is in {namespace}, in the blank form in {expected}",
    remedy: "write it in the namespace that the blank form has",
    why: "Servers that go by names alone, such as ODK Central, do not mind; those that look at namespaces miss the \
          element, and with it the instance id where it is `meta`.",
    statements: &["R-100"],
    sections: &["openrosa.md 0.3", "openrosa.md 3.5"],
    triggers: Example::Against(
        r#"
<data id="household" version="7">
  <name>Ada</name>
  <photo>oak.jpg</photo>
  <house><rooms>2</rooms></house>
  <meta xmlns="http://openrosa.org/xforms/metadata">
  <!-- <- against-namespace-differs -->
    <instanceID>uuid:6a1c7a6e-0d1b-4a0e-9c67-0a6f0c6a2b11</instanceID>
    <timeStart>2024-05-01T10:00:00.000+02:00</timeStart>
  </meta>
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
