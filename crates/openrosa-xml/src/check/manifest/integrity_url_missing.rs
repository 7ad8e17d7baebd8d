use crate::check::rule_file::*;

pub(super) static RULE: Rule = Rule {
    code: "manifest-integrity-url-missing",
    title: "a list of entities without an `integrityUrl`",
    verdicts: &[(Spec, Error), (Odk, Note)],
    message: "the list of entities has no `integrityUrl`",
    remedy: "write the address at which clients can ask which entities were deleted",
    why: "The standard asks for it. ODK Collect works without, and keeps entities that were deleted on the server.",
    statements: &["R-037", "R-085"],
    sections: &["openrosa.md 4.3", "openrosa.md 4.6"],
    triggers: Example::Document(
        r#"
<manifest xmlns="http://openrosa.org/xforms/xformsManifest">
  <mediaFile type="entityList">
  <!-- <- manifest-integrity-url-missing -->
    <filename>people.csv</filename>
    <hash>md5:0123456789abcdef0123456789abcdef</hash>
    <downloadUrl>https://example.org/people.csv</downloadUrl>
  </mediaFile>
</manifest>"#,
    ),
    passes: Example::Document(
        r#"
<manifest xmlns="http://openrosa.org/xforms/xformsManifest">
  <mediaFile type="entityList">
    <filename>people.csv</filename>
    <hash>md5:0123456789abcdef0123456789abcdef</hash>
    <downloadUrl>https://example.org/people.csv</downloadUrl>
    <integrityUrl>https://example.org/people/integrity</integrityUrl>
  </mediaFile>
</manifest>"#,
    ),
    run: Run::Manifest(check),
};

fn check(manifest: &Manifest<'_>, found: &mut Drafts) {
    for entry in super::entries(manifest) {
        if entry.attribute("type") == Some("entityList") && filled(entry, "integrityUrl").is_none() {
            found.push(Draft::at(Spot::name(span(entry.mark))));
        }
    }
}
