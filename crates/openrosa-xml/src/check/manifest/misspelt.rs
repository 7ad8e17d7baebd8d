use crate::check::lists::{misspelt, misspelt_entries};
use crate::check::rule_file::*;

pub(super) static RULE: Rule = Rule {
    code: "manifest-misspelt",
    title: "an element of a manifest that is probably misspelt",
    verdicts: &[(Spec, Warning), (Odk, Warning)],
    message: "`{element}` is not known here, perhaps `{meant}`",
    remedy: "correct the name of the element",
    why: "Readers pass over elements that they do not know, and names count letter by letter: the file is not in the manifest. Only names \
          nearly like a known one are told, since anybody may add elements.",
    statements: &["R-032"],
    sections: &["openrosa.md 4.3"],
    triggers: Example::Document(
        r#"
<manifest xmlns="http://openrosa.org/xforms/xformsManifest">
  <mediaFile>
    <filename>oak.jpg</filename>
    <hash>md5:0123456789abcdef0123456789abcdef</hash>
    <downloadUrl>https://example.org/oak.jpg</downloadUrl>
  </mediaFile>
  <mediaflie>
  <!-- <- manifest-misspelt -->
    <filename>elm.jpg</filename>
    <hash>md5:0123456789abcdef0123456789abcdef</hash>
    <downloadUrl>https://example.org/elm.jpg</downloadUrl>
  </mediaflie>
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

const PARTS: [&str; 4] = ["filename", "hash", "downloadUrl", "integrityUrl"];

fn check(manifest: &Manifest<'_>, found: &mut Drafts) {
    misspelt_entries(&manifest.element, &["mediaFile"], found);
    for entry in super::entries(manifest) {
        misspelt(entry, &PARTS, found);
    }
}
