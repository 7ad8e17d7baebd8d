use crate::check::rule_file::*;
use crate::manifest::RelativePath;

pub(super) static RULE: Rule = Rule {
    code: "manifest-file-path",
    title: "a file name that would lead out of the form's folder",
    verdicts: &[(Spec, Error), (Odk, Error)],
    message: "the file name {fault}",
    remedy: "write a relative path of plain names",
    why: "A client that took the name for a path would write where it must not. We refuse the entry; ODK Collect \
          keeps the last part only.",
    statements: &["R-036"],
    sections: &["openrosa.md 4.3"],
    triggers: Example::Document(
        r#"
<manifest xmlns="http://openrosa.org/xforms/xformsManifest">
  <mediaFile>
    <filename>../../databases/forms.db</filename>
    <!--      ^^^^^^^^^^^^^^^^^^^^^^^^ manifest-file-path -->
    <hash>md5:0123456789abcdef0123456789abcdef</hash>
    <downloadUrl>https://example.org/forms.db</downloadUrl>
  </mediaFile>
</manifest>"#,
    ),
    passes: Example::Document(
        r#"
<manifest xmlns="http://openrosa.org/xforms/xformsManifest">
  <mediaFile>
    <filename>forms.db</filename>
    <hash>md5:0123456789abcdef0123456789abcdef</hash>
    <downloadUrl>https://example.org/forms.db</downloadUrl>
  </mediaFile>
</manifest>"#,
    ),
    run: Run::Manifest(check),
};

fn check(manifest: &Manifest<'_>, found: &mut Drafts) {
    for file in super::file_names(manifest) {
        if let Err(error) = RelativePath::new(file.text.as_str()) {
            found.push(Draft::at(file.spot).value("fault", error.to_string()));
        }
    }
}
