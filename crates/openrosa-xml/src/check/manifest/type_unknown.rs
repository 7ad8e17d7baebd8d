use crate::check::rule_file::*;

pub(super) static RULE: Rule = Rule {
    code: "manifest-type-unknown",
    title: "a kind of media file that nobody knows",
    verdicts: &[(Spec, Warning), (Odk, Note)],
    message: "the type `{kind}` is not known",
    remedy: "write `entityList`, or no type",
    why: "The standard knows `entityList` only, ODK Central and Collect `approvalEntityList` as well; any other type \
          is taken for none.",
    statements: &[],
    sections: &["openrosa.md 4.3"],
    triggers: Example::Document(
        r#"
<manifest xmlns="http://openrosa.org/xforms/xformsManifest">
  <mediaFile type="entities">
  <!--             ^^^^^^^^ manifest-type-unknown -->
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
        let unknown =
            entry.attribute("type").filter(|kind| !matches!(*kind, "entityList" | "approvalEntityList"));
        if let Some(kind) = unknown {
            found.push(Draft::at(Spot::attribute_value(span(entry.mark), "type")).value("kind", kind));
        }
    }
}
