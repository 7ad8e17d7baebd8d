use crate::check::rule_file::*;

pub(super) static RULE: Rule = Rule {
    code: "form-list-url-relative",
    title: "an address in a form list that is not a whole one",
    verdicts: &[(Spec, Error), (Odk, Error)],
    message: "`{part}` `{url}` is no `http` or `https` address",
    remedy: "write the whole address, beginning with `https://`",
    why: "Clients do not know against what a relative address would be held. ODK Collect shows the form and cannot \
          download it.",
    statements: &[],
    sections: &["openrosa.md 4.2", "openrosa.md 10"],
    triggers: Example::Document(
        r#"
<xforms xmlns="http://openrosa.org/xforms/xformsList">
  <xform>
    <formID>household</formID>
    <name>Household</name>
    <version>7</version>
    <hash>md5:0123456789abcdef0123456789abcdef</hash>
    <downloadUrl>/forms/household.xml</downloadUrl>
    <!--         ^^^^^^^^^^^^^^^^^^^^ form-list-url-relative -->
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
    <downloadUrl>https://example.org/forms/household.xml</downloadUrl>
  </xform>
</xforms>"#,
    ),
    run: Run::FormList(check),
};

fn check(list: &FormList<'_>, found: &mut Drafts) {
    for entry in list.element.elements() {
        crate::check::lists::urls(entry, &["downloadUrl", "manifestUrl", "descriptionUrl", "listUrl"], found);
    }
}
