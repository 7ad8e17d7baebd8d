use crate::check::rule_file::*;
use std::collections::HashMap;

pub(super) static RULE: Rule = Rule {
    code: "blank-form-bind-id-twice",
    title: "two binds of one id",
    verdicts: &[(Spec, Error), (Device, Error), (Odk, Error)],
    message: "another bind has the id `{id}`",
    remedy: "give each bind an id of its own, or none",
    why: "Controls find a bind by its id. JavaRosa and CommCare refuse the form (XFormParseException, from their \
          code).",
    statements: &[],
    sections: &["ODK XForms Specification, Bindings"],
    triggers: Example::Model(
        r#"
      <bind id="w" nodeset="/data/water"/>
      <bind id="w" nodeset="/data/pets"/>
      <!--  ^^^^^^ blank-form-bind-id-twice -->"#,
    ),
    passes: Example::Model(
        r#"
      <bind id="w" nodeset="/data/water"/>"#,
    ),
    run: Run::BlankForm(check),
};

fn check(blank: &Blank<'_>, found: &mut Drafts) {
    let mut seen = HashMap::new();
    for (bind, _) in &blank.outline.binds {
        let (Some(id), place) = (bind.id().filter(|id| !id.is_empty()), span(bind.mark)) else { continue };
        match seen.get(id) {
            None => drop(seen.insert(id, place)),
            Some(&first) => {
                let draft = Draft::at(Spot::attribute(place, "id")).value("id", id);
                found.push(draft.related(Spot::attribute(first, "id"), "the first one"));
            }
        }
    }
}
