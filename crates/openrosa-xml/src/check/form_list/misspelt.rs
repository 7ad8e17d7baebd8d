use crate::check::lists::{misspelt, misspelt_entries};
use crate::check::rule_file::*;

pub(super) static RULE: Rule = Rule {
    code: "form-list-misspelt",
    title: "an element of a form list that is probably misspelt",
    verdicts: &[(Spec, Warning), (Odk, Warning)],
    message: "`{element}` is not known here, perhaps `{meant}`",
    remedy: "correct the name of the element",
    why: "Readers pass over elements that they do not know, and names count letter by letter: the form is not in the list, or its files are not fetched. Only names \
          nearly like a known one are told, since anybody may add elements.",
    statements: &["R-032"],
    sections: &["openrosa.md 4.2"],
    triggers: Example::Document(
        r#"
<xforms xmlns="http://openrosa.org/xforms/xformsList">
  <xform>
    <formID>household</formID>
    <name>Household</name>
    <version>7</version>
    <hash>md5:0123456789abcdef0123456789abcdef</hash>
    <downloadUrl>https://example.org/household.xml</downloadUrl>
    <manifestURL>https://example.org/household/manifest</manifestURL>
    <!-- <- form-list-misspelt -->
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
    <manifestUrl>https://example.org/household/manifest</manifestUrl>
  </xform>
</xforms>"#,
    ),
    run: Run::FormList(check),
};

const PARTS: [&str; 6] = ["formID", "name", "version", "hash", "downloadUrl", "manifestUrl"];

const GROUP: [&str; 3] = ["groupID", "name", "listUrl"];

/// A list from before OpenRosa 1.0 has entries of another name.
fn check(list: &FormList<'_>, found: &mut Drafts) {
    if list.element.name.local_name() == "xforms" {
        misspelt_entries(&list.element, &["xform", "xforms-group"], found);
    }
    for entry in super::entries(list, "xform") {
        misspelt(entry, &PARTS, found);
    }
    for group in super::entries(list, "xforms-group") {
        misspelt(group, &GROUP, found);
    }
}
