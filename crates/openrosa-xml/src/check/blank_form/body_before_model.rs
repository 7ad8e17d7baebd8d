use crate::check::rule_file::*;

pub(super) static RULE: Rule = Rule {
    code: "blank-form-body-before-model",
    title: "a blank form whose body comes before its model",
    verdicts: &[(Spec, Error), (Device, Error), (Odk, Error)],
    message: "the body comes before the model",
    remedy: "move `head`, with the model, in front of `body`",
    why: "JavaRosa reads a form from top to bottom and stops at the first question whose node it does not know yet \
          (a RuntimeException, as its tests show).",
    statements: &[],
    sections: &["ODK XForms Specification, Structure"],
    triggers: Example::Document(
        r#"
<h:html xmlns="http://www.w3.org/2002/xforms" xmlns:h="http://www.w3.org/1999/xhtml">
  <h:body/>
  <!-- <- blank-form-body-before-model -->
  <h:head>
    <h:title>Household</h:title>
    <model>
      <instance><data id="household" version="7"><name/><meta><instanceID/></meta></data></instance>
    </model>
  </h:head>
</h:html>"#,
    ),
    passes: Example::Model(
        r#"
      <bind nodeset="/data/water" required="false()"/>"#,
    ),
    run: Run::BlankForm(check),
};

fn check(blank: &Blank<'_>, found: &mut Drafts) {
    let (Some(body), Some(model)) = (blank.document.child("body"), blank.form.model()) else { return };
    if span(body.mark).start < span(model.mark).start {
        let draft = Draft::at(Spot::name(span(body.mark)));
        found.push(draft.related(Spot::name(span(model.mark)), "the model"));
    }
}
