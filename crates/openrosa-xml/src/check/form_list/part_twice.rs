use crate::check::rule_file::*;

pub(super) static RULE: Rule = Rule {
    code: "form-list-part-twice",
    title: "a part of a form list's entry that is there twice",
    verdicts: &[(Spec, Error), (Odk, Warning)],
    message: "the entry has another `{part}`",
    remedy: "keep the right one",
    why: "The standard has each part once. ODK Collect takes the last one (from its code), Enketo and we the first.",
    statements: &[],
    sections: &["openrosa.md 4.2", "openrosa.md 4.6"],
    triggers: Example::Document(
        r#"
<xforms xmlns="http://openrosa.org/xforms/xformsList">
  <xform>
    <formID>household</formID>
    <name>Household</name>
    <name xml:lang="fr">Menage</name>
    <!-- <- form-list-part-twice -->
    <version>7</version>
    <hash>md5:0123456789abcdef0123456789abcdef</hash>
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

const PARTS: [&str; 6] = ["formID", "name", "version", "hash", "downloadUrl", "manifestUrl"];

fn check(list: &FormList<'_>, found: &mut Drafts) {
    for entry in super::entries(list, "xform") {
        crate::check::lists::parts_twice(entry, &PARTS, found);
    }
}
