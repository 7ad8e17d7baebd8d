use crate::check::rule_file::*;
use crate::manifest::RelativePath;

pub(super) static RULE: Rule = Rule {
    code: "encrypted-file-name",
    title: "an encrypted file whose name is not a plain one in `.enc`",
    verdicts: &[(Spec, Warning), (Odk, Warning)],
    message: "the file name `{file}` {fault}",
    remedy: "name each file as it was called, with `.enc` behind",
    why: "The signature is made over the names without `.enc`, and those who decrypt take off the ending: with \
          another name they call the submission damaged, or write the file where it does not belong.",
    statements: &["R-036"],
    sections: &["openrosa.md 7.2"],
    triggers: Example::Document(
        r#"
<data xmlns="http://www.opendatakit.org/xforms/encrypted" id="household" version="7" encrypted="yes">
  <base64EncryptedKey>QUJD</base64EncryptedKey>
  <orx:meta xmlns:orx="http://openrosa.org/xforms"><orx:instanceID>uuid:1f0e3c5e</orx:instanceID></orx:meta>
  <media><file>oak.jpg</file></media>
  <!--         ^^^^^^^ encrypted-file-name -->
  <encryptedXmlFile>../submission.xml.enc</encryptedXmlFile>
  <!--              ^^^^^^^^^^^^^^^^^^^^^ encrypted-file-name -->
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
    for file in super::files(form.sent) {
        let name = file.text();
        let name = trim(&name);
        let fault = match RelativePath::new(name) {
            Err(error) => error.fault.to_string(),
            Ok(_) if !name.ends_with(".enc") => "does not end in `.enc`".to_owned(),
            Ok(_) => continue,
        };
        found.push(Draft::at(Spot::content(span(file.mark))).value("file", name).value("fault", fault));
    }
}
