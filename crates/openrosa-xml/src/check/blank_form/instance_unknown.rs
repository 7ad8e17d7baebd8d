use std::collections::HashSet;

use super::expressions::written;
use crate::check::rule_file::*;

pub(super) static RULE: Rule = Rule {
    code: "blank-form-instance-unknown",
    title: "an expression that asks for an instance that is not there",
    verdicts: &[(Spec, Error), (Device, Error), (Odk, Error)],
    message: "the form has no instance `{id}`",
    remedy: "add the `instance` to the model, or correct its id",
    why: "JavaRosa and CommCare stop when they come to the expression (XPathMissingInstanceException, from their \
          code). Instances that a server or another form provides must be declared too.",
    statements: &[],
    sections: &["ODK XForms Specification, Secondary Instances"],
    triggers: Example::Model(
        r#"
      <bind nodeset="/data/water" calculate="instance('wells')/root/item[1]/name"/>
      <!--                                   ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ blank-form-instance-unknown -->"#,
    ),
    passes: Example::Model(
        r#"
      <instance id="wells" src="jr://file-csv/wells.csv"/>
      <bind nodeset="/data/water" calculate="instance('wells')/root/item[1]/name"/>"#,
    ),
    run: Run::BlankForm(check),
};

/// CommCare HQ adds these to a form when it makes an app of it.
const ADDED: [&str; 3] = ["casedb", "commcaresession", "ledgerdb"];

fn check(blank: &Blank<'_>, found: &mut Drafts) {
    let instances = blank.form.model().map_or(&[][..], |model| &model.instances);
    let ids: HashSet<_> = instances.iter().filter_map(|instance| instance.id.as_deref()).collect();
    for written in written(blank) {
        for id in asked(written.text).filter(|id| !ids.contains(id) && !ADDED.contains(id)) {
            found.push(Draft::at(written.spot()).value("id", id));
        }
    }
}

/// The instances that an expression asks for by a literal id.
fn asked(text: &str) -> impl Iterator<Item = &str> {
    text.split("instance(").skip(1).filter_map(|after| {
        let inside = after.trim_start();
        let quote = inside.chars().next().filter(|first| matches!(first, '\'' | '"'))?;
        Some(inside[1..].split_once(quote)?.0)
    })
}
