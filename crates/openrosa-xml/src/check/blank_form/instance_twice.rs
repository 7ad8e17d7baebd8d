use std::collections::HashMap;

use crate::check::rule_file::*;

pub(super) static RULE: Rule = Rule {
    code: "blank-form-instance-twice",
    title: "two instances of one id",
    verdicts: &[(Spec, Error), (Device, Error), (Odk, Error)],
    message: "there is another instance `{id}`",
    remedy: "give one of them another id",
    why: "Expressions can ask for one of them only; which one differs from client to client (from knowledge of the \
          clients, not from a test).",
    statements: &[],
    sections: &["ODK XForms Specification, Secondary Instances"],
    triggers: Example::Model(
        r#"
      <instance id="wells" src="jr://file-csv/wells.csv"/>
      <instance id="wells" src="jr://file-csv/springs.csv"/>
      <!-- <- blank-form-instance-twice -->"#,
    ),
    passes: Example::Model(
        r#"
      <instance id="wells" src="jr://file-csv/wells.csv"/>
      <instance id="springs" src="jr://file-csv/springs.csv"/>"#,
    ),
    run: Run::BlankForm(check),
};

fn check(blank: &Blank<'_>, found: &mut Drafts) {
    let mut seen = HashMap::new();
    for instance in blank.form.model().into_iter().flat_map(|model| &model.instances) {
        let Some(id) = instance.id.as_deref() else { continue };
        match seen.get(id) {
            None => drop(seen.insert(id, instance.mark)),
            Some(&first) => {
                let draft = Draft::at(Spot::name(span(instance.mark))).value("id", id);
                found.push(draft.related(Spot::name(span(first)), "the first one"));
            }
        }
    }
}
