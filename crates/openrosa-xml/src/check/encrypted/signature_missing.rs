use crate::check::rule_file::*;

pub(super) static RULE: Rule = Rule {
    code: "encrypted-signature-missing",
    title: "an encrypted submission without a signature",
    verdicts: &[(Spec, Note), (Odk, Note)],
    message: "there is no `base64EncryptedElementSignature`",
    remedy: "write the signature, by which damage and missing files are seen when the submission is decrypted",
    why: "The specification calls it optional, and ODK Collect always writes it. It proves nothing about who sent \
          the form.",
    statements: &[],
    sections: &["openrosa.md 7.2", "openrosa.md 7.3"],
    triggers: Example::Document(
        r#"
<data xmlns="http://www.opendatakit.org/xforms/encrypted" id="household" version="7" encrypted="yes">
<!-- <- encrypted-signature-missing -->
  <base64EncryptedKey>QUJD</base64EncryptedKey>
  <orx:meta xmlns:orx="http://openrosa.org/xforms"><orx:instanceID>uuid:1f0e3c5e</orx:instanceID></orx:meta>
  <encryptedXmlFile>submission.xml.enc</encryptedXmlFile>
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
    let root = &form.sent.element;
    if root.child("base64EncryptedElementSignature").is_none() {
        found.push(Draft::at(Spot::name(span(root.mark))));
    }
}
