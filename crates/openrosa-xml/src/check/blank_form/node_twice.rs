use std::collections::HashMap;

use crate::check::rule_file::*;

pub(super) static RULE: Rule = Rule {
    code: "blank-form-node-twice",
    title: "a node twice that is no repeat",
    verdicts: &[(Spec, Error), (Device, Error), (Odk, Error)],
    message: "there is another `{path}`, and no repeat for it",
    remedy: "give one of them another name, or take it out",
    why: "Binds, questions and expressions mean both at once. JavaRosa and CommCare refuse the form, or take the \
          first (from their code, not from a test).",
    statements: &[],
    sections: &["ODK XForms Specification, Instance"],
    triggers: Example::Document(
        r#"
<h:html xmlns="http://www.w3.org/2002/xforms" xmlns:h="http://www.w3.org/1999/xhtml">
  <h:head>
    <h:title>Household</h:title>
    <model>
      <instance>
        <data id="household" version="7"><name/><name/><meta><instanceID/></meta></data>
        <!--                                     ^^^^ blank-form-node-twice -->
      </instance>
      <bind nodeset="/data/name" type="string"/>
    </model>
  </h:head>
  <h:body/>
</h:html>"#,
    ),
    passes: Example::Model(
        r#"
      <bind nodeset="/data/water" required="false()"/>"#,
    ),
    run: Run::BlankForm(check),
};

fn check(blank: &Blank<'_>, found: &mut Drafts) {
    let Some(root) = blank.form.primary() else { return };
    if blank
        .outline
        .controls
        .iter()
        .any(|(control, path)| control.name.local_name() == "repeat" && path.is_none())
    {
        return;
    }
    let mut pending = vec![(root, format!("/{}", root.name.local_name()))];
    while let Some((element, path)) = pending.pop() {
        let mut seen = HashMap::new();
        for child in element.elements() {
            let path = format!("{path}/{}", child.name.local_name());
            let key = (child.name.namespace(), child.name.local_name());
            match seen.get(&key) {
                Some(&first) if is_meant(blank, &path) => {
                    let draft = Draft::at(Spot::name(span(child.mark))).value("path", path);
                    found.push(draft.related(Spot::name(first), "the first one"));
                    continue;
                }
                Some(_) => {}
                None => drop(seen.insert(key, span(child.mark))),
            }
            pending.push((child, path));
        }
    }
}

/// Whether the form, or the protocol, says anything of the node, and not that it is repeated: other nodes are data.
fn is_meant(blank: &Blank<'_>, path: &str) -> bool {
    let outline = blank.outline;
    let paths =
        outline.binds.iter().map(|(_, path)| path).chain(outline.controls.iter().map(|(_, path)| path));
    let is_in =
        |named: &str| named.strip_prefix(path).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
    let is_wire = path.split('/').any(|step| matches!(step, "case" | "meta"));
    !outline.is_repeat(path) && (is_wire || paths.flatten().any(|named| is_in(named)))
}
