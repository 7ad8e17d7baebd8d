use crate::check::rule_file::*;

pub(super) static RULE: Rule = Rule {
    code: "manifest-part-twice",
    title: "a part of a manifest's entry that is there twice",
    verdicts: &[(Spec, Error), (Odk, Warning)],
    message: "the entry has another `{part}`",
    remedy: "keep the right one",
    why: "The standard has exactly one of each. ODK Collect takes the last one (from its code), Enketo and we the \
          first.",
    statements: &[],
    sections: &["openrosa.md 4.3", "openrosa.md 4.6"],
    triggers: Example::Document(
        r#"
<manifest xmlns="http://openrosa.org/xforms/xformsManifest">
  <mediaFile>
    <filename>oak.jpg</filename>
    <filename>oak-2.jpg</filename>
    <!-- <- manifest-part-twice -->
    <hash>md5:0123456789abcdef0123456789abcdef</hash>
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

const PARTS: [&str; 4] = ["filename", "hash", "downloadUrl", "integrityUrl"];

fn check(manifest: &Manifest<'_>, found: &mut Drafts) {
    super::entries(manifest).for_each(|entry| crate::check::lists::parts_twice(entry, &PARTS, found));
}
