use crate::check::rule_file::*;

pub(super) static RULE: Rule = Rule {
    code: "form-list-order",
    title: "a form that is listed after a group",
    verdicts: &[(Spec, Error)],
    message: "an `xform` follows an `xforms-group`",
    remedy: "list all forms before all groups",
    why: "The standard asks for that order. No known client minds.",
    statements: &[],
    sections: &["openrosa.md 4.2"],
    triggers: Example::Document(
        r#"
<xforms xmlns="http://openrosa.org/xforms/xformsList">
  <xforms-group>
    <groupID>g1</groupID><name>Round two</name><listUrl>https://example.org/g1/formList</listUrl>
  </xforms-group>
  <xform>
  <!-- <- form-list-order -->
    <formID>household</formID><name>Household</name><version>7</version>
    <hash>md5:0123456789abcdef0123456789abcdef</hash>
    <downloadUrl>https://example.org/household.xml</downloadUrl>
  </xform>
</xforms>"#,
    ),
    passes: Example::Document(
        r#"
<xforms xmlns="http://openrosa.org/xforms/xformsList">
  <xform>
    <formID>household</formID><name>Household</name><version>7</version>
    <hash>md5:0123456789abcdef0123456789abcdef</hash>
    <downloadUrl>https://example.org/household.xml</downloadUrl>
  </xform>
  <xforms-group>
    <groupID>g1</groupID><name>Round two</name><listUrl>https://example.org/g1/formList</listUrl>
  </xforms-group>
</xforms>"#,
    ),
    run: Run::FormList(check),
};

fn check(list: &FormList<'_>, found: &mut Drafts) {
    let is = |entry: &&Element<'_>, local| entry.name.local_name() == local;
    let after = list.element.elements().skip_while(|entry| !is(entry, "xforms-group"));
    if let Some(form) = after.into_iter().find(|entry| is(entry, "xform")) {
        found.push(Draft::at(Spot::name(span(form.mark))));
    }
}
