use crate::check::rule_file::*;

pub(super) static RULE: Rule = Rule {
    code: "manifest-url-relative",
    title: "an address in a manifest that is not a whole one",
    verdicts: &[(Spec, Error), (Odk, Error)],
    message: "`{part}` `{url}` is no `http` or `https` address",
    remedy: "write the whole address, beginning with `https://`",
    why: "Clients do not know against what a relative address would be held, and cannot download the file \
          (inferred).",
    statements: &[],
    sections: &["openrosa.md 4.3"],
    triggers: Example::Document(
        r#"
<manifest xmlns="http://openrosa.org/xforms/xformsManifest">
  <mediaFile>
    <filename>oak.jpg</filename>
    <hash>md5:0123456789abcdef0123456789abcdef</hash>
    <downloadUrl>media/oak.jpg</downloadUrl>
    <!--         ^^^^^^^^^^^^^ manifest-url-relative -->
  </mediaFile>
</manifest>"#,
    ),
    passes: Example::Document(
        r#"
<manifest xmlns="http://openrosa.org/xforms/xformsManifest">
  <mediaFile>
    <filename>oak.jpg</filename>
    <hash>md5:0123456789abcdef0123456789abcdef</hash>
    <downloadUrl>https://example.org/media/oak.jpg</downloadUrl>
  </mediaFile>
</manifest>"#,
    ),
    run: Run::Manifest(check),
};

fn check(manifest: &Manifest<'_>, found: &mut Drafts) {
    for entry in super::entries(manifest) {
        crate::check::lists::urls(entry, &["downloadUrl", "integrityUrl"], found);
    }
}
