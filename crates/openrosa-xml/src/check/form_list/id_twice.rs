use crate::check::rule_file::*;
use std::collections::HashMap;

pub(super) static RULE: Rule = Rule {
    code: "form-list-id-twice",
    title: "a form that is listed twice",
    verdicts: &[(Spec, Warning), (Odk, Warning)],
    message: "the form `{form}`{version} is listed once more",
    remedy: "list each version of a form once",
    why: "Which of the two a client shows and downloads is a matter of chance.",
    statements: &["R-083"],
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
  </xform>
  <xform>
    <formID>household</formID>
    <!--    ^^^^^^^^^ form-list-id-twice -->
    <name>Household, second round</name>
    <version>7</version>
    <hash>md5:fedcba9876543210fedcba9876543210</hash>
    <downloadUrl>https://example.org/household-2.xml</downloadUrl>
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
    let mut seen = HashMap::new();
    for entry in super::entries(list, "xform") {
        let (Some(id), version) = (filled(entry, "formID"), filled(entry, "version")) else { continue };
        let place =
            entry.child("formID").map_or(Spot::name(span(entry.mark)), |id| Spot::content(span(id.mark)));
        let told = version.as_ref().map(|version| format!(" in version `{version}`")).unwrap_or_default();
        let draft = Draft::at(place.clone()).value("form", id.as_ref()).value("version", told);
        match seen.get(&(id.clone(), version.clone())) {
            None => drop(seen.insert((id, version), place)),
            Some(first) => found.push(draft.related(first.clone(), "the first one")),
        }
    }
}
