use crate::check::rule_file::*;

pub(super) static RULE: Rule = Rule {
    code: "encrypted-instance-id-missing",
    title: "an encrypted submission without an instance id",
    verdicts: &[(Spec, Error), (Odk, Error)],
    message: "there is no `meta` with an `instanceID`",
    remedy: "write the instance id of the form that was encrypted",
    why: "The id is a part of what the files were encrypted with: without it they cannot be decrypted. ODK Central \
          answers 400, ODK Collect does not send such a form.",
    statements: &["R-045"],
    sections: &["openrosa.md 7.1", "openrosa.md 7.3"],
    triggers: Example::Document(
        r#"
<data xmlns="http://www.opendatakit.org/xforms/encrypted" id="household" version="7" encrypted="yes">
<!-- <- encrypted-instance-id-missing -->
  <base64EncryptedKey>QUJD</base64EncryptedKey>
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

/// An id in a second `meta` is for `encrypted-meta-twice`.
fn check(form: &Encrypted<'_>, found: &mut Drafts) {
    if super::instance_ids(form.sent).all(|id| trim(&id.text()).is_empty()) {
        let place = super::instance_ids(form.sent).next().unwrap_or(&form.sent.element);
        found.push(Draft::at(Spot::name(span(place.mark))));
    }
}
