use crate::check::rule_file::*;

pub(super) static RULE: Rule = Rule {
    code: "encrypted-version-blank",
    title: "an encrypted submission whose version is empty",
    verdicts: &[(Odk, Portability)],
    message: "the version is empty",
    remedy: "leave `version` out where the form has none",
    why: "The signature has a line for the version only if there is one, and readers differ in whether an empty \
          version is one: some then call the submission damaged.",
    statements: &[],
    sections: &["openrosa.md 7.2", "openrosa.md 7.3"],
    triggers: Example::Document(
        r#"
<data xmlns="http://www.opendatakit.org/xforms/encrypted" id="household" version="" encrypted="yes">
<!--                                                                     ^^^^^^^^^^ encrypted-version-blank -->
  <base64EncryptedKey>QUJD</base64EncryptedKey>
  <orx:meta xmlns:orx="http://openrosa.org/xforms"><orx:instanceID>uuid:1f0e3c5e</orx:instanceID></orx:meta>
  <encryptedXmlFile>submission.xml.enc</encryptedXmlFile>
  <base64EncryptedElementSignature>QUJD</base64EncryptedElementSignature>
</data>"#,
    ),
    passes: Example::Document(
        r#"
<data xmlns="http://www.opendatakit.org/xforms/encrypted" id="household" encrypted="yes">
  <base64EncryptedKey>QUJD</base64EncryptedKey>
  <orx:meta xmlns:orx="http://openrosa.org/xforms"><orx:instanceID>uuid:1f0e3c5e</orx:instanceID></orx:meta>
  <encryptedXmlFile>submission.xml.enc</encryptedXmlFile>
  <base64EncryptedElementSignature>QUJD</base64EncryptedElementSignature>
</data>"#,
    ),
    run: Run::EncryptedForm(check),
};

fn check(form: &Encrypted<'_>, found: &mut Drafts) {
    if form.sent.version() == Some("") {
        found.push(Draft::at(Spot::attribute(span(form.sent.element.mark), "version")));
    }
}
