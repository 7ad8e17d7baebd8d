use crate::check::lists::is_base64;
use crate::check::rule_file::*;

pub(super) static RULE: Rule = Rule {
    code: "encrypted-not-base64",
    title: "a key or signature that is not base64",
    verdicts: &[(Spec, Error), (Odk, Warning)],
    message: "`{part}` is not base64",
    remedy: "write it as base64 with its padding, without line breaks",
    why: "Servers take the submission unread, and it cannot be decrypted when it is exported.",
    statements: &[],
    sections: &["openrosa.md 7.2"],
    triggers: Example::Document(
        r#"
<data xmlns="http://www.opendatakit.org/xforms/encrypted" id="household" version="7" encrypted="yes">
  <base64EncryptedKey>0f9b-3c5e</base64EncryptedKey>
  <!--                ^^^^^^^^^ encrypted-not-base64 -->
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
    for part in ["base64EncryptedKey", "base64EncryptedElementSignature"] {
        let Some(element) = form.sent.element.child(part) else { continue };
        if !is_base64(trim(&element.text())) {
            found.push(Draft::at(Spot::content(span(element.mark))).value("part", part));
        }
    }
}
