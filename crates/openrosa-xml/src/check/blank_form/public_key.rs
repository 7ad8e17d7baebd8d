use crate::check::lists::is_base64;
use crate::check::rule_file::*;

pub(super) static RULE: Rule = Rule {
    code: "blank-form-public-key",
    title: "a public key that is none",
    verdicts: &[(Spec, Error), (Odk, Error)],
    message: "`base64RsaPublicKey` is not the base64 of a public key",
    remedy: "copy the key again: all of it, in one line, without its `BEGIN` and `END`",
    why: "A client that must encrypt and cannot does not send the form, or sends it as it is.",
    statements: &["R-044"],
    sections: &["openrosa.md 7.1"],
    triggers: Example::Model(
        r#"
      <submission base64RsaPublicKey="-----BEGIN PUBLIC KEY-----"/>
      <!--                            ^^^^^^^^^^^^^^^^^^^^^^^^^^ blank-form-public-key -->"#,
    ),
    passes: Example::Model(
        r#"
      <submission base64RsaPublicKey="MIIB"/>"#,
    ),
    run: Run::BlankForm(check),
};

/// The key is a DER sequence, of which the base64 begins with an `M`.
fn check(blank: &Blank<'_>, found: &mut Drafts) {
    let Some(submission) = super::key(blank) else { return };
    let key: String = submission.public_key().unwrap_or_default().split_ascii_whitespace().collect();
    if !key.starts_with('M') || !is_base64(&key) {
        found.push(Draft::at(Spot::attribute_value(span(submission.mark), "base64RsaPublicKey")));
    }
}
