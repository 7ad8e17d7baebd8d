use crate::check::rule_file::*;

pub(super) static RULE: Rule = Rule {
    code: "encrypted-key-missing",
    title: "an encrypted submission without its key",
    verdicts: &[(Spec, Error), (Odk, Error)],
    message: "there is no `base64EncryptedKey`",
    remedy: "write the key of the submission, encrypted with the form's public key",
    why: "Nobody can decrypt the files. A server takes the manifest for a form that is not encrypted, and stores it \
          as such.",
    statements: &[],
    sections: &["openrosa.md 7.2", "openrosa.md 7.3"],
    triggers: Example::Document(
        r#"
<data xmlns="http://www.opendatakit.org/xforms/encrypted" id="household" version="7" encrypted="yes">
<!-- <- encrypted-key-missing -->
  <orx:meta xmlns:orx="http://openrosa.org/xforms"><orx:instanceID>uuid:1f0e3c5e</orx:instanceID></orx:meta>
  <encryptedXmlFile>submission.xml.enc</encryptedXmlFile>
  <base64EncryptedElementSignature>QUJD</base64EncryptedElementSignature>
</data>"#,
    ),
    passes: Example::Document(
        r#"
<data xmlns="http://www.opendatakit.org/xforms/encrypted" id="household" version="7" encrypted="yes">
  <base64EncryptedKey>QUJD</base64EncryptedKey>
  <orx:meta xmlns:orx="http://openrosa.org/xforms"><orx:instanceID>uuid:1f0e3c5e</orx:instanceID></orx:meta>
  <encryptedXmlFile>submission.xml.enc</encryptedXmlFile>
  <base64EncryptedElementSignature>QUJD</base64EncryptedElementSignature>
</data>"#,
    ),
    run: Run::EncryptedForm(check),
};

fn check(form: &Encrypted<'_>, found: &mut Drafts) {
    if form.sent.encrypted_key().is_none() {
        let root = &form.sent.element;
        found.push(Draft::at(Spot::name(span(root.child("base64EncryptedKey").unwrap_or(root).mark))));
    }
}
