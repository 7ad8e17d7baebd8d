use crate::check::rule_file::*;

pub(super) static RULE: Rule = Rule {
    code: "encrypted-meta-twice",
    title: "several metadata blocks in an encrypted submission",
    verdicts: &[(Spec, Error), (Odk, Warning)],
    message: "there is another `meta`; the first one counts",
    remedy: "keep the one with the instance id",
    why: "Readers differ in which id they take, and the files can be decrypted with one of them only.",
    statements: &["R-110"],
    sections: &["openrosa.md 7.3"],
    triggers: Example::Document(
        r#"
<data xmlns="http://www.opendatakit.org/xforms/encrypted" id="household" version="7" encrypted="yes">
  <base64EncryptedKey>QUJD</base64EncryptedKey>
  <orx:meta xmlns:orx="http://openrosa.org/xforms"><orx:instanceID/></orx:meta>
  <meta><instanceID>uuid:1f0e3c5e</instanceID></meta>
  <!-- <- encrypted-meta-twice -->
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
    for meta in super::metas(form.sent).skip(1) {
        found.push(Draft::at(Spot::name(span(meta.mark))));
    }
}
