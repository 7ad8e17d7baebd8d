use crate::check::rule_file::*;

pub(super) static RULE: Rule = Rule {
    code: "xml-cut",
    title: "a document that ends too early",
    verdicts: &[(Spec, Error), (Device, Error), (Hq, Error), (Odk, Error)],
    message: "{reason}",
    remedy: "fetch or write the document again; compare its length with what was announced",
    why: "The rest was lost on the way or never written. The device takes a restore that is cut between two items \
          for the whole (ota-restore.md 2.2), and works on without the cases that were to come; we do not.",
    statements: &[],
    sections: &["ota-restore.md 2.2"],
    triggers: Example::Document(
        r#"
<data id="visit">
  <name>Ada</name>
"#,
    ),
    passes: Example::Form("  <name>Tom &amp; Ada</name>"),
    run: Run::Within,
};
