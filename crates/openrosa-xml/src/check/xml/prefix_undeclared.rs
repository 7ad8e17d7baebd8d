use crate::check::rule_file::*;

pub(super) static RULE: Rule = Rule {
    code: "xml-prefix-undeclared",
    title: "a prefix that is not declared",
    verdicts: &[(Spec, Error), (Device, Error), (Hq, Error), (Odk, Error)],
    message: "{reason}",
    remedy: "declare the prefix on the element or on one around it, for example \
          `xmlns:orx=\"http://openrosa.org/xforms\"`",
    why: "A namespace-aware reader, the device and CommCare HQ among them, refuses the document. ODK Central reads \
          by local names and takes it.",
    statements: &[],
    sections: &["Namespaces in XML 1.0, 5", "ota-restore.md 2.2"],
    triggers: Example::Document(
        r#"
<data id="visit">
  <orx:meta/>
  <!-- <- xml-prefix-undeclared -->
</data>"#,
    ),
    passes: Example::Form("  <name>Tom &amp; Ada</name>"),
    run: Run::Within,
};
