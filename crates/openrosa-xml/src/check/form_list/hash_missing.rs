use crate::check::rule_file::*;

pub(super) static RULE: Rule = Rule {
    code: "form-list-hash-missing",
    title: "a listed form without a hash",
    verdicts: &[(Spec, Error), (Odk, Error)],
    message: "the entry has no `hash`",
    remedy: "write `md5:` and the MD5 of exactly what is at `downloadUrl`",
    why: "Clients know by the hash whether the form has changed. ODK Collect does not download a form without one.",
    statements: &["R-084"],
    sections: &["openrosa.md 4.2", "openrosa.md 4.6"],
    triggers: Example::Document(
        r#"
<xforms xmlns="http://openrosa.org/xforms/xformsList">
  <xform>
  <!-- <- form-list-hash-missing -->
    <formID>household</formID>
    <name>Household</name>
    <version>7</version>
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
    for entry in super::entries(list, "xform") {
        if entry.child("hash").is_none_or(|hash| trim(&hash.text()).is_empty()) {
            found.push(Draft::at(Spot::name(span(entry.child("hash").unwrap_or(entry).mark))));
        }
    }
}
