use crate::check::rule_file::*;

pub(super) static RULE: Rule = Rule {
    code: "xml-limit",
    title: "a document that asks for more than the limits allow",
    verdicts: &[(Spec, Error), (Device, Error), (Hq, Error), (Odk, Error)],
    message: "{reason}",
    remedy: "split the document; a program that reads it with the library can also set another limit",
    why: "Depth, attributes, text and elements are bounded so that no document can take all memory; docs/reading.md \
          has the figures, which let through everything seen in the field with room to spare.",
    statements: &[],
    sections: &["openrosa.md 0.4"],
    triggers: Example::None("an example would have to be larger than a page"),
    passes: Example::Form("  <name>Tom &amp; Ada</name>"),
    run: Run::Within,
};
