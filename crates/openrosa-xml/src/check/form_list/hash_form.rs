use crate::check::rule_file::*;

pub(super) static RULE: Rule = Rule {
    code: "form-list-hash-form",
    title: "a hash that is not `md5:` and 32 digits",
    verdicts: &[(Spec, Error), (Odk, Error)],
    message: "the hash `{hash}` is not `md5:` and 32 hexadecimal digits",
    remedy: "write `md5:` and the MD5 of exactly what is at `downloadUrl`",
    why: "ODK Collect takes any other text for no hash, and does not download the form.",
    statements: &["R-034"],
    sections: &["openrosa.md 4.2", "openrosa.md 4.6"],
    triggers: Example::Document(
        r#"
<xforms xmlns="http://openrosa.org/xforms/xformsList">
  <xform>
    <formID>household</formID>
    <name>Household</name>
    <version>7</version>
    <hash>0123456789abcdef0123456789abcdef</hash>
    <!--  ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ form-list-hash-form -->
    <downloadUrl>https://example.org/household.xml</downloadUrl>
  </xform>
</xforms>"#,
    ),
    passes: Example::Document(
        r#"
<xforms xmlns="http://openrosa.org/xforms/xformsList">
  <xform>
    <formID>household</formID>
    <name>Household</name>
    <version>7</version>
    <hash>md5:0123456789abcdef0123456789abcdef</hash>
    <downloadUrl>https://example.org/household.xml</downloadUrl>
  </xform>
</xforms>"#,
    ),
    run: Run::FormList(check),
};

fn check(list: &FormList<'_>, found: &mut Drafts) {
    super::entries(list, "xform").for_each(|entry| crate::check::lists::hash_form(entry, found));
}
