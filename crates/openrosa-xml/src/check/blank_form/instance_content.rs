use crate::check::rule_file::*;

pub(super) static RULE: Rule = Rule {
    code: "blank-form-instance-content",
    title: "an instance that does not hold one element",
    verdicts: &[(Spec, Error), (Device, Error), (Odk, Error)],
    message: "the instance holds {count} elements",
    remedy: "let it hold one element around all the others, or name in `src` where its content comes from",
    why: "JavaRosa and CommCare refuse an instance with several elements (XFormParseException, from their code). \
          One with none, and without a `src`, has nothing that could be looked up.",
    statements: &[],
    sections: &["ODK XForms Specification, Instance"],
    triggers: Example::Model(
        r#"
      <instance id="wells"><item/><item/></instance>
      <!-- <- blank-form-instance-content -->"#,
    ),
    passes: Example::Model(
        r#"
      <instance id="wells"><root><item/><item/></root></instance>"#,
    ),
    run: Run::BlankForm(check),
};

fn check(blank: &Blank<'_>, found: &mut Drafts) {
    for instance in blank.form.model().into_iter().flat_map(|model| &model.instances) {
        let is_elsewhere = instance.src.as_deref().is_some_and(|src| !trim(src).is_empty());
        if instance.elements > 1 || (instance.elements == 0 && !is_elsewhere) {
            let draft = Draft::at(Spot::name(span(instance.mark)));
            found.push(draft.value("count", instance.elements.to_string()));
        }
    }
}
