use super::dependencies::{Dependency, circles};
use crate::check::rule_file::*;

pub(super) static RULE: Rule = Rule {
    code: "blank-form-cycle",
    title: "nodes that depend on each other in a circle",
    verdicts: &[(Spec, Error), (Device, Error), (Odk, Error)],
    message: "`{path}` depends on itself: {circle}",
    remedy: "look which of the calculations and conditions should not be there",
    why: "Clients work out values and relevance in an order in which each node comes after those that it depends on. \
          There is none, and CommCare, ODK Collect and ODK Web Forms refuse the form, as their tests show.",
    statements: &[],
    sections: &["ODK XForms Specification, Bindings"],
    triggers: Example::Model(
        r#"
      <bind nodeset="/data/water" calculate="/data/pets"/>
      <!--                                   ^^^^^^^^^^ blank-form-cycle -->
      <bind nodeset="/data/pets" relevant="/data/water = 'well'"/>"#,
    ),
    passes: Example::Model(
        r#"
      <bind nodeset="/data/water" relevant="/data/pets = 'dog'"/>"#,
    ),
    run: Run::BlankForm(check),
};

fn check(blank: &Blank<'_>, found: &mut Drafts) {
    for circle in circles(blank) {
        let written = |dependency: &&Dependency<'_>| dependency.bind.is_some();
        let Some(first) =
            circle.iter().filter(written).min_by_key(|dependency| span(dependency.mark()).start)
        else {
            continue;
        };
        let names = circle.iter().map(|dependency| format!("`{}`", dependency.from));
        let told = names
            .chain(circle.first().map(|dependency| format!("`{}`", dependency.from)))
            .collect::<Vec<_>>();
        let draft =
            Draft::at(first.spot()).value("path", first.to.as_str()).value("circle", told.join(" -> "));
        let others =
            circle.iter().filter(|other| other.bind.is_some() && other.spot_key() != first.spot_key());
        found.push(
            others.fold(draft, |draft, other| draft.related(other.spot(), "another part of the circle")),
        );
    }
}
