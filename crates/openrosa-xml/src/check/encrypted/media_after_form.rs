use crate::check::rule_file::*;

pub(super) static RULE: Rule = Rule {
    code: "encrypted-media-after-form",
    title: "an encrypted file that is named after the form",
    verdicts: &[(Odk, Portability)],
    message: "`media` follows `encryptedXmlFile`",
    remedy: "name the files in the order in which they were encrypted, the form last",
    why: "The place of a file in that order is a part of its encryption, and the form comes last. A reader that goes \
          by the order of the document decrypts nothing; ours and most others take the form last wherever it is \
          named.",
    statements: &["R-110"],
    sections: &["openrosa.md 7.2", "openrosa.md 7.3"],
    triggers: Example::Document(
        r#"
<data xmlns="http://www.opendatakit.org/xforms/encrypted" id="household" version="7" encrypted="yes">
  <base64EncryptedKey>QUJD</base64EncryptedKey>
  <orx:meta xmlns:orx="http://openrosa.org/xforms"><orx:instanceID>uuid:1f0e3c5e</orx:instanceID></orx:meta>
  <encryptedXmlFile>submission.xml.enc</encryptedXmlFile>
  <media><file>oak.jpg.enc</file></media>
  <!-- <- encrypted-media-after-form -->
  <base64EncryptedElementSignature>QUJD</base64EncryptedElementSignature>
</data>"#,
    ),
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
    let after =
        form.sent.element.elements().skip_while(|child| child.name.local_name() != "encryptedXmlFile");
    for media in after.filter(|child| child.name.local_name() == "media") {
        found.push(Draft::at(Spot::name(span(media.mark))));
    }
}
