use crate::check::rule_file::*;

pub(super) static RULE: Rule = Rule {
    code: "form-list-id-long",
    title: "a listed form whose id has more than 249 characters",
    verdicts: &[(Spec, Error)],
    message: "the form's id has {length} characters, more than 249",
    remedy: "give the form a shorter id",
    why: "The standard allows 249 characters, and clients have columns for about as many.",
    statements: &["R-113"],
    sections: &["openrosa.md 3.1"],
    triggers: Example::None("the id would be longer than a line"),
    passes: Example::Document(
        r#"
<xforms xmlns="http://openrosa.org/xforms/xformsList">
  <xform>
    <formID>household</formID>
    <name>Household</name>
    <version>1</version>
    <hash>md5:0123456789abcdef0123456789abcdef</hash>
    <downloadUrl>https://example.org/household.xml</downloadUrl>
  </xform>
</xforms>"#,
    ),
    run: Run::FormList(check),
};

fn check(list: &FormList<'_>, found: &mut Drafts) {
    for id in super::entries(list, "xform").filter_map(|entry| entry.child("formID")) {
        let length = trim(&id.text()).chars().count();
        if length > 249 {
            found.push(Draft::at(Spot::content(span(id.mark))).value("length", length.to_string()));
        }
    }
}
