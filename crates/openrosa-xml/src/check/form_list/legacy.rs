use crate::check::rule_file::*;

pub(super) static RULE: Rule = Rule {
    code: "form-list-legacy",
    title: "a form list from before OpenRosa 1.0",
    verdicts: &[(Spec, Warning), (Odk, Error)],
    message: "the list is one of before OpenRosa 1.0",
    remedy: "ask with the header `X-OpenRosa-Version: 1.0`, and answer that with `xforms`",
    why: "ODK Aggregate still sends it to clients that do not state a version. ODK Collect cannot read it since \
          v1.31.",
    statements: &["R-040"],
    sections: &["openrosa.md 4.2"],
    triggers: Example::Document(
        r#"
<forms>
<!-- <- form-list-legacy -->
  <form url="https://example.org/household.xml">Household</form>
</forms>"#,
    ),
    passes: Example::Document(
        r#"
<xforms xmlns="http://openrosa.org/xforms/xformsList">
  <xform>
    <formID>household</formID><name>Household</name><version>7</version>
    <hash>md5:0123456789abcdef0123456789abcdef</hash>
    <downloadUrl>https://example.org/household.xml</downloadUrl>
  </xform>
</xforms>"#,
    ),
    run: Run::FormList(check),
};

fn check(list: &FormList<'_>, found: &mut Drafts) {
    if list.element.name.local_name() == "forms" {
        found.push(Draft::at(Spot::name(span(list.element.mark))));
    }
}
