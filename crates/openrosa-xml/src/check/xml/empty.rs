use crate::check::rule_file::*;

pub(super) static RULE: Rule = Rule {
    code: "xml-empty",
    title: "a document without an element",
    verdicts: &[(Spec, Error), (Device, Error), (Hq, Error), (Odk, Error)],
    message: "{reason}",
    remedy: "find out what the program that wrote it did instead; look at the file",
    why: "A file of zero bytes, or one that is no XML at all. CommCare HQ keeps it in its error log with empty form \
          data.",
    statements: &[],
    sections: &["case-xml.md 4.6"],
    triggers: Example::Document("<!-- nothing came of it -->"),
    passes: Example::Form("  <name>Tom &amp; Ada</name>"),
    run: Run::Within,
};
