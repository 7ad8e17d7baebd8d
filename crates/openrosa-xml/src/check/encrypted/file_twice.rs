use crate::check::rule_file::*;
use std::collections::HashSet;

pub(super) static RULE: Rule = Rule {
    code: "encrypted-file-twice",
    title: "an encrypted file that is named twice",
    verdicts: &[(Spec, Warning), (Odk, Warning)],
    message: "the file `{file}` is named once more",
    remedy: "give each file a name of its own",
    why: "Only one file of a name can be sent, and a server waits for the other one for good.",
    statements: &[],
    sections: &["openrosa.md 7.3"],
    triggers: Example::Document(
        r#"
<data xmlns="http://www.opendatakit.org/xforms/encrypted" id="household" version="7" encrypted="yes">
  <base64EncryptedKey>QUJD</base64EncryptedKey>
  <orx:meta xmlns:orx="http://openrosa.org/xforms"><orx:instanceID>uuid:1f0e3c5e</orx:instanceID></orx:meta>
  <media><file>oak.jpg.enc</file></media>
  <media><file>oak.jpg.enc</file></media>
  <!--         ^^^^^^^^^^^ encrypted-file-twice -->
  <encryptedXmlFile>submission.xml.enc</encryptedXmlFile>
  <base64EncryptedElementSignature>QUJD</base64EncryptedElementSignature>
</data>"#,
    ),
    passes: Example::Document(
        r#"
<data xmlns="http://www.opendatakit.org/xforms/encrypted" id="household" version="7" encrypted="yes">
  <base64EncryptedKey>QUJD</base64EncryptedKey>
  <orx:meta xmlns:orx="http://openrosa.org/xforms"><orx:instanceID>uuid:1f0e3c5e</orx:instanceID></orx:meta>
  <media><file>oak.jpg.enc</file></media>
  <encryptedXmlFile>submission.xml.enc</encryptedXmlFile>
  <base64EncryptedElementSignature>QUJD</base64EncryptedElementSignature>
</data>"#,
    ),
    run: Run::EncryptedForm(check),
};

fn check(form: &Encrypted<'_>, found: &mut Drafts) {
    let mut seen = HashSet::new();
    for file in super::files(form.sent) {
        let name = trim(&file.text()).to_owned();
        if !name.is_empty() && !seen.insert(name.clone()) {
            found.push(Draft::at(Spot::content(span(file.mark))).value("file", name));
        }
    }
}
