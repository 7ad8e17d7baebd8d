use crate::check::rule_file::*;

pub(super) static RULE: Rule = Rule {
    code: "encrypted-form-file-missing",
    title: "an encrypted submission that does not name its form",
    verdicts: &[(Spec, Error), (Odk, Error)],
    message: "there is no `encryptedXmlFile`",
    remedy: "write the name of the encrypted form, `submission.xml.enc`",
    why: "The encrypted form is what matters; without its name it is not asked for, and the submission not exported.",
    statements: &[],
    sections: &["openrosa.md 7.3"],
    triggers: Example::Document(
        r#"
<data xmlns="http://www.opendatakit.org/xforms/encrypted" id="household" version="7" encrypted="yes">
<!-- <- encrypted-form-file-missing -->
  <base64EncryptedKey>QUJD</base64EncryptedKey>
  <orx:meta xmlns:orx="http://openrosa.org/xforms"><orx:instanceID>uuid:1f0e3c5e</orx:instanceID></orx:meta>
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
    if form.sent.form_file().is_none() {
        let root = &form.sent.element;
        found.push(Draft::at(Spot::name(span(root.child("encryptedXmlFile").unwrap_or(root).mark))));
    }
}
