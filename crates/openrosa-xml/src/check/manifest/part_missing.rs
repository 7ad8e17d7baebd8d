use crate::check::rule_file::*;

pub(super) static RULE: Rule = Rule {
    code: "manifest-part-missing",
    title: "an entry of a manifest that lacks what a client needs",
    verdicts: &[(Spec, Error), (Odk, Error)],
    message: "the entry lacks {parts}",
    remedy: "write `filename`, `hash` and `downloadUrl`, each once and filled in",
    why: "ODK Collect refuses the whole manifest for one such entry, and goes on as if the form had no media; we \
          pass over the entry and keep the others.",
    statements: &[],
    sections: &["openrosa.md 4.3", "openrosa.md 4.6"],
    triggers: Example::Document(
        r#"
<manifest xmlns="http://openrosa.org/xforms/xformsManifest">
  <mediaFile>
  <!-- <- manifest-part-missing -->
    <filename>oak.jpg</filename>
    <downloadUrl>https://example.org/oak.jpg</downloadUrl>
  </mediaFile>
</manifest>"#,
    ),
    passes: Example::Document(
        r#"
<manifest xmlns="http://openrosa.org/xforms/xformsManifest">
  <mediaFile>
    <filename>oak.jpg</filename>
    <hash>md5:0123456789abcdef0123456789abcdef</hash>
    <downloadUrl>https://example.org/oak.jpg</downloadUrl>
  </mediaFile>
</manifest>"#,
    ),
    run: Run::Manifest(check),
};

fn check(manifest: &Manifest<'_>, found: &mut Drafts) {
    for entry in super::entries(manifest) {
        let is_missing = |part: &&str| filled(entry, part).is_none();
        let missing: Vec<_> = ["filename", "hash", "downloadUrl"].into_iter().filter(is_missing).collect();
        if !missing.is_empty() {
            let parts = missing.iter().map(|part| format!("`{part}`")).collect::<Vec<_>>().join(", ");
            found.push(Draft::at(Spot::name(span(entry.mark))).value("parts", parts));
        }
    }
}
