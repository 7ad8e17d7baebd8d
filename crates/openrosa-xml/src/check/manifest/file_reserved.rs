use crate::check::rule_file::*;
use crate::manifest::RelativePath;

pub(super) static RULE: Rule = Rule {
    code: "manifest-file-reserved",
    title: "a file name that Windows cannot have",
    verdicts: &[(Spec, Note), (Odk, Note)],
    message: "the file name `{file}` cannot be had on Windows",
    remedy: "choose a name of letters, digits, `.`, `-` and `_`",
    why: "Names such as `con.png`, names with `:`, `?` or `*`, and names that end in a period cannot be saved there, \
          which is where people unpack forms with their media.",
    statements: &[],
    sections: &["openrosa.md 4.3"],
    triggers: Example::Document(
        r#"
<manifest xmlns="http://openrosa.org/xforms/xformsManifest">
  <mediaFile>
    <filename>what:.png</filename>
    <!--      ^^^^^^^^^ manifest-file-reserved -->
    <hash>md5:0123456789abcdef0123456789abcdef</hash>
    <downloadUrl>https://example.org/what.png</downloadUrl>
  </mediaFile>
</manifest>"#,
    ),
    passes: Example::Document(
        r#"
<manifest xmlns="http://openrosa.org/xforms/xformsManifest">
  <mediaFile>
    <filename>what.png</filename>
    <hash>md5:0123456789abcdef0123456789abcdef</hash>
    <downloadUrl>https://example.org/what.png</downloadUrl>
  </mediaFile>
</manifest>"#,
    ),
    run: Run::Manifest(check),
};

fn check(manifest: &Manifest<'_>, found: &mut Drafts) {
    for file in super::file_names(manifest) {
        let path = RelativePath::new(file.text.as_str());
        if path.is_ok_and(|path| !path.fits_windows()) {
            found.push(Draft::at(file.spot).value("file", file.text));
        }
    }
}
