use super::look::called_case;
use crate::check::audience::Audiences;
use crate::check::rule_file::*;
use crate::xml::Element;

pub(super) static RULE: Rule = Rule {
    code: "blocks-group-named-case",
    title: "a group of questions called case",
    verdicts: &[(Spec, Error), (Device, Error), (Hq, Warning)],
    message: "`{name}` is called like a case block and is none",
    remedy: "call the group something else",
    why: "The device takes any element of that name for a block, misses its id and refuses the form \
          (InvalidStructureException). CommCare HQ does not look into it, so that blocks inside it are lost.",
    statements: &["C-022", "C-052"],
    sections: &["case-xml.md 1.12", "case-xml.md 11"],
    triggers: Example::Form(
        r#"
  <case>
  <!-- <- blocks-group-named-case -->
    <weight>12</weight>
  </case>"#,
    ),
    passes: Example::Form(
        r#"
  <visit>
    <weight>12</weight>
  </visit>"#,
    ),
    run: Run::Form(check),
};

fn check(form: &Form<'_>, found: &mut Drafts) {
    for element in called_case(form).filter(|element| element.name.local_name() == "case" || !has_id(element))
    {
        let draft = Draft::at(Spot::name(span(element.mark))).value("name", element.name.local_name());
        // By an id in a namespace the device knows a block, of which what stands inside is a part.
        let is_block = has_id(element) || form.instance.device_case_around(element.mark).is_some();
        let others = Audiences::from_iter([Spec, Hq]);
        found.push(if is_block { draft.for_readers(others) } else { draft });
    }
}

pub(super) fn has_id(element: &Element<'_>) -> bool {
    element.attributes.iter().any(|attribute| attribute.name.local_name() == "case_id")
}
