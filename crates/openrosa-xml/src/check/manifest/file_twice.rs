use crate::check::rule_file::*;
use std::collections::HashMap;

pub(super) static RULE: Rule = Rule {
    code: "manifest-file-twice",
    title: "a file that is listed twice",
    verdicts: &[(Spec, Warning), (Odk, Warning)],
    message: "the file `{file}` is listed once more",
    remedy: "list each file once; names that differ in the case of letters only are one name on many disks",
    why: "Which of the two a client keeps is a matter of chance, and it finds the other hash wrong each time it \
          looks.",
    statements: &[],
    sections: &["openrosa.md 4.3"],
    triggers: Example::Document(
        r#"
<manifest xmlns="http://openrosa.org/xforms/xformsManifest">
  <mediaFile>
    <filename>oak.jpg</filename>
    <hash>md5:0123456789abcdef0123456789abcdef</hash>
    <downloadUrl>https://example.org/oak.jpg</downloadUrl>
  </mediaFile>
  <mediaFile>
    <filename>Oak.jpg</filename>
    <!--      ^^^^^^^ manifest-file-twice -->
    <hash>md5:fedcba9876543210fedcba9876543210</hash>
    <downloadUrl>https://example.org/2/oak.jpg</downloadUrl>
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
    let mut seen = HashMap::new();
    for file in super::file_names(manifest) {
        match seen.get(&file.text.to_lowercase()) {
            None => drop(seen.insert(file.text.to_lowercase(), file.spot)),
            Some(first) => {
                let draft = Draft::at(file.spot).related(Spot::clone(first), "the first one");
                found.push(draft.value("file", file.text));
            }
        }
    }
}
