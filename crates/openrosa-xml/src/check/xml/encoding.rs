use crate::check::rule_file::*;

pub(super) static RULE: Rule = Rule {
    code: "xml-encoding",
    title: "bytes that are not in the encoding they claim",
    verdicts: &[(Spec, Error), (Device, Error), (Hq, Error), (Odk, Error)],
    message: "{reason}",
    remedy: "write the document in UTF-8, and declare that or nothing; unpack it first if it is compressed",
    why: "A reader that goes on replaces what it cannot read, and names of people are lost for good. We refuse \
          instead.",
    statements: &["R-107"],
    sections: &["ota-restore.md 2.2"],
    triggers: Example::None("an example in UTF-8 cannot show bytes that are not"),
    passes: Example::Form("  <name>Tom &amp; Ada</name>"),
    run: Run::Within,
};
