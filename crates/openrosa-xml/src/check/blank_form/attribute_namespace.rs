use super::vocabulary;
use crate::check::rule_file::*;

pub(super) static RULE: Rule = Rule {
    code: "blank-form-attribute-namespace",
    title: "an attribute in the wrong namespace",
    verdicts: &[(Spec, Warning), (Device, Warning), (Odk, Warning)],
    message: "`{attribute}` of `{element}` must be {expected}",
    remedy: "write the attribute with the prefix of its namespace, or without a prefix",
    why: "Clients look for each attribute in one namespace. This one is passed over: `jr:preload` fills nothing in \
          without its prefix, and `nodeset` says nothing with one (from their code).",
    statements: &[],
    sections: &["ODK XForms Specification, Structure"],
    triggers: Example::Model(
        r#"
      <bind nodeset="/data/water" preload="uid"/>
      <!--                        ^^^^^^^^^^^^^ blank-form-attribute-namespace -->"#,
    ),
    passes: Example::Model(
        r#"
      <bind nodeset="/data/water" jr:preload="uid"/>"#,
    ),
    run: Run::BlankForm(check),
};

fn check(blank: &Blank<'_>, found: &mut Drafts) {
    for (element, _) in super::elements(blank) {
        for (local, namespace) in vocabulary::attributes(element.name.local_name()) {
            let mut all = element.attributes.iter().filter(|given| given.name.local_name() == *local);
            if all.clone().next().is_none() || all.any(|given| given.name.namespace() == *namespace) {
                continue;
            }
            let expected = match namespace {
                Some(namespace) => format!("in the namespace `{namespace}`"),
                None => "without a namespace".to_owned(),
            };
            let draft = Draft::at(Spot::attribute(span(element.mark), local)).value("expected", expected);
            found.push(draft.value("element", element.name.local_name()).value("attribute", *local));
        }
    }
}
