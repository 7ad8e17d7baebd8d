use crate::check::rule_file::*;

pub(super) static RULE: Rule = Rule {
    code: "form-list-part-missing",
    title: "an entry of a form list that lacks what a client needs",
    verdicts: &[(Spec, Error), (Odk, Error)],
    message: "{entry} lacks {parts}",
    remedy: "write all of them, each once and filled in",
    why: "ODK Collect refuses the whole list for one such entry; we pass over the entry and keep the others.",
    statements: &["R-033", "R-084"],
    sections: &["openrosa.md 4.2", "openrosa.md 4.6"],
    triggers: Example::Document(
        r#"
<xforms xmlns="http://openrosa.org/xforms/xformsList">
  <xform>
  <!-- <- form-list-part-missing -->
    <name>Household</name>
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

fn check(list: &FormList<'_>, found: &mut Drafts) {
    let forms = list.forms().filter_map(Result::err);
    let groups = list.groups().filter_map(Result::err);
    for incomplete in forms.chain(groups).chain(list.legacy_forms().filter_map(Result::err)) {
        let entry = match &incomplete.called {
            Some(name) => format!("the entry `{name}`"),
            None => "an entry".to_owned(),
        };
        let parts = incomplete.missing.iter().map(|part| format!("`{part}`")).collect::<Vec<_>>().join(", ");
        let draft = Draft::at(Spot::name(span(incomplete.mark))).value("entry", entry);
        found.push(draft.value("parts", parts));
    }
}
