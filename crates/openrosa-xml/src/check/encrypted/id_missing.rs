use crate::check::rule_file::*;

pub(super) static RULE: Rule = Rule {
    code: "encrypted-id-missing",
    title: "an encrypted submission that does not say of which form",
    verdicts: &[(Spec, Error), (Odk, Error)],
    message: "the root has no `id`",
    remedy: "copy `id` and `version` from the form",
    why: "The namespace of the root is that of encrypted submissions, not that of a form, so that only `id` says \
          which form this is. Servers answer 400 or 404.",
    statements: &[],
    sections: &["openrosa.md 7.3"],
    triggers: Example::Document(
        r#"
<data xmlns="http://www.opendatakit.org/xforms/encrypted" version="7" encrypted="yes">
<!-- <- encrypted-id-missing -->
  <base64EncryptedKey>QUJD</base64EncryptedKey>
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
    if form.sent.form_id().is_none_or(|id| trim(id).is_empty()) {
        found.push(Draft::at(Spot::attribute(span(form.sent.element.mark), "id")));
    }
}
