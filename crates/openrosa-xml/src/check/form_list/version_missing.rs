use crate::check::rule_file::*;

pub(super) static RULE: Rule = Rule {
    code: "form-list-version-missing",
    title: "a listed form without a `version`",
    verdicts: &[(Spec, Error)],
    message: "the entry has no `version`",
    remedy: "write `version`, empty where the form has none",
    why: "The standard has the element in each entry. Clients take its absence for a form without a version.",
    statements: &["R-084"],
    sections: &["openrosa.md 4.2"],
    triggers: Example::Document(
        r#"
<xforms xmlns="http://openrosa.org/xforms/xformsList">
  <xform>
  <!-- <- form-list-version-missing -->
    <formID>household</formID>
    <name>Household</name>
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
    <version/>
    <hash>md5:0123456789abcdef0123456789abcdef</hash>
    <downloadUrl>https://example.org/household.xml</downloadUrl>
  </xform>
</xforms>"#,
    ),
    run: Run::FormList(check),
};

fn check(list: &FormList<'_>, found: &mut Drafts) {
    for entry in super::entries(list, "xform").filter(|entry| entry.child("version").is_none()) {
        found.push(Draft::at(Spot::name(span(entry.mark))));
    }
}
