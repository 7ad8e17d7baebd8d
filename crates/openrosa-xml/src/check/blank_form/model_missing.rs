use crate::check::rule_file::*;

pub(super) static RULE: Rule = Rule {
    code: "blank-form-model-missing",
    title: "a blank form without a model",
    verdicts: &[(Spec, Error), (Device, Error), (Odk, Error)],
    message: "the form has no `model` with an `instance`",
    remedy: "make sure that this is the blank form, and not another page",
    why: "The model says what a filled-in form looks like. Without it there is no form to be filled in.",
    statements: &[],
    sections: &["ODK XForms Specification, Structure"],
    triggers: Example::Document(
        r#"
<h:html xmlns="http://www.w3.org/2002/xforms" xmlns:h="http://www.w3.org/1999/xhtml">
  <h:head><h:title>Household</h:title></h:head>
  <!-- <- blank-form-model-missing -->
  <h:body/>
</h:html>"#,
    ),
    passes: Example::Model(
        r#"
      <bind nodeset="/data/water" required="false()"/>"#,
    ),
    run: Run::BlankForm(check),
};

fn check(blank: &Blank<'_>, found: &mut Drafts) {
    if blank.form.primary().is_none() {
        let head = blank.document.child("head").unwrap_or(blank.document);
        let model = blank.form.model().map_or_else(|| head.mark, |model| model.mark);
        found.push(Draft::at(Spot::name(span(model))));
    }
}
