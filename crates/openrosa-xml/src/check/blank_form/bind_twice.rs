use crate::check::rule_file::*;
use std::collections::HashMap;

pub(super) static RULE: Rule = Rule {
    code: "blank-form-bind-twice",
    title: "a node with two binds",
    verdicts: &[(Spec, Warning), (Device, Warning), (Odk, Warning)],
    message: "there is another bind for `{path}`",
    remedy: "write all that is to be said of the node in one bind",
    why: "Clients differ in what they make of it: some take the last one, some both, and conditions of one kind \
          replace each other (from knowledge of the clients, not from a test).",
    statements: &[],
    sections: &["ODK XForms Specification, Bindings"],
    triggers: Example::Model(
        r#"
      <bind nodeset="/data/age" required="true()"/>
      <!--           ^^^^^^^^^ blank-form-bind-twice -->"#,
    ),
    passes: Example::Model(
        r#"
      <bind nodeset="/data/water" required="false()"/>"#,
    ),
    run: Run::BlankForm(check),
};

fn check(blank: &Blank<'_>, found: &mut Drafts) {
    let mut seen = HashMap::new();
    for (bind, path) in &blank.outline.binds {
        let (Some(path), place) = (path, span(bind.mark)) else { continue };
        match seen.get(path) {
            None => drop(seen.insert(path, place)),
            Some(&first) => {
                let draft = Draft::at(Spot::attribute_value(place, "nodeset")).value("path", path);
                found.push(draft.related(Spot::name(first), "the first one"));
            }
        }
    }
}
