use crate::check::rule_file::*;
use std::collections::HashSet;

use super::look::outside_blocks;
use crate::xml::Element;

pub(super) static RULE: Rule = Rule {
    code: "blocks-interleaved",
    title: "same-named elements with others between them",
    verdicts: &[(Device, Portability), (Hq, Portability)],
    message: "`{name}` stands apart from its namesakes",
    remedy: "write elements of one name side by side",
    why: "CommCare HQ makes JSON of a form, in which elements of one name stand together: their order among the \
          others is lost, and blocks in them are visited in another order than the device reads them in.",
    statements: &["C-019", "C-052"],
    sections: &["case-xml.md 1.12", "case-xml.md 11"],
    triggers: Example::Form(
        r#"
  <visit><weight>12</weight></visit>
  <note>seen</note>
  <visit><weight>13</weight></visit>
  <!-- <- blocks-interleaved -->"#,
    ),
    passes: Example::Form(
        r#"
  <visit><weight>12</weight></visit>
  <visit><weight>13</weight></visit>
  <note>seen</note>"#,
    ),
    run: Run::Form(check),
};

fn check(form: &Form<'_>, found: &mut Drafts) {
    for parent in outside_blocks(form) {
        if let Some(child) = apart(parent) {
            let draft = Draft::at(Spot::name(span(child.mark)));
            found.push(draft.value("name", child.name.local_name()));
        }
    }
}

/// The first child that a differently named one parts from an earlier one of its name.
fn apart<'e, 'a>(parent: &'e Element<'a>) -> Option<&'e Element<'a>> {
    let (mut seen, mut before) = (HashSet::new(), "");
    parent.elements().find(|child| {
        let name = child.name.local_name();
        let follows = std::mem::replace(&mut before, name) == name;
        !seen.insert(name) && !follows
    })
}
