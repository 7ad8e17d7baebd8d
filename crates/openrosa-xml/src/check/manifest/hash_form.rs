use crate::check::rule_file::*;

pub(super) static RULE: Rule = Rule {
    code: "manifest-hash-form",
    title: "a hash that is not `md5:` and 32 digits",
    verdicts: &[(Spec, Error), (Odk, Warning)],
    message: "the hash `{hash}` is not `md5:` and 32 hexadecimal digits",
    remedy: "write `md5:` and the MD5 of exactly what is at `downloadUrl`",
    why: "ODK Collect drops the first four characters whatever they are, and then finds that the file has another \
          hash, again and again.",
    statements: &["R-034"],
    sections: &["openrosa.md 4.3", "openrosa.md 4.6"],
    triggers: Example::Document(
        r#"
<manifest xmlns="http://openrosa.org/xforms/xformsManifest">
  <mediaFile>
    <filename>oak.jpg</filename>
    <hash>0123456789abcdef0123456789abcdef</hash>
    <!--  ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ manifest-hash-form -->
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
    super::entries(manifest).for_each(|entry| crate::check::lists::hash_form(entry, found));
}
