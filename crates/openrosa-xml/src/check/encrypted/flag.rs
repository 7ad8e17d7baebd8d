use crate::check::rule_file::*;

pub(super) static RULE: Rule = Rule {
    code: "encrypted-flag",
    title: "an encrypted submission that does not say so",
    verdicts: &[(Spec, Error), (Odk, Error)],
    message: "`encrypted` is `{value}`, not `yes`",
    remedy: "write `encrypted=\"yes\"`",
    why: "Only `yes` marks an encrypted submission. With any other word the manifest is stored as if it were the \
          form, and its files never decrypted.",
    statements: &[],
    sections: &["openrosa.md 7.3"],
    triggers: Example::Document(
        r#"
<data xmlns="http://www.opendatakit.org/xforms/encrypted" id="household" version="7" encrypted="true">
<!--                                                                                            ^^^^ encrypted-flag -->
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
    let root = &form.sent.element;
    if let Some(value) = root.attribute("encrypted").filter(|value| *value != "yes") {
        found.push(Draft::at(Spot::attribute_value(span(root.mark), "encrypted")).value("value", value));
    }
}
