use crate::check::rule_file::*;

pub(super) static RULE: Rule = Rule {
    code: "against-version-differs",
    title: "a filled-in form of another version than the blank form",
    verdicts: &[(Spec, Warning), (Hq, Warning), (Odk, Warning)],
    message: "the form has {form}, the blank form {blank}",
    remedy: "compare with the blank form of that version, or copy the version of the one that was filled in",
    why: "A version stands for a state of the form. ODK Central answers 404 to a version that it never had; others \
          show the answers by the wrong questions (inferred). What follows was compared all the same.",
    statements: &["R-105"],
    sections: &["openrosa.md 2.7", "openrosa.md 3.1"],
    triggers: Example::Against(
        r#"
<data id="household" version="6">
<!--                 ^^^^^^^^^^^ against-version-differs -->
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
