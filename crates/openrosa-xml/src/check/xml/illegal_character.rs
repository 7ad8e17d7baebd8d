use crate::check::rule_file::*;

pub(super) static RULE: Rule = Rule {
    code: "xml-illegal-character",
    title: "a character that XML does not allow",
    verdicts: &[(Spec, Error), (Device, Error), (Hq, Error), (Odk, Error)],
    message: "{reason}",
    remedy: "leave the character out where the answer is taken",
    why: "Control characters come in from bar codes, copied text and broken keyboards. XML 1.0 has no way to write \
          them; strict readers refuse the document.",
    statements: &["R-108"],
    sections: &["XML 1.0, 2.2"],
    triggers: Example::Document(
        r#"
<data id="visit">
  <name>Ada&#x1;</name>
  <!--     ^ xml-illegal-character -->
</data>"#,
    ),
    passes: Example::Form("  <name>Tom &amp; Ada</name>"),
    run: Run::Within,
};
