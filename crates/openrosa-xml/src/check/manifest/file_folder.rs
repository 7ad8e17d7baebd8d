use crate::check::rule_file::*;
use crate::manifest::RelativePath;

pub(super) static RULE: Rule = Rule {
    code: "manifest-file-folder",
    title: "a file in a folder of its own",
    verdicts: &[(Odk, Portability)],
    message: "the file `{file}` is in a folder",
    remedy: "give each file a name without folders",
    why: "The standard allows folders. ODK Collect keeps the last part of the name only, so that `a/oak.jpg` and \
          `b/oak.jpg` become one.",
    statements: &["R-036"],
    sections: &["openrosa.md 4.3"],
    triggers: Example::Document(
        r#"
<manifest xmlns="http://openrosa.org/xforms/xformsManifest">
  <mediaFile>
    <filename>images/oak.jpg</filename>
    <!--      ^^^^^^^^^^^^^^ manifest-file-folder -->
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

fn check(manifest: &Manifest<'_>, found: &mut Drafts) {
    for file in super::file_names(manifest) {
        if file.text.contains('/') && RelativePath::new(file.text.as_str()).is_ok() {
            found.push(Draft::at(file.spot).value("file", file.text));
        }
    }
}
