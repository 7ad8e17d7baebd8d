use crate::check::rule_file::*;

pub(super) static RULE: Rule = Rule {
    code: "encrypted-media-shared",
    title: "several encrypted files in one `media`",
    verdicts: &[(Spec, Warning), (Odk, Portability)],
    message: "this `media` has {count} files",
    remedy: "write one `media` for each file",
    why: "ODK Aggregate keeps only the first file of a `media`, and the submission cannot be decrypted; others take \
          all of them.",
    statements: &["R-110"],
    sections: &["openrosa.md 7.3"],
    triggers: Example::Document(
        r#"
<data xmlns="http://www.opendatakit.org/xforms/encrypted" id="household" version="7" encrypted="yes">
  <base64EncryptedKey>QUJD</base64EncryptedKey>
  <orx:meta xmlns:orx="http://openrosa.org/xforms"><orx:instanceID>uuid:1f0e3c5e</orx:instanceID></orx:meta>
  <media><file>oak.jpg.enc</file><file>elm.jpg.enc</file></media>
  <!-- <- encrypted-media-shared -->
  <encryptedXmlFile>submission.xml.enc</encryptedXmlFile>
  <base64EncryptedElementSignature>QUJD</base64EncryptedElementSignature>
</data>"#,
    ),
    passes: Example::Document(
        r#"
<data xmlns="http://www.opendatakit.org/xforms/encrypted" id="household" version="7" encrypted="yes">
  <base64EncryptedKey>QUJD</base64EncryptedKey>
  <orx:meta xmlns:orx="http://openrosa.org/xforms"><orx:instanceID>uuid:1f0e3c5e</orx:instanceID></orx:meta>
  <media><file>oak.jpg.enc</file></media>
  <media><file>elm.jpg.enc</file></media>
  <encryptedXmlFile>submission.xml.enc</encryptedXmlFile>
  <base64EncryptedElementSignature>QUJD</base64EncryptedElementSignature>
</data>"#,
    ),
    run: Run::EncryptedForm(check),
};

fn check(form: &Encrypted<'_>, found: &mut Drafts) {
    for media in form.sent.element.elements().filter(|child| child.name.local_name() == "media") {
        let count = media.elements().filter(|file| file.name.local_name() == "file").count();
        if count > 1 {
            found.push(Draft::at(Spot::name(span(media.mark))).value("count", count.to_string()));
        }
    }
}
