use crate::check::rule_file::*;

pub(super) static RULE: Rule = Rule {
    code: "blank-form-instance-unnamed",
    title: "a further instance without an id",
    verdicts: &[(Spec, Warning), (Device, Warning), (Odk, Warning)],
    message: "the instance has no `id`, and is not the first one",
    remedy: "give it an `id`, or take it out",
    why: "The first instance is the form to be filled in. Any other one is looked up by its id, and without one \
          nothing can be found in it.",
    statements: &[],
    sections: &["ODK XForms Specification, Secondary Instances"],
    triggers: Example::Model(
        r#"
      <instance src="jr://file-csv/wells.csv"/>
      <!-- <- blank-form-instance-unnamed -->"#,
    ),
    passes: Example::Model(
        r#"
      <instance id="wells" src="jr://file-csv/wells.csv"/>"#,
    ),
    run: Run::BlankForm(check),
};

fn check(blank: &Blank<'_>, found: &mut Drafts) {
    for instance in blank.form.model().into_iter().flat_map(|model| model.instances.iter().skip(1)) {
        if instance.id.as_deref().is_none_or(|id| trim(id).is_empty()) {
            found.push(Draft::at(Spot::name(span(instance.mark))));
        }
    }
}
