use crate::check::rule_file::*;

pub(super) static RULE: Rule = Rule {
    code: "encrypted-file-missing",
    title: "an encrypted file that does not go with the submission",
    verdicts: &[(Spec, Warning), (Odk, Warning)],
    message: "the file `{file}` is named and not there",
    remedy: "send the file too, or encrypt the form again without it",
    why: "A submission with a file missing is not exported: Briefcase skips it, and ODK Central waits for the file.",
    statements: &["R-017"],
    sections: &["openrosa.md 7.3"],
    triggers: Example::None("a document does not show the files that go with it"),
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
    let Some(files) = form.options.files else { return };
    for file in super::files(form.sent) {
        let name = trim(&file.text()).to_owned();
        if !name.is_empty() && !files.contains(&name) {
            found.push(Draft::at(Spot::content(span(file.mark))).value("file", name));
        }
    }
}
