use crate::check::rule_file::*;

pub(super) static RULE: Rule = Rule {
    code: "xml-malformed",
    title: "a document that is not well-formed XML",
    verdicts: &[(Spec, Error), (Device, Error), (Hq, Error), (Odk, Error)],
    message: "{reason}",
    remedy: "write the document with an XML library, or mend the place shown",
    why: "No reader of the family takes it: the device shows an error, CommCare HQ answers 422 and keeps it in its \
          error log, ODK Central answers 400. Template text, a bare `&` and a tag that is closed by another are the \
          usual causes.",
    statements: &[],
    sections: &["XML 1.0, 2.1", "case-xml.md 4.6", "openrosa.md 2.8"],
    triggers: Example::Document(
        r#"
<data id="visit">
  <name>Tom & Ada</name>
  <!--      ^ xml-malformed -->
</data>"#,
    ),
    passes: Example::Form("  <name>Tom &amp; Ada</name>"),
    run: Run::Within,
};
