use super::vocabulary;
use crate::check::near;
use crate::check::rule_file::*;

pub(super) static RULE: Rule = Rule {
    code: "blank-form-attribute-unknown",
    title: "an attribute that is probably misspelt",
    verdicts: &[(Spec, Warning), (Device, Warning), (Odk, Warning)],
    message: "`{element}` has no `{attribute}`, perhaps `{meant}`",
    remedy: "correct the name of the attribute",
    why: "JavaRosa and CommCare pass over attributes that they do not know (a warning in the log, from their \
          code): the condition, type or text that was meant does not count. Forms may have attributes of their \
          own, so that only names nearly like a known one, which is absent, are told.",
    statements: &[],
    sections: &["ODK XForms Specification, Structure"],
    triggers: Example::Model(
        r#"
      <bind nodeset="/data/water" relevent="/data/age &gt; 5"/>
      <!--                        ^^^^^^^^^^^^^^^^^^^^^^^^^^^ blank-form-attribute-unknown -->"#,
    ),
    passes: Example::Model(
        r#"
      <bind nodeset="/data/water" required="false()"/>"#,
    ),
    run: Run::BlankForm(check),
};

fn check(blank: &Blank<'_>, found: &mut Drafts) {
    for (element, _) in super::elements(blank) {
        let known = vocabulary::attributes(element.name.local_name());
        let is_free = |name: &&str| element.attributes.iter().all(|given| given.name.local_name() != *name);
        for given in element.attributes.iter().filter(|given| given.name.namespace().is_none()) {
            let name = given.name.local_name();
            let is_known = known.iter().any(|(local, _)| *local == name);
            let free = known.iter().map(|(local, _)| *local).filter(is_free);
            if let Some(meant) = near::nearest(name, free).filter(|_| !is_known) {
                let draft = Draft::at(Spot::attribute(span(element.mark), name)).value("attribute", name);
                found.push(draft.value("element", element.name.local_name()).value("meant", meant));
            }
        }
    }
}
