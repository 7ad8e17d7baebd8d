use crate::check::rule_file::*;

pub(super) static RULE: Rule = Rule {
    code: "xml-doctype",
    title: "a document type declaration",
    verdicts: &[(Spec, Error), (Device, Error), (Hq, Error), (Odk, Error)],
    message: "{reason}",
    remedy: "take the declaration out, and write what its entities stood for",
    why: "Entities are the road of most attacks on XML readers, so this project, ODK Central and CommCare HQ read \
          none; the device stops at the first entity that XML itself does not define.",
    statements: &["R-106"],
    sections: &["ota-restore.md 2.2"],
    triggers: Example::Document(
        r#"
<!DOCTYPE data [<!ENTITY name "Ada">]>
<data id="visit"><name>&name;</name></data>"#,
    ),
    passes: Example::Form("  <name>Tom &amp; Ada</name>"),
    run: Run::Within,
};
